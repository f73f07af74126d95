// CXL r3.2 8.2.10.3.2 Transfer FW (Opcode 0201h)
#include "support/firmware.hpp"

namespace cxlemu {
namespace {

const Answered kStarted{ReturnCode::background_command_started, "", true};
const Answered kInProgress = refused(ReturnCode::fw_transfer_in_progress);
const Answered kOutOfOrder = refused(ReturnCode::fw_transfer_out_of_order);
const Answered kNotVerified = refused(ReturnCode::fw_verification_failed);
const Answered kInvalidSlot = refused(ReturnCode::invalid_slot);
const Answered kInvalidInput = refused(ReturnCode::invalid_input);

void parts_take_100ms(MemoryDeviceConfig& config) { config.fw_transfer_duration = 100ms; }

std::string revision_in(Lab& lab, std::uint8_t slot) { return lab.firmware_revision(slot); }
std::string image_in(Lab& lab, std::uint8_t slot) { return to_hex(lab.firmware_image(slot)); }
bool transfer_goes_on(Lab& lab) { return lab.firmware_transfer_goes_on(); }
ReturnCode background_result(Lab& lab, cci::CciId via) { return lab.background(via).return_code; }

// 380h bytes, as in the examples of the specification.
const std::string& example() {
  static const std::string kExample = package("2.0", 0x300);
  return kExample;
}

class TransferFw : public OnEveryCci {
 protected:
  Answered send(Lab& lab, const std::string& request) { return lab.send(GetParam(), 0x0201, request); }
};
ON_EVERY_CCI(TransferFw);

// ------------------------------------------------------------------------------------------------------------ one go

// The bytes of a whole package as docs/firmware.md describes them, the digest made with another program.
TEST_P(TransferFw, StoresAPackageInOneGo) {
  Lab lab;
  EXPECT_EQ(send(lab,
                 "00"           // Full FW Transfer
                 "02"           // slot
                 "00 00"        // reserved
                 "00 00 00 00"  // offset: ignored
                     + zeros(0x78) +
                     "43 58 4c 45 4d 55 46 57"                          // CXLEMUFW
                     "01 00"                                            // format version
                     "80 00"                                            // header size
                     "00 00 00 00"                                      // reserved
                     "05 00 00 00 00 00 00 00"                          // payload size
                     "32 2e 30 00 00 00 00 00 00 00 00 00 00 00 00 00"  // revision 2.0
                     "0f ec 61 ad 26 2c f5 29 43 59 f6 71 f9 26 d8 98"  // SHA-256
                     "a6 0b 09 a3 5c 4f 7e 1b ae ee fe e7 32 58 bc ae" +
                     zeros(56) + "68 65 6c 6c 6f"  // hello
                     + zeros(123)),
            success());
  EXPECT_EQ(revision_in(lab, 2), "2.0");
  EXPECT_EQ(image_in(lab, 2).size(), 2 * 256);
  EXPECT_EQ(image_in(lab, 2).substr(256, 10), "68656c6c6f");
}

TEST_P(TransferFw, IgnoresOffsetAndReservedBytesOfAFullTransfer) {
  Lab lab;
  EXPECT_EQ(send(lab, "00 02 ff ff ff ff ff ff" + std::string(2 * 0x78, 'f') + package("2.0")), success());
  EXPECT_EQ(revision_in(lab, 2), "2.0");
}

TEST_P(TransferFw, LeavesTheActiveSlotAndStagesNothing) {
  Lab lab;
  send(lab, full(2, package("2.0")));
  EXPECT_EQ(lab.mailbox(0x0200).payload.substr(0, 6), "020101");
}

TEST_P(TransferFw, ReplacesWhatIsInTheSlot) {
  Lab lab;
  send(lab, full(2, package("2.0")));
  send(lab, full(2, package("2.1", 1)));
  EXPECT_EQ(revision_in(lab, 2), "2.1");
  EXPECT_EQ(image_in(lab, 2), package("2.1", 1));
}

TEST_P(TransferFw, IsOverAfterAFullTransfer) {
  Lab lab;
  send(lab, full(2, package("2.0")));
  EXPECT_FALSE(transfer_goes_on(lab));
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, full(2, package("2.1"))), success());
}

// ------------------------------------------------------------------------------------------------------- in parts

