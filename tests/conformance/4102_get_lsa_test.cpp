// CXL r3.2 8.2.10.9.2.3 Get LSA (Opcode 4102h)
#include "support/security.hpp"

namespace cxlemu {
namespace {

class GetLsa : public OnEveryCci {};
ON_EVERY_CCI(GetLsa);

TEST_P(GetLsa, ReturnsTheBytesAskedFor) {
  Lab lab;
  lab.mailbox(0x4103, "00 01 00 00  00 00 00 00  de ad be ef");
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "ff 00 00 00  06 00 00 00"), success("00 de ad be ef 00"));
}

TEST_P(GetLsa, ReturnsZerosWhereNothingWasWritten) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  08 00 00 00"), success(zeros(8)));
}

// Fault B5: the reference emulator asserts.
TEST_P(GetLsa, ReturnsNothingWhereNothingIsAskedFor) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  00 00 00 00"), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 10 00 00  00 00 00 00"), success());
}

TEST_P(GetLsa, RefusesWhatLiesBehindTheEnd) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "ff 0f 00 00  01 00 00 00"), success("00"));
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 10 00 00  01 00 00 00"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "01 10 00 00  00 00 00 00"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "ff 0f 00 00  02 00 00 00"), refused(ReturnCode::invalid_input));
}

TEST_P(GetLsa, RefusesARangeWhoseEndDoesNotFit32Bits) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "ff ff ff ff  01 00 00 00"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "01 00 00 00  ff ff ff ff"), refused(ReturnCode::invalid_input));
}

// Fault B4: the length is bounded by the payload, or the reference emulator overwrites its own state.
TEST(GetLsaLimit, IsThePayloadOfTheMailbox) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  EXPECT_EQ(lab.mailbox(0x4102, "00 00 00 00  00 01 00 00"), success(zeros(256)));
  EXPECT_EQ(lab.mailbox(0x4102, "00 00 00 00  01 01 00 00"), refused(ReturnCode::invalid_input));
}

TEST(GetLsaLimit, IsTheResponseMessageLimitOverMctp) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x4102, "00 00 00 00  00 04 00 00"), success(zeros(1024)));
  EXPECT_EQ(lab.mctp(0x4102, "00 00 00 00  01 04 00 00"), refused(ReturnCode::invalid_input));
  lab.mctp(0x0004, "08");
  EXPECT_EQ(lab.mctp(0x4102, "00 00 00 00  00 01 00 00"), success(zeros(256)));
  EXPECT_EQ(lab.mctp(0x4102, "00 00 00 00  01 01 00 00"), refused(ReturnCode::invalid_input));
}

TEST(GetLsaLimit, IsTheWholeAreaWhereItFits) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x4102, "00 00 00 00  00 10 00 00"), success(zeros(4096)));
}

TEST_P(GetLsa, RefusesEveryByteOfAnAreaThatIsNotThere) {
  Lab lab({}, {.persistent_bytes = 0, .lsa_bytes = 0});
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  01 00 00 00"), refused(ReturnCode::invalid_input));
}

TEST_P(GetLsa, NeedsItsEightBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4102), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  01 00 00"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetLsa, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  01 00 00 00  ff"), success("00"));
}

TEST_P(GetLsa, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  01 00 00 00  ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetLsa, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4102), "0000");
}

// Fault B1: the gate of the reference emulator never closes.
TEST_P(GetLsa, IsRefusedWhileMediaIsDisabledAfterItsLengthAndBeforeItsInput) {
  Lab lab;
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  01 00 00"),
            (Answered{ReturnCode::invalid_payload_length, "", true}));
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  01 00 00 00"), (Answered{ReturnCode::media_disabled, "", true}));
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "ff ff ff ff  01 00 00 00"), (Answered{ReturnCode::media_disabled, "", true}));
}

TEST_P(GetLsa, IsRefusedWhileTheOtherCciSanitizes) {
  const cci::CciId other = another_cci(GetParam());
  Lab lab;
  lab.send(other, 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  01 00 00 00"), refused(ReturnCode::media_disabled));
}

// Its return codes have no 13h, unlike those of Set LSA.
TEST_P(GetLsa, IsServedWhileLocked) {
  Lab lab;
  lab.mailbox(0x4103, zeros(8) + "11");
  lock(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  01 00 00 00"), success("11"));
}

}  // namespace
}  // namespace cxlemu
