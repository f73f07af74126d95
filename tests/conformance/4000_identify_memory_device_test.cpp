// CXL r3.2 8.2.10.9.1.1 Identify Memory Device (Opcode 4000h)
#include "support/lab.hpp"

namespace cxlemu {
namespace {

// Fault B29: the reference emulator reports event logs of size 0.
constexpr std::string_view kIdentity =
    "63 78 6c 65 6d 75 2d 31 2e 30 00 00 00 00 00 00"  // FW Revision: cxlemu-1.0
    "02 00 00 00 00 00 00 00"                          // Total Capacity: 2 * 256 MiB
    "01 00 00 00 00 00 00 00"                          // Volatile Only Capacity
    "01 00 00 00 00 00 00 00"                          // Persistent Only Capacity
    "00 00 00 00 00 00 00 00"                          // Partition Alignment: not partitionable
    "40 00"                                            // Informational Event Log Size: 64 records
    "40 00"                                            // Warning Event Log Size
    "40 00"                                            // Failure Event Log Size
    "40 00"                                            // Fatal Event Log Size
    "00 10 00 00"                                      // LSA Size: 4096 bytes
    "00 01 00"                                         // Poison List Maximum Media Error Records: 256
    "00 00"                                            // Inject Poison Limit: none
    "00"                                               // Poison Handling Capabilities
    "03"                                               // QoS Telemetry Capabilities
    "00 00";                                           // Dynamic Capacity Event Log Size: no dynamic capacity

class IdentifyMemoryDevice : public OnEveryCci {};
ON_EVERY_CCI(IdentifyMemoryDevice);

TEST_P(IdentifyMemoryDevice, TellsWhatTheDeviceHas) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4000), success(kIdentity));
}

TEST_P(IdentifyMemoryDevice, TellsTheSizesOfAVolatileDevice) {
  Lab lab({}, {.volatile_bytes = 1ULL << 30, .persistent_bytes = 0, .lsa_bytes = 0});
  EXPECT_EQ(lab.send(GetParam(), 0x4000).payload.substr(32, 48),
            "0400000000000000"
            "0400000000000000"
            "0000000000000000");
  EXPECT_EQ(lab.send(GetParam(), 0x4000).payload.substr(112, 8), "00000000");
}

TEST_P(IdentifyMemoryDevice, TellsTheSizesOfAPersistentDevice) {
  Lab lab({}, {.volatile_bytes = 0, .persistent_bytes = 768ULL << 20, .lsa_bytes = 1ULL << 20});
  EXPECT_EQ(lab.send(GetParam(), 0x4000).payload.substr(32, 48),
            "0300000000000000"
            "0000000000000000"
            "0300000000000000");
  EXPECT_EQ(lab.send(GetParam(), 0x4000).payload.substr(112, 8), "00001000");
}

TEST_P(IdentifyMemoryDevice, TellsTheSizeOfTheEventLogs) {
  Lab smallest([](auto& config) { config.event_log_size = 1; });
  EXPECT_EQ(smallest.send(GetParam(), 0x4000).payload.substr(96, 16), "0100010001000100");

  Lab largest([](auto& config) { config.event_log_size = 4096; });
  EXPECT_EQ(largest.send(GetParam(), 0x4000).payload.substr(96, 16), "0010001000100010");
}

TEST_P(IdentifyMemoryDevice, TellsAFirmwareRevisionOfFullLength) {
  Lab lab([](auto& config) { config.firmware_revision = "0123456789ABCDEF"; });
  EXPECT_EQ(lab.send(GetParam(), 0x4000).payload.substr(0, 34),
            "30313233343536373839414243444546"
            "02");
}

TEST_P(IdentifyMemoryDevice, FitsTheSmallestResponse) {
  Lab lab([](auto& config) {
    config.message_limit = 8;
    config.mailbox_payload_size = 256;
  });
  EXPECT_EQ(lab.send(GetParam(), 0x4000), success(kIdentity));
}

TEST_P(IdentifyMemoryDevice, IgnoresSurplusPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4000, "ff"), success(kIdentity));
}

TEST_P(IdentifyMemoryDevice, RefusesSurplusPayloadByProperty) {
  Lab lab([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(lab.send(GetParam(), 0x4000, "ff"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(IdentifyMemoryDevice, IsInTheCelWithoutEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4000), with_secondary(GetParam(), "0000"));
}

// Fault B1: what reaches no sanitized area is answered while media is disabled.
TEST_P(IdentifyMemoryDevice, IsAnsweredWhileMediaIsDisabledAndAnOperationRuns) {
  Lab lab([](auto& config) { config.media_disabled_refuses = MediaDisabledRefuses::all; });
  lab.send(runs_for(GetParam()), 0x4400);
  Answered answered = success(kIdentity);
  answered.background_operation = shows_background(GetParam());
  EXPECT_EQ(lab.send(GetParam(), 0x4000), answered);
}

class MemoryDeviceIdentityAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(MemoryDeviceIdentityAfterReset);

TEST_P(MemoryDeviceIdentityAfterReset, IsTheSame) {
  Lab lab;
  lab.reset(GetParam());
  EXPECT_EQ(lab.mailbox(0x4000), success(kIdentity));
  EXPECT_EQ(lab.mctp(0x4000), success(kIdentity));
}

}  // namespace
}  // namespace cxlemu
