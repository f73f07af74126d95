// CXL r3.2 8.2.10.9.2.1 Get Partition Info (Opcode 4100h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

constexpr std::string_view kPartitions =
    "01 00 00 00 00 00 00 00"   // Active Volatile Capacity: 256 MiB
    "01 00 00 00 00 00 00 00"   // Active Persistent Capacity: 256 MiB
    "00 00 00 00 00 00 00 00"   // Next Volatile Capacity: no change pending
    "00 00 00 00 00 00 00 00";  // Next Persistent Capacity

class GetPartitionInfo : public OnEveryCci {};
ON_EVERY_CCI(GetPartitionInfo);

TEST_P(GetPartitionInfo, TellsTheActiveCapacities) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4100), success(kPartitions));
}

TEST_P(GetPartitionInfo, TellsThoseOfAVolatileDevice) {
  Lab lab({}, {.volatile_bytes = 1ULL << 40, .persistent_bytes = 0, .lsa_bytes = 0});
  EXPECT_EQ(lab.send(GetParam(), 0x4100), success("00 10 00 00 00 00 00 00" + zeros(24)));
}

TEST_P(GetPartitionInfo, TellsThoseOfAPersistentDevice) {
  Lab lab({}, {.volatile_bytes = 0, .persistent_bytes = 512ULL << 20});
  EXPECT_EQ(lab.send(GetParam(), 0x4100), success(zeros(8) + "02 00 00 00 00 00 00 00" + zeros(16)));
}

TEST_P(GetPartitionInfo, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4100, "ff"), success(kPartitions));
}

TEST_P(GetPartitionInfo, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x4100, "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(GetPartitionInfo, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4100), "0000");
}

// spec-check f3: 07h is not among its codes (the reference emulator's gate has it).
TEST_P(GetPartitionInfo, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(GetParam(), 0x4400);
  Answered answered = success(kPartitions);
  answered.background_operation = true;
  EXPECT_EQ(lab.send(GetParam(), 0x4100), answered);
}

class PartitionInfoAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(PartitionInfoAfterReset);

TEST_P(PartitionInfoAfterReset, IsTheSame) {
  Lab lab;
  lab.reset(GetParam());
  EXPECT_EQ(lab.mailbox(0x4100), success(kPartitions));
  EXPECT_EQ(lab.mctp(0x4100), success(kPartitions));
}

// What makes the partitions what they are: volatile capacity forgets without main power, persistent capacity does not.
struct ResetOfTheCapacity {
  ResetKind kind;
  std::string_view volatile_data;
};
class CapacityAfterReset : public testing::TestWithParam<ResetOfTheCapacity> {};
INSTANTIATE_TEST_SUITE_P(Reset, CapacityAfterReset,
                         testing::Values(ResetOfTheCapacity{ResetKind::conventional, "11223344"},
                                         ResetOfTheCapacity{ResetKind::cxl, "11223344"},
                                         ResetOfTheCapacity{ResetKind::flr, "11223344"},
                                         ResetOfTheCapacity{ResetKind::cold, "00000000"},
                                         ResetOfTheCapacity{ResetKind::power_loss, "00000000"}),
                         [](const auto& tested) { return reset_name(tested.param.kind); });

TEST_P(CapacityAfterReset, ForgetsWhatIsVolatileWithMainPowerAlone) {
  constexpr std::uint64_t kPersistent = 256ULL << 20;
  Lab lab;
  lab.write_media(kPersistent - 4, "11 22 33 44");
  lab.write_media(kPersistent, "55 66 77 88");
  lab.reset(GetParam().kind);
  EXPECT_EQ(lab.read_media(kPersistent - 4, 4), GetParam().volatile_data);
  EXPECT_EQ(lab.read_media(kPersistent, 4), "55667788");
}

}  // namespace
}  // namespace cxlemu
