// A whole lab in the process of a test: one memory device `mem0` on a Timeline that only the test moves. It has every
// kind of CCI that a memory device can have: both mailboxes and two MCTP endpoints.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hex.hpp"
#include "cci/message.hpp"
#include "component/memory_device/firmware_package.hpp"
#include "component/memory_device/ras.hpp"
#include "machine/build.hpp"
#include "pci/device_registers.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu::cci {
// Names of tests show the command, not where it lies.
inline void PrintTo(const Command* row, std::ostream* os) { *os << row->title; }
inline void PrintTo(CciId id, std::ostream* os) { *os << name_of(id); }
}  // namespace cxlemu::cci

namespace cxlemu {

using namespace std::chrono_literals;

/// The second MCTP endpoint of the device under test.
inline constexpr cci::CciId kMctp1{cci::Role::mctp, 1};

/// Sizes of the device under test. Small, because a test looks at all of it.
struct LabSizes {
  std::uint64_t volatile_bytes = 256ULL << 20;
  std::uint64_t persistent_bytes = 256ULL << 20;
  std::uint64_t lsa_bytes = 4096;
  std::uint64_t partitionable_bytes = 0;
  std::uint16_t transmission_unit = 64;  ///< payload bytes of a packet that the device sends
  std::uint8_t endpoints = 2;            ///< at EIDs from 8 on
};

/// What came back, with the payload as hex so that a failing test prints bytes.
struct Answered {
  ReturnCode code{};
  std::string payload{};
  bool background_operation = false;
  bool operator==(const Answered&) const = default;
};
inline void PrintTo(const Answered& answered, std::ostream* os) {
  *os << name_of(answered.code) << (answered.background_operation ? " (BO)" : "") << " [" << answered.payload << "]";
}

inline Answered success(std::string_view hex = "") { return {ReturnCode::success, to_hex(from_hex(hex).value())}; }
inline Answered refused(ReturnCode code) { return {code}; }

/// A row of a user's table of vendor commands: no payload, and Success.
inline VendorCommand vendor_command(std::uint16_t opcode, std::uint16_t effects = 0) {
  return {.opcode = opcode, .name = "Vendor", .effects = effects, .payload = {}, .register_name = {}};
}

/// What a client sees of the background operation of a CCI: the one that runs, or else the last one.
struct BackgroundStatus {
  bool running = false;
  int percent = 0;
  ReturnCode return_code = ReturnCode::success;  ///< of one that has ended
  Opcode opcode{};                               ///< 0: none yet
  bool operator==(const BackgroundStatus&) const = default;
};
inline void PrintTo(const BackgroundStatus& status, std::ostream* os) {
  *os << fmt::format("{:04x}h {} % {} {}", status.opcode.value, status.percent, status.running ? "running" : "over",
                     name_of(status.return_code));
}

/// What a patrol scrub has found.
struct ScrubFindings {
  std::uint64_t corrected = 0;
  std::uint64_t uncorrected = 0;
  bool operator==(const ScrubFindings&) const = default;
};

/// The first device of a machine, and the ways to it: those of its clients and those of the user of the lab. What is
/// neither goes through the doors at the end, which tests/guards/inside.sh counts.
class DeviceUnderTest {
 public:
  explicit DeviceUnderTest(std::unique_ptr<Machine> of) : machine(std::move(of)) {}

  // ---- as a client: commands ----

  /// Sends a command with this payload; over MCTP as packets through the network.
  Answered send(cci::CciId via, std::uint16_t opcode, std::string_view payload_hex = "") {
    return send_bytes(via, opcode, from_hex(payload_hex).value());
  }
  Answered send_bytes(cci::CciId via, std::uint16_t opcode, const Buffer& payload) {
    const auto answered = try_to_send(via, opcode, payload);
    if (!answered) ADD_FAILURE() << "no answer";
    return answered.value_or(Answered{});
  }
  /// As send(), where no answer is possible.
  std::optional<Answered> try_to_send(cci::CciId via, std::uint16_t opcode, const Buffer& payload) {
    const cci::Command* row = device().commands().find(Opcode{opcode});
    const bool has_fault = !device().faults().return_codes.empty();
    const auto result = machine->send_command(node(), via, Opcode{opcode}, payload);
    machine->settle();
    // Whatever a test looks at: no command answers what its row does not name.
    if (result && row != nullptr && !has_fault && result->return_code != ReturnCode::unsupported_mailbox_or_cci) {
      EXPECT_TRUE(row->may_return(result->return_code)) << row->title << ": " << name_of(result->return_code);
    }
    if (!result) return std::nullopt;
    return Answered{result->return_code, to_hex(result->payload), result->background_operation};
  }
  Answered mailbox(std::uint16_t opcode, std::string_view payload_hex = "") {
    return send(cci::kMailbox, opcode, payload_hex);
  }
  Answered mctp(std::uint16_t opcode, std::string_view payload_hex = "") {
    return send(cci::kMctp, opcode, payload_hex);
  }

