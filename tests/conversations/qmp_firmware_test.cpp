// What QMP shows of firmware, and the failures of an activation that it sets.
#include "support/firmware.hpp"
#include "support/qmp.hpp"

namespace cxlemu {
namespace {

// -------------------------------------------------------------------------------------------- cxlemu-query-firmware

TEST(QmpQueryFirmware, ShowsTheSlotsOfANewDevice) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("cxlemu-query-firmware", R"({"path":"mem0"})"),
            R"({"slots":[{"slot":1,"revision":"cxlemu-1.0","bytes":0},{"slot":2}],"active":1,"staged":0,)"
            R"("cold-reset-required":false,"transfer":{"in-progress":false}})");
}

// The digest, made with another program, is that of the package as it was transferred.
TEST(QmpQueryFirmware, ShowsWhatWasTransferredAndStaged) {
  QmpLab lab([](auto& config) { config.fw_slots = 4; });
  lab.command(cci::kMailbox, 0x0201, full(3, package("2.0")));
  lab.command(cci::kMailbox, 0x0202, activate_on_reset(3));
  EXPECT_EQ(lab.returned("cxlemu-query-firmware", R"({"path":"mem0"})"),
            R"({"slots":[{"slot":1,"revision":"cxlemu-1.0","bytes":0},{"slot":2},)"
            R"({"slot":3,"revision":"2.0","bytes":128,)"
            R"("sha256":"b4a0361e9f97e518e9377c3c213157311852fe101a8d6682730558a81268adfa"},{"slot":4}],)"
            R"("active":1,"staged":3,"cold-reset-required":false,"transfer":{"in-progress":false}})");
}

TEST(QmpQueryFirmware, ShowsATransferUntilItIsTooLate) {
  QmpLab lab;
  const auto transfer = [&] { return lab.value("cxlemu-query-firmware", R"({"path":"mem0"})")["transfer"].text(); };
  lab.command(cci::kMctp, 0x0201, initiate(zeros(256)));
  EXPECT_EQ(transfer(), R"({"in-progress":true,"by":"mctp","received":256})");
  lab.value("cxlemu-advance-clock", R"({"by":"30s"})");
  EXPECT_EQ(transfer(), R"({"in-progress":true,"by":"mctp","received":256})");
  lab.value("cxlemu-advance-clock", R"({"by":"1ns"})");
  EXPECT_EQ(transfer(), R"({"in-progress":false})");
  lab.command(cci::kMailbox, 0x0201, initiate(zeros(128)));
  EXPECT_EQ(transfer(), R"({"in-progress":true,"by":"mailbox","received":128})");
}

// -------------------------------------------------------------------------------------------------------- cxlemu-set

TEST(QmpSetActivationFailure, RollsBackOnce) {
  QmpLab lab;
  lab.command(cci::kMailbox, 0x0201, full(2, package("2.0")));
  EXPECT_EQ(lab.returned("cxlemu-set", R"({"path":"mem0","activation-failure":"rolled-back"})"), "{}");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x0202, activate_online(2)), "Activation Failed, FW Rolled Back");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x0202, activate_online(2)), "");
  EXPECT_EQ(lab.value("cxlemu-query-firmware", R"({"path":"mem0"})")["active"].unsigned_integer(), 2U);
}

TEST(QmpSetActivationFailure, NeedsAColdReset) {
  QmpLab lab;
  lab.command(cci::kMailbox, 0x0201, full(2, package("2.0")));
  lab.value("cxlemu-set", R"({"path":"mem0","activation-failure":"cold-reset-required"})");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x0202, activate_online(2)), "Activation Failed, Cold Reset Required");
  const auto required = [&] {
    return lab.value("cxlemu-query-firmware", R"({"path":"mem0"})")["cold-reset-required"].boolean();
  };
  EXPECT_EQ(required(), true);
  lab.value("cxlemu-reset", R"({"path":"mem0","kind":"cold"})");
  EXPECT_EQ(required(), false);
}

std::optional<ReturnCode> activation_fault(QmpLab& lab) {
  return lab.inside("faults that wait are shown by no command").firmware_faults().activation;
}

TEST(QmpSetActivationFailure, IsForgotten) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","activation-failure":"rolled-back"})");
  lab.value("cxlemu-set", R"({"path":"mem0","clear":true})");
  EXPECT_FALSE(activation_fault(lab));
}

TEST(QmpSetActivationFailure, StaysWhereAnotherFaultIsSet) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","activation-failure":"rolled-back"})");
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"transfer-fw","stall-at":5})");
  EXPECT_EQ(activation_fault(lab), ReturnCode::activation_failed_fw_rolled_back);
}

// As a whole or not at all.
TEST(QmpSetActivationFailure, IsNotSetWhereSomethingElseIsRefused) {
  QmpLab lab;
  lab.refused("cxlemu-set",
              R"({"path":"mem0","activation-failure":"rolled-back","opcode":"transfer-fw","stall-at":100})");
  EXPECT_FALSE(activation_fault(lab));
}

TEST(QmpSetActivationFailure, IsOneOfTwo) {
  QmpLab lab;
  EXPECT_EQ(lab.refused("cxlemu-set", R"({"path":"mem0","activation-failure":"always"})"),
            "parameter \"activation-failure\" must be one of its values (rolled-back, cold-reset-required)");
}

}  // namespace
}  // namespace cxlemu