// The four examples of the specification.
TEST_P(TransferFw, TakesTheFirstExampleOfTheSpecification) {
  Lab lab;
  EXPECT_EQ(send(lab, initiate(cut(example(), 0, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(4, cut(example(), 0x200, 0x100))), success());
  EXPECT_EQ(revision_in(lab, 2), "");
  EXPECT_EQ(send(lab, end(2, 6, cut(example(), 0x300, 0x80))), success());
  EXPECT_EQ(image_in(lab, 2), example());
  EXPECT_FALSE(transfer_goes_on(lab));
}

TEST_P(TransferFw, TakesTheSecondExampleWithARetransmission) {
  Lab lab;
  EXPECT_EQ(send(lab, initiate(cut(example(), 0, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(4, cut(example(), 0x200, 0x100))), success());
  EXPECT_EQ(send(lab, end(2, 6, cut(example(), 0x300, 0x80))), success());
  EXPECT_EQ(image_in(lab, 2), example());
}

TEST_P(TransferFw, RefusesTheThirdExampleWithAnOverlap) {
  Lab lab;
  EXPECT_EQ(send(lab, initiate(cut(example(), 0, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(3, cut(example(), 0x180, 0x180))), kOutOfOrder);
  EXPECT_EQ(send(lab, end(2, 6, cut(example(), 0x300, 0x80))), kOutOfOrder);
  EXPECT_EQ(revision_in(lab, 2), "");
}

TEST_P(TransferFw, RefusesTheFourthExampleWithAGap) {
  Lab lab;
  EXPECT_EQ(send(lab, initiate(cut(example(), 0, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(5, cut(example(), 0x280, 0x80))), kOutOfOrder);
  EXPECT_EQ(send(lab, end(2, 6, cut(example(), 0x300, 0x80))), kOutOfOrder);
  EXPECT_EQ(revision_in(lab, 2), "");
}

TEST_P(TransferFw, NeedsNoPartBetweenFirstAndLast) {
  Lab lab;
  EXPECT_EQ(send(lab, initiate(cut(example(), 0, 0x80))), success());
  EXPECT_EQ(send(lab, end(2, 1, cut(example(), 0x80, 0x300))), success());
  EXPECT_EQ(image_in(lab, 2), example());
}

TEST_P(TransferFw, NeedsTheSlotInTheLastPartAlone) {
  Lab lab;
  EXPECT_EQ(send(lab, transfer(1, 1, 0, cut(example(), 0, 0x80))), success());
  EXPECT_EQ(send(lab, transfer(2, 0xff, 1, cut(example(), 0x80, 0x80))), success());
  EXPECT_EQ(send(lab, end(2, 2, cut(example(), 0x100, 0x280))), success());
}

TEST(TransferFwOfManyParts, StoresEveryByte) {
  Lab lab;
  Buffer payload(100'000);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(i * 7 + i / 256);
  const std::string hex = to_hex(pack_firmware(*parse_revision("big"), payload));
  const std::size_t size = hex.size() / 2;
  lab.mctp(0x0201, initiate(cut(hex, 0, 896)));
  std::size_t at = 896;
  for (; at + 896 < size; at += 896) lab.mctp(0x0201, go_on(static_cast<std::uint32_t>(at / 128), cut(hex, at, 896)));
  EXPECT_EQ(lab.mctp(0x0201, end(2, static_cast<std::uint32_t>(at / 128), cut(hex, at, 896))), success());
  EXPECT_EQ(image_in(lab, 2), hex);
}

// ----------------------------------------------------------------------------------------------------- retransmission

TEST_P(TransferFw, TakesAPartAgainAsOftenAsItComes) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), success());
  EXPECT_EQ(send(lab, end(2, 4, cut(example(), 0x200, 0x180))), success());
  EXPECT_EQ(image_in(lab, 2), example());
}

TEST_P(TransferFw, TakesTheDataThatCameLast) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  send(lab, go_on(2, std::string(2 * 0x100, 'e')));
  send(lab, go_on(2, cut(example(), 0x100, 0x100)));
  EXPECT_EQ(send(lab, end(2, 4, cut(example(), 0x200, 0x180))), success());
}

// SILENT: Initiate during a transfer is 08h, also where it repeats the first part; as a Continue that part may come
// again.
TEST_P(TransferFw, TakesTheFirstPartAgainAsAContinue) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  EXPECT_EQ(send(lab, initiate(cut(example(), 0, 0x100))), kInProgress);
  EXPECT_EQ(send(lab, go_on(0, cut(example(), 0, 0x100))), success());
  EXPECT_EQ(send(lab, end(2, 2, cut(example(), 0x100, 0x280))), success());
}

TEST_P(TransferFw, TakesAPartAgainAsTheLastOne) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  send(lab, go_on(2, cut(example(), 0x100, 0x280)));
  EXPECT_EQ(send(lab, end(2, 2, cut(example(), 0x100, 0x280))), success());
  EXPECT_EQ(image_in(lab, 2), example());
}

TEST_P(TransferFw, RefusesAPartAgainAfterTheNextOne) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  send(lab, go_on(2, cut(example(), 0x100, 0x100)));
  send(lab, go_on(4, cut(example(), 0x200, 0x100)));
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), kOutOfOrder);
}

struct WrongPart {
  std::string_view name;
  std::uint32_t offset_128b;
  std::size_t length;
};
class TransferFwOutOfOrder : public testing::TestWithParam<WrongPart> {};
INSTANTIATE_TEST_SUITE_P(Part, TransferFwOutOfOrder,
                         testing::Values(WrongPart{"AgainButShorter", 2, 0x80}, WrongPart{"AgainButLonger", 2, 0x180},
                                         WrongPart{"BeginningEarlier", 1, 0x180}, WrongPart{"InsideTheLast", 3, 0x80},
                                         WrongPart{"TheFirstAgain", 0, 0x100}, WrongPart{"OneBehind", 5, 0x80},
                                         WrongPart{"FarBehind", 0xFFFF'FFFF, 0x80},
                                         WrongPart{"WithoutDataFarBehind", 7, 0}),
                         [](const auto& tested) { return std::string(tested.param.name); });

// Table 8-46: 09h ends the transfer, which must begin again from the start (d1).
TEST_P(TransferFwOutOfOrder, EndsTheTransfer) {
  Lab lab;
  lab.mctp(0x0201, initiate(cut(example(), 0, 0x100)));
  lab.mctp(0x0201, go_on(2, cut(example(), 0x100, 0x100)));
  EXPECT_EQ(lab.mctp(0x0201, go_on(GetParam().offset_128b, zeros(GetParam().length))), kOutOfOrder);
  EXPECT_FALSE(transfer_goes_on(lab));
  EXPECT_EQ(lab.mctp(0x0201, go_on(4, cut(example(), 0x200, 0x100))), kOutOfOrder);
  EXPECT_EQ(lab.mailbox(0x0201, initiate(cut(example(), 0, 0x100))), success());
}

// SILENT: no code of its own (d8).
TEST_P(TransferFw, RefusesToGoOnOrEndWithoutATransfer) {
  Lab lab;
  EXPECT_EQ(send(lab, go_on(0, package("2.0"))), kOutOfOrder);
  EXPECT_EQ(send(lab, end(2, 0, package("2.0"))), kOutOfOrder);
  EXPECT_EQ(revision_in(lab, 2), "");
  EXPECT_FALSE(transfer_goes_on(lab));
}

TEST_P(TransferFw, RefusesAFirstPartThatIsNotTheBeginning) {
  Lab lab;
  EXPECT_EQ(send(lab, transfer(1, 0, 1, zeros(128))), kOutOfOrder);
  EXPECT_FALSE(transfer_goes_on(lab));
}

// ------------------------------------------------------------------------------------------------------ in progress

TEST_P(TransferFw, RefusesASecondOneOfTheSameCci) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  EXPECT_EQ(send(lab, initiate(cut(example(), 0, 0x80))), kInProgress);
  EXPECT_EQ(send(lab, full(2, package("2.1"))), kInProgress);
  EXPECT_EQ(send(lab, end(2, 2, cut(example(), 0x100, 0x280))), success());
  EXPECT_EQ(image_in(lab, 2), example());
}