  /// Over MCTP by Background Operation Status (0002h) of the CCI; with profile=libcxlmi that shows an ended operation
  /// once alone. Of a mailbox by the registers of the primary one: Mailbox Status and Background Command Status.
  BackgroundStatus background(cci::CciId cci) {
    if (cci.role == cci::Role::mctp) {
      const Buffer payload = from_hex(send(cci, 0x0002).payload).value();
      const auto out = Reader(payload).take<BackgroundOperationStatusOut>().value();
      const std::uint8_t status = out.background_operation_status;
      return {.running = BackgroundOperationStatusOut::InProgress::get(status) != 0,
              .percent = static_cast<int>(BackgroundOperationStatusOut::PercentageComplete::get(status)),
              .return_code = out.return_code,
              .opcode = Opcode{out.command_opcode}};
    }
    const std::uint64_t mailbox_status = device_register(pci::DeviceRegisters::kMailbox + pci::Mailbox::kStatus);
    const std::uint64_t status =
        device_register(pci::DeviceRegisters::kMailbox + pci::Mailbox::kBackgroundCommandStatus);
    return {.running = (mailbox_status & 1) != 0,
            .percent = static_cast<int>(status >> 16 & 0x7F),
            .return_code = static_cast<ReturnCode>(status >> 32 & 0xFFFF),
            .opcode = Opcode{static_cast<std::uint16_t>(status)}};
  }

  /// The Command Effect of this opcode in the CEL of this CCI, as its two bytes stand there; "absent" where it is not.
  std::string cel_effect(cci::CciId via, std::uint16_t opcode) {
    constexpr std::size_t kEntryDigits = 8;
    const std::string cel = send(via, 0x0401, "0da9c0b5bf414b788f7996b1623b3f17 00000000" + cel_size(via)).payload;
    for (std::size_t at = 0; at + kEntryDigits <= cel.size(); at += kEntryDigits) {
      if (cel.substr(at, 4) == hex_of(opcode)) return cel.substr(at + 4, 4);
    }
    return "absent";
  }

  /// Get FW Info (0200h).
  GetFwInfoOut firmware_info() {
    const Buffer payload = from_hex(mailbox(0x0200).payload).value();
    return Reader(payload).take<GetFwInfoOut>().value();
  }
  /// The revision in a slot, as Get FW Info shows it; empty where there is no firmware.
  std::string firmware_revision(std::uint8_t slot) {
    const GetFwInfoOut info = firmware_info();
    return revision_text(std::array{info.slot_1_fw_revision, info.slot_2_fw_revision, info.slot_3_fw_revision,
                                    info.slot_4_fw_revision}[slot - 1U]);
  }
  int active_firmware_slot() {
    return static_cast<int>(GetFwInfoOut::ActiveSlot::get(firmware_info().fw_slot_info.value()));
  }
  int staged_firmware_slot() {
    return static_cast<int>(GetFwInfoOut::StagedSlot::get(firmware_info().fw_slot_info.value()));
  }
  /// Dirty Shutdown Count of Get Health Info (4200h).
  std::uint32_t dirty_shutdowns() { return health_info().dirty_shutdown_count; }
  GetHealthInfoOut health_info() {
    const Buffer payload = from_hex(mailbox(0x4200).payload).value();
    return Reader(payload).take<GetHealthInfoOut>().value();
  }
  /// The warnings that are enabled, by Get Alert Configuration (4201h), as bits of Alerts.
  std::uint8_t enabled_alerts() {
    return std::to_integer<std::uint8_t>(from_hex(mailbox(0x4201).payload).value().front());
  }

