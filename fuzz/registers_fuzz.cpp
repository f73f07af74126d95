// Any sequence of accesses to the registers of a function, of any size at any offset, with resets, commands that
// answer, hang, reset the device or go on in the background, errors, and time between. What may change is told by the
// attributes of the rows; everything else must stay as it is. Input: a byte of configuration, then records. Bits 1:0 of
// the first byte: space 0 to 2, or 3 for an action in 7:2 with one byte. An access: bit 2 writes, bit 3 takes an offset
// of 16 bits, else a row (8 bits) and a shift (8 bits); bits 7:4 say the size, and what is written follows.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include "pci/component_registers.hpp"
#include "pci/configuration_space.hpp"
#include "pci/device_registers.hpp"
#include "wire/reader_writer.hpp"

namespace {

using namespace cxlemu;
using namespace cxlemu::pci;

constexpr std::uint32_t kPayloadSize = 256;
constexpr std::size_t kCanary = 64;
constexpr std::byte kCanaryByte{0xC5};
constexpr auto kSizes = std::to_array<std::size_t>({1, 2, 4, 8, 16, 3, 5, 6, 7, 12, 0, 32, 64, 4, 4, 8});
constexpr std::uint32_t kMailboxControl = DeviceRegisters::kMailbox + Mailbox::kControl;
constexpr std::uint32_t kMailboxCommand = DeviceRegisters::kMailbox + Mailbox::kCommand;
constexpr std::uint64_t kPayloadLength = Bits<36, 16>::kMask;

void require(bool holds) {
  if (!holds) std::abort();
}

/// What the device itself may change in a register that software writes.
std::uint64_t device_bits(const Register& row) {
  if (row.name == "Mailbox Control") return 1;
  if (row.name == "Power Management Control/Status") return 3;
  return row.rol;
}

/// Bits that something else than a write to this register may set.
std::uint64_t set_by_device(const Register& row) { return row.name == "DVSEC CXL Status2" ? 2 : 0; }

std::uint64_t sticky(const Register& row) { return row.rws | row.rw1cs | row.ros; }

/// One access as a register sees it.
struct Part {
  std::uint64_t value = 0;
  std::uint64_t enabled = 0;
};

Part part_of(const Register& row, std::uint64_t offset, Bytes from) {
  Part part;
  if (offset >= row.offset + std::uint64_t{row.width} || offset + from.size() <= row.offset) return part;
  for (unsigned i = 0; i < row.width; ++i) {
    const std::uint64_t at = std::uint64_t{row.offset} + i;
    if (at < offset || at - offset >= from.size()) continue;
    part.value |= std::to_integer<std::uint64_t>(from[at - offset]) << (8 * i);
    part.enabled |= std::uint64_t{0xFF} << (8 * i);
  }
  return part;
}

std::uint64_t written(const Register& row, std::uint64_t before, const Part& part, bool locked) {
  const std::uint64_t replaced = (row.rw | row.rws | (locked ? 0 : row.rwl)) & part.enabled;
  return (((before & ~replaced) | (part.value & replaced)) & ~((row.rw1c | row.rw1cs) & part.value)) |
         (row.rwo & part.value);
}

class Harness {
 public:
  explicit Harness(std::uint8_t configuration) : configuration_(configuration) {
    doe_.add(table_access(cdat_));
    space_.on_reset([this](Reset kind) { reset(kind); });
    background_.on_deadline([this] {
      background_.complete(ReturnCode::success);
      device_.primary_mailbox().background_completed();
    });
    for (const RegisterTable* table : tables_) require(!table->fault());
    values_ = values();
  }

  void run(Reader input) {
    while (const auto control = input.take<U8>()) {
      if (!step(*control, input)) break;
      check();
    }
  }

 private:
  using Values = std::array<std::vector<std::uint64_t>, 3>;

  bool step(std::uint8_t control, Reader& input) {
    const std::size_t space = control & 3;
    if (space == 3) {
      const auto argument = input.take<U8>();
      if (!argument) return false;
      act(control >> 2, *argument);
      return true;
    }
    const auto where = input.take<Le16>();
    if (!where) return false;
    const std::size_t size = kSizes[control >> 4];
    const std::uint64_t offset = (control & 8) != 0 ? offset_of(*where) : near_row(space, *where);
    if ((control & 4) == 0) {
      read(space, offset, size);
      return true;
    }
    Buffer bytes = to_buffer(input.rest().first(std::min(size, input.rest().size())));
    input = Reader(input.rest().subspan(bytes.size()));
    bytes.resize(size);
    write(space, offset, bytes);
    return true;
  }