// One transfer of a device at a time: 08h for any request of another CCI, also for Abort (d2).
TEST_P(TransferFw, RefusesEveryActionOfTheOtherCci) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  const cci::CciId there = another_cci(GetParam());
  EXPECT_EQ(lab.send(there, 0x0201, full(2, package("2.1"))), kInProgress);
  EXPECT_EQ(lab.send(there, 0x0201, initiate(zeros(128))), kInProgress);
  EXPECT_EQ(lab.send(there, 0x0201, go_on(2, cut(example(), 0x100, 0x100))), kInProgress);
  EXPECT_EQ(lab.send(there, 0x0201, go_on(9, zeros(128))), kInProgress);
  EXPECT_EQ(lab.send(there, 0x0201, end(2, 2, cut(example(), 0x100, 0x280))), kInProgress);
  EXPECT_EQ(lab.send(there, 0x0201, end(1, 2, "")), kInProgress);
  EXPECT_EQ(lab.send(there, 0x0201, abort_transfer()), kInProgress);
  EXPECT_EQ(send(lab, end(2, 2, cut(example(), 0x100, 0x280))), success());
  EXPECT_EQ(image_in(lab, 2), example());
}

TEST_P(TransferFw, IsOpenToTheOtherCciOnceItIsOver) {
  Lab lab;
  send(lab, initiate(zeros(128)));
  send(lab, abort_transfer());
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, full(2, package("2.0"))), success());
}

// -------------------------------------------------------------------------------------------------------------- abort

TEST_P(TransferFw, IsAborted) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  EXPECT_EQ(send(lab, abort_transfer()), success());
  EXPECT_FALSE(transfer_goes_on(lab));
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), kOutOfOrder);
  EXPECT_EQ(send(lab, initiate(zeros(128))), success());
}

// SILENT: there is no code for it.
TEST_P(TransferFw, IsAbortedWithoutEffectWhereNoneIsInProgress) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  EXPECT_EQ(send(lab, abort_transfer()), success());
  EXPECT_EQ(send(lab, abort_transfer()), success());
  EXPECT_EQ(revision_in(lab, 2), "2.0");
}

TEST_P(TransferFw, IgnoresSlotOffsetAndDataOfAnAbort) {
  Lab lab;
  send(lab, initiate(zeros(128)));
  EXPECT_EQ(send(lab, transfer(4, 1, 99, "11 22 33")), success());
  EXPECT_FALSE(transfer_goes_on(lab));
}

// -------------------------------------------------------------------------------------------------------- thirty
// seconds

TEST_P(TransferFw, WaitsThirtySecondsForTheNextPart) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  lab.advance(30s);
  EXPECT_TRUE(transfer_goes_on(lab));
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, initiate(zeros(128))), kInProgress);
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), success());
  lab.advance(30s);
  EXPECT_EQ(send(lab, end(2, 4, cut(example(), 0x200, 0x180))), success());
}

TEST_P(TransferFw, IsOverAfterMoreThanThirtySeconds) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  lab.advance(30s + 1ns);
  EXPECT_FALSE(transfer_goes_on(lab));
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), kOutOfOrder);
}

TEST_P(TransferFw, IsOpenToEveryCciAfterMoreThanThirtySeconds) {
  Lab lab;
  send(lab, initiate(zeros(128)));
  lab.advance(30s + 1ns);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, initiate(zeros(128))), success());
  lab.advance(30s + 1ns);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, full(2, package("2.0"))), success());
}

// A refused request of this or another CCI is no part.
TEST_P(TransferFw, IsNotKeptByWhatIsRefused) {
  Lab lab;
  send(lab, initiate(zeros(128)));
  lab.advance(20s);
  EXPECT_EQ(send(lab, initiate(zeros(128))), kInProgress);
  EXPECT_EQ(send(lab, go_on(1, zeros(1))), kInvalidInput);
  lab.advance(10s + 1ns);
  EXPECT_EQ(send(lab, go_on(1, zeros(128))), kOutOfOrder);
}

TEST_P(TransferFw, IsKeptByARetransmission) {
  Lab lab;
  send(lab, initiate(zeros(128)));
  lab.advance(20s);
  send(lab, go_on(0, zeros(128)));
  lab.advance(20s);
  EXPECT_EQ(send(lab, go_on(1, zeros(128))), success());
}

// ------------------------------------------------------------------------------------------------------- size, form

// A package of just the limit goes, one part more does not; SILENT: 02h, and the transfer is over.
TEST_P(TransferFw, TakesAPackageOfTheSizeLimit) {
  Lab lab([](auto& config) { config.fw_size_limit = 0x300; });
  EXPECT_EQ(send(lab, full(2, package("2.0", 0x280))), success());
  EXPECT_EQ(send(lab, full(2, package("2.1", 0x281))), kInvalidInput);
  EXPECT_EQ(revision_in(lab, 2), "2.0");
}