  // ---- as a client: the host ----

  FunctionId function() { return node().functions.front(); }
  /// Eight bytes of the device registers. Memory Space Enable is set for the time of the access alone.
  std::uint64_t device_register(std::uint64_t offset) {
    constexpr std::uint64_t kCommand = 0x04;
    constexpr std::byte kMemorySpaceEnable{1 << 1};
    std::array<std::byte, 2> command{};
    machine->read_registers(function(), FunctionRegion::configuration_space, kCommand, command);
    std::array<std::byte, 2> enabled = command;
    enabled[0] |= kMemorySpaceEnable;
    if (enabled != command) {
      machine->write_registers(function(), FunctionRegion::configuration_space, kCommand, enabled);
    }
    Buffer bytes(sizeof(Le64));
    machine->read_registers(function(), FunctionRegion::device_registers, offset, bytes);
    if (enabled != command) {
      machine->write_registers(function(), FunctionRegion::configuration_space, kCommand, command);
    }
    return Reader(bytes).take<Le64>().value();
  }
  /// By Media Status of the Memory Device Status register (CXL r3.2 8.2.9.5.1.1).
  bool media_disabled() {
    constexpr std::uint64_t kDisabled = 3;
    return (device_register(pci::DeviceRegisters::kMemoryDeviceStatus) >> 2 & 3) == kDisabled;
  }
  /// What a host reads from media, as hex; why it cannot where it cannot.
  std::string read_media(std::uint64_t dpa, std::size_t length) {
    Buffer bytes(length);
    const auto read = device().read_media(Dpa{dpa}, bytes);
    if (!read && read.error() == MediaError::poison) return "poison";
    if (!read && read.error() == MediaError::locked) return "locked";
    if (!read) return read.error() == MediaError::disabled ? "disabled" : "out of range";
    return to_hex(bytes);
  }
  void write_media(std::uint64_t dpa, std::string_view hex) {
    (void)device().write_media(Dpa{dpa}, from_hex(hex).value());
  }

  // ---- as the user of the lab: what he does, each as the QMP command that is named ----

  /// cxlemu-advance-clock
  void advance(Nanoseconds by) { machine->advance_to(machine->now() + by); }
  /// cxlemu-reset
  void reset(ResetKind kind) {
    machine->reset(node(), kind);
    machine->settle();
  }
  /// cxlemu-set
  void fault(const cci::BackgroundFault& fault) { device().faults().backgrounds.push_back(fault); }
  void fault(const cci::ReturnCodeFault& fault) { device().faults().return_codes.push_back(fault); }
  void fault(const FirmwareFaults& faults) { device().firmware_faults() = faults; }
  /// cxl-inject-poison
  void poison(std::uint64_t dpa, std::uint64_t length_bytes, PoisonKind kind) {
    device().poison_media(Dpa{dpa}, length_bytes, kind);
    machine->settle();
  }
  /// cxlemu-inject-corrected-errors; false: it is refused.
  bool corrected_errors(std::uint64_t dpa, std::uint32_t count) {
    const bool done = media_errors::inject(device(), dpa, count);
    machine->settle();
    return done;
  }
  /// cxl-inject-uncorrectable-errors, cxl-inject-correctable-error
  void uncorrectable_error(const RasHeader& error) {
    ras::record_uncorrectable(device().ras(), error);
    device().changes().mark(StateKey::ras);
    machine->settle();
  }
  void correctable_error(std::uint8_t bit) {
    ras::record_correctable(device().ras(), bit);
    device().changes().mark(StateKey::ras);
    machine->settle();
  }
  /// cxlemu-set-health: `change` gets the health as it is.
  template <typename Change>
  void set_health(Change&& change) {
    HealthState wanted = device().health();
    change(wanted);
    health::set(device(), wanted);
    machine->settle();
  }
  /// cxl-inject-*-event: an event with this first byte of data so that tests can tell records apart.
  void log_event(EventLogId log, std::uint8_t mark = 0) {
    EventRecord record{};
    record.event_record_flags = static_cast<std::uint32_t>(log);
    record.event_record_data[0] = static_cast<std::byte>(mark);
    device().log_event(log, record);
    machine->settle();
  }

