// A whole lab in the process of a test: one memory device `mem0` on a Timeline that only the test moves. It has every
// kind of CCI that a memory device can have: both mailboxes and two MCTP endpoints.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/hex.hpp"
#include "machine/build.hpp"

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

class Lab {
 public:
  explicit Lab(const std::function<void(MemoryDeviceConfig&)>& configure = {}, LabSizes sizes = {}) {
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
    machine = build_machine(topology).value();
  }

  ComponentNode& node() { return machine->components().front(); }
  MemoryDevice& device() { return *std::get<MemoryDeviceKind>(node().built.kind).device; }

  EndpointNode& endpoint_node(cci::CciId cci = cci::kMctp) { return *node().endpoint_of(cci); }
  mctp::Endpoint& endpoint(cci::CciId cci = cci::kMctp) { return *endpoint_node(cci).endpoint; }

  /// Sends a command with this payload; over MCTP as packets through the network.
  Answered send(cci::CciId via, std::uint16_t opcode, std::string_view payload_hex = "") {
    return send_bytes(via, opcode, from_hex(payload_hex).value());
  }
  Answered send_bytes(cci::CciId via, std::uint16_t opcode, const Buffer& payload) {
    const cci::Command* row = device().commands().find(Opcode{opcode});
    const bool has_fault = !device().faults().return_codes.empty();
    const auto result = machine->send_command(node(), via, Opcode{opcode}, payload);
    machine->settle();
    // Whatever a test looks at: no command answers what its row does not name.
    if (result && row != nullptr && !has_fault && result->return_code != ReturnCode::unsupported_mailbox_or_cci) {
      EXPECT_TRUE(row->may_return(result->return_code)) << row->title << ": " << name_of(result->return_code);
    }
    if (!result) {
      ADD_FAILURE() << "no answer";
      return {};
    }
    return {result->return_code, to_hex(result->payload), result->background_operation};
  }
  Answered mailbox(std::uint16_t opcode, std::string_view payload_hex = "") {
    return send(cci::kMailbox, opcode, payload_hex);
  }
  Answered mctp(std::uint16_t opcode, std::string_view payload_hex = "") {
    return send(cci::kMctp, opcode, payload_hex);
  }

  void advance(Nanoseconds by) { machine->advance_to(machine->now() + by); }
  void reset(ResetKind kind) {
    machine->reset(node(), kind);
    machine->settle();
  }
  /// An event of the device, with this first byte of data so that tests can tell records apart.
  void log_event(EventLogId log, std::uint8_t mark = 0) {
    EventRecord record{};
    record.event_record_flags = static_cast<std::uint32_t>(log);
    record.event_record_data[0] = static_cast<std::byte>(mark);
    device().log_event(log, record);
    machine->settle();
  }

  cci::Cci& cci(cci::CciId id) { return device().cci(id); }

  /// The Command Effect of this opcode in the CEL of this CCI, as its two bytes stand there; "absent" where it is not.
  std::string cel_effect(cci::CciId via, std::uint16_t opcode) {
    constexpr std::size_t kEntryDigits = 8;
    const std::string cel = send(via, 0x0401, "0da9c0b5bf414b788f7996b1623b3f17 00000000" + cel_size(via)).payload;
    for (std::size_t at = 0; at + kEntryDigits <= cel.size(); at += kEntryDigits) {
      if (cel.substr(at, 4) == hex_of(opcode)) return cel.substr(at + 4, 4);
    }
    return "absent";
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

  std::unique_ptr<Machine> machine;

 private:
  static std::string hex_of(std::uint16_t value) { return to_hex(bytes_of(Le16{value})); }
  std::string cel_size(cci::CciId via) { return send(via, 0x0400).payload.substr(48, 8); }
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