TEST_P(TransferFw, EndsWithThePartBehindTheSizeLimit) {
  Lab lab([](auto& config) { config.fw_size_limit = 0x380; });
  send(lab, initiate(cut(example(), 0, 0x100)));
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x280))), success());
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x280))), success());
  EXPECT_EQ(send(lab, go_on(7, zeros(0x80))), kInvalidInput);
  EXPECT_FALSE(transfer_goes_on(lab));
  EXPECT_EQ(send(lab, end(2, 7, "")), kOutOfOrder);
}

TEST_P(TransferFw, RefusesOneByteBehindTheSizeLimit) {
  Lab lab([](auto& config) {
    config.fw_size_limit = 0x300;
    config.firmware_verify = FirmwareVerify::any;
  });
  EXPECT_EQ(send(lab, full(2, zeros(0x301))), kInvalidInput);
  EXPECT_EQ(send(lab, full(2, zeros(0x300))), success());
}

TEST_P(TransferFw, RefusesPartsThatAreNotMultiplesOf128Bytes) {
  Lab lab;
  EXPECT_EQ(send(lab, initiate(zeros(127))), kInvalidInput);
  EXPECT_EQ(send(lab, initiate(zeros(129))), kInvalidInput);
  EXPECT_FALSE(transfer_goes_on(lab));
  EXPECT_EQ(send(lab, initiate(cut(example(), 0, 0x100))), success());
  EXPECT_EQ(send(lab, go_on(2, zeros(1))), kInvalidInput);
  EXPECT_EQ(send(lab, end(2, 2, cut(example(), 0x100, 0x280))), success());
}

// COMPAT(linux): its last part is as long as the file.
TEST_P(TransferFw, TakesALastPartOfAnyLength) {
  Lab lab([](auto& config) { config.firmware_verify = FirmwareVerify::any; });
  send(lab, initiate(zeros(128)));
  EXPECT_EQ(send(lab, end(2, 1, "11")), success());
  EXPECT_EQ(image_in(lab, 2), zeros(128) + "11");
  EXPECT_EQ(send(lab, full(2, "22")), success());
  EXPECT_EQ(image_in(lab, 2), "22");
}

TEST_P(TransferFw, RefusesPartsWithoutData) {
  Lab lab;
  EXPECT_EQ(send(lab, full(2, "")), kInvalidInput);
  EXPECT_EQ(send(lab, initiate("")), kInvalidInput);
  send(lab, initiate(zeros(128)));
  EXPECT_EQ(send(lab, go_on(1, "")), kInvalidInput);
  EXPECT_EQ(send(lab, end(2, 1, "")), kInvalidInput);
  EXPECT_TRUE(transfer_goes_on(lab));
}

TEST_P(TransferFw, RefusesReservedActions) {
  Lab lab;
  EXPECT_EQ(send(lab, transfer(5, 2, 0, package("2.0"))), kInvalidInput);
  EXPECT_EQ(send(lab, transfer(0xff, 2, 0, package("2.0"))), kInvalidInput);
}

