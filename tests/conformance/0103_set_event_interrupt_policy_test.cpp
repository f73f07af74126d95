// CXL r3.2 8.2.10.2.5 Set Event Interrupt Policy (Opcode 0103h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

// A host that has enabled MSI with all eight messages, as tests/conversations/pcie_function_test.cpp does it.
class HostWithMsi : public Lab {
 public:
  explicit HostWithMsi(const std::function<void(MemoryDeviceConfig&)>& configure = {}) : Lab(configure) {
    machine->on_output([this](Output&& output) {
      interrupts.at(std::to_integer<std::size_t>(output.bytes.at(0)) - cci::kFirstEventInterruptMessageNumber) += 1;
    });
    enable();
  }
  void enable() {
    constexpr std::uint64_t kCommand = 0x04, kMsiControl = 0x4A;
    for (const auto& [offset, hex] : {std::pair{kCommand, "0600"}, {kMsiControl, "3100"}}) {
      machine->write_registers(function(), FunctionRegion::configuration_space, offset, from_hex(hex).value());
    }
  }
  // How often each log's came: informational, warning, failure, fatal, dynamic capacity.
  cci::InterruptCounts interrupts{};
};

TEST(SetEventInterruptPolicy, SetsTheModeOfEachLog) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0103, "01 00 01 00 01"), success());
  EXPECT_EQ(lab.mailbox(0x0102), success("11 00 31 00 51"));
}

// The Dynamic Capacity setting is not part of the Minimum Input Payload Length; what is not sent is 0.
TEST(SetEventInterruptPolicy, TakesFourBytesAndThenSetsNoInterruptsForDynamicCapacity) {
  Lab lab;
  lab.mailbox(0x0103, "00 00 00 00 01");
  EXPECT_EQ(lab.mailbox(0x0103, "01 01 01 01"), success());
  EXPECT_EQ(lab.mailbox(0x0102), success("11 21 31 41 00"));
}

TEST(SetEventInterruptPolicy, NeedsFourBytes) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0103), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.mailbox(0x0103, "01 01 01"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.mailbox(0x0102), success("00 00 00 00 00"));
}

// Fault B43 in its other direction: the surplus is ignored, not read.
TEST(SetEventInterruptPolicy, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0103, "01 00 00 00 00 03"), success());
  EXPECT_EQ(lab.mailbox(0x0102), success("11 00 00 00 00"));
}

TEST(SetEventInterruptPolicy, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.mailbox(0x0103, "01 00 00 00 00 00"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.mailbox(0x0103, "01 00 00 00 00"), success());
}

TEST(SetEventInterruptPolicy, IgnoresReservedBitsAndTheVectorOfAnMsi) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x0103, "0c fd 7e f0 fd"), success());
  EXPECT_EQ(lab.mailbox(0x0102), success("00 21 72 00 51"));
}

