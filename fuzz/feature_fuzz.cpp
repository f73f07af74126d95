// Sequences of Features and Maintenance commands by both CCIs, with errors of the media, time, resets, saving and
// restoring between them. Whatever comes, values are values, there is one transfer and it is no longer than its
// feature, no more is repaired than there are spares, and what a hard repair covers stays whole. Input: records {what,
// CCI, feature, flags, offset (two), length of data}, each with its data behind it.
#include <cstdlib>

#include "component/memory_device/memory_device.hpp"
#include "component/state_json.hpp"

namespace {

using namespace cxlemu;

constexpr std::uint64_t kCapacity = 1 << 20;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Step {
  U8 what;
  U8 cci;
  U8 feature;
  U8 flags;
  Le16 offset;
  U8 length;
};

class Harness {
 public:
  void run(const Step& step, Bytes data) {
    cci::Cci& cci = step.cci % 2 == 0 ? device_.cci(cci::kMailbox) : device_.cci(cci::kMctp);
    switch (step.what % 12) {
      case 0:
        send(cci, 0x0500, bytes_of(GetSupportedFeaturesIn{step.offset.value(), step.feature.value(), {}}));
        break;
      case 1:
        get_feature(cci, step);
        break;
      case 2:
      case 3:
        set_feature(cci, step, data);
        break;
      case 4:
        ppr(cci, step);
        break;
      case 5:
        send(cci, 0x0600, data);
        break;
      case 6:
        send(cci, 0x0005, {});
        break;
      case 7:
        (void)media_errors::inject(device_, line(step) * kCacheLine, step.flags + 1U);
        break;
      case 8:
        device_.poison_media(Dpa{line(step) * kCacheLine}, kCacheLine,
                             {PoisonSource::internal, (step.flags & 1) != 0, (step.flags & 2) != 0});
        break;
      case 9:
        timeline_.advance_to(timeline_.now() + std::chrono::minutes(step.offset.value()));
        break;
      case 10:
        device_.reset(static_cast<ResetKind>(step.flags % 5));
        break;
      case 11:
        save_and_restore();
        break;
    }
    check();
  }

 private:
  static std::uint64_t line(const Step& step) { return step.offset % (2 * kCapacity / kCacheLine); }

  ReturnCode send(cci::Cci& cci, std::uint16_t opcode, Bytes payload) {
    std::array<std::byte, 8192> space;
    return cci::dispatch(cci, {.opcode = Opcode{opcode}, .payload = payload}, space).return_code;
  }

  static Uuid identifier(const Step& step) {
    return step.feature % 12 < kFeatures ? feature_rows()[step.feature % 12].identifier : kFeatureBeingTransferred;
  }

  void get_feature(cci::Cci& cci, const Step& step) {
    GetFeatureIn in{};
    in.feature_identifier = identifier(step);
    in.offset = step.offset;
    in.count = std::uint16_t{step.length.value()};
    in.selection = static_cast<FeatureSelection>(step.flags.value());
    send(cci, 0x0501, bytes_of(in));
  }

  void set_feature(cci::Cci& cci, const Step& step, Bytes data) {
    const FeatureTransfer before = device_.features().transfer;
    SetFeatureIn in{};
    in.feature_identifier = identifier(step);
    in.set_feature_flags = step.flags & 0xFU;
    in.offset = step.offset;
    in.version = static_cast<std::uint8_t>(step.flags >> 4 == 0 ? 1 : step.flags >> 4);
    Buffer request = to_buffer(bytes_of(in));
    append(request, data);
    const ReturnCode code = send(cci, 0x0502, request);
    // Another CCI changes nothing about a transfer.
    if (before.in_progress && before.by != cci.id) {
      require(code != ReturnCode::success && device_.features().transfer == before);
    }
  }

  void ppr(cci::Cci& cci, const Step& step) {
    Buffer request = to_buffer(bytes_of(PerformMaintenanceIn{1, static_cast<std::uint8_t>(step.flags & 1)}));
    append(request, bytes_of(PprParameters{static_cast<std::uint8_t>(step.flags >> 1), line(step) * kCacheLine, 0U}));
    send(cci, 0x0600, request);
  }

  void save_and_restore() {
    const MemoryDeviceState state = device_.save();
    auto read = parse_state(Json::parse(state_json(state).text()).value());
    require(read && *read == state);
    device_.restore(std::move(*read));
  }

  void check() {
    const FeaturesState& features = device_.features();
    require(impossible(features).empty());
    require(features.transfer.in_progress || features.transfer.data.empty());
    for (std::size_t i = 0; i < kRepairKinds; ++i) {
      const auto kind = static_cast<RepairKind>(i);
      const auto used = std::ranges::count(device_.maintenance().repairs, kind, &Repair::kind);
      require(static_cast<std::uint32_t>(used) <= maintenance::resources(device_.config(), kind));
    }
    require(device_.component().operations_running(Opcode{0x0600}) <= 1);
    const MediaErrorsState& errors = device_.media_errors();
    require(errors.corrected.size() <= kMaximumCorrectedErrors);
    for (std::size_t i = 0; i < kMemoryMediaFrus; ++i) {
      const Buffer& value = features.values[static_cast<std::size_t>(FeatureIndex::ddr5_ecs)].current;
      require(*Reader(Bytes(value).subspan(1 + 2 * i)).take<Le16>() == device_.ecs().frus[i].configuration);
    }
    // What is due is done, and nothing waits for what does not come.
    const auto next = media_errors::next_deadline(device_);
    require(!next || *next > timeline_.now());
  }

  static MemoryDeviceConfig config() {
    MemoryDeviceConfig config;
    config.event_log_size = 2;
    config.soft_ppr_spares = config.hard_ppr_spares = 2;
    config.sparing_duration = std::chrono::minutes(2);
    return config;
  }

  Timeline timeline_;
  Backing volatile_capacity_{kCapacity};
  Backing persistent_capacity_{kCapacity};
  Backing labels_{4096};
  MemoryDevice device_{"mem0", config(), timeline_, {&volatile_capacity_, &persistent_capacity_, &labels_}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Harness harness;
  Bytes rest = std::as_bytes(std::span(data, size));
  while (rest.size() >= sizeof(Step)) {
    const Step step = *Reader(rest).take<Step>();
    rest = rest.subspan(sizeof step);
    const Bytes payload = rest.first(std::min<std::size_t>(step.length, rest.size()));
    rest = rest.subspan(payload.size());
    harness.run(step, payload);
  }
  return 0;
}