  /// Not a QMP command but a beginning: firmware in a slot as earlier transfers (0201h) left it. No time passes for it,
  /// and no CCI and no log tells of it.
  void put_firmware(std::uint8_t slot, const FirmwareSlot& firmware) {
    device().firmware().slots[slot - 1U] = firmware;
  }

  // ---- as the user of the lab: what he is shown ----

  /// cxlemu-query-events: the records of a log, oldest first; nothing is cleared.
  std::vector<EventRecord> events(EventLogId log, cci::CciId of = cci::kMailbox) {
    const auto& records = device().cci(of).events->log(log).records;
    return {records.begin(), records.end()};
  }
  /// cxlemu-query-firmware shows the bytes of a transferred package and their digest, and whether a transfer goes on.
  Buffer firmware_image(std::uint8_t slot) { return device().firmware().slots[slot - 1U].image; }
  bool firmware_transfer_goes_on() { return firmware::transfer_in_progress(device()); }
  /// cxlemu-query-features: counters of each FRU, what patrol scrub found, cache lines with errors that wait.
  EcsState ecs() { return device().ecs(); }
  ScrubFindings scrub_findings() {
    const PatrolScrubState& state = device().media_errors().patrol_scrub;
    return {state.corrected, state.uncorrected};
  }
  std::size_t lines_with_corrected_errors() { return device().media_errors().corrected.size(); }
  /// cxlemu-query-poison: media, list and overflow.
  PoisonState poison_state() { return device().logical_device().state.poison; }
  /// cxlemu-query-lab: the EID of an endpoint, its counters, and the messages that it dropped.
  Eid eid(cci::CciId cci = cci::kMctp) { return endpoint_node(cci).endpoint->eid(); }
  mctp::EndpointCounters counters(cci::CciId cci = cci::kMctp) { return endpoint_node(cci).endpoint->counters(); }
  std::uint64_t dropped_messages(cci::MessageDrop reason, cci::CciId cci = cci::kMctp) {
    return endpoint_node(cci).dropped_messages[static_cast<std::size_t>(reason)];
  }

  // ---- doors: what no client and no user does or is shown, each with why a test does ----

  MemoryDevice& inside(std::string_view why) {
    EXPECT_FALSE(why.empty());
    return device();
  }
  EndpointNode& inside_endpoint(std::string_view why, cci::CciId cci = cci::kMctp) {
    EXPECT_FALSE(why.empty());
    return endpoint_node(cci);
  }

  std::unique_ptr<Machine> machine;

 private:
  ComponentNode& node() { return machine->components().front(); }
  MemoryDevice& device() { return *std::get<MemoryDeviceKind>(node().built.kind).device; }
  EndpointNode& endpoint_node(cci::CciId cci) { return *node().endpoint_of(cci); }

  static std::string hex_of(std::uint16_t value) { return to_hex(bytes_of(Le16{value})); }
  std::string cel_size(cci::CciId via) { return send(via, 0x0400).payload.substr(48, 8); }
};

/// `mem0` with every kind of CCI.
class Lab : public DeviceUnderTest {
 public:
  explicit Lab(const std::function<void(MemoryDeviceConfig&)>& configure = {}, LabSizes sizes = {},
               Environment environment = {})
      : DeviceUnderTest(build_machine(topology_of(configure, sizes), std::move(environment)).value()) {}