TEST_P(TransferFw, NeedsItsHeadOf128Bytes) {
  Lab lab;
  EXPECT_EQ(send(lab, ""), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(send(lab, "04" + zeros(126)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(send(lab, "04" + zeros(127)), success());
}

TEST(TransferFwLength, IsBoundedByTheMessage) {
  Lab lab([](auto& config) { config.firmware_verify = FirmwareVerify::any; });
  EXPECT_EQ(lab.mctp(0x0201, full(2, zeros(896))), success());
  EXPECT_EQ(lab.mctp(0x0201, full(2, zeros(897))), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.mailbox(0x0201, full(2, zeros(8064))), success());
  EXPECT_EQ(lab.mailbox(0x0201, full(2, zeros(8065))), refused(ReturnCode::invalid_payload_length));
}

// -----------------------------------------------------------------------------------------------------------------
// slots

struct Slot {
  std::uint8_t fw_slots;
  std::uint8_t slot;
  bool taken;
};
class TransferFwSlot : public testing::TestWithParam<Slot> {};
INSTANTIATE_TEST_SUITE_P(Slot, TransferFwSlot,
                         testing::Values(Slot{2, 0, false}, Slot{2, 1, false}, Slot{2, 2, true}, Slot{2, 3, false},
                                         Slot{3, 0, false}, Slot{3, 1, false}, Slot{3, 2, true}, Slot{3, 3, true},
                                         Slot{3, 4, false}, Slot{4, 0, false}, Slot{4, 1, false}, Slot{4, 2, true},
                                         Slot{4, 3, true}, Slot{4, 4, true}, Slot{4, 5, false}, Slot{4, 255, false}),
                         [](const auto& tested) {
                           return std::to_string(tested.param.slot) + "Of" + std::to_string(tested.param.fw_slots);
                         });

TEST_P(TransferFwSlot, IsOneThatTheDeviceHasAndDoesNotRun) {
  Lab lab([](auto& config) { config.fw_slots = GetParam().fw_slots; });
  EXPECT_EQ(lab.mailbox(0x0201, full(GetParam().slot, package("2.0"))), GetParam().taken ? success() : kInvalidSlot);
  EXPECT_FALSE(transfer_goes_on(lab));
}

// SILENT: a wrong slot leaves the transfer; the last part may come again with another (d8).
TEST_P(TransferFwSlot, MayBeCorrectedInALastPart) {
  Lab lab([](auto& config) { config.fw_slots = GetParam().fw_slots; });
  lab.mailbox(0x0201, initiate(cut(example(), 0, 0x100)));
  EXPECT_EQ(lab.mailbox(0x0201, end(GetParam().slot, 2, cut(example(), 0x100, 0x280))),
            GetParam().taken ? success() : kInvalidSlot);
  EXPECT_EQ(lab.mailbox(0x0201, end(2, 2, cut(example(), 0x100, 0x280))), GetParam().taken ? kOutOfOrder : success());
}

TEST_P(TransferFw, RefusesTheSlotThatBecameActive) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.mctp(0x0202, activate_online(2));
  EXPECT_EQ(send(lab, full(2, package("2.1"))), kInvalidSlot);
  EXPECT_EQ(send(lab, full(1, package("1.1"))), success());
  EXPECT_EQ(revision_in(lab, 1), "1.1");
}

// SILENT: what was staged is no longer there.
TEST_P(TransferFw, IntoTheStagedSlotStagesNothing) {
  Lab lab;
  fill_slot(lab, 2, "2.0");
  lab.mctp(0x0202, activate_on_reset(2));
  send(lab, full(2, package("2.1")));
  EXPECT_EQ(lab.mailbox(0x0200).payload.substr(2, 2), "01");
}

TEST_P(TransferFw, StagesWhatItStoredByProperty) {
  Lab lab([](auto& config) { config.fw_stage_on_transfer = true; });
  send(lab, full(2, package("2.0")));
  EXPECT_EQ(lab.mailbox(0x0200).payload.substr(2, 2), "11");
  lab.reset(ResetKind::cxl);
  EXPECT_EQ(lab.mailbox(0x0200).payload.substr(2, 2), "02");
}

TEST_P(TransferFw, StagesNothingThatFailsVerification) {
  Lab lab([](auto& config) { config.fw_stage_on_transfer = true; });
  EXPECT_EQ(send(lab, full(2, zeros(256))), kNotVerified);
  EXPECT_EQ(lab.mailbox(0x0200).payload.substr(2, 2), "01");
}

// ------------------------------------------------------------------------------------------------------ verification

struct Corruption {
  std::string_view name;
  std::size_t at;  ///< which byte of a package with a payload of 5 bytes is changed
};
class CorruptPackage : public testing::TestWithParam<Corruption> {};
INSTANTIATE_TEST_SUITE_P(Byte, CorruptPackage,
                         testing::Values(Corruption{"FirstOfMagic", 0}, Corruption{"LastOfMagic", 7},
                                         Corruption{"FormatVersion", 8}, Corruption{"HeaderSize", 10},
                                         Corruption{"PayloadSize", 16}, Corruption{"PayloadSizeHigh", 23},
                                         Corruption{"Revision", 24}, Corruption{"RevisionBehindItsEnd", 39},
                                         Corruption{"FirstOfDigest", 40}, Corruption{"LastOfDigest", 71},
                                         Corruption{"FirstOfPayload", 128}, Corruption{"LastOfPayload", 132},
                                         Corruption{"FirstOfPadding", 133}, Corruption{"LastOfPadding", 255}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(CorruptPackage, FailsVerificationAndLeavesTheSlot) {
  Lab lab;
  fill_slot(lab, 2, "1.9");
  Buffer corrupt = package_bytes("2.0", 5);
  corrupt[GetParam().at] ^= std::byte{1};
  EXPECT_EQ(lab.mctp(0x0201, full(2, to_hex(corrupt))), kNotVerified);
  EXPECT_EQ(revision_in(lab, 2), "1.9");
  EXPECT_EQ(image_in(lab, 2), package("1.9"));
  EXPECT_FALSE(transfer_goes_on(lab));
}

TEST_P(CorruptPackage, FailsVerificationAtTheLastPart) {
  Lab lab;
  Buffer corrupt = package_bytes("2.0", 5);
  corrupt[GetParam().at] ^= std::byte{1};
  EXPECT_EQ(lab.mailbox(0x0201, initiate(cut(to_hex(corrupt), 0, 128))), success());
  EXPECT_EQ(lab.mailbox(0x0201, end(2, 1, cut(to_hex(corrupt), 128, 128))), kNotVerified);
  EXPECT_EQ(revision_in(lab, 2), "");
  EXPECT_EQ(lab.mctp(0x0201, full(2, package("2.0"))), success());
}

TEST_P(TransferFw, RefusesAPackageThatIsCutShort) {
  Lab lab;
  EXPECT_EQ(send(lab, full(2, cut(example(), 0, 0x300))), kNotVerified);
  EXPECT_EQ(send(lab, full(2, cut(example(), 0, 0x7f))), kNotVerified);
}

TEST_P(TransferFw, RefusesAPackageWithMoreThanPaddingBehindIt) {
  Lab lab;
  EXPECT_EQ(send(lab, full(2, package("2.0", 0x80) + zeros(128))), kNotVerified);
}

// COMPAT(linux): a package whose padding was left out.
TEST_P(TransferFw, TakesAPackageWithoutItsPadding) {
  Lab lab;
  EXPECT_EQ(send(lab, full(2, cut(package("2.0", 5), 0, 133))), success());
}

// Named by the SHA-256 of 128 zeros.
TEST_P(TransferFw, TakesAnythingByProperty) {
  Lab lab([](auto& config) { config.firmware_verify = FirmwareVerify::any; });
  EXPECT_EQ(send(lab, full(2, zeros(128))), success());
  EXPECT_EQ(revision_in(lab, 2), "sha-38723a2e5e8a");
  EXPECT_EQ(send(lab, full(2, package("2.0"))), success());
  EXPECT_EQ(revision_in(lab, 2), "2.0");
}

// COMPAT(libcxlmi): its program sends no package.
TEST_P(TransferFw, TakesAnythingForLibcxlmiUnlessToldOtherwise) {
  Lab lab([](auto& config) { config.profile = Profile::libcxlmi; });
  EXPECT_EQ(send(lab, full(2, zeros(128))), success());
  Lab verifying([](auto& config) {
    config.profile = Profile::libcxlmi;
    config.firmware_verify = FirmwareVerify::package;
  });
  EXPECT_EQ(send(verifying, full(2, zeros(128))), kNotVerified);
}

// ------------------------------------------------------------------------------------------------- order of refusals

// Length, then busy, media, then: transfer of another CCI or one already there, order, size, form, slot, verification.
TEST_P(TransferFw, ChecksOrderBeforeFormAndSlot) {
  Lab lab([](auto& config) { config.fw_size_limit = 0x300; });
  EXPECT_EQ(send(lab, transfer(3, 1, 0, "11")), kOutOfOrder);
  EXPECT_EQ(send(lab, transfer(0, 1, 0, zeros(0x301))), kInvalidInput);  // size
  EXPECT_EQ(send(lab, transfer(0, 1, 0, "")), kInvalidInput);            // form
  EXPECT_EQ(send(lab, transfer(0, 1, 0, zeros(0x300))), kInvalidSlot);   // slot, before verification
  EXPECT_EQ(send(lab, transfer(0, 2, 0, zeros(0x300))), kNotVerified);
  send(lab, initiate(zeros(128)));
  EXPECT_EQ(send(lab, transfer(0, 1, 0, "")), kInProgress);
  EXPECT_EQ(send(lab, transfer(1, 1, 9, "")), kInProgress);
}

TEST_P(TransferFw, IsAnsweredWhileMediaIsDisabled) {
  Lab lab;
  lab.send(another_cci(GetParam()), 0x4400);
  EXPECT_EQ(send(lab, full(2, package("2.0"))), success());
}

TEST_P(TransferFw, IsRefusedWhileMediaIsDisabledByPropertyAfterItsLength) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(another_cci(GetParam()), 0x4400);
  EXPECT_EQ(send(lab, zeros(127)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(send(lab, transfer(9, 9, 9, "")), refused(ReturnCode::media_disabled));
}

TEST_P(TransferFw, IsInTheCelWithItsResetsAndAbortSupported) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0201), "410f");
}

TEST_P(TransferFw, FailsWhereAFaultSaysSoAndKeepsTheTransfer) {
  Lab lab;
  send(lab, initiate(cut(example(), 0, 0x100)));
  lab.fault(cci::ReturnCodeFault{.opcode = Opcode{0x0201}, .call = 1, .return_code = ReturnCode::retry_required});
  EXPECT_EQ(send(lab, end(2, 2, cut(example(), 0x100, 0x280))), refused(ReturnCode::retry_required));
  EXPECT_EQ(send(lab, end(2, 2, cut(example(), 0x100, 0x280))), success());
}

// --------------------------------------------------------------------------------------------------------- background

TEST_P(TransferFw, TakesEachPartInTheBackground) {
  Lab lab(parts_take_100ms);
  EXPECT_EQ(send(lab, initiate(cut(example(), 0, 0x100))), kStarted);
  lab.advance(50ms);
  EXPECT_EQ(lab.background(GetParam()).percent, 50);
  lab.advance(50ms);
  EXPECT_EQ(background_result(lab, GetParam()), ReturnCode::success);
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(send(lab, end(2, 4, cut(example(), 0x200, 0x180))), kStarted);
  lab.advance(99ms);
  EXPECT_EQ(revision_in(lab, 2), "");
  lab.advance(1ms);
  EXPECT_EQ(image_in(lab, 2), example());
  EXPECT_FALSE(transfer_goes_on(lab));
}

TEST_P(TransferFw, TellsAFailedVerificationInTheStatus) {
  Lab lab(parts_take_100ms);
  EXPECT_EQ(send(lab, full(2, zeros(256))), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(background_result(lab, GetParam()), ReturnCode::fw_verification_failed);
  EXPECT_EQ(lab.background(GetParam()).percent, 100);
}

// What is wrong with a part is said at once.
TEST_P(TransferFw, StartsNothingThatItRefuses) {
  Lab lab(parts_take_100ms);
  EXPECT_EQ(send(lab, go_on(1, zeros(128))), kOutOfOrder);
  EXPECT_EQ(send(lab, full(1, zeros(128))), kInvalidSlot);
  EXPECT_EQ(send(lab, initiate(zeros(1))), kInvalidInput);
  EXPECT_FALSE(lab.background(GetParam()).running);
}

TEST_P(TransferFw, IsBusyWhileAPartOfTheSameCciIsTaken) {
  Lab lab(parts_take_100ms);
  send(lab, initiate(cut(example(), 0, 0x100)));
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), (Answered{ReturnCode::busy, "", true}));
  EXPECT_EQ(lab.send(GetParam(), 0x4400), (Answered{ReturnCode::busy, "", true}));
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, go_on(2, zeros(128))), kInProgress);
  lab.advance(100ms);
  EXPECT_EQ(send(lab, go_on(2, cut(example(), 0x100, 0x100))), kStarted);
}

