// What a driver of the host sees of a memory device: its PCIe function, from enumeration to interrupts and resets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "component/memory_device/ras.hpp"
#include "support/lab.hpp"

namespace cxlemu {
namespace {

using Region = PcieFunction::Region;
using testing::ElementsAre;
using testing::IsEmpty;

// Places that a driver would find by walking: where they are is shown by src/pci's tests.
constexpr std::uint64_t kCommandRegister = 0x04, kPcie = 0x58, kMsi = 0x48, kAer = 0x100, kCxl = 0x148;
constexpr std::uint64_t kEventStatus = 0x80, kMemoryDeviceStatus = 0x90, kMailbox = 0xFE0, kPayload = 0x1000;
constexpr std::uint64_t kRas = 0x1080;

using namespace std::string_literals;

constexpr std::string_view kDoorbell = "01000000";
constexpr std::string_view kEnableInterruptsOfAllLogs = "01010101";

/// The host of `mem0`: it enables memory accesses and interrupts as a driver does.
class Host : public Lab {
 public:
  explicit Host(const std::function<void(MemoryDeviceConfig&)>& configure = {}, LabSizes sizes = {})
      : Lab(configure, sizes) {
    machine->on_output([this](Output&& output) {
      ASSERT_EQ(output.to, (Source{SourceKind::pcie_function, 0}));
      ASSERT_EQ(output.bytes.size(), 1U);
      interrupts.push_back(std::to_integer<int>(output.bytes[0]));
    });
    enable();
  }
  void enable() {
    write_config(kCommandRegister, "0600");
    // MSI with all eight messages.
    write_config(kMsi + 2, "3100");
  }

  std::string read(Region region, std::uint64_t offset, std::size_t size) {
    Buffer bytes(size);
    machine->read_registers(function(), region, offset, bytes);
    return to_hex(bytes);
  }
  void write(Region region, std::uint64_t offset, std::string_view hex) {
    machine->write_registers(function(), region, offset, from_hex(hex).value());
  }
  std::string read_config(std::uint64_t offset, std::size_t size) {
    return read(Region::configuration_space, offset, size);
  }
  void write_config(std::uint64_t offset, std::string_view hex) { write(Region::configuration_space, offset, hex); }
  std::string read_device(std::uint64_t offset, std::size_t size) {
    return read(Region::device_registers, offset, size);
  }
  void write_device(std::uint64_t offset, std::string_view hex) { write(Region::device_registers, offset, hex); }

  /// A command as Linux sends it: payload, command, doorbell; then the status, and the answer by its length.
  Answered command(std::uint16_t opcode, std::string_view payload_hex = "", std::uint64_t mailbox_at = kMailbox) {
    const std::uint64_t payload_at = mailbox_at + (kPayload - kMailbox);
    const std::uint64_t length = from_hex(payload_hex).value().size();
    write_device(payload_at, payload_hex);
    write_device(mailbox_at + 8, to_hex(bytes_of(Le64{opcode | length << 16})));
    write_device(mailbox_at + 4, kDoorbell);
    EXPECT_EQ(read_device(mailbox_at + 4, 4), "00000000") << "the doorbell is still set";
    const std::uint64_t status = number(mailbox_at + 0x10);
    Answered answered{.code = static_cast<ReturnCode>(status >> 32 & 0xFFFF),
                      .background_operation = (status & 1) != 0};
    const std::size_t answer_length = number(mailbox_at + 8) >> 16 & 0x1F'FFFF;
    if (answered.code == ReturnCode::success) answered.payload = read_device(payload_at, answer_length);
    return answered;
  }
  std::vector<int> take_interrupts() { return std::exchange(interrupts, {}); }

  std::vector<int> interrupts;