 private:
  static Topology topology_of(const std::function<void(MemoryDeviceConfig&)>& configure, const LabSizes& sizes) {
    Topology topology;
    topology.backends = {{"vmem", sizes.volatile_bytes, {}},
                         {"pmem", sizes.persistent_bytes, {}},
                         {"lsa", sizes.lsa_bytes, {}},
                         {"part", sizes.partitionable_bytes, {}}};
    MemoryDeviceDeclaration mem0;
    mem0.id = "mem0";
    if (sizes.volatile_bytes != 0) mem0.volatile_memdev = "vmem";
    if (sizes.persistent_bytes != 0) mem0.persistent_memdev = "pmem";
    if (sizes.lsa_bytes != 0) mem0.lsa = "lsa";
    if (sizes.partitionable_bytes != 0) mem0.partitionable_memdev = "part";
    mem0.mctp.clear();
    for (std::uint8_t i = 0; i < sizes.endpoints; ++i) {
      mem0.mctp.push_back({NetworkId{1}, Eid{static_cast<std::uint8_t>(8 + i)}});
    }
    mem0.config.secondary_mailbox = true;
    mem0.config.serial_number = 0x1122334455667788;
    mem0.transmission_unit = sizes.transmission_unit;
    if (configure) configure(mem0.config);
    topology.memory_devices.push_back(mem0);
    return topology;
  }
};

/// The CCI that runs operations for this one: a secondary mailbox runs none.
inline cci::CciId runs_for(cci::CciId cci) { return cci == cci::kSecondaryMailbox ? cci::kMailbox : cci; }
/// Does it say that its operation is in progress?
inline bool shows_background(cci::CciId cci) { return cci != cci::kSecondaryMailbox; }
/// A Command Effect, as its bytes stand in the CEL of this CCI, of a command that a secondary mailbox accepts, too.
inline std::string with_secondary(cci::CciId cci, std::string_view effect) {
  Buffer bytes = from_hex(effect).value();
  if (cci.role != cci::Role::mctp) bytes[0] |= std::byte{effect::secondary_mailbox_supported};
  return to_hex(bytes);
}

/// So many bytes of zero, as hex.
inline std::string zeros(std::size_t bytes) { return std::string(2 * bytes, '0'); }

/// The CCIs of the device under test that carry the command of a conformance file, whose name begins with its opcode;
/// in a file of another name all but the secondary mailbox, which carries little.
inline std::vector<cci::CciId> ccis_of_file(std::string_view path) {
  const auto digits = from_hex(path.substr(path.rfind('/') + 1, 4));
  const cci::Command* row = nullptr;
  for (const cci::Command& one : memory_device_commands()) {
    if (digits &&
        one.opcode.value == std::to_integer<unsigned>((*digits)[0]) * 256 + std::to_integer<unsigned>((*digits)[1])) {
      row = &one;
    }
  }
  const cci::Roles roles = row != nullptr ? row->roles : cci::Role::mailbox | cci::Role::mctp;
  std::vector<cci::CciId> ccis;
  for (const cci::CciId cci : {cci::kMailbox, cci::kSecondaryMailbox, cci::kMctp, kMctp1}) {
    if (roles.has(cci.role)) ccis.push_back(cci);
  }
  return ccis;
}

/// A test that holds on every CCI of the device that carries the command.
class OnEveryCci : public testing::TestWithParam<cci::CciId> {};
inline std::string cci_name(cci::CciId cci) {
  std::string name = cci::name_of(cci);
  std::erase(name, '-');
  name.front() = static_cast<char>(std::toupper(name.front()));
  return name;
}
inline std::string cci_param_name(const testing::TestParamInfo<cci::CciId>& info) { return cci_name(info.param); }
/// One that shares nothing with it but the device: of the first MCTP endpoint the second.
inline cci::CciId another_cci(cci::CciId cci) {
  if (cci == cci::kMailbox) return cci::kMctp;
  return cci == cci::kMctp ? kMctp1 : cci::kMailbox;
}

/// A test that holds after every kind of reset.
class AfterEveryReset : public testing::TestWithParam<ResetKind> {};
inline std::string reset_name(ResetKind kind) {
  switch (kind) {
    case ResetKind::conventional:
      return "Conventional";
    case ResetKind::cold:
      return "Cold";
    case ResetKind::cxl:
      return "Cxl";
    case ResetKind::flr:
      return "Flr";
    case ResetKind::power_loss:
      return "PowerLoss";
  }
  return "";
}
inline std::string reset_param_name(const testing::TestParamInfo<ResetKind>& info) { return reset_name(info.param); }

}  // namespace cxlemu

// Runs the tests of a fixture derived from AfterEveryReset for each kind.
#define AFTER_EVERY_RESET(Fixture)                                                                                   \
  INSTANTIATE_TEST_SUITE_P(Reset, Fixture,                                                                           \
                           testing::Values(ResetKind::conventional, ResetKind::cold, ResetKind::cxl, ResetKind::flr, \
                                           ResetKind::power_loss),                                                   \
                           reset_param_name)
// Runs the tests of a fixture derived from OnEveryCci on each CCI that carries the command of the file.
#define ON_EVERY_CCI(Fixture) \
  INSTANTIATE_TEST_SUITE_P(Cci, Fixture, testing::ValuesIn(ccis_of_file(__FILE__)), cci_param_name)