TEST_P(TransferFw, IsBusyWhileASanitizeOfTheSameCciRunsAndAPartWouldRunInTheBackground) {
  Lab lab(parts_take_100ms);
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(send(lab, initiate(zeros(128))), (Answered{ReturnCode::busy, "", true}));
  Lab at_once;
  at_once.send(GetParam(), 0x4400);
  EXPECT_EQ(send(at_once, initiate(zeros(128))), (Answered{ReturnCode::success, "", true}));
}

// The thirty seconds begin when a part has been taken.
TEST_P(TransferFw, WaitsThirtySecondsFromTheEndOfAPart) {
  Lab lab([](auto& config) { config.fw_transfer_duration = 60s; });
  send(lab, initiate(zeros(128)));
  lab.advance(59s);
  EXPECT_TRUE(transfer_goes_on(lab));
  lab.advance(31s);
  EXPECT_TRUE(transfer_goes_on(lab));
  lab.advance(1ns);
  EXPECT_FALSE(transfer_goes_on(lab));
}

TEST_P(TransferFw, IsEndedByAnAbortOfItsPart) {
  Lab lab(parts_take_100ms);
  send(lab, initiate(zeros(128)));
  lab.advance(50ms);
  EXPECT_EQ(lab.send(GetParam(), 0x0005), success());
  EXPECT_EQ(background_result(lab, GetParam()), ReturnCode::aborted);
  EXPECT_FALSE(transfer_goes_on(lab));
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, initiate(zeros(128))), kStarted);
}

