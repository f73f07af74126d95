#include "pci/device_registers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/hex.hpp"
#include "base/timeline.hpp"
#include "wire/le.hpp"

namespace cxlemu::pci {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kMb = 0xFE0, kControl = kMb + 4, kCommand = kMb + 8, kStatus = kMb + 0x10,
                        kBackground = kMb + 0x18, kPayload = 0x1000;

/// One command as its owner saw it.
struct Seen {
  std::uint16_t opcode;
  std::string payload;
  std::size_t declared_length;
  bool operator==(const Seen&) const = default;
};

/// Device registers whose commands answer what a test says.
class Device {
 public:
  explicit Device(DeviceRegistersConfig config = {.payload_size = 256}) {
    registers = std::make_unique<DeviceRegisters>(
        config,
        DeviceRegisters::Calls{
            .event_status = [this] { return event_status; },
            .memory_device_status = [this] { return status; },
            .primary = {.execute = executor(),
                        .message_number =
                            [this](std::uint8_t wanted) { return static_cast<std::uint8_t>(wanted & message_mask); },
                        .interrupt = [this](std::uint8_t message) { interrupts.push_back(message); }},
            .secondary = {.execute = executor(),
                          .interrupt = [this](std::uint8_t message) { interrupts.push_back(message); }},
            .background = &background});
  }

  std::string read(std::uint64_t offset, std::size_t size) {
    Buffer bytes(size);
    registers->read(offset, bytes);
    return to_hex(bytes);
  }
  void write(std::uint64_t offset, std::string_view hex) { registers->write(offset, from_hex(hex).value()); }
  /// As Linux does it: payload, command, doorbell.
  void send(std::string_view command_hex, std::string_view payload_hex = "") {
    write(kPayload, payload_hex);
    write(kCommand, command_hex);
    write(kControl, "01000000");
  }

  Timeline timeline;
  cci::BackgroundSlot background{timeline};
  std::uint32_t event_status = 0;
  MemoryDeviceStatus status;
  std::uint8_t message_mask = 0x0F;
  std::optional<cci::Reply> reply = cci::Reply{};
  std::string answer;
  std::function<void()> meanwhile = [] {};
  std::vector<Seen> seen;
  std::vector<std::uint8_t> interrupts;
  std::unique_ptr<DeviceRegisters> registers;

