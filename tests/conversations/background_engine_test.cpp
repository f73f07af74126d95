// CXL r3.2 8.2.9.4.6-7, 8.2.10.1.2, 9.20.1: one background operation on each CCI, told of by the BO bit of every
// response, by its status and by its result.
#include <gmock/gmock.h>

#include "support/lab.hpp"

namespace cxlemu {
namespace {

using testing::ElementsAre;

void sanitize_takes_100ms(MemoryDeviceConfig& config) { config.sanitize_duration = 100ms; }

// The BO bit of a response, the BO bit of the status's own response, and bit 0 of the status.
std::string busy_bits(Lab& lab) {
  const Answered any = lab.mctp(0x0300);
  const Answered status = lab.mctp(0x0002);
  const bool in_progress = (from_hex(status.payload).value()[0] & std::byte{1}) != std::byte{0};
  return std::string(any.background_operation ? "1" : "0") + (status.background_operation ? "1" : "0") +
         (in_progress ? "1" : "0");
}
std::string bo_of_mailbox(Lab& lab) { return lab.mailbox(0x0300).background_operation ? "1" : "0"; }

// --------------------------------------------------------------------------------------- the BO bit tells the truth

// Fault B11: it reads 1 in the reference emulator until a first operation has ended.
TEST(BackgroundBit, IsClearWhereNothingEverRan) {
  Lab lab;
  EXPECT_EQ(busy_bits(lab), "000");
  EXPECT_EQ(bo_of_mailbox(lab), "0");
}

TEST(BackgroundBit, IsSetFromTheStartToTheEndOfAnOperation) {
  Lab lab(sanitize_takes_100ms);
  EXPECT_TRUE(lab.mctp(0x4400).background_operation);
  EXPECT_EQ(busy_bits(lab), "111");
  lab.advance(99'999'999ns);
  EXPECT_EQ(busy_bits(lab), "111");
  lab.advance(1ns);
  EXPECT_EQ(busy_bits(lab), "000");
}

TEST(BackgroundBit, IsClearInTheResponseThatAborts) {
  Lab lab(sanitize_takes_100ms);
  lab.mctp(0x4400);
  EXPECT_FALSE(lab.mctp(0x0005).background_operation);
  EXPECT_EQ(busy_bits(lab), "000");
}

TEST(BackgroundBit, IsOfTheCciThatRunsTheOperation) {
  Lab by_mailbox(sanitize_takes_100ms);
  by_mailbox.mailbox(0x4400);
  EXPECT_EQ(bo_of_mailbox(by_mailbox), "1");
  EXPECT_EQ(busy_bits(by_mailbox), "000");

  Lab by_mctp(sanitize_takes_100ms);
  by_mctp.mctp(0x4400);
  EXPECT_EQ(bo_of_mailbox(by_mctp), "0");
  EXPECT_EQ(busy_bits(by_mctp), "111");
}

TEST(BackgroundBit, IsClearWhereAnOperationCouldNotStart) {
  Lab lab;
  lab.fault(cci::ReturnCodeFault{.opcode = Opcode{0x4400}, .call = 1, .return_code = ReturnCode::internal_error});
  EXPECT_EQ(lab.mctp(0x4400), refused(ReturnCode::internal_error));
  EXPECT_EQ(busy_bits(lab), "000");
}

TEST(BackgroundBit, StaysSetWhereAnOperationNeverEnds) {
  Lab lab;
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x4400}, .disturbance = {.stall_at_percent = std::uint8_t{0}}});
  lab.mctp(0x4400);
  lab.advance(24h);
  EXPECT_EQ(busy_bits(lab), "111");
}

