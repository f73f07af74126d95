// CXL r3.2 8.2.10.9.2.4 Set LSA (Opcode 4103h)
#include "support/security.hpp"

namespace cxlemu {
namespace {

class SetLsa : public OnEveryCci {};
ON_EVERY_CCI(SetLsa);

TEST_P(SetLsa, WritesItsDataAtTheOffset) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "ff 03 00 00  00 00 00 00  11 22 33"), success());
  EXPECT_EQ(lab.mailbox(0x4102, "fe 03 00 00  05 00 00 00"), success("00 11 22 33 00"));
}

TEST_P(SetLsa, OverwritesWhatWasThere) {
  Lab lab;
  lab.send(GetParam(), 0x4103, "00 00 00 00  00 00 00 00  11 22 33");
  lab.send(GetParam(), 0x4103, "01 00 00 00  00 00 00 00  aa");
  EXPECT_EQ(lab.mailbox(0x4102, "00 00 00 00  03 00 00 00"), success("11 aa 33"));
}

TEST_P(SetLsa, IgnoresItsReservedBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "00 00 00 00  ff ff ff ff  11"), success());
  EXPECT_EQ(lab.mailbox(0x4102, "00 00 00 00  01 00 00 00"), success("11"));
}

// Fault B5: the reference emulator asserts.
TEST_P(SetLsa, WritesNothingWithoutData) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "00 00 00 00  00 00 00 00"), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "00 10 00 00  00 00 00 00"), success());
}

TEST_P(SetLsa, WritesTheLastByte) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "ff 0f 00 00  00 00 00 00  77"), success());
  EXPECT_EQ(lab.mailbox(0x4102, "ff 0f 00 00  01 00 00 00"), success("77"));
}

TEST_P(SetLsa, RefusesWhatLiesBehindTheEndAndWritesNothing) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "00 10 00 00  00 00 00 00  77"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "ff 0f 00 00  00 00 00 00  77 88"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "ff ff ff ff  00 00 00 00  77"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "01 10 00 00  00 00 00 00"), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.mailbox(0x4102, "ff 0f 00 00  01 00 00 00"), success("00"));
}

TEST_P(SetLsa, NeedsItsEightBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4103), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "00 00 00 00  00 00 00"), refused(ReturnCode::invalid_payload_length));
}

TEST(SetLsaLimit, IsTheAdvertisedMessageSizeOverMctp) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x4103, zeros(8) + zeros(1015) + "77"), success());
  EXPECT_EQ(lab.mailbox(0x4102, "f7 03 00 00  01 00 00 00"), success("77"));
  EXPECT_EQ(lab.mctp(0x4103, zeros(8) + zeros(1017)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.mailbox(0x4102, "f7 03 00 00  01 00 00 00"), success("77"));
}

TEST(SetLsaLimit, IsThePayloadOfTheMailbox) {
  Lab lab([](auto& config) { config.mailbox_payload_size = 256; });
  EXPECT_EQ(lab.mailbox(0x4103, zeros(8) + zeros(247) + "77"), success());
  EXPECT_EQ(lab.mailbox(0x4102, "f7 00 00 00  01 00 00 00"), success("77"));
  EXPECT_EQ(lab.mailbox(0x4103, zeros(8) + zeros(249)), refused(ReturnCode::invalid_payload_length));
}

// All that follows the fixed part is data: nothing is surplus.
TEST_P(SetLsa, TakesDataWhateverTheSurplusProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "00 00 00 00  00 00 00 00  11 22 33"), success());
}

TEST_P(SetLsa, RefusesEveryByteForAnAreaThatIsNotThere) {
  Lab lab({}, {.persistent_bytes = 0, .lsa_bytes = 0});
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "00 00 00 00  00 00 00 00  11"), refused(ReturnCode::invalid_input));
}

TEST_P(SetLsa, IsInTheCelAsImmediateConfigurationAndDataChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4103), "0600");
}

// Fault B1: the gate of the reference emulator never closes.
TEST_P(SetLsa, IsRefusedWhileMediaIsDisabledAfterItsLengthAndBeforeItsInput) {
  Lab lab;
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "00 00 00 00  00 00 00"),
            (Answered{ReturnCode::invalid_payload_length, "", true}));
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "00 00 00 00  00 00 00 00  11"),
            (Answered{ReturnCode::media_disabled, "", true}));
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "ff ff ff ff  00 00 00 00  11"),
            (Answered{ReturnCode::media_disabled, "", true}));
}

TEST_P(SetLsa, HasNoEffectWhereItWasRefusedBecauseMediaIsDisabled) {
  Lab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.send(GetParam(), 0x4400);
  lab.send(GetParam(), 0x4103, "00 00 00 00  00 00 00 00  11");
  lab.advance(100ms);
  EXPECT_EQ(lab.send(GetParam(), 0x4102, "00 00 00 00  01 00 00 00"), success("00"));
}

TEST_P(SetLsa, IsRefusedWhileLockedAfterItsLengthAndBeforeMediaIsDisabled) {
  Lab lab;
  lab.send(GetParam(), 0x4103, zeros(8) + "11");
  lock(lab);
  EXPECT_EQ(lab.send(GetParam(), 0x4103, zeros(7)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4103, zeros(8) + "22"), kInvalidState);
  EXPECT_EQ(lab.send(GetParam(), 0x4103, "ff ff ff ff  00 00 00 00  22"), kInvalidState);
  bool& media_disabled = lab.inside("a locked device refuses the Sanitize that would disable its media")
                             .logical_device()
                             .state.media_disabled;
  media_disabled = true;
  EXPECT_EQ(lab.send(GetParam(), 0x4103, zeros(8) + "22"), kInvalidState);
  media_disabled = false;
  lab.send(GetParam(), 0x4503, kUser);
  EXPECT_EQ(lab.mailbox(0x4102, "00 00 00 00  01 00 00 00"), success("11"));
  EXPECT_EQ(lab.send(GetParam(), 0x4103, zeros(8) + "22"), success());
}

class LabelsAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(LabelsAfterReset);

TEST_P(LabelsAfterReset, AreKept) {
  Lab lab;
  lab.mctp(0x4103, "00 00 00 00  00 00 00 00  11 22 33");
  lab.reset(GetParam());
  EXPECT_EQ(lab.mailbox(0x4102, "00 00 00 00  03 00 00 00"), success("11 22 33"));
}

}  // namespace
}  // namespace cxlemu