struct ReservedMode {
  std::string_view name;
  std::string_view policy;
};
class ReservedInterruptMode : public testing::TestWithParam<ReservedMode> {};
// Firmware interrupts are reserved for Dynamic Capacity.
INSTANTIATE_TEST_SUITE_P(Mode, ReservedInterruptMode,
                         testing::Values(ReservedMode{"Informational", "03 01 01 01 01"},
                                         ReservedMode{"Warning", "01 03 01 01 01"},
                                         ReservedMode{"Failure", "01 01 03 01 01"},
                                         ReservedMode{"Fatal", "01 01 01 03 01"},
                                         ReservedMode{"DynamicCapacity", "01 01 01 01 03"},
                                         ReservedMode{"DynamicCapacityByFirmware", "01 01 01 01 02"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(ReservedInterruptMode, IsInvalidInputAndChangesNothing) {
  Lab lab;
  lab.mailbox(0x0103, "00 01 00 00 00");
  EXPECT_EQ(lab.mailbox(0x0103, GetParam().policy), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.mailbox(0x0102), success("00 21 00 00 00"));
}

// ---------------------------------------------------------------------------------------------------------- interrupts

TEST(EventInterrupt, IsSignalledWhenALogGetsItsFirstRecord) {
  HostWithMsi lab;
  lab.mailbox(0x0103, "00 01 00 00 00");
  lab.log_event(EventLogId::warning);
  lab.log_event(EventLogId::warning);
  lab.log_event(EventLogId::failure);
  EXPECT_EQ(lab.interrupts, (cci::InterruptCounts{0, 1, 0, 0, 0}));
}

TEST(EventInterrupt, IsSignalledAgainAfterTheLogWasEmptied) {
  HostWithMsi lab;
  lab.mailbox(0x0103, "00 00 00 00 01");
  lab.log_event(EventLogId::dynamic_capacity);
  lab.log_event(EventLogId::dynamic_capacity);
  lab.mailbox(0x0101, "04 00 01 000000 0100");
  lab.log_event(EventLogId::dynamic_capacity);
  EXPECT_EQ(lab.interrupts, (cci::InterruptCounts{0, 0, 0, 0, 1}));
  lab.mailbox(0x0101, "04 00 02 000000 0200 0300");
  lab.log_event(EventLogId::dynamic_capacity);
  EXPECT_EQ(lab.interrupts, (cci::InterruptCounts{0, 0, 0, 0, 2}));
}

TEST(EventInterrupt, IsNotSignalledForRecordsThatWereThereBeforeThePolicy) {
  HostWithMsi lab;
  lab.log_event(EventLogId::fatal);
  lab.mailbox(0x0103, "01 01 01 01 01");
  lab.log_event(EventLogId::fatal);
  EXPECT_EQ(lab.interrupts, (cci::InterruptCounts{0, 0, 0, 0, 0}));
}

TEST(EventInterrupt, IsNotSignalledForARecordThatIsLost) {
  HostWithMsi lab([](auto& config) { config.event_log_size = 1; });
  lab.mailbox(0x0103, "01 01 01 01 01");
  lab.log_event(EventLogId::fatal);
  lab.log_event(EventLogId::fatal);
  EXPECT_EQ(lab.interrupts, (cci::InterruptCounts{0, 0, 0, 1, 0}));
}

TEST(EventInterrupt, IsNotAnMsiWhereFirmwareIsToBeInterrupted) {
  HostWithMsi lab;
  lab.mailbox(0x0103, "02 02 02 02 00");
  lab.log_event(EventLogId::informational);
  EXPECT_EQ(lab.interrupts, (cci::InterruptCounts{0, 0, 0, 0, 0}));
}

TEST(EventInterrupt, FollowsTheLogsOfTheMailboxWhateverMctpClears) {
  HostWithMsi lab;
  lab.mailbox(0x0103, "01 00 00 00 00");
  lab.log_event(EventLogId::informational);
  lab.mctp(0x0101, "00 00 01 000000 0100");
  lab.log_event(EventLogId::informational);
  EXPECT_EQ(lab.interrupts, (cci::InterruptCounts{1, 0, 0, 0, 0}));
}

TEST(EventInterrupt, IsSignalledAfterASanitizeErasedTheLog) {
  HostWithMsi lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.mailbox(0x0103, "01 00 00 00 00");
  lab.log_event(EventLogId::informational);
  lab.mctp(0x4400);
  lab.advance(100ms);
  lab.log_event(EventLogId::informational);
  EXPECT_EQ(lab.interrupts, (cci::InterruptCounts{2, 0, 0, 0, 0}));
}

TEST(EventInterrupt, IsNotSignalledAfterAConventionalReset) {
  HostWithMsi lab;
  lab.mailbox(0x0103, "01 01 01 01 01");
  lab.reset(ResetKind::conventional);
  lab.enable();
  lab.log_event(EventLogId::informational);
  EXPECT_EQ(lab.interrupts, (cci::InterruptCounts{0, 0, 0, 0, 0}));
}

// -------------------------------------------------------------------------------------------------------------- states

TEST(SetEventInterruptPolicy, IsProhibitedOnMctp) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x0103, "01 01 01 01 01"), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.mctp(0x0103), refused(ReturnCode::unsupported_mailbox_or_cci));  // 15h before 16h
  EXPECT_EQ(lab.mailbox(0x0102), success("00 00 00 00 00"));
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x0103), "absent");
}

TEST(SetEventInterruptPolicy, IsInTheCelAsImmediatePolicyChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x0103), "8800");
}

TEST(SetEventInterruptPolicy, IsCarriedOutWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.mailbox(0x4400);
  EXPECT_EQ(lab.mailbox(0x0103, "01 01 01 01 01"), (Answered{ReturnCode::success, "", true}));
}

}  // namespace
}  // namespace cxlemu