struct RefusedWhileRunning {
  std::string_view name;
  std::uint16_t opcode;
  std::string_view payload;
  ReturnCode code;
};
class BackgroundBitOfARefusal : public testing::TestWithParam<RefusedWhileRunning> {};
INSTANTIATE_TEST_SUITE_P(
    Code, BackgroundBitOfARefusal,
    testing::Values(RefusedWhileRunning{"InvalidInput", 0x0100, "05", ReturnCode::invalid_input},
                    RefusedWhileRunning{"Unsupported", 0x4403, "", ReturnCode::unsupported},
                    RefusedWhileRunning{"Busy", 0x4400, "", ReturnCode::busy},
                    RefusedWhileRunning{"MediaDisabled", 0x4102, "0000000000000000", ReturnCode::media_disabled},
                    RefusedWhileRunning{"UnsupportedCci", 0x0102, "", ReturnCode::unsupported_mailbox_or_cci},
                    RefusedWhileRunning{"Length", 0x0301, "00", ReturnCode::invalid_payload_length},
                    RefusedWhileRunning{"Log", 0x0401, "000000000000000000000000000000000000000000000000",
                                        ReturnCode::invalid_log},
                    RefusedWhileRunning{"FmApi", 0x5100, "", ReturnCode::unsupported}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(BackgroundBitOfARefusal, IsSetToo) {
  Lab lab(sanitize_takes_100ms);
  lab.mctp(0x4400);
  EXPECT_EQ(lab.mctp(GetParam().opcode, GetParam().payload), (Answered{GetParam().code, "", true}));
}

class BackgroundBitAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(BackgroundBitAfterReset);

TEST_P(BackgroundBitAfterReset, IsClearWhereNothingRan) {
  Lab lab;
  lab.reset(GetParam());
  EXPECT_EQ(busy_bits(lab), "000");
  EXPECT_EQ(bo_of_mailbox(lab), "0");
}

TEST_P(BackgroundBitAfterReset, AgreesWithTheSlots) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.busy_across = BusyAcross::never;
  });
  lab.mailbox(0x4400);
  lab.mctp(0x4400);
  lab.reset(GetParam());
  EXPECT_EQ(bo_of_mailbox(lab), lab.background(cci::kMailbox).running ? "1" : "0");
  EXPECT_EQ(busy_bits(lab), lab.background(cci::kMctp).running ? "111" : "000");
}

// ------------------------------------------------------------------------------------------------------------ result

class BackgroundResult : public OnEveryCci {
 protected:
  static cci::BackgroundSlot& slot(Lab& lab) {
    return lab.inside("one slot is saved and restored, and nothing else of the device").cci(GetParam()).background;
  }
};
ON_EVERY_CCI(BackgroundResult);

TEST_P(BackgroundResult, StaysUntilTheNextOperationStarts) {
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(24h);
  EXPECT_EQ(lab.background(GetParam()).percent, 100);
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.background(GetParam()).percent, 0);
}

TEST_P(BackgroundResult, OfAnAbortStaysUntilTheNextOperationStarts) {
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(20ms);
  lab.send(GetParam(), 0x0005);
  lab.advance(24h);
  EXPECT_EQ(lab.background(GetParam()).percent, 20);
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::aborted);
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::success);
}

TEST_P(BackgroundResult, SurvivesARefusedOperation) {
  const cci::CciId other = another_cci(GetParam());
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  lab.send(other, 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), refused(ReturnCode::busy));
  EXPECT_EQ(lab.background(GetParam()).percent, 100);
}

struct ResetOfAResult {
  ResetKind kind;
  std::uint8_t percent;
};
class BackgroundResultAfterReset : public testing::TestWithParam<ResetOfAResult> {};
INSTANTIATE_TEST_SUITE_P(Reset, BackgroundResultAfterReset,
                         testing::Values(ResetOfAResult{ResetKind::conventional, 0}, ResetOfAResult{ResetKind::cold, 0},
                                         ResetOfAResult{ResetKind::power_loss, 0}, ResetOfAResult{ResetKind::cxl, 100},
                                         ResetOfAResult{ResetKind::flr, 100}),
                         [](const auto& tested) { return reset_name(tested.param.kind); });

// It tells of the last operation since the last Conventional Reset (8.2.9.4.7, spec-check b2).
TEST_P(BackgroundResultAfterReset, IsForgottenByAConventionalResetAlone) {
  Lab lab(sanitize_takes_100ms);
  lab.mailbox(0x4400);
  lab.advance(100ms);
  lab.reset(GetParam().kind);
  EXPECT_EQ(lab.background(cci::kMailbox).percent, GetParam().percent);
}

// --------------------------------------------------------------------------------------------------------- percentage

std::vector<int> percent_in_each_second(Lab& lab, int seconds) {
  std::vector<int> percents;
  for (int i = 0; i < seconds; ++i) {
    const auto status = std::to_integer<int>(from_hex(lab.mctp(0x0002).payload).value()[0]);
    percents.push_back(status >> 1);
    lab.advance(1s);
  }
  return percents;
}