TEST_P(TransferFw, LetsAPartFinishWhoseAbortComesTooLate) {
  Lab lab(parts_take_100ms);
  send(lab, initiate(zeros(128)));
  lab.advance(85ms);
  EXPECT_EQ(lab.send(GetParam(), 0x0005), (Answered{ReturnCode::success, "", true}));
  lab.advance(15ms);
  EXPECT_EQ(send(lab, go_on(1, zeros(128))), kStarted);
}

TEST_P(TransferFw, LeavesTheSlotWhereItsLastPartIsAborted) {
  Lab lab(parts_take_100ms);
  fill_slot(lab, 2, "1.9");
  send(lab, full(2, package("2.0")));
  lab.send(GetParam(), 0x0005);
  lab.advance(24h);
  EXPECT_EQ(revision_in(lab, 2), "1.9");
}

// Fault B25: the reference emulator goes on as if nothing had happened. The slot of the CCI is free at once.
TEST_P(TransferFw, IsAbortedWhileAPartIsTaken) {
  Lab lab(parts_take_100ms);
  send(lab, initiate(zeros(128)));
  lab.advance(90ms);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, abort_transfer()), kInProgress);
  EXPECT_EQ(send(lab, abort_transfer()), success());
  EXPECT_EQ(background_result(lab, GetParam()), ReturnCode::aborted);
  EXPECT_FALSE(lab.background(GetParam()).running);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, initiate(cut(example(), 0, 0x100))), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, end(2, 2, cut(example(), 0x100, 0x280))), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(image_in(lab, 2), example());
}

// An abort of the transfer leaves another operation of the CCI alone.
TEST_P(TransferFw, IsAbortedWithoutTheSanitizeBesideIt) {
  Lab lab;
  send(lab, initiate(zeros(128)));
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(send(lab, abort_transfer()), (Answered{ReturnCode::success, "", true}));
  EXPECT_FALSE(transfer_goes_on(lab));
}

struct PartDuration {
  std::string_view name;
  Timing timing;
  std::uint8_t action;
  std::size_t length;
  Nanoseconds takes;
};
class TransferFwDuration : public testing::TestWithParam<PartDuration> {};
INSTANTIATE_TEST_SUITE_P(Timing, TransferFwDuration,
                         testing::Values(PartDuration{"QemuFull", Timing::qemu, 0, 128, 10s},
                                         PartDuration{"QemuInitiate", Timing::qemu, 1, 128, 2s},
                                         PartDuration{"QemuInitiateOf896Bytes", Timing::qemu, 1, 896, 2s},
                                         PartDuration{"RealFull", Timing::real, 0, 128, 1'012'800ns},
                                         PartDuration{"RealInitiate", Timing::real, 1, 128, 1'012'800ns},
                                         PartDuration{"RealInitiateOf896Bytes", Timing::real, 1, 896, 1'089'600ns}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(TransferFwDuration, FollowsTheTiming) {
  Lab lab([](auto& config) { config.timing = GetParam().timing; });
  EXPECT_EQ(lab.mctp(0x0201, transfer(GetParam().action, 2, 0, zeros(GetParam().length))), kStarted);
  lab.advance(GetParam().takes - 1ns);
  EXPECT_TRUE(lab.background(cci::kMctp).running);
  lab.advance(1ns);
  EXPECT_FALSE(lab.background(cci::kMctp).running);
}

TEST(TransferFwDurationByProperty, OverridesTheTiming) {
  Lab lab([](auto& config) {
    config.timing = Timing::qemu;
    config.fw_transfer_duration = 0ms;
  });
  EXPECT_EQ(lab.mctp(0x0201, initiate(zeros(128))), success());
}

// A fault makes a part run in the background that would be taken at once.
TEST_P(TransferFw, ThatIsSlowTakesItsTimeOnce) {
  Lab lab;
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x0201}, .duration = 10s});
  EXPECT_EQ(send(lab, initiate(zeros(128))), kStarted);
  lab.advance(10s - 1ns);
  EXPECT_TRUE(lab.background(GetParam()).running);
  lab.advance(1ns);
  EXPECT_EQ(background_result(lab, GetParam()), ReturnCode::success);
  EXPECT_EQ(send(lab, go_on(1, zeros(128))), success());
}

TEST_P(TransferFw, ThatStallsHoldsTheDeviceUntilItIsAborted) {
  Lab lab;
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x0201}, .disturbance = {.stall_at_percent = 40}});
  EXPECT_EQ(send(lab, initiate(zeros(128))), kStarted);
  lab.advance(24h);
  EXPECT_EQ(lab.background(GetParam()).percent, 40);
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, initiate(zeros(128))), kInProgress);
  EXPECT_EQ(lab.send(GetParam(), 0x0005), success());
  EXPECT_EQ(lab.send(another_cci(GetParam()), 0x0201, initiate(zeros(128))), success());
}

// A part that stands still is not taken twice, and the next one waits for it.
TEST_P(TransferFw, ThatStallsTakesNoOtherPart) {
  Lab lab;
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x0201}, .disturbance = {.stall_at_percent = 40}});
  send(lab, initiate(zeros(128)));
  EXPECT_EQ(send(lab, go_on(1, zeros(128))), (Answered{ReturnCode::busy, "", true}));
  EXPECT_EQ(send(lab, initiate(zeros(128))), (Answered{ReturnCode::busy, "", true}));
}

// ------------------------------------------------------------------------------------------------------------- resets