 private:
  std::uint64_t number(std::uint64_t offset) {
    Le64 value;
    const Buffer bytes = from_hex(read_device(offset, 8)).value();
    std::memcpy(&value, bytes.data(), sizeof value);
    return value.value();
  }
};

TEST(PcieFunctionProbe, FindsACxlMemoryDeviceWithItsRegisters) {
  Host host([](MemoryDeviceConfig& config) { config.secondary_mailbox = false; });
  EXPECT_EQ(host.read_config(0x00, 4), "f41a810c");
  EXPECT_EQ(host.read_config(0x09, 3), "100205");
  EXPECT_EQ(host.read_config(0x1D4, 8), "8877665544332211") << "Device Serial Number";
  // Register locator: component registers in BAR0, device registers in BAR2.
  EXPECT_EQ(host.read_config(0x184 + 0x0C, 16), "00010000000000000203000000000000");
  // Capabilities array: device status, primary mailbox and memory device status.
  EXPECT_EQ(host.read_device(0x00, 8), "0000010103000000");
  EXPECT_EQ(host.read_device(kMemoryDeviceStatus, 8), "1400000000000000") << "media ready, mailbox ready";
  // 8 KiB of payload, interrupts of the doorbell and of the end of background operations, of a memory device.
  EXPECT_EQ(host.read_device(kMailbox, 4), "6d000800");
}

// The commands of Linux's probe, in its order (emulators are judged by it), answered as on the mailbox by name.
TEST(PcieFunctionProbe, AnswersTheCommandsOfAProbe) {
  Host host;
  for (const auto& [opcode, payload] : std::initializer_list<std::pair<std::uint16_t, std::string_view>>{
           {0x0400, ""},
           {0x0401, "0da9c0b5bf414b788f7996b1623b3f170000000010000000"},
           {0x0301, "0100000000000000"},
           {0x4000, ""},
           {0x4100, ""},
           {0x0102, ""},
           {0x0103, kEnableInterruptsOfAllLogs},
           {0x0102, ""},
           {0x0100, "03"},
           {0x0100, "00"}}) {
    const Answered by_registers = host.command(opcode, payload);
    EXPECT_EQ(by_registers.code, ReturnCode::success) << opcode;
    EXPECT_EQ(by_registers, host.mailbox(opcode, payload)) << opcode;
  }
  // MSI, each log with a message of its own.
  EXPECT_EQ(host.command(0x0102).payload.substr(0, 8), "11213141");
}

TEST(PcieFunctionMailbox, KeepsThePayloadWhereItsOwnerWantsIt) {
  Topology topology;
  MemoryDeviceDeclaration mem0;
  mem0.id = "mem0";
  topology.memory_devices.push_back(mem0);
  Buffer memory(8192);
  topology.memory_devices.front().mctp.clear();
  auto machine = build_machine(topology, {.make_payload = [&](const auto& declaration) -> Result<MutableBytes> {
                                 EXPECT_EQ(declaration.id, "mem0");
                                 return MutableBytes(memory);
                               }})
                     .value();
  const FunctionId node = machine->components().front().functions.front();
  const auto write = [&](Region region, std::uint64_t offset, std::string_view hex) {
    machine->write_registers(node, region, offset, from_hex(hex).value());
  };
  write(Region::configuration_space, kCommandRegister, "0200");
  write(Region::device_registers, kMailbox + 8, "0040000000000000");
  write(Region::device_registers, kMailbox + 4, kDoorbell);
  EXPECT_EQ(to_hex(Bytes(memory).first(10)), "63786c656d752d312e30") << "FW Revision";
}

// CXL r3.2 8.2.10.1.1: what claims to be longer than the payload is refused before anything of it is looked at.
TEST(PcieFunctionMailbox, RefusesACommandThatClaimsMoreThanThePayloadHolds) {
  Host host;
  for (const std::string_view command : {"0040012000000000", "0040FFFF1F000000"}) {
    host.write_device(kMailbox + 8, command);
    host.write_device(kMailbox + 4, kDoorbell);
    EXPECT_EQ(host.read_device(kMailbox + 4, 4), "00000000");
    EXPECT_EQ(host.read_device(kMailbox + 8, 8), "0040000000000000");
    EXPECT_EQ(host.read_device(kMailbox + 0x10, 8), "0000000016000000");
  }
}

// CXL r3.2 8.2.10.9.2.3: 02h above the payload, and the registers stay what they are.
TEST(PcieFunctionMailbox, KeepsItsRegistersWhereMoreLabelsAreAskedForThanItHolds) {
  Host host;
  for (const std::string_view size : {"01200000", "FFFFFFFF"}) {
    EXPECT_EQ(host.command(0x4102, "00000000" + std::string(size)).code, ReturnCode::invalid_input);
    EXPECT_EQ(host.read_device(kMemoryDeviceStatus, 8), "1400000000000000");
    EXPECT_EQ(host.read_device(kMailbox, 4), "6d000800");
    EXPECT_EQ(host.read_device(kMailbox + 8, 8), "0241000000000000");
  }
}

// CXL r3.2 8.2.9.4.2: the same CEL, whose bit 7 says what the secondary mailbox accepts; the same event logs; nothing
// in the background and no interrupt.
class SecondaryMailbox : public testing::Test {
 protected:
  static constexpr std::uint64_t kSecondary = 0x3FE0;
  static constexpr std::string_view kCel = "0da9c0b5bf414b788f7996b1623b3f17 00000000 ";