  static std::uint64_t offset_of(std::uint16_t where) {
    // The last ones are the last ones of 64 bits.
    return where >= 0xFFF0 ? ~std::uint64_t{0} - (0xFFFFU - where) : where;
  }

  std::uint64_t near_row(std::size_t space, std::uint16_t where) const {
    const std::span<const Register> rows = tables_[space]->registers();
    const std::uint64_t row = rows[(where & 0xFF) % rows.size()].offset;
    return row + (where >> 8) % 16;
  }

  void read(std::size_t space, std::uint64_t offset, std::size_t size) {
    Buffer whole(size + 2 * kCanary, kCanaryByte);
    const MutableBytes inside = MutableBytes(whole).subspan(kCanary, size);
    read_space(space, offset, inside);
    for (std::size_t i = 0; i < size; ++i) {
      std::array<std::byte, 1> one;
      if (offset + i < offset) continue;
      read_space(space, offset + i, one);
      require(inside[i] == one[0]);
      if (offset + i >= tables_[space]->size()) require(one[0] == std::byte{0xFF});
    }
    require_canaries(whole);
    require(values() == values_);
  }

  void write(std::size_t space, std::uint64_t offset, Bytes from) {
    const Buffer payload = to_buffer(payload_memory());
    const bool was_busy = doorbell();
    resets_ = 0;
    rung_ = false;
    switch (space) {
      case 0:
        space_.write(offset, from);
        break;
      case 1:
        component_.write(offset, from);
        break;
      case 2:
        device_.write(offset, from);
        break;
    }
    if (resets_ != 0) {
      // Nothing of a command that a reset ended comes back.
      if (space == 2) require(!doorbell() && payload_is_empty());
      return;
    }
    const Values after = values();
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      check_rows(i, values_[i], after[i], i == space ? offset : 0, i == space ? from : Bytes{});
    }
    check_payload(payload, space == 2 ? from : Bytes{}, offset, was_busy);
  }