struct ResetOfATransfer {
  std::string_view name;
  cci::CciId via;
  ResetKind kind;
  bool goes_on;
};
class TransferFwAndReset : public testing::TestWithParam<ResetOfATransfer> {};
// A transfer of the mailbox is aborted by a Conventional and a CXL Reset; what was begun over MCTP goes on (d5).
INSTANTIATE_TEST_SUITE_P(
    Reset, TransferFwAndReset,
    testing::Values(ResetOfATransfer{"MailboxConventional", cci::kMailbox, ResetKind::conventional, false},
                    ResetOfATransfer{"MailboxCold", cci::kMailbox, ResetKind::cold, false},
                    ResetOfATransfer{"MailboxPowerLoss", cci::kMailbox, ResetKind::power_loss, false},
                    ResetOfATransfer{"MailboxCxl", cci::kMailbox, ResetKind::cxl, false},
                    ResetOfATransfer{"MailboxFlr", cci::kMailbox, ResetKind::flr, true},
                    ResetOfATransfer{"MctpConventional", cci::kMctp, ResetKind::conventional, true},
                    ResetOfATransfer{"MctpCold", cci::kMctp, ResetKind::cold, true},
                    ResetOfATransfer{"MctpCxl", cci::kMctp, ResetKind::cxl, true},
                    ResetOfATransfer{"MctpFlr", cci::kMctp, ResetKind::flr, true},
                    ResetOfATransfer{"MctpPowerLoss", cci::kMctp, ResetKind::power_loss, false}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(TransferFwAndReset, GoesOnOrIsAborted) {
  const auto& [name, via, kind, goes_on] = GetParam();
  Lab lab;
  lab.send(via, 0x0201, initiate(cut(example(), 0, 0x100)));
  lab.reset(kind);
  EXPECT_EQ(transfer_goes_on(lab), goes_on);
  EXPECT_EQ(lab.send(via, 0x0201, end(2, 2, cut(example(), 0x100, 0x280))), goes_on ? success() : kOutOfOrder);
  EXPECT_EQ(revision_in(lab, 2), goes_on ? "2.0" : "");
}

TEST_P(TransferFwAndReset, GoesOnOrIsAbortedWhileAPartIsTaken) {
  const auto& [name, via, kind, goes_on] = GetParam();
  Lab lab(parts_take_100ms);
  lab.send(via, 0x0201, full(2, package("2.0")));
  lab.advance(50ms);
  lab.reset(kind);
  EXPECT_EQ(transfer_goes_on(lab), goes_on);
  EXPECT_EQ(lab.background(via).running, goes_on);
  EXPECT_EQ(lab.send(another_cci(via), 0x0201, initiate(zeros(128))), goes_on ? kInProgress : kStarted);
  lab.advance(24h);
  EXPECT_EQ(revision_in(lab, 2), goes_on ? "2.0" : "");
}

// CXL Reset leaves the status, which tells that the part was aborted; a Conventional Reset zeroes it.
TEST(TransferFwAndCxlReset, TellsTheAbortInTheStatus) {
  Lab lab(parts_take_100ms);
  lab.mailbox(0x0201, initiate(zeros(128)));
  lab.reset(ResetKind::cxl);
  EXPECT_EQ(background_result(lab, cci::kMailbox), ReturnCode::aborted);
  lab.mailbox(0x0201, initiate(zeros(128)));
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.background(cci::kMailbox), BackgroundStatus{});
}

TEST(TransferFwAndFlr, IsAbortedWithItsPartByProperty) {
  Lab lab([](auto& config) {
    config.fw_transfer_duration = 100ms;
    config.flr_ends_background = true;
  });
  lab.mailbox(0x0201, initiate(zeros(128)));
  lab.reset(ResetKind::flr);
  EXPECT_FALSE(transfer_goes_on(lab));
}

// A reset may activate the slot that the last part goes to: the active firmware is never overwritten.
TEST(TransferFwAndReset, LeavesTheSlotThatItMadeActive) {
  Lab lab(parts_take_100ms);
  fill_slot(lab, 2, "2.0");
  lab.mctp(0x0202, activate_on_reset(2));
  lab.mctp(0x0201, full(2, package("2.1")));
  lab.reset(ResetKind::cxl);
  lab.advance(100ms);
  EXPECT_EQ(background_result(lab, cci::kMctp), ReturnCode::invalid_slot);
  EXPECT_EQ(revision_in(lab, 2), "2.0");
}

// ----------------------------------------------------------------------------------------- an activation beside it

// Permitted, not required (fault B33): the activation holds the slot.
TEST_P(TransferFw, IsBusyWhileTheOtherCciActivatesItsSlot) {
  Lab lab([](auto& config) {
    config.fw_activates_in_background = true;
    config.fw_slots = 3;
  });
  fill_slot(lab, 2, "2.0");
  lab.send(another_cci(GetParam()), 0x0202, activate_online(2));
  EXPECT_EQ(send(lab, full(2, package("2.1"))), refused(ReturnCode::busy));
  EXPECT_EQ(send(lab, full(3, package("3.0"))), success());
  lab.advance(100ms);
  EXPECT_EQ(send(lab, full(2, package("2.1"))), kInvalidSlot);
}

TEST_P(TransferFw, ReplacesWhatTheOtherCciActivatesByProperty) {
  Lab lab([](auto& config) {
    config.fw_activates_in_background = true;
    config.busy_across = BusyAcross::never;
  });
  fill_slot(lab, 2, "2.0");
  lab.send(another_cci(GetParam()), 0x0202, activate_online(2));
  EXPECT_EQ(send(lab, full(2, package("2.1"))), success());
  lab.advance(100ms);
  EXPECT_EQ(lab.mailbox(0x0200).payload.substr(2, 2), "02");
  EXPECT_EQ(revision_in(lab, 2), "2.1");
}

}  // namespace
}  // namespace cxlemu