TEST(BackgroundPercentage, MovesEverySecondOfALongOperation) {
  Lab lab([](auto& config) { config.sanitize_duration = 20s; });
  lab.mctp(0x4400);
  EXPECT_THAT(percent_in_each_second(lab, 22),
              ElementsAre(0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100, 100));
}

TEST(BackgroundPercentage, MovesByOnePercentOfAVeryLongOperation) {
  Lab lab([](auto& config) { config.sanitize_duration = 4h; });  // 144 s for each percent
  lab.mctp(0x4400);
  lab.advance(141s);
  EXPECT_THAT(percent_in_each_second(lab, 5), ElementsAre(0, 0, 0, 1, 1));
}

TEST(BackgroundPercentage, IsTheSameWhetherTimeMovesInOneStepOrInMany) {
  Lab one_step(sanitize_takes_100ms);
  Lab many_steps(sanitize_takes_100ms);
  one_step.mctp(0x4400);
  many_steps.mctp(0x4400);
  one_step.advance(77ms);
  for (int i = 0; i < 77; ++i) many_steps.advance(1ms);
  EXPECT_EQ(one_step.mctp(0x0002), many_steps.mctp(0x0002));
}

// ------------------------------------------------------------------------------------------------------- two at once

TEST(TwoBackgroundOperations, EndEachAtItsTime) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.busy_across = BusyAcross::never;
  });
  lab.mailbox(0x4400);
  lab.advance(30ms);
  lab.mctp(0x4400);
  lab.advance(70ms);
  EXPECT_EQ(bo_of_mailbox(lab), "0");
  EXPECT_EQ(lab.mctp(0x0002).payload, "8d00004400000000");  // 70 %
  lab.advance(30ms);
  EXPECT_EQ(lab.mctp(0x0002).payload, "c800004400000000");
}

TEST(TwoBackgroundOperations, EndBothWhereTheyEndAtTheSameTime) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.busy_across = BusyAcross::never;
  });
  lab.mailbox(0x4400);
  lab.mctp(0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.background(cci::kMailbox).percent, 100);
  EXPECT_EQ(lab.background(cci::kMctp).percent, 100);
  EXPECT_EQ(lab.read_media(0, 1), "00");
}

TEST(TwoBackgroundOperations, AreAbortedEachOnItsCci) {
  Lab lab([](auto& config) {
    config.sanitize_duration = 100ms;
    config.busy_across = BusyAcross::never;
  });
  lab.mailbox(0x4400);
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  EXPECT_EQ(bo_of_mailbox(lab), "1");
  EXPECT_EQ(busy_bits(lab), "000");
}

// ------------------------------------------------------------------------------------------------------------- timer

TEST_P(BackgroundResult, HasOneDeadlineWhileTheOperationRunsAndNoneAfterwards) {
  Lab lab(sanitize_takes_100ms);
  EXPECT_EQ(lab.machine->next_deadline(), std::nullopt);
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.machine->next_deadline(), 100ms);
  lab.send(GetParam(), 0x0005);
  EXPECT_EQ(lab.machine->next_deadline(), std::nullopt);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.machine->next_deadline(), std::nullopt);
}

// The slot is saved as data and armed again from it.
TEST_P(BackgroundResult, IsTheSameWhereTheSlotWasSavedAndRestored) {
  Lab saved(sanitize_takes_100ms);
  saved.send(GetParam(), 0x4400);
  const cci::BackgroundSlot::State state = slot(saved).state();

  Lab restored(sanitize_takes_100ms);
  restored.advance(60ms);
  slot(restored).restore(state);
  EXPECT_EQ(restored.background(GetParam()).percent, 60);
  restored.advance(39'999'999ns);
  EXPECT_TRUE(restored.background(GetParam()).running);
  restored.advance(1ns);
  EXPECT_EQ(restored.background(GetParam()).percent, 100);
}

TEST_P(BackgroundResult, ComesAtOnceWhereTheRestoredDeadlineHasPassed) {
  Lab saved(sanitize_takes_100ms);
  saved.send(GetParam(), 0x4400);

  Lab restored(sanitize_takes_100ms);
  restored.advance(1s);
  slot(restored).restore(slot(saved).state());
  restored.advance(0ns);
  EXPECT_EQ(restored.background(GetParam()).percent, 100);
}

}  // namespace
}  // namespace cxlemu