  static Host make() {
    return Host([](MemoryDeviceConfig& config) {
      config.secondary_mailbox = true;
      config.sanitize_duration = 4s;
    });
  }
};

TEST_F(SecondaryMailbox, IsFoundBehindThePrimaryOne) {
  Host host = make();
  EXPECT_EQ(host.read_device(0x00, 8), "0000010104000000");
  EXPECT_EQ(host.read_device(0x40, 12), "03000100e03f000020200000");
  EXPECT_EQ(host.read_device(kSecondary, 4), "0d000800") << "no interrupts";
}

TEST_F(SecondaryMailbox, ReturnsTheCelOfThePrimaryOne) {
  Host host = make();
  const std::string size = host.command(0x0400).payload.substr(48, 8);
  const Answered primary = host.command(0x0401, std::string(kCel) + size);
  EXPECT_EQ(host.command(0x0401, std::string(kCel) + size, kSecondary), primary);
  // Get Event Records is accepted by both, Get Health Info and Set Timestamp by the primary one alone.
  EXPECT_THAT(primary.payload, testing::HasSubstr("00018000"));
  EXPECT_THAT(primary.payload, testing::HasSubstr("00420000"));
  EXPECT_THAT(primary.payload, testing::HasSubstr("01030800"));
  EXPECT_EQ(host.cel_effect(cci::kMctp, 0x0100), "0000");
}

TEST_F(SecondaryMailbox, AcceptsWhatTheCelSaysAndNothingElse) {
  Host host = make();
  const std::string size = host.command(0x0400).payload.substr(48, 8);
  const Buffer cel = from_hex(host.command(0x0401, std::string(kCel) + size).payload).value();
  std::vector<unsigned> accepted;
  for (std::size_t at = 0; at < cel.size(); at += sizeof(CommandEffectsLogEntry)) {
    CommandEffectsLogEntry entry;
    std::memcpy(&entry, cel.data() + at, sizeof entry);
    const bool is_accepted = (entry.command_effect.value() & effect::secondary_mailbox_supported) != 0;
    if (is_accepted) accepted.push_back(entry.opcode.value());
    const ReturnCode code = host.command(entry.opcode.value(), "", kSecondary).code;
    EXPECT_EQ(code != ReturnCode::unsupported_mailbox_or_cci, is_accepted) << std::hex << entry.opcode.value();
  }
  // The Events, Logs and Identify command sets, without what may run in the background.
  EXPECT_THAT(accepted,
              testing::ElementsAre(0x0100, 0x0101, 0x0102, 0x0103, 0x0400, 0x0401, 0x0402, 0x0403, 0x0405, 0x4000));
  EXPECT_EQ(host.command(0x0001, "", kSecondary), refused(ReturnCode::unsupported_mailbox_or_cci)) << "MCTP alone";
  EXPECT_EQ(host.command(0x5555, "", kSecondary), refused(ReturnCode::unsupported));
}

TEST_F(SecondaryMailbox, SharesTheEventLogsAndShowsNothingOfTheBackground) {
  Host host = make();
  host.log_event(EventLogId::warning, 0xAB);
  EXPECT_EQ(host.command(0x0100, "01", kSecondary), host.command(0x0100, "01"));
  EXPECT_EQ(host.command(0x4400, "", kSecondary), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_TRUE(host.command(0x4400).background_operation);
  host.advance(1s);
  EXPECT_EQ(host.read_device(kSecondary + 0x10, 1), "00");
  EXPECT_EQ(host.read_device(kSecondary + 0x18, 8), "0000000000000000");
  EXPECT_FALSE(host.command(0x4000, "", kSecondary).background_operation);
}

TEST_F(SecondaryMailbox, ClearsTheEventsThatItReads) {
  Host host = make();
  host.log_event(EventLogId::warning, 0xAB);
  EXPECT_EQ(host.command(0x0101, "01 00 01 000000 0100", kSecondary), success());
  EXPECT_EQ(host.command(0x0100, "01").payload.substr(40, 4), "0000") << "Event Record Count";
}

TEST_F(SecondaryMailbox, LeavesThePrimarysOperationAlone) {
  Host host = make();
  host.command(0x4400);
  host.advance(1s);
  EXPECT_EQ(host.command(0x0005, "", kSecondary), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_TRUE(host.command(0x4200).background_operation);
  host.advance(3s);
  EXPECT_FALSE(host.command(0x4200).background_operation);
}

// Get Poison List and Get Scan Media Results have no effects, and yet go on where the same CCI had ended.
TEST_F(SecondaryMailbox, LeavesThePrimarysCursorsAlone) {
  Host host = make();
  for (const std::uint16_t opcode : {std::uint16_t{0x4300}, std::uint16_t{0x4305}}) {
    EXPECT_EQ(host.command(opcode, zeros(16), kSecondary), refused(ReturnCode::unsupported_mailbox_or_cci)) << opcode;
  }
}

// A dump that has changed since the primary began to read it is told of there, whatever the secondary has read.
TEST_F(SecondaryMailbox, ReadsADumpApart) {
  Host host = make();
  const std::string dump = to_hex(kComponentStateDumpLog.bytes);
  const auto populate = [&] {
    ASSERT_EQ(host.command(0x0404, dump).code, ReturnCode::background_command_started);
    host.advance(10ms);
  };
  populate();
  EXPECT_EQ(host.command(0x0401, dump + "00000000 40000000").code, ReturnCode::success);
  populate();
  EXPECT_EQ(host.command(0x0401, dump + "00000000 40000000", kSecondary).code, ReturnCode::success);
  EXPECT_EQ(host.command(0x0401, dump + "40000000 10000000", kSecondary).code, ReturnCode::success);
  EXPECT_EQ(host.command(0x0401, dump + "40000000 10000000"), refused(ReturnCode::interrupted));
}

TEST(PcieFunctionBars, AreNotAnsweredForWhileMemorySpaceIsDisabled) {
  Host host;
  host.write_config(kCommandRegister, "0400");
  EXPECT_EQ(host.read_device(kMemoryDeviceStatus, 8), "ffffffffffffffff");
  EXPECT_EQ(host.read(Region::component_registers, 0x1000, 4), "ffffffff");
  host.write_device(kPayload, "AA");
  host.write_config(kCommandRegister, "0600");
  EXPECT_EQ(host.read_device(kPayload, 1), "00");
  EXPECT_EQ(host.read_device(kMemoryDeviceStatus, 8), "1400000000000000");
}

TEST(PcieFunctionInterrupt, TellsOfTheFirstRecordOfALog) {
  Host host;
  host.command(0x0103, kEnableInterruptsOfAllLogs);
  host.log_event(EventLogId::failure);
  EXPECT_THAT(host.take_interrupts(), ElementsAre(3));
  EXPECT_EQ(host.read_device(kEventStatus, 4), "04000000");
  host.log_event(EventLogId::failure);
  EXPECT_THAT(host.take_interrupts(), IsEmpty()) << "the log was not empty";
  host.log_event(EventLogId::informational);
  EXPECT_THAT(host.take_interrupts(), ElementsAre(1));
  EXPECT_EQ(host.read_device(kEventStatus, 4), "05000000");
}

TEST(PcieFunctionInterrupt, IsFoldedIntoTheMessagesThatAreAssigned) {
  Host host;
  host.write_config(kMsi + 2, "0100");  // one message
  host.command(0x0103, kEnableInterruptsOfAllLogs);
  EXPECT_EQ(host.command(0x0102).payload.substr(0, 8), "01010101");
  host.log_event(EventLogId::fatal);
  EXPECT_THAT(host.take_interrupts(), ElementsAre(0));
}

TEST(PcieFunctionInterrupt, IsNotSentWhileInterruptsAreDisabled) {
  Host host;
  host.command(0x0103, kEnableInterruptsOfAllLogs);
  host.write_config(kMsi + 2, "3000");
  host.log_event(EventLogId::fatal);
  host.write_config(kMsi + 2, "3100");
  EXPECT_THAT(host.take_interrupts(), IsEmpty());
  EXPECT_EQ(host.read_device(kEventStatus, 4), "08000000");
}

// COMPAT(linux): each doorbell that Linux rings clears the enable bit that it set at its probe.
TEST(PcieFunctionInterrupt, TellsOfTheEndOfABackgroundOperation) {
  Host host([](MemoryDeviceConfig& config) { config.sanitize_duration = 4s; });
  host.write_device(kMailbox + 4, "04000000");
  const Answered started = host.command(0x4400);
  EXPECT_EQ(started.code, ReturnCode::background_command_started);
  EXPECT_TRUE(started.background_operation);
  // Media is disabled, and what brings it back is more than nothing.
  EXPECT_EQ(host.read_device(kMemoryDeviceStatus, 1), "3c");
  host.advance(3s);
  EXPECT_EQ(host.read_device(kMailbox + 0x18, 8), "00444b0000000000") << "75 %";
  EXPECT_THAT(host.take_interrupts(), IsEmpty());
  host.advance(1s);
  EXPECT_THAT(host.take_interrupts(), ElementsAre(0));
  EXPECT_EQ(host.read_device(kMailbox + 0x18, 8), "0044640000000000");
  EXPECT_EQ(host.read_device(kMailbox + 0x10, 1), "00");
  EXPECT_EQ(host.read_device(kMemoryDeviceStatus, 1), "14");
}

TEST(PcieFunctionInterrupt, OfABackgroundOperationOverMctpIsNone) {
  Host host([](MemoryDeviceConfig& config) { config.sanitize_duration = 4s; });
  host.write_device(kMailbox + 4, "04000000");
  EXPECT_EQ(host.mctp(0x4400).code, ReturnCode::background_command_started);
  EXPECT_EQ(host.read_device(kMailbox + 0x10, 1), "00");
  host.advance(4s);
  EXPECT_THAT(host.take_interrupts(), IsEmpty());
}

// CXL r3.2 8.2.10.3.2, 9.5, 9.7: a Conventional and a CXL Reset end what began on the mailbox, FLR leaves it, and none
// of them touches what began over MCTP.
TEST(PcieFunctionReset, EndsAFirmwareTransferOfTheMailboxWhereTheTextSaysSo) {
  struct Row {
    std::string_view name;
    std::function<void(Host&)> reset;
    bool ends;
  };
  const std::vector<Row> rows = {
      {"conventional", [](Host& host) { host.reset(ResetKind::conventional); }, true},
      {"Initiate CXL Reset", [](Host& host) { host.write_config(kCxl + 0x10, "0400"); }, true},
      {"Initiate Function Level Reset", [](Host& host) { host.write_config(kPcie + 8, "0080"); }, false}};
  for (const Row& row : rows) {
    for (const cci::CciId via : {cci::kMailbox, cci::kMctp}) {
      Host host([](MemoryDeviceConfig& config) { config.firmware_verify = FirmwareVerify::any; });
      // Initiate Transfer into slot 2, with 128 bytes.
      ASSERT_EQ(host.send(via, 0x0201, "0102" + zeros(126 + 128)).code, ReturnCode::success);
      row.reset(host);
      EXPECT_EQ(host.firmware_transfer_goes_on(), !row.ends || via == cci::kMctp)
          << row.name << ", " << testing::PrintToString(via);
    }
  }
}

TEST(PcieFunctionReset, ByFunctionLevelResetsTheRegistersAndKeepsTheDevice) {
  Host host;
  host.command(0x0103, kEnableInterruptsOfAllLogs);
  host.log_event(EventLogId::warning);
  host.take_interrupts();
  host.write_config(kPcie + 8, "0080");
  EXPECT_EQ(host.read_config(kCommandRegister, 2), "0000");
  host.enable();
  EXPECT_EQ(host.read_device(kEventStatus, 4), "02000000") << "records are kept";
  EXPECT_EQ(host.read_device(kMailbox + 8, 8), "0000000000000000");
  EXPECT_EQ(host.read_device(kPayload, 8), "0000000000000000");
}

// CXL r3.2 8.2.9.4, 8.2.10.9.5.1. A Conventional Reset ends what the mailbox runs: its timer ends nothing afterwards,
// and media stays disabled.
TEST(PcieFunctionReset, EndsASanitizeForGoodAndLeavesMediaDisabled) {
  Host host([](MemoryDeviceConfig& config) { config.sanitize_duration = 4s; });
  host.write_device(kMailbox + 4, "04000000");
  EXPECT_EQ(host.command(0x4400).code, ReturnCode::background_command_started);
  host.advance(2s);
  host.reset(ResetKind::conventional);
  host.enable();
  EXPECT_EQ(host.read_device(kMailbox + 4, 0x1C), zeros(0x1C));
  EXPECT_EQ(host.read_device(kMemoryDeviceStatus, 1), "3c");
  host.write_device(kMailbox + 4, "04000000");
  host.advance(10s);
  EXPECT_THAT(host.take_interrupts(), IsEmpty());
  EXPECT_EQ(host.read_device(kMailbox + 0x10, 16), zeros(16));
  EXPECT_EQ(host.read_device(kMemoryDeviceStatus, 1), "3c");
}

// CXL r3.2 8.2.10.2.5: the interrupt policy is that of a reset; records and what tells of them are kept.
TEST(PcieFunctionReset, KeepsEventRecordsAndDisablesTheirInterrupts) {
  Host host;
  host.command(0x0103, kEnableInterruptsOfAllLogs);
  host.log_event(EventLogId::warning);
  EXPECT_THAT(host.take_interrupts(), ElementsAre(2));
  host.reset(ResetKind::conventional);
  host.enable();
  EXPECT_EQ(host.read_device(kEventStatus, 8), "0200000000000000");
  EXPECT_EQ(host.command(0x0102).payload.substr(0, 8), "00000000");
  host.log_event(EventLogId::fatal);
  EXPECT_THAT(host.take_interrupts(), IsEmpty());
  EXPECT_EQ(host.read_device(kEventStatus, 8), "0a00000000000000");
}

// CXL r3.2 8.1.3.8: the range is the capacity; with one range it is that of both partitions.
TEST(PcieFunctionRange, IsTheCapacityOfTheDevice) {
  Host host;
  EXPECT_EQ(host.read_config(kCxl + 0x18, 8), "000000004b000020") << "512 MiB";
  host.reset(ResetKind::conventional);
  EXPECT_EQ(host.read_config(kCxl + 0x18, 8), "000000004b000020");
}

// As Linux reads it: a handle at a time until FFFFh, each DWORD taken by a write.
std::vector<std::string> coherent_device_attribute_table(Host& host) {
  constexpr std::uint64_t kDoe = 0x1DC, kControl = kDoe + 8, kStatus = kDoe + 0xC, kWrite = kDoe + 0x10,
                          kRead = kDoe + 0x14;
  EXPECT_EQ(host.read_config(kDoe, 2), "2e00");
  std::vector<std::string> entries;
  std::string handle = "0000";
  while (handle != "ffff" && entries.size() < 20) {
    for (const std::string& dword : {"981e0200"s, "03000000"s, "0000" + handle}) host.write_config(kWrite, dword);
    host.write_config(kControl, "00000080");
    std::string object;
    // While Data Object Ready is set, and nothing else of that byte can be.
    while (host.read_config(kStatus + 3, 1) == "80") {
      object += host.read_config(kRead, 4);
      host.write_config(kRead, "00000000");
    }
    if (object.size() < 24) {
      ADD_FAILURE() << "no answer: " << object;
      break;
    }
    handle = object.substr(20, 4);
    entries.push_back(object.substr(24));
  }
  return entries;
}

TEST(PcieFunctionCdat, TellsOfBothPartitions) {
  Host host;
  const auto entries = coherent_device_attribute_table(host);
  ASSERT_GE(entries.size(), 3U);
  // DSMAS: volatile capacity from 0, non-volatile capacity behind it, 256 MiB each.
  EXPECT_THAT(entries, testing::Contains("000018000000000000000000000000000000001000000000"));
  EXPECT_THAT(entries, testing::Contains("000018000104000000000010000000000000001000000000"));
  std::size_t length = 0;
  unsigned sum = 0;
  for (const std::string& entry : entries) {
    const Buffer bytes = from_hex(entry).value();
    for (const std::byte byte : bytes) sum += std::to_integer<unsigned>(byte);
    length += entry.size() / 2;
  }
  EXPECT_EQ(entries.front().substr(0, 8), to_hex(bytes_of(Le32{static_cast<std::uint32_t>(length)})));
  EXPECT_EQ(sum % 256, 0U);
}

TEST(PcieFunctionCdat, FollowsThePartitionsAtAReset) {
  LabSizes sizes;
  sizes.partitionable_bytes = 256ULL << 20;
  Host host({}, sizes);
  EXPECT_THAT(coherent_device_attribute_table(host),
              testing::Contains("000018000104000000000010000000000000002000000000"));
  ASSERT_EQ(host.mailbox(0x4101, "0100000000000000 00").code, ReturnCode::success);
  host.reset(ResetKind::conventional);
  EXPECT_THAT(coherent_device_attribute_table(host),
              testing::Contains("000018000104000000000020000000000000001000000000"));
}

// CXL r3.2 8.2.10.9.2.2: Set Partition Info may do so without a reset, and a state that is restored has its own.
TEST(PcieFunctionCdat, FollowsPartitionsThatChangeWithoutAReset) {
  constexpr std::string_view kPersistent = "000018000104000000000020000000000000001000000000";
  LabSizes sizes;
  sizes.partitionable_bytes = 256ULL << 20;
  Host host({}, sizes);
  ASSERT_EQ(host.mailbox(0x4101, "0100000000000000 01").code, ReturnCode::success);
  const auto entries = coherent_device_attribute_table(host);
  EXPECT_THAT(entries, testing::Contains(kPersistent));
  EXPECT_EQ(entries.front().substr(24), "01000000") << "the sequence number";
  Host another({}, sizes);
  another.inside("another process takes it up").restore(host.inside("what such a process keeps").save());
  another.machine->settle();
  EXPECT_THAT(coherent_device_attribute_table(another), testing::Contains(kPersistent));
}

TEST(PcieFunctionRas, RecordsErrorsAsInternalErrorsOfAer) {
  Host host([](MemoryDeviceConfig& config) { config.ras_unmasked = true; });
  EXPECT_EQ(host.read_config(kAer + 0x04, 4), "00000000");
  EXPECT_EQ(host.read_config(kAer + 0x10, 4), "00000000");
  host.uncorrectable_error({.error = 7});
  host.correctable_error(2);
  EXPECT_EQ(host.read_config(kAer + 0x04, 4), "00004000") << "Uncorrectable Internal Error";
  EXPECT_EQ(host.read_config(kAer + 0x10, 4), "00400000") << "Corrected Internal Error";
  EXPECT_EQ(host.read(Region::component_registers, kRas, 4), "80000000");
  // Software clears both; the next error is told of again.
  host.write_config(kAer + 0x04, "00004000");
  host.write(Region::component_registers, kRas, "80000000");
  EXPECT_EQ(host.read_config(kAer + 0x04, 4), "00000000");
  EXPECT_EQ(host.read(Region::component_registers, kRas, 4), "00000000");
  host.uncorrectable_error({.error = 7});
  EXPECT_EQ(host.read_config(kAer + 0x04, 4), "00004000");
}

}  // namespace
}  // namespace cxlemu
