// Sequences of commands on media and firmware, by both CCIs of one device, with time and resets between them. Whatever
// comes, there is one transfer of firmware, the poison list is what the device knows of or is frozen, and media that a
// Sanitize has begun to overwrite is not reached before one has succeeded. Input: records of eight bytes {what, CCI,
// line (two), count (two), percent, flags}.
#include <cstdlib>
#include <cstring>
#include <optional>

#include "component/memory_device/memory_device.hpp"
#include "wire/firmware.hpp"

namespace {

using namespace cxlemu;

constexpr std::uint64_t kVolatile = 1 << 20;
constexpr std::uint64_t kPersistent = 1 << 20;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Step {
  U8 what;
  U8 cci;
  Le16 line;
  Le16 count;
  U8 percent;
  U8 flags;
};

struct Bench {
  Timeline timeline;
  Backing volatile_capacity{kVolatile};
  Backing persistent_capacity{kPersistent};
  Backing labels{4096};
  MemoryDevice device{"mem0", config(), timeline, {&volatile_capacity, &persistent_capacity, &labels}};
  std::array<std::byte, 4096> space{};

  static MemoryDeviceConfig config() {
    MemoryDeviceConfig config;
    config.poison_list_size = 4;
    config.scan_results_size = 3;
    config.event_log_size = 2;
    config.firmware_verify = FirmwareVerify::any;
    config.fw_transfer_duration = std::chrono::milliseconds(10);
    config.fw_activates_in_background = true;
    config.fw_size_limit = 4096;
    return config;
  }

  ReturnCode send(cci::Cci& context, std::uint16_t opcode, Bytes payload) {
    return cci::dispatch(context, {.opcode = Opcode{opcode}, .payload = payload}, space).return_code;
  }

  void run(const Step& step) {
    cci::Cci& context = step.cci % 2 == 0 ? device.cci(cci::kMailbox) : device.cci(cci::kMctp);
    const std::uint64_t dpa = std::uint64_t{step.line} * kCacheLine;
    const std::uint64_t lines = step.count;
    switch (step.what % 16) {
      case 0:
        send(context, 0x4300, bytes_of(GetPoisonListIn{dpa | (step.flags & 1U), lines}));
        break;
      case 1:
        send(context, 0x4301, bytes_of(InjectPoisonIn{dpa}));
        break;
      case 2:
        send(context, 0x4302, bytes_of(ClearPoisonIn{dpa, {}}));
        break;
      case 3:
        send(context, 0x4303, bytes_of(GetScanMediaCapabilitiesIn{dpa, lines}));
        break;
      case 4:
        send(context, 0x4304, bytes_of(ScanMediaIn{dpa, lines, step.flags.value()}));
        break;
      case 5:
        send(context, 0x4304, bytes_of(ScanMediaIn{0, (kVolatile + kPersistent) / kCacheLine, 1}));
        break;
      case 6:
        send(context, 0x4305, {});
        break;
      case 7:
        send(context, 0x4400, {});
        break;
      case 8:
        send(context, 0x4401, {});
        break;
      case 9:
        media_operation(context, step);
        break;
      case 10:
        transfer(context, step);
        break;
      case 11: {
        ActivateFwIn in{};
        in.action = static_cast<ActivateFwAction>(step.flags % 3);
        in.slot = static_cast<std::uint8_t>(step.count % 4);
        send(context, 0x0202, bytes_of(in));
        break;
      }
      case 12:
        send(context, 0x0005, {});
        break;
      case 13:
        device.reset(static_cast<ResetKind>(step.flags % 5));
        break;
      case 14:
        timeline.advance_to(timeline.now() + std::chrono::milliseconds(step.count % 64));
        break;
      default:
        fail(step, dpa, lines * kCacheLine);
        break;
    }
  }

