// CXL r3.2 8.2.10.6 Features: one row a feature. Get Supported Features, the effects of Set Feature in the CEL,
// reading, checking and what a reset leaves of a value derive from the rows. A feature's value is its writable
// attributes; what Get Feature returns is made from them.
#pragma once

#include <array>

#include "cci/command.hpp"
#include "component/memory_device/config.hpp"
#include "wire/features.hpp"

namespace cxlemu {

class MemoryDevice;
enum class ResetKind : std::uint8_t;

/// Rows of kFeatureRows, and their Feature Indices.
enum class FeatureIndex : std::uint8_t {
  patrol_scrub,
  ddr5_ecs,
  soft_ppr,
  hard_ppr,
  cacheline_sparing,
  row_sparing,
  bank_sparing,
  rank_sparing,
  cvme_threshold,
  device_settings,
};
inline constexpr std::size_t kFeatures = 10;

struct FeatureValue {
  Buffer current;
  Buffer saved;  ///< the default until a Set Feature saves; as long as `current`
  bool operator==(const FeatureValue&) const = default;
};

/// The one transfer of the device.
struct FeatureTransfer {
  bool in_progress = false;
  cci::CciId by{};  ///< the CCI that began it
  std::uint8_t feature = 0;
  bool save = false;
  Buffer data;                    ///< so far; never longer than the Set Feature Size
  std::uint64_t last_offset = 0;  ///< of the part before: it may be sent again directly
  bool operator==(const FeatureTransfer&) const = default;
};

struct FeaturesState {
  std::array<FeatureValue, kFeatures> values;  ///< by FeatureIndex
  FeatureTransfer transfer;
  bool operator==(const FeaturesState&) const = default;
};

struct FeatureRow {
  Uuid identifier;
  std::string_view name;
  std::uint16_t get_feature_size;
  std::uint16_t set_feature_size;   ///< of the value, too
  std::uint16_t minimum_data_size;  ///< what is missing behind it is zero
  std::uint32_t attribute_flags;
  std::uint8_t get_feature_version;
  std::uint8_t set_feature_version;
  std::uint16_t set_feature_effects;
  /// The value that the device is made with, into zeros.
  void (*make_default)(const MemoryDeviceConfig&, MutableBytes value);
  /// Is this a value? What is reserved in it is cleared.
  bool (*admit)(const MemoryDeviceConfig&, MutableBytes value);
  /// What Get Feature returns for a value, into zeros.
  void (*read)(const MemoryDeviceConfig&, Bytes value, MutableBytes data);
  /// What happens when this value becomes the current one; null: whoever needs it looks there. It may clear bits that
  /// clear themselves.
  void (*apply)(MemoryDevice&, MutableBytes value) = nullptr;
  // How a program shows it: what it is called on the command line, and what Get Feature and Set Feature carry.
  std::string_view short_name{};
  Layout readable{};
  Layout writable{};

  [[nodiscard]] constexpr bool has(std::uint32_t attribute) const { return (attribute_flags & attribute) != 0; }
};

/// In the order of FeatureIndex.
std::span<const FeatureRow> feature_rows();

// Immediate Configuration Change for all of them; ECS counters are shown in a log, and the abort threshold is a policy.
inline constexpr std::uint16_t kFeatureEffects = effect::immediate_configuration_change | effect::cel_11_10_valid;
inline constexpr std::uint16_t kEcsEffects = kFeatureEffects | effect::immediate_log_change;
inline constexpr std::uint16_t kDeviceSettingsEffects = effect::immediate_policy_change | effect::cel_11_10_valid;
/// Bits 0 to 5 of the effects of every feature (CXL r3.2 8.2.10.6.3); that this is so is asserted beside the rows.
inline constexpr std::uint16_t kSetFeatureEffects = (kFeatureEffects | kEcsEffects | kDeviceSettingsEffects) & 0x3F;

FeaturesState initial_features(const MemoryDeviceConfig& config);
/// What no device can have: a value of a wrong size or one that Set Feature refuses. Names the field; empty: nothing.
std::string_view impossible(const FeaturesState& state);

namespace features {

// CXL r3.2 8.2.10.6.1 Get Supported Features (Opcode 0500h)
cci::Result<void> get_supported_features(MemoryDevice& device, cci::Cci& cci, const GetSupportedFeaturesIn& in,
                                         cci::Answer<GetSupportedFeaturesOut, SupportedFeatureEntry>& out);
// CXL r3.2 8.2.10.6.2 Get Feature (Opcode 0501h)
cci::Result<void> get_feature(MemoryDevice& device, cci::Cci& cci, const GetFeatureIn& in, cci::AnswerBytes& out);
// CXL r3.2 8.2.10.6.3 Set Feature (Opcode 0502h)
cci::Result<void> set_feature(MemoryDevice& device, cci::Cci& cci, const SetFeatureIn& in, cci::Tail<std::byte> data);

/// The value that the device works with.
template <typename Writable>
Writable current(const FeaturesState& state, FeatureIndex index) {
  return *Reader(state.values[static_cast<std::size_t>(index)].current).template take<Writable>();
}
/// The value that the device is made with.
Buffer default_value(const FeatureRow& row, const MemoryDeviceConfig& config);

/// A reset, of every kind but FLR: the transfer is aborted, and values become what Table 8-110 says.
void reset(MemoryDevice& device, ResetKind kind);
/// Other firmware runs: values that do not persist across a firmware update are as after a reset.
void firmware_changed(MemoryDevice& device);

}  // namespace features
}  // namespace cxlemu
