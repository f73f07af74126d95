// CXL r3.2 8.2.10.5.2 Get Log (Opcode 0401h) and 8.2.10.5.2.1 Command Effects Log
#include "support/command_effects_log.hpp"

namespace cxlemu {
namespace {

constexpr std::string_view kCel = "0d a9 c0 b5 bf 41 4b 78 8f 79 96 b1 62 3b 3f 17";

// A request for the Command Effects Log.
std::string cel(std::string_view offset, std::string_view length) {
  return std::string(kCel) + std::string(offset) + std::string(length);
}

class GetLogOnCci : public OnBothCcis {};
ON_BOTH_CCIS(GetLogOnCci);

// Fault B20: bit 8 is Request Abort Supported, bit 6 Background Operation; bits 15:12 are 0. Fault B41: what each CCI
// has follows the columns M, O and P of the specification.
TEST_P(GetLogOnCci, ReturnsTheCommandEffectsLog) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", hex32(cel_bytes(GetParam())))), success(whole_cel(GetParam())));
}

TEST_P(GetLogOnCci, ReturnsExactlyTheBytesAskedFor) {
  Lab lab;
  const std::string whole = lab.send(GetParam(), 0x0401, cel("00 00 00 00", "40 00 00 00")).payload;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("03 00 00 00", "02 00 00 00")), success(whole.substr(6, 4)));
}

TEST_P(GetLogOnCci, ReturnsNothingWhereNothingIsAskedFor) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "00 00 00 00")), success());
}

// Fault B28: the reference emulator reads past the end of the log.
TEST_P(GetLogOnCci, RefusesWhatLiesBehindTheEnd) {
  Lab lab;
  const std::uint32_t end = cel_bytes(GetParam());
  const auto get = [&](std::uint32_t offset, std::uint32_t length) {
    return lab.send(GetParam(), 0x0401, cel(hex32(offset), hex32(length)));
  };
  EXPECT_EQ(get(end - 1, 1), success(whole_cel(GetParam()).substr(2 * (end - 1))));
  EXPECT_EQ(get(end, 0), success());
  EXPECT_EQ(get(end, 1), refused(ReturnCode::invalid_input));
  EXPECT_EQ(get(end + 1, 0), refused(ReturnCode::invalid_input));
  EXPECT_EQ(get(0, end + 1), refused(ReturnCode::invalid_input));
  EXPECT_EQ(get(end - 1, 2), refused(ReturnCode::invalid_input));
}

TEST_P(GetLogOnCci, RefusesARangeWhoseEndDoesNotFit32Bits) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("ff ff ff ff", "01 00 00 00")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("ff ff ff ff", "ff ff ff ff")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("01 00 00 00", "ff ff ff ff")), refused(ReturnCode::invalid_input));
}

TEST_P(GetLogOnCci, RefusesALogThatIsNotThere) {
  Lab lab;
  const std::string vendor_debug_log = "5e 18 19 d9 11 a9 40 0c 81 1f d6 07 19 40 3d 86";
  EXPECT_EQ(lab.send(GetParam(), 0x0401, vendor_debug_log + "00000000 00000000"), refused(ReturnCode::invalid_log));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, zeros(24)), refused(ReturnCode::invalid_log));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, vendor_debug_log + "ffffffff ffffffff"), refused(ReturnCode::invalid_log));
}

TEST_P(GetLogOnCci, NeedsItsTwentyFourBytes) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "04 00 00")), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetLogOnCci, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "01 00 00 00 ff")).code, ReturnCode::success);
}

TEST_P(GetLogOnCci, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "01 00 00 00 ff")),
            refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetLogOnCci, ListsVendorCommandsWithTheirEffects) {
  Lab lab;
  lab.device().commands().add({.opcode = Opcode{0xC123},
                               .title = "Vendor",
                               .effects = effect::immediate_log_change,
                               .carriers = cci::Carrier::mailbox | cci::Carrier::mctp,
                               .run = [](auto&, auto, auto&) -> cci::Result<void> { return {}; }});
  EXPECT_EQ(lab.cel_effect(GetParam(), 0xC123), "1000");
}

// Bit 7 is reserved in the CEL of any CCI but a mailbox.
TEST(GetLog, ShowsSecondaryMailboxSupportOnMailboxesAlone) {
  Lab lab;
  lab.device().commands().add({.opcode = Opcode{0xC123},
                               .title = "Vendor",
                               .effects = effect::immediate_log_change | effect::secondary_mailbox_supported,
                               .carriers = cci::Carrier::mailbox | cci::Carrier::mctp,
                               .run = [](auto&, auto, auto&) -> cci::Result<void> { return {}; }});
  EXPECT_EQ(lab.cel_effect(Via::mailbox, 0xC123), "9000");
  EXPECT_EQ(lab.cel_effect(Via::mctp, 0xC123), "1000");
}

// 48 more commands make both logs longer than 256 bytes.
TEST_P(GetLogOnCci, RefusesMoreThanAResponseMayHold) {
  Lab lab([](auto& config) {
    config.message_limit = 8;
    config.mailbox_payload_size = 256;
  });
  for (std::uint16_t i = 0; i < 49; ++i) {
    lab.device().commands().add({.opcode = Opcode{static_cast<std::uint16_t>(0xC000 + i)},
                                 .title = "Vendor",
                                 .carriers = cci::Carrier::mailbox | cci::Carrier::mctp,
                                 .run = [](auto&, auto, auto&) -> cci::Result<void> { return {}; }});
  }
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "00 01 00 00")).payload.size(), 2 * 256);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "01 01 00 00")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 01 00 00", "04 00 00 00")).code, ReturnCode::success);
}

TEST_P(GetLogOnCci, IsAnsweredWhileMediaIsDisabled) {
  Lab lab;
  lab.mailbox(0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "04 00 00 00")).code, ReturnCode::success);
}

TEST_P(GetLogOnCci, IsRefusedWhileMediaIsDisabledByPropertyAfterItsLengthAndBeforeItsInput) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0401, zeros(23)), (Answered{ReturnCode::invalid_payload_length, "", true}));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, zeros(24)), (Answered{ReturnCode::media_disabled, "", true}));
  EXPECT_EQ(lab.send(GetParam(), 0x0401, cel("00 00 00 00", "04 00 00 00")),
            (Answered{ReturnCode::media_disabled, "", true}));
}

}  // namespace
}  // namespace cxlemu