  void media_operation(cci::Cci& context, const Step& step) {
    MediaOperationsIn in{};
    in.media_operation_class = static_cast<std::uint8_t>(step.flags & 1);
    in.media_operation_subclass = static_cast<std::uint8_t>(step.flags >> 1 & 1);
    in.dpa_range_count = step.percent % 3U;
    Buffer request = to_buffer(bytes_of(in));
    for (unsigned i = 0; i < step.percent % 4U; ++i) {
      append(request, bytes_of(DpaRangeFormat{std::uint64_t{step.line} * kCacheLine, std::uint64_t{step.count} * 32}));
    }
    send(context, 0x4402, request);
  }

  void transfer(cci::Cci& context, const Step& step) {
    TransferFwIn in{};
    in.action = static_cast<TransferFwAction>(step.flags % 6);
    in.slot = static_cast<std::uint8_t>(step.flags / 6 % 4);
    in.offset_128b = step.line % 40U;
    Buffer request = to_buffer(bytes_of(in));
    request.resize(request.size() + step.count % 8U * 64);
    send(context, 0x0201, request);
  }

  // The media fails, an operation is disturbed, or a host reads and writes.
  void fail(const Step& step, std::uint64_t dpa, std::uint64_t length) {
    const LogicalDevice& media = device.logical_device();
    switch (step.flags % 4) {
      case 0:
        if (length != 0 && media.contains(Dpa{dpa}, length)) {
          device.poison_media(
              Dpa{dpa}, length,
              {static_cast<PoisonSource>(step.percent % 4), (step.percent & 16) != 0, (step.percent & 32) != 0});
        }
        break;
      case 1:
        device.faults().backgrounds.clear();
        device.faults().backgrounds.push_back(
            {.opcode = Opcode{static_cast<std::uint16_t>(step.count % 2 == 0 ? 0x4400 : 0x4304)},
             .disturbance = {.result = step.percent > 50 ? ReturnCode::internal_error : ReturnCode::success,
                             .break_at_percent = static_cast<std::uint8_t>(step.percent % 100),
                             .break_kind = static_cast<std::uint8_t>(step.line % 5)}});
        break;
      case 2:
        // At the end of the device, where a Sanitize comes last.
        (void)device.write_media(Dpa{kVolatile + kPersistent - kCacheLine}, Buffer(kCacheLine, std::byte{0xA5}));
        break;
      default:
        (void)device.write_media(Dpa{dpa}, Buffer(std::min<std::uint64_t>(length, 4096)));
        break;
    }
  }

  void check() {
    const LogicalDevice& media = device.logical_device();
    const PoisonState& poison = media.state.poison;
    require(poison.list.records() <= config().poison_list_size);
    if (!poison.overflow) {
      PoisonMap known;
      poison.media.visit(0, media.capacity(), [&](const PoisonRange& range) {
        if (range.kind.detected) known.add(range.dpa, range.length, range.kind);
        return true;
      });
      require(known == poison.list);
    }
    require(poison.media.empty() || !poison.media.first(media.capacity(), kVolatile));
    Buffer read(kCacheLine);
    const auto could = device.read_media(Dpa{kVolatile + kPersistent - kCacheLine}, read);
    require(!media.state.media_disabled || !could);
    const auto& transfer = device.firmware().transfer;
    require(transfer.data.size() <= config().fw_size_limit);
    require(!transfer.part_is_running || transfer.in_progress);
    require(device.firmware().active_slot >= 1 && device.firmware().active_slot <= config().fw_slots);
    require(device.firmware().slots[device.firmware().active_slot - 1U].filled);
    for (const cci::Cci& cci : device.component().ccis) {
      const bool sanitizes = cci.background.running() && cci.background.state().opcode == Opcode{0x4400};
      require(!sanitizes || media.state.media_disabled);
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bench bench;
  Reader input(std::as_bytes(std::span(data, size)));
  while (const auto step = input.take<Step>()) {
    const PoisonMap frozen = bench.device.logical_device().state.poison.list;
    const bool was_frozen = bench.device.logical_device().state.poison.overflow;
    const unsigned what = step->what % 16U;
    bench.run(*step);
    bench.check();
    // A frozen list changes where scans or a Sanitize end, and nowhere else.
    const bool may_end_something = what == 13 || what == 14;
    require(!was_frozen || may_end_something || bench.device.logical_device().state.poison.list == frozen);
  }
  return 0;
}