  void check_rows(std::size_t space, const std::vector<std::uint64_t>& before, const std::vector<std::uint64_t>& after,
                  std::uint64_t offset, Bytes from) {
    const RegisterTable& table = *tables_[space];
    const std::span<const Register> rows = table.registers();
    const Bytes inside =
        from.first(offset >= table.size() ? 0 : std::min<std::size_t>(from.size(), table.size() - offset));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Register& row = rows[i];
      if (row.read) continue;
      const Part part = part_of(row, offset, inside);
      std::uint64_t free = row.written && part.enabled != 0 ? device_bits(row) : 0;
      if (space == 2 && row.offset == kMailboxCommand && rung_) free |= kPayloadLength;
      if (space == 2 && row.name == "Mailbox Control" && rung_) free |= 1;
      const auto is_as_written = [&](bool locked) {
        return ((written(row, before[i], part, locked) ^ after[i]) & ~free) == 0;
      };
      if (row.lock.bits == 0) {
        require(is_as_written(false));
        continue;
      }
      const auto lock = std::ranges::find(rows, row.lock.offset, &Register::offset);
      const std::uint64_t held = before[static_cast<std::size_t>(lock - rows.begin())];
      const bool was_locked = (held & row.lock.bits) == row.lock.bits;
      // The same access may lock what it writes afterwards, and a doorbell may be cleared meanwhile.
      const bool lock_is_written = part_of(*lock, offset, inside).enabled != 0;
      require(is_as_written(was_locked) || (lock_is_written && is_as_written(!was_locked)));
    }
  }

  void check_payload(Buffer expected, Bytes from, std::uint64_t offset, bool was_busy) {
    for (std::size_t i = 0; i < from.size() && !was_busy; ++i) {
      const std::uint64_t at = offset + i - DeviceRegisters::payload_offset();
      if (at < expected.size()) expected[at] = from[i];
    }
    if (answered_ && rung_) std::ranges::copy(*answered_, expected.begin());
    require(std::ranges::equal(expected, payload_memory()));
  }

  void act(unsigned action, std::uint8_t argument) {
    switch (action % 8) {
      case 0: {
        const auto kind = static_cast<Reset>(argument % 4);
        reset(kind);
        check_reset(kind, values_);
        break;
      }
      case 1:
        timeline_.advance_to(timeline_.now() + std::chrono::milliseconds(argument));
        break;
      case 2:
        behaviour_ = argument;
        break;
      case 3: {
        const ErrorMessage message = space_.record_correctable_internal_error();
        require(message == ErrorMessage::none || message == ErrorMessage::correctable);
        break;
      }
      case 4: {
        const ErrorMessage message = space_.record_uncorrectable_internal_error({argument, 1, 2, 3});
        require(message != ErrorMessage::correctable);
        break;
      }
      case 5: {
        const MemoryRanges ranges{std::uint64_t{argument} << 28, std::uint64_t{1} << 32};
        space_.set_memory_ranges(ranges);
        cdat_.update(cdat_memory(ranges));
        break;
      }
      case 6:
        event_status_ = argument & 0x1F;
        break;
      case 7:
        ras_[argument % ras_.size()] = argument;
        break;
    }
  }

  void reset(Reset kind) {
    ++resets_;
    if (kConventionalResets.has(kind)) {
      background_.clear();
      locked_ = {};
    }
    space_.reset(kind);
    component_.reset(kind);
    device_.reset(kind);
  }

  void check_reset(Reset kind, const Values& before) {
    const Values after = values();
    for (std::size_t space = 0; space < tables_.size(); ++space) {
      const std::span<const Register> rows = tables_[space]->registers();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const Register& row = rows[i];
        if (row.read || row.restored_by.bits == kNoReset.bits) continue;
        const std::uint64_t changed = before[space][i] ^ after[space][i];
        if (kind == Reset::cold) {
          require(after[space][i] == row.reset);
          continue;
        }
        require((changed & sticky(row)) == 0);
        if (kind != Reset::conventional) require((changed & row.rwo) == 0);
        if (!row.restored_by.has(kind) && row.name != "Mailbox Control" && row.offset != kMailboxCommand) {
          require(changed == 0 || kind == Reset::conventional);
        }
      }
    }
    require(!doorbell() && device_.table().value(kMailboxCommand) == 0);
    require(payload_is_empty());
  }

  // What holds after every step.
  void check() {
    require_canaries(payload_);
    values_ = values();
    for (std::size_t space = 0; space < tables_.size(); ++space) {
      const std::span<const Register> rows = tables_[space]->registers();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const Register& row = rows[i];
        if (row.read || row.restored_by.bits == kNoReset.bits) continue;
        const std::uint64_t changed = values_[space][i] ^ row.reset;
        const std::uint64_t read_only =
            ~(row.rw | row.rws | row.rw1c | row.rw1cs | row.ros | row.rwo | row.rwl | row.rol);
        if ((changed & read_only) != 0) require((changed & read_only & ~set_by_device(row)) == 0);
      }
    }
    for (unsigned i = 0; i < component_.hdm_decoders(); ++i) check_decoder(i);
    const std::uint64_t status = device_.table().value(DeviceRegisters::kMailbox + Mailbox::kStatus);
    require(Bits<0>::get(status) == (background_.running() ? 1 : 0));
    const std::uint64_t background =
        device_.table().value(DeviceRegisters::kMailbox + Mailbox::kBackgroundCommandStatus);
    require(Bits<22, 16>::get(background) <= (background_.running() ? 99U : 100U));
    require(device_.table().value(DeviceRegisters::kDeviceStatus) == event_status_);
    require(space_.message_number(kMaximumMessages - 1) < kMaximumMessages);
    require(Bits<36, 16>::get(device_.table().value(kMailboxCommand)) <= kPayloadLength >> 16);
  }

  // 8.2.4.20.7, .12
  void check_decoder(unsigned number) {
    const std::uint64_t control = component_.table().value(ComponentRegisters::kHdm + 0x20 + 0x20 * number);
    const bool commit = Bits<9>::get(control) != 0, committed = Bits<10>::get(control) != 0,
               error = Bits<11>::get(control) != 0;
    require(commit ? committed != error : !committed && !error);
    const HdmDecoder decoder = component_.hdm_decoder(number);
    std::optional<HdmDecoder>& locked = locked_[number];
    if (locked) {
      require(decoder == *locked);
    } else if (decoder.committed && decoder.lock_on_commit) {
      // What was committed before may have been changed since, and locked then: nothing is checked (8.2.4.20.13).
      if (!committed_[number]) require(decoder.base + decoder.size >= decoder.base);
      locked = decoder;
    }
    committed_[number] = decoder.committed;
  }

  std::optional<cci::Reply> execute(Opcode opcode, Bytes payload, std::size_t declared_length, MutableBytes answer) {
    require(payload.size() == std::min<std::size_t>(declared_length, kPayloadSize) && answer.size() == kPayloadSize);
    rung_ = true;
    answered_.reset();
    const std::uint8_t behaviour = behaviour_;
    switch (behaviour >> 5) {
      case 0:
        return std::nullopt;
      case 1:
        reset(static_cast<Reset>(behaviour % 4));
        break;
      case 2:
        if (!background_.running()) background_.start(opcode, payload, std::chrono::milliseconds(behaviour & 0x1F));
        break;
    }
    cci::Reply reply{.return_code = static_cast<ReturnCode>(behaviour & 0x1F)};
    reply.payload_size = behaviour % 32 * 16U;
    const std::size_t size = std::min<std::size_t>(reply.payload_size, answer.size());
    std::ranges::fill(answer.first(size), static_cast<std::byte>(behaviour));
    answered_.emplace(size, static_cast<std::byte>(behaviour));
    return reply;
  }

  [[nodiscard]] Values values() const {
    Values found;
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      found[i].reserve(tables_[i]->registers().size());
      for (const Register& row : tables_[i]->registers())
        found[i].push_back(row.read ? 0 : tables_[i]->value(row.offset));
    }
    return found;
  }

  void read_space(std::size_t space, std::uint64_t offset, MutableBytes to) const { tables_[space]->read(offset, to); }
  [[nodiscard]] bool doorbell() const { return (device_.table().value(kMailboxControl) & 1) != 0; }
  [[nodiscard]] MutableBytes payload_memory() { return MutableBytes(payload_).subspan(kCanary, kPayloadSize); }

  [[nodiscard]] bool payload_is_empty() {
    return std::ranges::all_of(payload_memory(), [](std::byte byte) { return byte == std::byte{0}; });
  }

  static void require_canaries(Bytes bytes) {
    const auto is_canary = [](std::byte byte) { return byte == kCanaryByte; };
    require(std::ranges::all_of(bytes.first(kCanary), is_canary));
    require(std::ranges::all_of(bytes.last(kCanary), is_canary));
  }

  [[nodiscard]] FunctionConfig function_config() const {
    FunctionConfig made;
    made.hdm_count = (configuration_ & 1) != 0 ? 2 : 1;
    made.interrupts = (configuration_ & 2) != 0 ? InterruptStyle::msi_x : InterruptStyle::msi;
    made.internal_errors_unmasked = (configuration_ & 4) != 0;
    return made;
  }

  [[nodiscard]] DeviceRegistersConfig device_config() {
    DeviceRegistersConfig made{.payload_size = kPayloadSize, .strict_interrupts = (configuration_ & 8) != 0};
    made.payload_memory = payload_memory();
    return made;
  }

  void interrupt(std::uint8_t message) { require(message < kMaximumMessages); }

  std::uint8_t configuration_;
  std::uint8_t behaviour_ = 0xFF;
  std::uint32_t event_status_ = 0;
  unsigned resets_ = 0;
  bool rung_ = false;
  std::optional<Buffer> answered_;
  Values values_;  ///< after the last step
  std::array<std::uint32_t, 0x58 / 4> ras_{};
  std::array<std::optional<HdmDecoder>, kMaximumHdmDecoders> locked_;
  std::array<bool, kMaximumHdmDecoders> committed_{};
  Timeline timeline_;
  cci::BackgroundSlot background_{timeline_};
  Buffer payload_ = [] {
    Buffer made(kPayloadSize + 2 * kCanary, kCanaryByte);
    std::ranges::fill(MutableBytes(made).subspan(kCanary, kPayloadSize), std::byte{0});
    return made;
  }();
  Cdat cdat_{{}};
  Doe doe_{0,
           {.message_number = [this](std::uint8_t wanted) { return space_.message_number(wanted); },
            .interrupt = [this](std::uint8_t message) { interrupt(message); }}};
  ConfigurationSpace space_{function_config(), &doe_};
  ComponentRegisters component_{
      {.hdm_decoders = static_cast<unsigned>(configuration_ >> 4)},
      {.read = [this](std::uint32_t offset) { return ras_.at(offset / 4); },
       .write = [this](std::uint32_t offset, std::uint32_t value) { ras_.at(offset / 4) = value; }}};
  DeviceRegisters device_{
      device_config(),
      {.event_status = [this] { return event_status_; },
       .memory_device_status = [] { return MemoryDeviceStatus{}; },
       .primary = {.execute = [this](Opcode opcode, Bytes payload, std::size_t declared_length,
                                     MutableBytes answer) { return execute(opcode, payload, declared_length, answer); },
                   .message_number = [this](std::uint8_t wanted) { return space_.message_number(wanted); },
                   .interrupt = [this](std::uint8_t message) { interrupt(message); }},
       .background = &background_}};
  std::array<const RegisterTable*, 3> tables_{&space_.table(), &component_.table(), &device_.table()};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Harness(data[0]).run(Reader(std::as_bytes(std::span(data + 1, size - 1))));
  return 0;
}
