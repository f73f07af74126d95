// CXL r3.2 8.2.10.1.5 Request Abort Background Operation (Opcode 0005h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

constexpr auto kNotSupported = ReturnCode::request_abort_background_operation_not_supported;

void sanitize_takes_100ms(MemoryDeviceConfig& config) { config.sanitize_duration = 100ms; }

class RequestAbort : public OnEveryCci {};
ON_EVERY_CCI(RequestAbort);

TEST_P(RequestAbort, EndsTheOperationWith12h) {
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(30ms);
  EXPECT_EQ(lab.send(GetParam(), 0x0005), success());
  const BackgroundStatus status = lab.background(GetParam());
  EXPECT_EQ(status.return_code, ReturnCode::aborted);
  EXPECT_EQ(status.percent, 30);
  EXPECT_EQ(status.opcode, Opcode{0x4400});
}

TEST_P(RequestAbort, FreesTheSlotAtOnce) {
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.send(GetParam(), 0x0005);
  EXPECT_EQ(lab.send(GetParam(), 0x4400), (Answered{ReturnCode::background_command_started, "", true}));
}

// Fault B13 in its general form: an operation that ended has no timer that could still end something.
TEST_P(RequestAbort, LeavesNoTimerThatEndsTheNextOperationTooEarly) {
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(60ms);
  lab.send(GetParam(), 0x0005);
  lab.send(GetParam(), 0x4400);
  lab.advance(99ms);
  EXPECT_EQ(lab.background(GetParam()).percent, 99);
  EXPECT_TRUE(lab.background(GetParam()).running);
}

// spec-check c1: the aborted Sanitize has not succeeded, so media stays disabled for ever.
TEST_P(RequestAbort, LeavesMediaDisabled) {
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.send(GetParam(), 0x0005);
  lab.advance(24h);
  EXPECT_EQ(lab.read_media(0, 1), "disabled");
}

// SILENT (spec-check c2): the text has no code where nothing runs.
TEST_P(RequestAbort, SucceedsWhereNothingRuns) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0005), success());
}

TEST_P(RequestAbort, IsNotSupportedWhereNothingRunsByProperty) {
  Lab lab([](auto& config) {
    config.abort_when_idle = AbortWhenIdle::not_supported;
    config.sanitize_duration = 100ms;
  });
  EXPECT_EQ(lab.send(GetParam(), 0x0005), refused(kNotSupported));
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0005), success());
  EXPECT_EQ(lab.send(GetParam(), 0x0005), refused(kNotSupported));
}

TEST_P(RequestAbort, LeavesTheResultOfAnEndedOperationAlone) {
  Lab lab(sanitize_takes_100ms);
  lab.send(GetParam(), 0x4400);
  lab.advance(100ms);
  EXPECT_EQ(lab.send(GetParam(), 0x0005), success());
  EXPECT_EQ(lab.background(GetParam()).return_code, ReturnCode::success);
  EXPECT_EQ(lab.background(GetParam()).percent, 100);
}

// No command of this version runs in the background without being abortable; the slot is filled by hand.
TEST_P(RequestAbort, IsNotSupportedForAnOperationWhoseCelEntryDoesNotSaySo) {
  Lab lab;
  lab.inside("no command that runs in the background lacks the effect on every CCI")
      .cci(GetParam())
      .background.start(Opcode{0x0300}, {}, 1s, {});
  EXPECT_EQ(lab.send(GetParam(), 0x0005), (Answered{kNotSupported, "", true}));
  EXPECT_TRUE(lab.background(GetParam()).running);
}

TEST_P(RequestAbort, HasNothingToAbortOnTheOtherCci) {
  const cci::CciId other = another_cci(GetParam());
  Lab lab(sanitize_takes_100ms);
  lab.send(other, 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0005), success());
  EXPECT_TRUE(lab.background(other).running);
  lab.advance(100ms);
  EXPECT_EQ(lab.background(other).percent, 100);
}

TEST_P(RequestAbort, CanBeAbortedWhereTheOperationNeverEnds) {
  Lab lab;
  lab.fault(cci::BackgroundFault{.opcode = Opcode{0x4400}, .disturbance = {.stall_at_percent = 84}});
  lab.send(GetParam(), 0x4400);
  lab.advance(24h);
  EXPECT_EQ(lab.send(GetParam(), 0x0005), success());
  EXPECT_FALSE(lab.background(GetParam()).running);
}

TEST_P(RequestAbort, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x0005), "0000");
}

TEST_P(RequestAbort, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x0005, "ff"), success());
}

TEST_P(RequestAbort, RefusesSurplusPayloadByPropertyAndAbortsNothing) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  lab.send(GetParam(), 0x4400);
  EXPECT_EQ(lab.send(GetParam(), 0x0005, "ff"), (Answered{ReturnCode::invalid_payload_length, "", true}));
}

// ---------------------------------------------------------------------------------------------------------- threshold

struct Threshold {
  std::string_view name;
  std::uint8_t threshold;
  Nanoseconds after;
  bool goes_on;
};
class RequestAbortThreshold : public testing::TestWithParam<std::tuple<cci::CciId, Threshold>> {};
INSTANTIATE_TEST_SUITE_P(Of100Milliseconds, RequestAbortThreshold,
                         testing::Combine(testing::Values(cci::kMailbox, cci::kMctp),
                                          testing::Values(Threshold{"DefaultAt84Percent", 85, 84'999'999ns, false},
                                                          Threshold{"DefaultAt85Percent", 85, 85ms, true},
                                                          Threshold{"DefaultAt99Percent", 85, 99ms, true},
                                                          Threshold{"NeverAbortedWithZero", 0, 0ms, true},
                                                          Threshold{"HalfAt49Percent", 50, 49ms, false},
                                                          Threshold{"HalfAt50Percent", 50, 50ms, true},
                                                          Threshold{"AlwaysAbortedWithHundred", 100, 99'999'999ns,
                                                                    false})),
                         [](const auto& tested) {
                           return cci_name(std::get<0>(tested.param)) + std::string(std::get<1>(tested.param).name);
                         });

// The device may choose to go on; the code is Success with the BO bit still set (choice, spec-check c3).
TEST_P(RequestAbortThreshold, LetsAnOperationFinishFromThereOn) {
  const auto [via, expected] = GetParam();
  Lab lab([&](auto& config) {
    config.sanitize_duration = 100ms;
    config.abort_threshold = std::get<1>(GetParam()).threshold;
  });
  lab.send(via, 0x4400);
  lab.advance(expected.after);
  EXPECT_EQ(lab.send(via, 0x0005), (Answered{ReturnCode::success, "", expected.goes_on}));
  lab.advance(100ms);
  EXPECT_EQ(lab.background(via).percent == 100, expected.goes_on);
}

}  // namespace
}  // namespace cxlemu
