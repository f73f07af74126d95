// CXL r3.2 8.2.10.6.3 Set Feature (Opcode 0502h)
#include "support/features.hpp"

namespace cxlemu {
namespace {

// 32 bytes of Device Settings with this abort threshold.
std::string settings(std::string threshold) { return threshold + zeros(31); }

class SetFeature : public OnEveryCci {
 protected:
  Answered set(const std::string& request) { return lab.send(here, 0x0502, request); }
  const cci::CciId here = GetParam();
  const cci::CciId there = another_cci(GetParam());
  Lab lab;
};
ON_EVERY_CCI(SetFeature);

// ------------------------------------------------------------------------------------------------------ full transfer

TEST_P(SetFeature, SetsEachFeatureInOnePart) {
  EXPECT_EQ(set("96dad7d6fde8482ba73375774e06db8a 00000000 0000 01" + zeros(9) + "0601"), success());
  EXPECT_EQ(value_of(lab, kScrub), "01060101");
  EXPECT_EQ(set(full(kEcs, "01 0400 0d00 0300")), success());
  EXPECT_EQ(value_of(lab, kEcs),
            "01"
            "00040000"
            "000d0000"
            "00030000");
  EXPECT_EQ(set(full(kSoftPpr, "0000 00", 3)), success());
  EXPECT_EQ(value_of(lab, kSoftPpr).substr(38), "00");
  EXPECT_EQ(set(full(kRowSparing, "0000")), success());
  const std::string cvme = "02 1c 0a0000 1f 010000 020000 030000 07 040000 050000 060000";
  EXPECT_EQ(set(full(kCvme, cvme + zeros(7))), success());
  EXPECT_EQ(lab.send(here, 0x0501, get_feature(kCvme)), success("03 02 02" + cvme.substr(2) + zeros(5)));
  EXPECT_EQ(set(full(kSettings,
                     "28000000"
                     "7261636b2d37" +
                         zeros(22))),
            success());
  EXPECT_EQ(value_of(lab, kSettings),
            "28000000"
            "7261636b2d37" +
                zeros(22));
}

TEST_P(SetFeature, IgnoresTheOffsetOfAFullTransfer) {
  EXPECT_EQ(set(set_feature({kScrub, 0, 0xFFFF, "0601"})), success());
  EXPECT_EQ(value_of(lab, kScrub), "01060101");
}

TEST_P(SetFeature, IgnoresReservedBits) {
  EXPECT_EQ(set(set_feature({kScrub, 0xFFFFFFF0, 0, "06ff"})), success());
  EXPECT_EQ(value_of(lab, kScrub), "01060101");
  EXPECT_EQ(set(full(kSoftPpr, "ffff ff", 3)), success());
  EXPECT_EQ(value_of(lab, kSoftPpr),
            "a200000000"
            "0100" +
                zeros(9) +
                "05"
                "0000"
                "01");
  EXPECT_EQ(set(full(kRowSparing, "ffff")), success());
  EXPECT_EQ(value_of(lab, kRowSparing),
            "a300000000"
            "0201" +
                zeros(10) + "0600");
}

// The last byte of PPR is not in its Minimum Feature Data Size.
TEST_P(SetFeature, TakesWhatIsMissingBehindTheMinimumAsZero) {
  EXPECT_EQ(set(full(kSoftPpr, "0000", 3)), success());
  EXPECT_EQ(value_of(lab, kSoftPpr).substr(38), "00");
  EXPECT_EQ(set(full(kSoftPpr, "00", 3)), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(set(full(kScrub, "06")), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(set(full(kScrub, "")), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(value_of(lab, kScrub), "010c0100");
}

// Fault B27: 16h in the reference emulator.
TEST_P(SetFeature, RefusesMoreThanTheFeatureHas) {
  EXPECT_EQ(set(full(kScrub, "0601 00")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(set(full(kSettings, zeros(33))), refused(ReturnCode::invalid_input));
  EXPECT_EQ(set(full(kSettings, zeros(900))), refused(ReturnCode::invalid_input));
}

TEST_P(SetFeature, RefusesAVersionThatTheDeviceDoesNotHave) {
  EXPECT_EQ(set(full(kScrub, "0601", 0)), refused(ReturnCode::unsupported_feature_version));
  EXPECT_EQ(set(full(kScrub, "0601", 2)), refused(ReturnCode::unsupported_feature_version));
  EXPECT_EQ(set(full(kSoftPpr, "0000", 4)), refused(ReturnCode::unsupported_feature_version));
  EXPECT_EQ(set(full(kSoftPpr, "0000", 2)), success());
}

TEST_P(SetFeature, RefusesAFeatureThatThereIsNot) {
  EXPECT_EQ(set(full("00000000000000000000000000000000", "00")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(set(full(kTransferred, "0601")), refused(ReturnCode::invalid_input));
}

TEST_P(SetFeature, RefusesReservedActions) {
  for (std::uint32_t action = 5; action < 8; ++action) {
    EXPECT_EQ(set(set_feature({kScrub, action, 0, "0601"})), refused(ReturnCode::invalid_input)) << action;
  }
}

TEST_P(SetFeature, NeedsThirtyTwoBytes) {
  EXPECT_EQ(lab.send(here, 0x0502, zeros(31)), refused(ReturnCode::invalid_payload_length));
}

TEST_P(SetFeature, AnswersWhileMediaIsDisabled) {
  lab.send(there, 0x4400);
  EXPECT_EQ(set(full(kScrub, "0601")), success());
}

// 0502h has no background: bit 6 is clear in the CEL, which unites bits 0 to 5 of the features.
TEST_P(SetFeature, HasTheEffectsOfItsFeaturesInTheCel) { EXPECT_EQ(lab.cel_effect(here, 0x0502), "1a00"); }

// ------------------------------------------------------------------------------------------- values are checked first

class RefusedValue : public testing::TestWithParam<std::pair<std::string_view, std::string>> {};
INSTANTIATE_TEST_SUITE_P(SetFeature, RefusedValue,
                         testing::Values(std::pair{kScrub, "0001"},
                                         std::pair{kScrub, "0301"},  // below the minimum of 4 hours
                                         std::pair{kEcs, "00030003000300"}, std::pair{kEcs, "02030003000300"},
                                         std::pair{kEcs, "01020003000300"}, std::pair{kEcs, "01030006000300"},
                                         std::pair{kEcs, "01030003000700"}, std::pair{kCvme, "03" + zeros(31)},
                                         std::pair{kCvme, "0001" + zeros(30)}, std::pair{kCvme, "0002" + zeros(30)},
                                         std::pair{kSettings, "65" + zeros(31)},  // 101 %
                                         std::pair{kSettings,
                                                   "00000000"
                                                   "0741" +
                                                       zeros(26)},  // a control character
                                         std::pair{kSettings,
                                                   "00000000"
                                                   "410041" +
                                                       zeros(25)}));  // more behind the end

TEST_P(RefusedValue, LeavesTheFeatureAsItWas) {
  const auto& [feature, data] = GetParam();
  Lab lab([](auto& config) { config.patrol_scrub_minimum_hours = 4; });
  const std::string before = value_of(lab, feature);
  EXPECT_EQ(lab.mailbox(0x0502, full(feature, data)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(value_of(lab, feature), before);
}

TEST(SetFeatureBounds, AreThoseOfTheDevice) {
  Lab lab([](auto& config) { config.patrol_scrub_minimum_hours = 4; });
  EXPECT_EQ(lab.mailbox(0x0502, full(kScrub, "0400")), success());
  EXPECT_EQ(lab.mailbox(0x0502, full(kScrub, "ff00")), success());
  EXPECT_EQ(lab.mailbox(0x0502, full(kEcs, "01 0500 0500 0500")), success());
  EXPECT_EQ(lab.mailbox(0x0502, full(kSettings, "64000000" + repeated("7e", 28))), success());
}

// ---------------------------------------------------------------------------------------------------------- in parts

TEST_P(SetFeature, AppliesWhatCameInPartsAtTheEnd) {
  EXPECT_EQ(set(begin(kSettings, "28000000")), success());
  EXPECT_EQ(set(go_on(kSettings, 4, "4142")), success());
  EXPECT_EQ(set(go_on(kTransferred, 6, "43")), success());
  EXPECT_EQ(value_of(lab, kSettings), settings("55"));
  EXPECT_EQ(set(finish(kTransferred, 7, zeros(25))), success());
  EXPECT_EQ(value_of(lab, kSettings), "28000000414243" + zeros(25));
}

TEST_P(SetFeature, TakesTheSamePartAgainDirectlyAfterIt) {
  set(begin(kScrub, "07"));
  EXPECT_EQ(set(go_on(kScrub, 0, "06")), success());
  EXPECT_EQ(set(finish(kScrub, 1, "01")), success());
  EXPECT_EQ(value_of(lab, kScrub), "01060101");
}

TEST_P(SetFeature, RefusesGapsOverlapsAndStepsBackAndGoesOn) {
  EXPECT_EQ(set(set_feature({kSettings, 1, 1, "00"})), refused(ReturnCode::feature_transfer_out_of_order));
  set(begin(kSettings, "28000000"));
  set(go_on(kSettings, 4, "4142"));
  EXPECT_EQ(set(go_on(kSettings, 7, "43")), refused(ReturnCode::feature_transfer_out_of_order));
  EXPECT_EQ(set(go_on(kSettings, 5, "43")), refused(ReturnCode::feature_transfer_out_of_order));
  EXPECT_EQ(set(go_on(kSettings, 4, "43")), refused(ReturnCode::feature_transfer_out_of_order));
  EXPECT_EQ(set(go_on(kSettings, 0, "28000000")), refused(ReturnCode::feature_transfer_out_of_order));
  EXPECT_EQ(set(finish(kSettings, 6, zeros(26))), success());
  EXPECT_EQ(value_of(lab, kSettings), "280000004142" + zeros(26));
}

// Fault B27: accepted without a beginning in the reference emulator.
TEST_P(SetFeature, RefusesAContinuationOfNothing) {
  for (const std::string_view feature : {kScrub, kTransferred}) {
    EXPECT_EQ(set(go_on(feature, 0, "06")), refused(ReturnCode::feature_transfer_out_of_order));
    EXPECT_EQ(set(finish(feature, 0, "0601")), refused(ReturnCode::feature_transfer_out_of_order));
  }
  set(begin(kSettings, "00"));
  EXPECT_EQ(set(go_on(kScrub, 1, "06")), refused(ReturnCode::feature_transfer_out_of_order));
  EXPECT_EQ(set(finish(kScrub, 1, "06")), refused(ReturnCode::feature_transfer_out_of_order));
}

TEST_P(SetFeature, RefusesPartsBehindTheFeature) {
  set(begin(kSettings, zeros(31)));
  EXPECT_EQ(set(go_on(kSettings, 31, "0000")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(set(go_on(kSettings, 32, "00")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(set(go_on(kSettings, 0xFFFF, "00")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(set(finish(kSettings, 31, "00")), success());
}

TEST_P(SetFeature, RefusesPartsWithoutDataAndOfAnotherVersion) {
  EXPECT_EQ(set(begin(kScrub, "")), refused(ReturnCode::invalid_payload_length));
  set(begin(kScrub, "06"));
  EXPECT_EQ(set(go_on(kScrub, 1, "")), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(set(set_feature({kScrub, 3, 1, "01", 9})), refused(ReturnCode::unsupported_feature_version));
  EXPECT_EQ(set(finish(kScrub, 1, "01")), success());
}

TEST_P(SetFeature, ChecksValuesAtTheEndAndForgetsThem) {
  set(begin(kScrub, "00"));
  EXPECT_EQ(set(finish(kScrub, 1, "01")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(value_of(lab, kScrub), "010c0100");
  set(begin(kSettings, "00"));
  EXPECT_EQ(set(finish(kSettings, 1, "00")), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(set(full(kScrub, "0601")), success());
}

// Fault B27: a beginning that failed locks the feature in the reference emulator.
TEST_P(SetFeature, IsNotInATransferWhoseBeginningWasRefused) {
  const std::vector<std::string> beginnings = {
      begin(kScrub, "060100"),               // more than the feature has
      begin(kScrub, ""),                     // no data
      set_feature({kScrub, 1, 1, "06"}),     // not the first byte
      set_feature({kScrub, 1, 0, "06", 9}),  // another version
      begin(zeros(16), "06"),                // no such feature
  };
  for (const std::string& beginning : beginnings) {
    EXPECT_NE(set(beginning).code, ReturnCode::success) << beginning;
    EXPECT_EQ(set(full(kSettings, settings("28"))), success()) << beginning;
  }
}

TEST_P(SetFeature, HasOneTransferForAllFeatures) {
  set(begin(kScrub, "06"));
  for (const std::string_view feature : {kScrub, kSettings, kTransferred}) {
    EXPECT_EQ(set(begin(feature, "07")), refused(ReturnCode::feature_transfer_in_progress));
    EXPECT_EQ(set(full(feature, "0701")), refused(ReturnCode::feature_transfer_in_progress));
  }
  EXPECT_EQ(set(finish(kScrub, 1, "01")), success());
}

TEST_P(SetFeature, HasOneTransferForAllCcis) {
  set(begin(kScrub, "06"));
  EXPECT_EQ(lab.send(there, 0x0502, full(kSettings, settings("28"))),
            refused(ReturnCode::feature_transfer_in_progress));
  EXPECT_EQ(lab.send(there, 0x0502, begin(kSettings, "28")), refused(ReturnCode::feature_transfer_in_progress));
  EXPECT_EQ(lab.send(there, 0x0502, finish(kScrub, 1, "01")), refused(ReturnCode::feature_transfer_in_progress));
  EXPECT_EQ(lab.send(there, 0x0502, abort_of(kTransferred)), refused(ReturnCode::feature_transfer_in_progress));
  EXPECT_EQ(set(finish(kScrub, 1, "01")), success());
  EXPECT_EQ(lab.send(there, 0x0502, full(kSettings, settings("28"))), success());
}

// ---------------------------------------------------------------------------------------------------------- abort

TEST_P(SetFeature, AbortsATransferWithoutData) {
  for (const std::string_view feature : {kScrub, kTransferred}) {
    set(begin(kScrub, "06"));
    EXPECT_EQ(set(abort_of(feature)), success());
    EXPECT_EQ(set(finish(kScrub, 1, "01")), refused(ReturnCode::feature_transfer_out_of_order));
  }
  EXPECT_EQ(value_of(lab, kScrub), "010c0100");
}

TEST_P(SetFeature, RefusesToAbortWhatIsOverOrOfAnotherFeature) {
  EXPECT_EQ(set(abort_of(kScrub)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(set(abort_of(kTransferred)), refused(ReturnCode::invalid_input));
  set(full(kScrub, "0601"));
  EXPECT_EQ(set(abort_of(kScrub)), refused(ReturnCode::invalid_input));
  set(begin(kScrub, "07"));
  EXPECT_EQ(set(abort_of(kSettings)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(set(finish(kScrub, 1, "01")), success());
  EXPECT_EQ(set(abort_of(kScrub)), refused(ReturnCode::invalid_input));
}

// -------------------------------------------------------------------------------------------------------- saved values

TEST_P(SetFeature, SavesWhereItIsAskedToAndTheFeatureCan) {
  set(full(kSettings, settings("28")));
  EXPECT_EQ(value_of(lab, kSettings, 2), settings("55"));
  set(full(kSettings, settings("29"), 1, kSave));
  EXPECT_EQ(value_of(lab, kSettings, 2), settings("29"));
  // Linux always asks.
  EXPECT_EQ(set(full(kScrub, "0601", 1, kSave)), success());
}

TEST_P(SetFeature, SavesByTheFlagOfTheBeginning) {
  set(begin(kSettings, "28", kSave));
  set(set_feature({kSettings, 3, 1, zeros(31)}));
  EXPECT_EQ(value_of(lab, kSettings, 2), settings("28"));
  set(begin(kSettings, "29"));
  set(set_feature({kSettings, 3 | kSave, 1, zeros(31)}));
  EXPECT_EQ(value_of(lab, kSettings, 2), settings("28"));
}

// -------------------------------------------------------------------------------------------------------- after resets

struct AfterReset {
  ResetKind kind;
  std::string_view scrub;     // persistence none: the default
  std::string_view soft_ppr;  // persistence hot reset: current after CXL Reset, else saved
  std::string_view settings;  // persistence cold reset: saved after a cold one
};
class ValuesAfterReset : public testing::TestWithParam<AfterReset> {};
INSTANTIATE_TEST_SUITE_P(SetFeature, ValuesAfterReset,
                         testing::Values(AfterReset{ResetKind::flr, "01060101", "01", "46"},
                                         AfterReset{ResetKind::cxl, "010c0100", "01", "46"},
                                         AfterReset{ResetKind::conventional, "010c0100", "00", "46"},
                                         AfterReset{ResetKind::cold, "010c0100", "00", "32"},
                                         AfterReset{ResetKind::power_loss, "010c0100", "00", "32"}),
                         [](const auto& tested) { return reset_name(tested.param.kind); });

// Table 8-110. The device has 00 and 32h saved, and 01 and 46h current.
TEST_P(ValuesAfterReset, AreDefaultCurrentOrSaved) {
  Lab lab;
  lab.mailbox(0x0502, full(kScrub, "0601"));
  lab.mailbox(0x0502, full(kSoftPpr, "000000", 3, kSave));
  lab.mailbox(0x0502, full(kSoftPpr, "000001", 3));
  lab.mailbox(0x0502, full(kSettings, settings("32"), 1, kSave));
  lab.mailbox(0x0502, full(kSettings, settings("46")));
  lab.reset(GetParam().kind);
  EXPECT_EQ(value_of(lab, kScrub), GetParam().scrub);
  EXPECT_EQ(value_of(lab, kSoftPpr).substr(38), GetParam().soft_ppr);
  EXPECT_EQ(value_of(lab, kSettings).substr(0, 2), GetParam().settings);
}

class TransferAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(TransferAfterReset);

TEST_P(TransferAfterReset, IsOverButAfterFlr) {
  for (const cci::CciId via : {cci::kMailbox, cci::kMctp}) {
    Lab lab;
    lab.send(via, 0x0502, begin(kScrub, "06"));
    lab.reset(GetParam());
    EXPECT_EQ(lab.send(via, 0x0502, finish(kScrub, 1, "01")).code,
              GetParam() == ResetKind::flr ? ReturnCode::success : ReturnCode::feature_transfer_out_of_order);
  }
}

// Attribute Flags bit 4: what does not persist across a firmware update is as after a reset.
TEST(SetFeatureAndFirmware, KeepsWhatPersistsAcrossAFirmwareUpdate) {
  Lab lab([](auto& config) { config.firmware_verify = FirmwareVerify::any; });
  lab.mailbox(0x0502, full(kScrub, "0601"));
  lab.mailbox(0x0502, full(kSettings, settings("46")));
  lab.mailbox(0x0201, "00 02 0000 00000000" + zeros(120) + zeros(128));
  EXPECT_EQ(lab.mailbox(0x0202, "00 02"), success());
  EXPECT_EQ(value_of(lab, kScrub), "010c0100");
  EXPECT_EQ(value_of(lab, kSettings).substr(0, 2), "46");
}

// ------------------------------------------------------------------------------------------- what other commands show

TEST(DeviceSettingsFeature, SetsThePercentageFromWhichAnOperationIsLetFinish) {
  Lab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.mailbox(0x0502, full(kSettings, settings("0a")));
  lab.mailbox(0x4400);
  lab.advance(10ms);
  EXPECT_TRUE(lab.mailbox(0x0005).background_operation);
  lab.advance(90ms);
  lab.mailbox(0x4400);
  lab.advance(9ms);
  EXPECT_FALSE(lab.mailbox(0x0005).background_operation);
}

TEST(EcsFeature, ResetsTheCountersOfAFruAndClearsTheRequest) {
  Lab lab;
  constexpr std::uint64_t kChannel1 = 0xAB00000;
  for (const std::uint64_t dpa : {std::uint64_t{0}, kChannel1}) EXPECT_TRUE(lab.corrected_errors(dpa, 1));
  lab.advance(24h);
  EXPECT_EQ(lab.ecs().frus[0].error_count, 1);
  EXPECT_EQ(lab.ecs().frus[1].error_count, 1);
  lab.mailbox(0x0502, full(kEcs, "01 0300 1400 0300"));
  EXPECT_EQ(value_of(lab, kEcs),
            "01"
            "00030000"
            "00040000"
            "00030000");
  EXPECT_EQ(lab.ecs().frus[0].error_count, 1);
  EXPECT_EQ(lab.ecs().frus[1].error_count, 0);
  EXPECT_EQ(lab.ecs().frus[1].configuration, 4);
}

}  // namespace
}  // namespace cxlemu
