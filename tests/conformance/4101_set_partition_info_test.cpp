// CXL r3.2 8.2.10.9.2.2 Set Partition Info (Opcode 4101h)
#include "support/media.hpp"

namespace cxlemu {
namespace {

class SetPartitionInfo : public OnEveryCci {};
ON_EVERY_CCI(SetPartitionInfo);

// 256 MiB volatile only, 512 MiB for either, 256 MiB persistent only.
constexpr LabSizes kSizes{.partitionable_bytes = 512 * kMiB};
constexpr std::string_view kNow = "01";
constexpr std::string_view kAtReset = "00";
std::string volatile_units(std::uint64_t units, std::string_view flags) { return le64(units) + std::string(flags); }
std::string partitions(std::uint64_t active_volatile, std::uint64_t active_persistent, std::uint64_t next_volatile = 0,
                       std::uint64_t next_persistent = 0) {
  return le64(active_volatile) + le64(active_persistent) + le64(next_volatile) + le64(next_persistent);
}

TEST_P(SetPartitionInfo, IsUnsupportedWhereNothingIsPartitionable) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(0, kNow)), refused(ReturnCode::unsupported));
  EXPECT_EQ(lab.send(GetParam(), 0x4000).payload.substr(2 * 0x28, 16), le64(0));
}

TEST_P(SetPartitionInfo, IsToldByIdentifyMemoryDevice) {
  Lab lab({}, kSizes);
  EXPECT_EQ(lab.send(GetParam(), 0x4000).payload.substr(2 * 0x10, 2 * 0x20), le64(4) + le64(1) + le64(1) + le64(1));
  EXPECT_EQ(lab.send(GetParam(), 0x4100), success(partitions(1, 3)));
}

TEST_P(SetPartitionInfo, ChangesTheLayoutAtOnce) {
  Lab lab({}, kSizes);
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(1, kNow)), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4100), success(partitions(2, 2)));
  lab.mailbox(0x4301, le64(512 * kMiB - 64));
  lab.mailbox(0x4301, le64(512 * kMiB));
  // Bit 0 of an event's address: volatile.
  EXPECT_EQ(media_events(lab, EventLogId::informational), "1fffffc1:4:1 20000000:4:1");
}

TEST_P(SetPartitionInfo, ReachesAllOfTheCapacityThatIsPartitionable) {
  Lab lab({}, kSizes);
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(2, kNow)), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4100), success(partitions(3, 1)));
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(0, kNow)), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4100), success(partitions(1, 3)));
}

TEST_P(SetPartitionInfo, RefusesMoreThanThereIs) {
  Lab lab({}, kSizes);
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(3, kNow)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(~0ULL, kAtReset)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.send(GetParam(), 0x4100), success(partitions(1, 3)));
}

TEST_P(SetPartitionInfo, LosesThePersistentDataAndKeepsWhatIsOnlyVolatile) {
  Lab lab({}, kSizes);
  for (const std::uint64_t dpa : {0UL, 256 * kMiB, 768 * kMiB}) lab.write_media(dpa, repeated("a5", 64));
  poison_at(lab, 0x1000);
  poison_at(lab, 300 * kMiB);
  lab.send(GetParam(), 0x4101, volatile_units(1, kNow));
  EXPECT_EQ(lab.read_media(0, 64), repeated("a5", 64));
  EXPECT_EQ(lab.read_media(256 * kMiB, 64), zeros(64));
  EXPECT_EQ(lab.read_media(768 * kMiB, 64), zeros(64));
  EXPECT_EQ(poison_list(lab, cci::kMailbox, lines_from(0, 1024 * kMiB / 64)).text(), "1000+1:2");
}

TEST_P(SetPartitionInfo, ThatChangesNothingLosesNothing) {
  Lab lab({}, kSizes);
  lab.write_media(256 * kMiB, "a5");
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(0, kNow)), success());
  EXPECT_EQ(lab.read_media(256 * kMiB, 1), "a5");
}

class NextPartition : public AfterEveryReset {};
AFTER_EVERY_RESET(NextPartition);

TEST_P(NextPartition, BecomesActiveAtTheResetsThatTheCelNames) {
  Lab lab({}, kSizes);
  lab.write_media(256 * kMiB, "a5");
  EXPECT_EQ(lab.mailbox(0x4101, volatile_units(2, kAtReset)), success());
  EXPECT_EQ(lab.mailbox(0x4100), success(partitions(1, 3, 3, 1)));
  EXPECT_EQ(lab.read_media(256 * kMiB, 1), "a5");
  lab.reset(GetParam());
  if (GetParam() == ResetKind::flr) {
    EXPECT_EQ(lab.mailbox(0x4100), success(partitions(1, 3, 3, 1)));
  } else {
    EXPECT_EQ(lab.mailbox(0x4100), success(partitions(3, 1)));
    EXPECT_EQ(lab.read_media(256 * kMiB, 1), "00");
  }
}

TEST_P(SetPartitionInfo, IsNoPendingChangeWhereItIsActiveAlreadyOrMadeAtOnce) {
  Lab lab({}, kSizes);
  lab.send(GetParam(), 0x4101, volatile_units(2, kAtReset));
  lab.send(GetParam(), 0x4101, volatile_units(0, kAtReset));
  EXPECT_EQ(lab.send(GetParam(), 0x4100), success(partitions(1, 3)));
  lab.send(GetParam(), 0x4101, volatile_units(2, kAtReset));
  lab.send(GetParam(), 0x4101, volatile_units(1, kNow));
  EXPECT_EQ(lab.send(GetParam(), 0x4100), success(partitions(2, 2)));
}

// Power loss takes what is volatile now, wherever it lies.
TEST(PartitionedData, OfTheVolatilePartGoesWithThePower) {
  Lab lab([](auto& config) { config.partitioned_volatile = 256 * kMiB; }, kSizes);
  EXPECT_EQ(lab.mailbox(0x4100), success(partitions(2, 2)));
  lab.write_media(512 * kMiB - 64, repeated("a5", 128));
  EXPECT_EQ(lab.read_media(512 * kMiB - 64, 128), repeated("a5", 128));
  lab.reset(ResetKind::power_loss);
  EXPECT_EQ(lab.read_media(512 * kMiB - 64, 128), zeros(64) + repeated("a5", 64));
}

// COMPAT(linux): ten bytes come where the text has nine, also where surplus is refused.
TEST_P(SetPartitionInfo, AcceptsNineBytesAndTen) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; }, kSizes);
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(1, kAtReset)), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(1, kAtReset) + "00"), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(1, kAtReset) + "0000"),
            refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0x4101, le64(1)), refused(ReturnCode::invalid_payload_length));
}

TEST_P(SetPartitionInfo, AtOnceIsBusyBesideAnOperationOnTheMedia) {
  Lab lab({}, kSizes);
  lab.mctp(0x4304, scan_request(0, 1));
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(1, kNow)).code, ReturnCode::busy);
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(1, kAtReset)).code, ReturnCode::success);
}

TEST_P(SetPartitionInfo, IsRefusedWhileMediaIsDisabled) {
  Lab lab({}, kSizes);
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  EXPECT_EQ(lab.send(GetParam(), 0x4101, volatile_units(1, kNow)), refused(ReturnCode::media_disabled));
}

TEST_P(SetPartitionInfo, IsInTheCelWithTheResetsThatMakeItActive) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4101), "070e");
}

}  // namespace
}  // namespace cxlemu
