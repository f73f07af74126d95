// Every pair of long operations, one on each CCI of a device (CXL r3.2 9.20.1): which of them may run beside each
// other, and what either comes to, whichever ends first.
#include <algorithm>

#include "support/firmware.hpp"
#include "support/media.hpp"

namespace cxlemu {
namespace {

struct Operation {
  std::string_view name;
  std::uint16_t opcode;
  std::string request;
  bool on_mctp;  ///< the text has it on MCTP CCIs
  bool holds_media;
};
const std::vector<Operation>& operations() {
  static const std::vector<Operation> kOperations = {
      {"TransferPart", 0x0201, initiate(zeros(128)), true, false},
      {"TransferFull", 0x0201, full(2, package("2.0")), true, false},
      {"ActivateOnline", 0x0202, activate_online(3), true, false},
      {"ScanMedia", 0x4304, scan_request(0, kAllLines), true, true},
      {"Sanitize", 0x4400, "", true, true},
      {"MediaOperation", 0x4402, media_operation("0100", {{0x1000, 4096}}), false, true},
  };
  return kOperations;
}

struct Pair {
  const Operation* first;
  const Operation* second;
  cci::CciId first_via;
  bool second_ends_first;
};
std::vector<Pair> pairs() {
  std::vector<Pair> all;
  for (const Operation& first : operations()) {
    for (const Operation& second : operations()) {
      for (const cci::CciId via : {cci::kMailbox, cci::kMctp, kMctp1}) {
        const auto carries = [](const Operation& operation, cci::CciId cci) {
          return operation.on_mctp || cci.role != cci::Role::mctp;
        };
        if (!carries(first, via) || !carries(second, another_cci(via))) continue;
        for (const bool order : {false, true}) all.push_back({&first, &second, via, order});
      }
    }
  }
  return all;
}

std::string pair_name(const testing::TestParamInfo<Pair>& tested) {
  const Pair& pair = tested.param;
  return std::string(pair.first->name) + "On" + cci_name(pair.first_via) + std::string(pair.second->name) +
         (pair.second_ends_first ? "EndsFirst" : "EndsLast");
}
// A Media Operation cannot be aborted (MediaOperation.CannotBeAborted), everything else can.
std::vector<Pair> pairs_by_abort(bool first_can_be_aborted) {
  std::vector<Pair> all = pairs();
  std::erase_if(all, [&](const Pair& pair) { return (pair.first->opcode != 0x4402) != first_can_be_aborted; });
  return all;
}
class TwoOperations : public testing::TestWithParam<Pair> {};
INSTANTIATE_TEST_SUITE_P(Pair, TwoOperations, testing::ValuesIn(pairs_by_abort(true)), pair_name);
class TwoOperationsOfWhichTheFirstCannotBeAborted : public testing::TestWithParam<Pair> {};
INSTANTIATE_TEST_SUITE_P(Pair, TwoOperationsOfWhichTheFirstCannotBeAborted, testing::ValuesIn(pairs_by_abort(false)),
                         pair_name);

// 06h where both need the media; 08h where another CCI transfers firmware; else both run.
ReturnCode expected_second(const Pair& pair) {
  const auto& [first, second, via, order] = pair;
  if (first->opcode == 0x0201 && second->opcode == 0x0201) return ReturnCode::fw_transfer_in_progress;
  if (first->opcode == 0x0202 && second->opcode == 0x0202) return ReturnCode::busy;
  // Sanitize has disabled the media that the others would reach.
  if (first->opcode == 0x4400 && second->opcode != 0x4400 && second->holds_media) return ReturnCode::media_disabled;
  if (first->holds_media && second->holds_media) return ReturnCode::busy;
  return ReturnCode::background_command_started;
}

void expect_each_to_do_its_work(const Pair& pair) {
  const auto& [first, second, first_via, second_ends_first] = pair;
  const cci::CciId second_via = another_cci(first_via);
  Lab lab([](auto& config) {
    config.fw_slots = 4;
    config.fw_activates_in_background = true;
  });
  fill_slot(lab, 3, "3.0");
  lab.write_media(0x1000, repeated("a5", 4096));
  lab.write_media(400 * kMiB, repeated("a5", 64));
  poison_at(lab, 0x800, 1, kLatent);
  const auto takes = [&](const Operation& operation, Nanoseconds duration) {
    lab.fault(cci::BackgroundFault{.opcode = Opcode{operation.opcode}, .duration = duration});
  };
  takes(*first, second_ends_first ? 200ms : 100ms);
  ASSERT_EQ(lab.send(first_via, first->opcode, first->request), kStarted);
  takes(*second, second_ends_first ? 100ms : 200ms);
  const Answered answered = lab.send(second_via, second->opcode, second->request);
  EXPECT_EQ(answered.code, expected_second(pair));
  const bool both = answered.code == ReturnCode::background_command_started;
  lab.advance(200ms);

  const auto result = [&](cci::CciId via) { return lab.background(via).return_code; };
  EXPECT_EQ(result(first_via), ReturnCode::success);
  EXPECT_FALSE(lab.background(first_via).running);
  if (both) {
    EXPECT_EQ(result(second_via), ReturnCode::success);
  } else {
    EXPECT_EQ(lab.background(second_via).opcode.value, 0);
  }
  // What each was for is done, and nothing else is.
  const auto ran = [&](std::string_view name) { return first->name == name || (both && second->name == name); };
  const bool sanitized = ran("Sanitize");
  EXPECT_EQ(lab.read_media(0x1000, 64), sanitized || ran("MediaOperation") ? zeros(64) : repeated("a5", 64));
  EXPECT_EQ(lab.read_media(400 * kMiB, 64), sanitized ? zeros(64) : repeated("a5", 64));
  EXPECT_EQ(poison_list(lab).records.size(), ran("ScanMedia") ? 1U : 0U);
  EXPECT_EQ(lab.firmware_revision(2) != "", ran("TransferFull"));
  EXPECT_EQ(lab.active_firmware_slot(), ran("ActivateOnline") ? 3 : 1);
  EXPECT_EQ(lab.firmware_transfer_goes_on(), ran("TransferPart"));
  EXPECT_FALSE(lab.media_disabled());
}

TEST_P(TwoOperations, RunBesideEachOtherOrTheSecondIsRefusedAndEachDoesItsWork) {
  expect_each_to_do_its_work(GetParam());
}
TEST_P(TwoOperationsOfWhichTheFirstCannotBeAborted, RunBesideEachOtherOrTheSecondIsRefusedAndEachDoesItsWork) {
  expect_each_to_do_its_work(GetParam());
}

TEST_P(TwoOperationsOfWhichTheFirstCannotBeAborted, GoOnAfterAnAbortThatIsRefused) {
  const auto& [first, second, first_via, second_ends_first] = GetParam();
  Lab lab([](auto& config) {
    config.fw_slots = 4;
    config.fw_activates_in_background = true;
  });
  fill_slot(lab, 3, "3.0");
  lab.fault(cci::BackgroundFault{.opcode = Opcode{first->opcode}, .duration = 100ms});
  ASSERT_EQ(lab.send(first_via, first->opcode, first->request), kStarted);
  lab.fault(cci::BackgroundFault{.opcode = Opcode{second->opcode}, .duration = 100ms});
  lab.send(another_cci(first_via), second->opcode, second->request);
  const BackgroundStatus second_status = lab.background(another_cci(first_via));
  EXPECT_EQ(lab.send(first_via, 0x0005).code, ReturnCode::request_abort_background_operation_not_supported);
  EXPECT_TRUE(lab.background(first_via).running);
  EXPECT_EQ(lab.background(another_cci(first_via)), second_status);
  lab.advance(100ms);
  EXPECT_EQ(lab.background(first_via).return_code, ReturnCode::success);
}

// The same with the first one aborted in its middle: its CCI is free at once, and the other goes on untouched.
TEST_P(TwoOperations, AreIndependentWhenTheFirstIsAborted) {
  const auto& [first, second, first_via, second_ends_first] = GetParam();
  const cci::CciId second_via = another_cci(first_via);
  Lab lab([](auto& config) {
    config.fw_slots = 4;
    config.fw_activates_in_background = true;
  });
  fill_slot(lab, 3, "3.0");
  lab.fault(cci::BackgroundFault{.opcode = Opcode{first->opcode}, .duration = 100ms});
  ASSERT_EQ(lab.send(first_via, first->opcode, first->request), kStarted);
  lab.fault(cci::BackgroundFault{.opcode = Opcode{second->opcode}, .duration = 100ms});
  const bool both =
      lab.send(second_via, second->opcode, second->request).code == ReturnCode::background_command_started;
  lab.advance(50ms);
  EXPECT_EQ(lab.send(first_via, 0x0005).code, ReturnCode::success);
  EXPECT_FALSE(lab.background(first_via).running);
  EXPECT_EQ(lab.background(first_via).return_code, ReturnCode::aborted);
  EXPECT_EQ(lab.background(second_via).running, both);
  lab.advance(50ms);
  if (both) {
    EXPECT_EQ(lab.background(second_via).return_code, ReturnCode::success);
  }
  EXPECT_EQ(lab.media_disabled(), first->opcode == 0x4400);
}

// ------------------------------------------------------------------------------------------- resets at any percentage

struct Hit {
  const Operation* operation;
  cci::CciId via;
  ResetKind kind;
  unsigned percent;
};
std::vector<Hit> hits() {
  std::vector<Hit> all;
  for (const Operation& operation : operations()) {
    for (const cci::CciId via : {cci::kMailbox, cci::kMctp}) {
      if (via == cci::kMctp && !operation.on_mctp) continue;
      for (const ResetKind kind :
           {ResetKind::conventional, ResetKind::cold, ResetKind::cxl, ResetKind::flr, ResetKind::power_loss}) {
        for (const unsigned percent : {0U, 37U, 99U}) all.push_back({&operation, via, kind, percent});
      }
    }
  }
  return all;
}
class ResetAtAPercentage : public testing::TestWithParam<Hit> {};
INSTANTIATE_TEST_SUITE_P(Hit, ResetAtAPercentage, testing::ValuesIn(hits()), [](const auto& tested) {
  const Hit& hit = tested.param;
  return std::string(hit.operation->name) + "On" + cci_name(hit.via) + reset_name(hit.kind) + "At" +
         std::to_string(hit.percent);
});

// The reset table of spec-check (n), with the reset set off by a fault.
TEST_P(ResetAtAPercentage, EndsTheOperationExactlyWhereTheResetTableSaysSo) {
  const auto& [operation, via, kind, percent] = GetParam();
  Lab lab([](auto& config) {
    config.fw_slots = 4;
    config.fw_activates_in_background = true;
  });
  fill_slot(lab, 3, "3.0");
  lab.fault(cci::BackgroundFault{.opcode = Opcode{operation->opcode},
                                 .duration = 1s,
                                 .disturbance = {.break_at_percent = static_cast<std::uint8_t>(percent),
                                                 .break_kind = static_cast<std::uint8_t>(kind)}});
  ASSERT_EQ(lab.send(via, operation->opcode, operation->request), kStarted);
  lab.advance(10ms * percent);
  const bool is_transfer = operation->opcode == 0x0201;
  const bool ends = kind == ResetKind::power_loss ||
                    (via == cci::kMailbox && (kind == ResetKind::conventional || kind == ResetKind::cold ||
                                              (kind == ResetKind::cxl && is_transfer)));
  EXPECT_EQ(lab.background(via).running, !ends);
  lab.advance(24h);
  EXPECT_FALSE(lab.background(via).running);
  if (!ends) {
    EXPECT_EQ(lab.background(via).return_code, ReturnCode::success);
  }
  EXPECT_EQ(lab.media_disabled(), ends && operation->opcode == 0x4400);
}

}  // namespace
}  // namespace cxlemu