 private:
  ExecuteCommand executor() {
    return [this](Opcode opcode, Bytes payload, std::size_t declared_length, MutableBytes space) {
      const Buffer bytes = from_hex(answer).value();
      std::ranges::copy(bytes, space.begin());
      meanwhile();
      seen.push_back({opcode.value, to_hex(payload), declared_length});
      std::optional<cci::Reply> made = reply;
      if (made && made->payload_size == 0) made->payload_size = bytes.size();
      return made;
    };
  }
};

TEST(DeviceRegisters, HaveSoundRows) {
  EXPECT_EQ(Device().registers->table().fault(), std::nullopt);
  EXPECT_EQ(Device({.payload_size = 1 << 20, .secondary_payload_size = 1 << 20}).registers->table().fault(),
            std::nullopt);
}

TEST(DeviceRegisters, ListTheirCapabilities) {
  Device device({.payload_size = 8192});
  EXPECT_EQ(device.read(0, 0x50),
            "00000101"
            "03000000"
            "0000000000000000"
            "01000200"
            "80000000"
            "08000000"
            "00000000"
            "02000100"
            "e00f0000"
            "20200000"
            "00000000"
            "00400100"
            "90000000"
            "08000000"
            "00000000"
            "00000000000000000000000000000000");
}

TEST(DeviceRegisters, ListASecondaryMailbox) {
  Device device({.payload_size = 256, .secondary_payload_size = 512});
  EXPECT_EQ(device.read(0, 8), "0000010104000000");
  EXPECT_EQ(device.read(0x40, 16), "03000100e02f00002002000000000000");
}

TEST(DeviceRegisters, BeginThePayloadWithAPage) {
  EXPECT_EQ(DeviceRegisters::payload_offset(), 0x1000U);
  EXPECT_EQ(DeviceRegisters::size({.payload_size = 256}), 0x1'0000U);
  EXPECT_EQ(DeviceRegisters::size({.payload_size = 1 << 20}), 0x20'0000U);
  EXPECT_EQ(DeviceRegisters::size({.payload_size = 1 << 20, .secondary_payload_size = 1 << 20}), 0x40'0000U);
}

TEST(DeviceRegisters, ShowWhichEventLogsHoldRecords) {
  Device device;
  EXPECT_EQ(device.read(0x80, 8), "0000000000000000");
  device.event_status = 0x15;
  EXPECT_EQ(device.read(0x80, 8), "1500000000000000");
  device.write(0x80, "FFFFFFFFFFFFFFFF");
  EXPECT_EQ(device.read(0x80, 4), "15000000");
}

// Fault B30: records outlast a reset, and so does what tells of them.
TEST(DeviceRegisters, ShowEventLogsAfterEveryReset) {
  Device device;
  device.event_status = 0x05;
  for (const Reset kind : {Reset::flr, Reset::cxl, Reset::conventional, Reset::cold}) {
    device.registers->reset(kind);
    EXPECT_EQ(device.read(0x80, 8), "0500000000000000");
  }
}

// Fault B10: one and two bytes, halves of 64 bits, and what crosses registers, are answered.
TEST(DeviceRegisters, AnswerEverySizeOfAccess) {
  Device device;
  device.write(kCommand, "34");
  device.write(kCommand + 1, "12");
  device.write(kCommand + 2, "0500");
  EXPECT_EQ(device.read(kCommand, 8), "3412050000000000");
  EXPECT_EQ(device.read(kCommand + 1, 2), "1205");
  device.write(kCommand + 4, "FFFFFFFF");
  EXPECT_EQ(device.read(kCommand, 8), "341205001f000000");
  device.write(kMb, "FFFFFFFF");  // QEMU lets software write the capabilities
  EXPECT_EQ(device.read(kMb, 4), "68000800");
  EXPECT_EQ(device.read(0xFFFE, 4), "0000ffff");
  EXPECT_EQ(device.read(0, 0x10000).size(), 0x20000U);
}

class PayloadSizes : public testing::TestWithParam<std::pair<std::uint32_t, std::string>> {};
TEST_P(PayloadSizes, AreToldAsAPowerOfTwo) {
  Device device({.payload_size = GetParam().first});
  EXPECT_EQ(device.read(kMb, 4), GetParam().second);
  EXPECT_EQ(device.registers->primary_mailbox().length(), 0x20 + std::clamp(GetParam().first, 256U, 1U << 20));
}
INSTANTIATE_TEST_SUITE_P(Bounds, PayloadSizes,
                         testing::Values(std::pair(255U, "68000800"), std::pair(256U, "68000800"),
                                         std::pair(8192U, "6d000800"), std::pair(1U << 20, "74000800"),
                                         std::pair(1U << 21, "74000800")));

TEST(Mailbox, CarriesACommandAndItsAnswer) {
  Device device;
  device.answer = "AABBCC";
  device.reply = cci::Reply{.return_code = ReturnCode::success, .vendor_specific_extended_status = 0x1234};
  device.send("0040040000000000", "0102030405");
  EXPECT_THAT(device.seen, ElementsAre(Seen{0x4000, "01020304", 4}));
  EXPECT_EQ(device.read(kControl, 4), "00000000");
  EXPECT_EQ(device.read(kCommand, 8), "0040030000000000");
  EXPECT_EQ(device.read(kStatus, 8), "0000000000003412");
  EXPECT_EQ(device.read(kPayload, 6), "aabbcc040500");
  EXPECT_THAT(device.interrupts, IsEmpty());
}

TEST(Mailbox, ShowsTheReturnCode) {
  Device device;
  device.reply = cci::Reply{.return_code = ReturnCode::invalid_payload_length};
  device.send("0040000000000000");
  EXPECT_EQ(device.read(kStatus, 8), "0000000016000000");
  EXPECT_EQ(device.read(kCommand, 8), "0040000000000000");
}

// Fault B10: a length above the payload size never reaches behind the payload; who carries out the command learns of
// it.
TEST(Mailbox, SaysWhenMoreIsClaimedThanItHolds) {
  Device device;
  device.send("0040010100000000");
  ASSERT_EQ(device.seen.size(), 1U);
  EXPECT_EQ(device.seen[0].payload.size(), 2 * 256U);
  EXPECT_EQ(device.seen[0].declared_length, 257U);
  device.send("0040FFFF1F000000");
  EXPECT_EQ(device.seen[1].declared_length, 0x1F'FFFFU);
}

TEST(Mailbox, TakesAsMuchAsItHolds) {
  Device device;
  device.answer = std::string(512, 'A');
  device.send("0040000100000000", std::string(512, 'B'));
  EXPECT_THAT(device.seen, ElementsAre(Seen{0x4000, std::string(512, 'b'), 256}));
  EXPECT_EQ(device.read(kPayload, 256), std::string(512, 'a'));
  EXPECT_EQ(device.read(kCommand, 8), "0040000100000000");
}

TEST(Mailbox, HoldsAnAnswerToItsSize) {
  Device device;
  device.reply = cci::Reply{.payload_size = 257};
  device.send("0040000000000000");
  EXPECT_EQ(device.read(kCommand, 8), "0040000100000000");
}

// Fault B4: however long an answer is, it ends with the payload.
TEST(Mailbox, WritesAnAnswerIntoItsPayloadAlone) {
  Buffer memory(4 + 256 + 4, std::byte{0xC5});
  const MutableBytes all(memory);
  Device device({.payload_size = 256, .secondary_payload_size = 256, .payload_memory = all.subspan(4, 256)});
  device.answer = std::string(512, 'A');
  device.reply = cci::Reply{.payload_size = 0x10'0000};
  const std::string before = device.read(0, kMb + 4);
  device.send("0241000000000000");
  EXPECT_EQ(to_hex(memory), "c5c5c5c5" + std::string(512, 'a') + "c5c5c5c5");
  EXPECT_EQ(device.read(0, kMb + 4), before);
  EXPECT_EQ(device.read(kCommand, 8), "0241000100000000");
  EXPECT_EQ(device.read(kPayload + 256, 0x1000 - 256), std::string(2 * (0x1000 - 256), '0'));
}

// Fault B32: the capabilities are read only, as is what tells of commands.
TEST(Mailbox, HasReadOnlyRegisters) {
  Device device;
  device.reply =
      cci::Reply{.return_code = ReturnCode::invalid_payload_length, .vendor_specific_extended_status = 0x1234};
  device.background.start(Opcode{0x4400}, {}, 10s);
  device.send("0040000000000000");
  const std::string capabilities = device.read(kMb, 4);
  const std::string status = device.read(kStatus, 16);
  EXPECT_EQ(status,
            "0100000016003412"
            "0044000000000000");
  for (const std::size_t size : {1U, 2U, 4U}) {
    for (std::size_t at = 0; at < 4; at += size) device.write(kMb + at, std::string(2 * size, 'F'));
  }
  for (const std::size_t size : {1U, 2U, 4U, 8U}) {
    for (std::size_t at = 0; at < 16; at += size) device.write(kStatus + at, std::string(2 * size, 'F'));
  }
  device.write(kStatus, std::string(32, '0'));
  EXPECT_EQ(device.read(kMb, 4), capabilities);
  EXPECT_EQ(device.read(kStatus, 16), status);
  EXPECT_EQ(device.seen.size(), 1U);
}

// QEMU takes no command that is written in halves, and shows what it last showed where the status is read in halves.
TEST(Mailbox, TakesItsCommandAndShowsItsStatusInHalves) {
  Device device;
  device.write(kCommand, "01400400");
  device.write(kCommand + 4, "00000000");
  EXPECT_THAT(device.seen, IsEmpty());
  device.reply = cci::Reply{.return_code = ReturnCode::busy, .vendor_specific_extended_status = 0x1234};
  device.write(kControl, "01000000");
  EXPECT_THAT(device.seen, ElementsAre(Seen{0x4001, "00000000", 4}));
  EXPECT_EQ(device.read(kStatus, 4), "00000000");
  EXPECT_EQ(device.read(kStatus + 4, 4), "06003412");
  device.reply = cci::Reply{.return_code = ReturnCode::unsupported, .vendor_specific_extended_status = 0x5678};
  device.background.start(Opcode{0x4400}, {}, 10s);
  device.write(kControl, "01000000");
  EXPECT_EQ(device.read(kStatus + 6, 2), "7856");
  EXPECT_EQ(device.read(kStatus + 4, 1), "03");
  EXPECT_EQ(device.read(kStatus, 4), "01000000");
  device.timeline.advance_to(1s);
  EXPECT_EQ(device.read(kBackground, 4), "00440a00");
  EXPECT_EQ(device.read(kBackground + 2, 2), "0a00");
}

// CXL r3.2 8.2.9.4.4, .5, .8: control is read only, command and payload are not used, while the doorbell is set.
TEST(Mailbox, IgnoresWritesWhileTheDoorbellIsSet) {
  Device device;
  device.meanwhile = [&] {
    device.write(kPayload, "FFFFFFFF");
    device.write(kCommand, "FFFFFFFFFFFFFFFF");
    device.write(kControl, "06000000");
    device.write(kControl, "01000000");
    EXPECT_EQ(device.read(kControl, 4), "01000000");
  };
  device.send("0040040000000000", "01020304");
  EXPECT_THAT(device.seen, ElementsAre(Seen{0x4000, "01020304", 4}));
  EXPECT_EQ(device.read(kPayload, 4), "01020304");
  EXPECT_EQ(device.read(kCommand, 8), "0040000000000000");
  EXPECT_EQ(device.read(kControl, 4), "00000000");
}

// What is used is what was copied, even where software shares the memory of the payload.
TEST(Mailbox, UsesItsOwnCopyOfThePayload) {
  Buffer shared(256);
  Device device({.payload_size = 256, .payload_memory = shared});
  device.meanwhile = [&] { std::ranges::fill(shared, std::byte{0xEE}); };
  device.answer = "0A0B";
  device.send("0040040000000000", "01020304");
  EXPECT_THAT(device.seen, ElementsAre(Seen{0x4000, "01020304", 4}));
  EXPECT_EQ(to_hex(Bytes(shared).first(4)), "0a0beeee");
}

TEST(Mailbox, RingsOnlyWhenTheDoorbellBecomesSet) {
  Device device;
  device.write(kControl, "06000000");
  device.write(kControl + 1, "010000");
  EXPECT_THAT(device.seen, IsEmpty());
  device.write(kControl, "07");
  EXPECT_EQ(device.seen.size(), 1U);
  EXPECT_EQ(device.read(kControl, 4), "06000000");
}

// In QEMU any write to a register of the mailbox runs the command while the doorbell is set.
TEST(Mailbox, RunsNothingByAWriteToAnotherRegister) {
  Device device;
  device.reply.reset();
  device.send("0040000000000000");
  ASSERT_EQ(device.read(kControl, 4), "01000000");
  for (std::uint64_t at = kMb; at < kPayload + 8; at += 4) {
    device.write(at, "FFFFFFFF");
    device.write(at, "FFFFFFFFFFFFFFFF");
  }
  EXPECT_EQ(device.seen.size(), 1U);
  EXPECT_EQ(device.read(kControl, 4), "01000000");
}

TEST(Mailbox, HangsUntilAReset) {
  Device device;
  device.reply.reset();
  device.send("0040000000000000");
  EXPECT_EQ(device.read(kControl, 4), "01000000");
  device.send("0140000000000000");
  EXPECT_EQ(device.seen.size(), 1U);
  device.registers->reset(Reset::flr);
  EXPECT_EQ(device.read(kControl, 4), "00000000");
  device.reply = cci::Reply{};
  device.send("0140000000000000");
  EXPECT_EQ(device.seen.size(), 2U);
}

TEST(Mailbox, ForgetsEverythingAtEveryReset) {
  for (const Reset kind : {Reset::flr, Reset::cxl, Reset::conventional, Reset::cold}) {
    Device device({.payload_size = 256, .secondary_payload_size = 256});
    device.reply = cci::Reply{.return_code = ReturnCode::busy, .vendor_specific_extended_status = 7};
    device.write(0x3000, "0102");
    device.write(kControl, "06000000");
    device.send("0040020000000000", "0102");
    device.registers->reset(kind);
    EXPECT_EQ(device.read(kControl, 0x1C), std::string(0x38, '0'));
    EXPECT_EQ(device.read(kPayload, 2), "0000");
    EXPECT_EQ(device.read(0x3000, 2), "0000");
    device.registers->primary_mailbox().background_completed();
    EXPECT_THAT(device.interrupts, IsEmpty());
  }
}

TEST(Mailbox, DropsTheAnswerOfACommandThatAResetEnded) {
  Device device;
  device.answer = "AABB";
  device.meanwhile = [&] { device.registers->reset(Reset::conventional); };
  device.send("0040020000000000", "0102");
  EXPECT_EQ(device.read(kControl, 0x1C), std::string(0x38, '0'));
  EXPECT_EQ(device.read(kPayload, 2), "0000");
}

// Fault B31: there is a doorbell interrupt, and it is sent while it is enabled.
TEST(Mailbox, TellsOfTheDoorbellByAnInterrupt) {
  Device device({.payload_size = 256, .mailbox_message = 3});
  EXPECT_EQ(device.read(kMb, 4), "e8010800");
  device.write(kControl, "03000000");
  EXPECT_THAT(device.interrupts, ElementsAre(3));
  EXPECT_EQ(device.read(kControl, 4), "02000000");
  device.write(kControl, "01000000");
  EXPECT_THAT(device.interrupts, ElementsAre(3));
}

// CXL r3.2 8.2.9.4.3: the number follows what software has assigned.
TEST(Mailbox, FoldsItsMessageNumber) {
  Device device({.payload_size = 256, .mailbox_message = 3});
  device.message_mask = 0x01;
  EXPECT_EQ(device.read(kMb, 4), "e8000800");
  device.write(kControl, "03000000");
  EXPECT_THAT(device.interrupts, ElementsAre(1));
}

// Fault B11: the bit is 0 until an operation runs, 1 while it runs, 0 when it has ended.
TEST(Mailbox, ShowsABackgroundOperationWhileItRuns) {
  Device device;
  EXPECT_EQ(device.read(kStatus, 8), "0000000000000000");
  EXPECT_EQ(device.read(kBackground, 8), "0000000000000000");
  device.meanwhile = [&] { device.background.start(Opcode{0x4400}, {}, 10s); };
  device.reply = cci::Reply{.return_code = ReturnCode::background_command_started, .background_operation = true};
  device.send("0044000000000000");
  EXPECT_EQ(device.read(kStatus, 8), "0100000001000000");
  EXPECT_EQ(device.read(kBackground, 8), "0044000000000000");
  device.background.on_deadline([] {});
  device.timeline.advance_to(5s);
  EXPECT_EQ(device.read(kBackground, 4), "00443200");
  EXPECT_EQ(device.read(kBackground + 2, 1), "32");
  device.background.complete(ReturnCode::internal_error);
  EXPECT_EQ(device.read(kStatus, 4), "00000000");
  EXPECT_EQ(device.read(kBackground, 8), "0044640004000000");
}

// Fault B13, its registers: a reset that clears the slot leaves zeros.
TEST(Mailbox, ShowsNothingOfAnOperationAfterTheSlotIsCleared) {
  Device device;
  device.background.start(Opcode{0x4400}, {}, 10s);
  device.background.clear();
  device.registers->reset(Reset::conventional);
  EXPECT_EQ(device.read(kStatus, 8), "0000000000000000");
  EXPECT_EQ(device.read(kBackground, 8), "0000000000000000");
}

// Fault B13: nothing of an operation that a reset ended comes back when its time has come.
TEST(Mailbox, TellsOfNoCompletionOfAnOperationThatAResetEnded) {
  Device device;
  device.background.on_deadline([&] {
    device.background.complete(ReturnCode::success);
    device.registers->primary_mailbox().background_completed();
  });
  device.write(kControl, "04000000");
  device.background.start(Opcode{0x4400}, {}, 10s);
  device.timeline.advance_to(4s);
  device.background.clear();
  device.registers->reset(Reset::conventional);
  device.write(kControl, "04000000");
  device.timeline.advance_to(20s);
  EXPECT_THAT(device.interrupts, IsEmpty());
  EXPECT_EQ(device.read(kStatus, 16), std::string(32, '0'));
}

TEST(Mailbox, ShowsTheCodeOfAnAbortedOperation) {
  Device device;
  device.background.start(Opcode{0x4400}, {}, 10s);
  device.timeline.advance_to(3s);
  device.background.interrupt(ReturnCode::aborted);
  EXPECT_EQ(device.read(kStatus, 1), "00");
  EXPECT_EQ(device.read(kBackground, 8), "00441e0012000000");
}

// Fault B31, COMPAT(linux): ringing the doorbell clears the enable bit; the interrupt is sent all the same.
TEST(Mailbox, TellsOfCompletionOnceItWasEnabled) {
  Device device;
  device.registers->primary_mailbox().background_completed();
  EXPECT_THAT(device.interrupts, IsEmpty());
  device.write(kControl, "04000000");
  device.send("0044000000000000");
  EXPECT_EQ(device.read(kControl, 4), "00000000");
  device.registers->primary_mailbox().background_completed();
  EXPECT_THAT(device.interrupts, ElementsAre(0));
}

TEST(Mailbox, TellsOfCompletionOnlyWhileEnabledWhereStrict) {
  Device device({.payload_size = 256, .strict_interrupts = true});
  device.write(kControl, "04000000");
  device.send("0044000000000000");
  device.registers->primary_mailbox().background_completed();
  EXPECT_THAT(device.interrupts, IsEmpty());
  device.write(kControl, "05000000");
  device.registers->primary_mailbox().background_completed();
  EXPECT_THAT(device.interrupts, ElementsAre(0));
}

// CXL r3.2 8.2.9.4.2, .6, .7: no interrupts, no background.
TEST(SecondaryMailbox, HasNeitherInterruptsNorABackground) {
  constexpr std::uint64_t kSecondary = 0x2FE0;
  Device device({.payload_size = 256, .secondary_payload_size = 512, .mailbox_message = 3});
  EXPECT_EQ(device.read(kSecondary, 4), "09000800");
  device.background.start(Opcode{0x4400}, {}, 10s);
  device.answer = "CC";
  device.write(0x3000, "0102");
  device.write(kSecondary + 8, "0001020000000000");
  device.write(kSecondary + 4, "07000000");
  EXPECT_THAT(device.seen, ElementsAre(Seen{0x0100, "0102", 2}));
  EXPECT_EQ(device.read(kSecondary + 4, 4), "00000000");
  EXPECT_EQ(device.read(kSecondary + 8, 8), "0001010000000000");
  EXPECT_EQ(device.read(kSecondary + 0x10, 16), "00000000000000000000000000000000");
  EXPECT_EQ(device.read(0x3000, 2), "cc02");
  EXPECT_EQ(device.read(kCommand, 8), "0000000000000000");  // the primary one is apart
  EXPECT_THAT(device.interrupts, IsEmpty());
}

TEST(MemoryDeviceStatusRegister, IsReadyAtRest) { EXPECT_EQ(register_of({}), 0x14U); }

// CXL r3.2 8.2.9.5.1.1, spec-check f4. Fault B1: Media Status 11b comes with a Reset Needed.
TEST(MemoryDeviceStatusRegister, NeedsAResetWhereTheDeviceDoesNotWork) {
  EXPECT_EQ(register_of({.media = MediaStatus::disabled}), 0x3CU);
  EXPECT_EQ(register_of({.media = MediaStatus::error}), 0x38U);
  EXPECT_EQ(register_of({.fw_halt = true}), 0x36U);
  EXPECT_EQ(register_of({.mailbox_interfaces_ready = false}), 0x24U);
  EXPECT_EQ(register_of({.media = MediaStatus::disabled, .reset_needed = ResetNeeded::cxl}), 0x9CU);
  EXPECT_EQ(register_of({.device_fatal = true}), 0x15U);
  EXPECT_EQ(register_of({.media = MediaStatus::not_ready}), 0x10U);
}

TEST(MemoryDeviceStatusRegister, IsReadThroughTheBlock) {
  Device device;
  EXPECT_EQ(device.read(0x90, 8), "1400000000000000");
  device.status.media = MediaStatus::disabled;
  EXPECT_EQ(device.read(0x90, 8), "3c00000000000000");
  device.write(0x90, "0000000000000000");
  EXPECT_EQ(device.read(0x90, 1), "3c");
}

// Fault B13: media that an interrupted Sanitize has left disabled is not ready because of a reset.
TEST(MemoryDeviceStatusRegister, StaysDisabledThroughEveryReset) {
  Device device;
  device.status.media = MediaStatus::disabled;
  for (const Reset kind : {Reset::flr, Reset::cxl, Reset::conventional, Reset::cold}) {
    device.registers->reset(kind);
    EXPECT_EQ(device.read(0x90, 8), "3c00000000000000");
  }
}

}  // namespace
}  // namespace cxlemu::pci
