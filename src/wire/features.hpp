// CXL r3.2 8.2.10.6 Features command set (Opcodes 0500h to 0502h), and the data of each feature
// (8.2.10.7.2, 8.2.10.9.11)
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

inline constexpr Uuid kPatrolScrubFeature = "96dad7d6-fde8-482b-a733-75774e06db8a"_uuid;
inline constexpr Uuid kDdr5EcsFeature = "e5b13f22-2328-4a14-b8ba-b9691e893386"_uuid;
inline constexpr Uuid kSoftPprFeature = "892ba475-fad8-474e-9d3e-692c917568bb"_uuid;
inline constexpr Uuid kHardPprFeature = "80ea4521-786f-4127-afb1-ec7459fb0e24"_uuid;
inline constexpr Uuid kCachelineSparingFeature = "96c33386-91dd-44c7-9ecb-fdaf6503bac4"_uuid;
inline constexpr Uuid kRowSparingFeature = "450ebf67-b135-4f97-a498-c2d57f279bed"_uuid;
inline constexpr Uuid kBankSparingFeature = "78b79636-90ac-4b64-a4ef-faac5d18a863"_uuid;
inline constexpr Uuid kRankSparingFeature = "34dbaff5-0552-4281-8f76-da0b5e7a76a7"_uuid;
inline constexpr Uuid kCvmeThresholdFeature = "1478ad9d-ce00-4733-9db8-f392a4c2d0cc"_uuid;
/// Of this program's own (docs/features.md).
inline constexpr Uuid kDeviceSettingsFeature = "c0de5a17-7c1e-4e6b-9b0e-5f2d6a3b8c41"_uuid;
/// In Set Feature: the feature whose data is being transferred.
inline constexpr Uuid kFeatureBeingTransferred = "ffffffff-ffff-ffff-ffff-ffffffffffff"_uuid;

// CXL r3.2 8.2.10.6.1 Get Supported Features (Opcode 0500h), input payload
struct GetSupportedFeaturesIn {
  Le32 count;
  Le16 starting_feature_index;
  Reserved<2> reserved;
};
static_assert(sizeof(GetSupportedFeaturesIn) == 8);
CXLEMU_DESCRIBE(GetSupportedFeaturesIn,
                CXLEMU_FIELD(GetSupportedFeaturesIn, count, number, "bytes to return, with the 8 before the entries"),
                CXLEMU_FIELD(GetSupportedFeaturesIn, starting_feature_index, number, "Starting Feature Index"),
                CXLEMU_RESERVED(GetSupportedFeaturesIn, reserved));

// CXL r3.2 8.2.10.6.1 Get Supported Features (Opcode 0500h), output payload; Supported Feature Entries follow
struct GetSupportedFeaturesOut {
  Le16 number_of_supported_feature_entries;
  Le16 device_supported_features;
  Reserved<4> reserved;
};
static_assert(sizeof(GetSupportedFeaturesOut) == 8);
CXLEMU_DESCRIBE(GetSupportedFeaturesOut,
                CXLEMU_FIELD(GetSupportedFeaturesOut, number_of_supported_feature_entries, number, "entries here"),
                CXLEMU_FIELD(GetSupportedFeaturesOut, device_supported_features, number, "features that there are"),
                CXLEMU_RESERVED(GetSupportedFeaturesOut, reserved));

/// Attribute Flags of a Supported Feature Entry (CXL r3.2 Table 8-109).
namespace feature_attribute {
inline constexpr std::uint32_t changeable = 1 << 0;
using DeepestResetPersistence = Bits<3, 1>;
inline constexpr std::uint32_t persists_to_hot_reset = 2 << 1;
inline constexpr std::uint32_t persists_to_cold_reset = 4 << 1;
inline constexpr std::uint32_t persists_across_firmware_update = 1 << 4;
inline constexpr std::uint32_t default_selection = 1 << 5;
inline constexpr std::uint32_t saved_selection = 1 << 6;
}  // namespace feature_attribute
inline constexpr auto kFeatureAttributes =
    std::to_array<NamedValue>({{feature_attribute::changeable, "Changeable"},
                               {feature_attribute::persists_across_firmware_update, "Persist across Firmware Update"},
                               {feature_attribute::default_selection, "Default Selection Supported"},
                               {feature_attribute::saved_selection, "Saved Selection Supported"}});

// CXL r3.2 8.2.10.6.1 Get Supported Features, Supported Feature Entry (Table 8-109)
struct SupportedFeatureEntry {
  Uuid feature_identifier;
  Le16 feature_index;
  Le16 get_feature_size;
  Le16 set_feature_size;
  Le32 attribute_flags;
  U8 get_feature_version;
  U8 set_feature_version;
  Le16 set_feature_effects;
  Reserved<18> reserved;
};
static_assert(sizeof(SupportedFeatureEntry) == 0x30);
template <>
inline constexpr std::string_view kPlural<SupportedFeatureEntry> = "entries";
CXLEMU_DESCRIBE(
    SupportedFeatureEntry, CXLEMU_FIELD(SupportedFeatureEntry, feature_identifier, uuid, "Feature Identifier"),
    CXLEMU_FIELD(SupportedFeatureEntry, feature_index, number, "Feature Index"),
    CXLEMU_FIELD(SupportedFeatureEntry, get_feature_size, number, "bytes of its data in Get Feature"),
    CXLEMU_FIELD(SupportedFeatureEntry, set_feature_size, number, "bytes of its data in Set Feature"),
    CXLEMU_FIELD(SupportedFeatureEntry, attribute_flags, flags,
                 "Attribute Flags; bits 3:1: the deepest reset that keeps the current value (0 none, 1 CXL, "
                 "2 hot, 3 warm, 4 cold)",
                 kFeatureAttributes),
    CXLEMU_FIELD(SupportedFeatureEntry, get_feature_version, number, "Get Feature Version"),
    CXLEMU_FIELD(SupportedFeatureEntry, set_feature_version, number, "Set Feature Version"),
    CXLEMU_FIELD(SupportedFeatureEntry, set_feature_effects, hex, "Set Feature Effects, as in the CEL"),
    CXLEMU_RESERVED(SupportedFeatureEntry, reserved));

enum class FeatureSelection : std::uint8_t { current_value = 0, default_value = 1, saved_value = 2 };
inline constexpr auto kFeatureSelections =
    std::to_array<NamedValue>({{0, "Current value"}, {1, "Default value"}, {2, "Saved value"}});

// CXL r3.2 8.2.10.6.2 Get Feature (Opcode 0501h), input payload
struct GetFeatureIn {
  Uuid feature_identifier;
  Le16 offset;
  Le16 count;
  Le<FeatureSelection> selection;
};
static_assert(sizeof(GetFeatureIn) == 0x15);
CXLEMU_DESCRIBE(GetFeatureIn, CXLEMU_FIELD(GetFeatureIn, feature_identifier, uuid, "Feature Identifier"),
                CXLEMU_FIELD(GetFeatureIn, offset, number, "first byte of the data to return"),
                CXLEMU_FIELD(GetFeatureIn, count, number, "bytes to return"),
                CXLEMU_FIELD(GetFeatureIn, selection, choice, "Selection", kFeatureSelections));

enum class SetFeatureAction : std::uint8_t {
  full = 0,
  initiate = 1,
  continue_transfer = 2,
  finish = 3,
  abort = 4,
};
inline constexpr auto kSetFeatureFlags = std::to_array<NamedValue>({{1 << 3, "Saved across Reset"}});

// CXL r3.2 8.2.10.6.3 Set Feature (Opcode 0502h), input payload; the feature data follows
struct SetFeatureIn {
  Uuid feature_identifier;
  Le32 set_feature_flags;
  Le16 offset;
  U8 version;
  Reserved<9> reserved;

  using Action = Bits<2, 0>;
  using SavedAcrossReset = Bits<3>;
};
static_assert(sizeof(SetFeatureIn) == 0x20);
CXLEMU_DESCRIBE(SetFeatureIn,
                CXLEMU_FIELD(SetFeatureIn, feature_identifier, uuid,
                             "Feature Identifier; all ones: the one that is being transferred"),
                CXLEMU_FIELD(SetFeatureIn, set_feature_flags, flags,
                             "Set Feature Flags; bits 2:0: Action (0 full, 1 initiate, 2 continue, 3 finish, 4 abort)",
                             kSetFeatureFlags),
                CXLEMU_FIELD(SetFeatureIn, offset, number, "where in the feature data these bytes belong"),
                CXLEMU_FIELD(SetFeatureIn, version, number, "Set Feature Version of the data"),
                CXLEMU_RESERVED(SetFeatureIn, reserved));

// --------------------------------------------------------------------------------------------------- data of features

// CXL r3.2 8.2.10.9.11.1 Device Patrol Scrub Control Feature, readable attributes
struct PatrolScrubReadable {
  U8 device_patrol_scrub_capabilities;
  U8 configured_patrol_scrub_cycle_hours;
  U8 smallest_patrol_scrub_cycle_hours;
  U8 device_patrol_scrub_flags;

  static constexpr std::uint8_t kCycleChangeCapable = 1 << 0;
};
static_assert(sizeof(PatrolScrubReadable) == 4);
CXLEMU_DESCRIBE(PatrolScrubReadable, CXLEMU_FIELD(PatrolScrubReadable, device_patrol_scrub_capabilities, hex, ""),
                CXLEMU_FIELD(PatrolScrubReadable, configured_patrol_scrub_cycle_hours, number, ""),
                CXLEMU_FIELD(PatrolScrubReadable, smallest_patrol_scrub_cycle_hours, number, ""),
                CXLEMU_FIELD(PatrolScrubReadable, device_patrol_scrub_flags, hex, ""));

// CXL r3.2 8.2.10.9.11.1 Device Patrol Scrub Control Feature, writable attributes
struct PatrolScrubWritable {
  U8 configured_patrol_scrub_cycle_hours;
  U8 device_patrol_scrub_flags;

  static constexpr std::uint8_t kEnabled = 1 << 0;
};
static_assert(sizeof(PatrolScrubWritable) == 2);
CXLEMU_DESCRIBE(PatrolScrubWritable, CXLEMU_FIELD(PatrolScrubWritable, configured_patrol_scrub_cycle_hours, number, ""),
                CXLEMU_FIELD(PatrolScrubWritable, device_patrol_scrub_flags, hex, ""));

// CXL r3.2 8.2.10.9.11.2 DDR5 ECS Control Feature: one byte common to all memory media FRUs, then this for each of them
struct EcsReadable {
  U8 ecs_capabilities;
  Le16 ecs_configurations;
  U8 ecs_flags;
};
static_assert(sizeof(EcsReadable) == 4);
CXLEMU_DESCRIBE(EcsReadable, CXLEMU_FIELD(EcsReadable, ecs_capabilities, hex, ""),
                CXLEMU_FIELD(EcsReadable, ecs_configurations, hex, ""), CXLEMU_FIELD(EcsReadable, ecs_flags, hex, ""));

/// ECS Configurations of one FRU, as read and written.
namespace ecs_configuration {
using ThresholdCount = Bits<2, 0>;  ///< per Gb: 3: 256, 4: 1024, 5: 4096
using CountsCodewords = Bits<3>;
using ResetCounter = Bits<4>;  ///< written alone: clears itself
inline constexpr std::uint16_t kDefined = 0x1F;
}  // namespace ecs_configuration
/// DDR5 ECS Log Capabilities: Log Entry Type.
using EcsLogEntryType = Bits<1, 0>;
inline constexpr std::uint8_t kEcsLogPerMemoryMediaFru = 1;

// CXL r3.2 8.2.10.7.2.1 sPPR and 8.2.10.7.2.2 hPPR Feature, readable attributes
struct PprReadable {
  U8 maximum_maintenance_operation_latency;
  Le16 operation_capabilities;
  Le16 operation_mode;
  U8 maintenance_operation_class;
  U8 maintenance_operation_subclass;
  Reserved<9> reserved;
  U8 ppr_flags;
  Le16 restriction_flags;
  U8 ppr_operation_mode;

  static constexpr std::uint8_t kDpaSupport = 1 << 0;
  static constexpr std::uint8_t kMemorySparingEventRecordCapability = 1 << 2;
};
static_assert(sizeof(PprReadable) == 0x14);
CXLEMU_DESCRIBE(PprReadable, CXLEMU_FIELD(PprReadable, maximum_maintenance_operation_latency, hex, ""),
                CXLEMU_FIELD(PprReadable, operation_capabilities, hex, ""),
                CXLEMU_FIELD(PprReadable, operation_mode, hex, ""),
                CXLEMU_FIELD(PprReadable, maintenance_operation_class, hex, ""),
                CXLEMU_FIELD(PprReadable, maintenance_operation_subclass, hex, ""),
                CXLEMU_RESERVED(PprReadable, reserved), CXLEMU_FIELD(PprReadable, ppr_flags, hex, ""),
                CXLEMU_FIELD(PprReadable, restriction_flags, hex, ""),
                CXLEMU_FIELD(PprReadable, ppr_operation_mode, hex, ""));

// CXL r3.2 8.2.10.7.2.1 sPPR and 8.2.10.7.2.2 hPPR Feature, writable attributes
struct PprWritable {
  Le16 operation_mode;
  U8 ppr_operation_mode;

  /// The last field is not in the Minimum Feature Data Size.
  static constexpr std::uint16_t kMinimumFeatureDataSize = 2;
  static constexpr std::uint8_t kMemorySparingEventRecordEnable = 1 << 0;
};
static_assert(sizeof(PprWritable) == 3);
CXLEMU_DESCRIBE(PprWritable, CXLEMU_FIELD(PprWritable, operation_mode, hex, ""),
                CXLEMU_FIELD(PprWritable, ppr_operation_mode, hex, ""));

// CXL r3.2 8.2.10.7.2.3 Memory Sparing Features, readable attributes
struct SparingReadable {
  U8 maximum_maintenance_operation_latency;
  Le16 operation_capabilities;
  Le16 operation_mode;
  U8 maintenance_operation_class;
  U8 maintenance_operation_subclass;
  Reserved<10> reserved;
  Le16 restriction_flags;

  static constexpr std::uint16_t kHardSparing = 1 << 1;
  static constexpr std::uint16_t kSoftSparing = 1 << 2;
};
static_assert(sizeof(SparingReadable) == 0x13);
CXLEMU_DESCRIBE(SparingReadable, CXLEMU_FIELD(SparingReadable, maximum_maintenance_operation_latency, hex, ""),
                CXLEMU_FIELD(SparingReadable, operation_capabilities, hex, ""),
                CXLEMU_FIELD(SparingReadable, operation_mode, hex, ""),
                CXLEMU_FIELD(SparingReadable, maintenance_operation_class, hex, ""),
                CXLEMU_FIELD(SparingReadable, maintenance_operation_subclass, hex, ""),
                CXLEMU_RESERVED(SparingReadable, reserved), CXLEMU_FIELD(SparingReadable, restriction_flags, hex, ""));

// CXL r3.2 8.2.10.7.2.3 Memory Sparing Features, writable attributes
struct SparingWritable {
  Le16 operation_mode;
};
static_assert(sizeof(SparingWritable) == 2);
CXLEMU_DESCRIBE(SparingWritable, CXLEMU_FIELD(SparingWritable, operation_mode, hex, ""));

/// What a corrected error is counted by.
enum class CvmeGranularity : std::uint8_t { full_hdm_range = 0, memory_media_fru = 1, rank = 2 };

// CXL r3.2 8.2.10.9.11.3 Advanced Programmable Corrected Volatile Memory Error Threshold Feature: thresholds of one
// kind of access
struct CvmeThresholds {
  U8 event_records_flags;
  std::array<Le24, 3> event_thresholds;  ///< informational, warning, failure; 0: disabled

  /// Bit i enables event_thresholds[i]; then Hardware Replacement Flags for warning and failure.
  static constexpr std::uint8_t kDefinedFlags = 0x1F;
  static constexpr std::uint8_t kEnables = 0x07;
  static constexpr unsigned kHardwareReplacementBits = 2;  ///< bit 3 for index 1, bit 4 for index 2
};
static_assert(sizeof(CvmeThresholds) == 10);
CXLEMU_DESCRIBE(CvmeThresholds, CXLEMU_FIELD(CvmeThresholds, event_records_flags, hex, ""),
                CXLEMU_FIELD(CvmeThresholds, event_thresholds, bytes, ""));

// CXL r3.2 8.2.10.9.11.3, writable attributes
struct CvmeThresholdWritable {
  Le<CvmeGranularity> granularity;
  U8 configuration_flags;
  Le24 counter_expiration_timer;  ///< seconds; 0: disabled
  CvmeThresholds accesses;        ///< of the host, or all while patrol scrub has none of its own
  CvmeThresholds patrol_scrub;
  Reserved<7> reserved;

  static constexpr std::uint8_t kErrorTypeMasks = 0x03;
  static constexpr std::uint8_t kPatrolScrubThreshold = 1 << 2;
  static constexpr std::uint8_t kCounterExpiration = 1 << 3;
  static constexpr std::uint8_t kCounterExpirationReporting = 1 << 4;
  static constexpr std::uint8_t kDefinedFlags = 0x1F;
};
static_assert(sizeof(CvmeThresholdWritable) == 0x20);
CXLEMU_DESCRIBE(CvmeThresholdWritable, CXLEMU_FIELD(CvmeThresholdWritable, granularity, number, ""),
                CXLEMU_FIELD(CvmeThresholdWritable, configuration_flags, hex, ""),
                CXLEMU_FIELD(CvmeThresholdWritable, counter_expiration_timer, number, ""),
                CXLEMU_FIELD(CvmeThresholdWritable, accesses, bytes, ""),
                CXLEMU_FIELD(CvmeThresholdWritable, patrol_scrub, bytes, ""),
                CXLEMU_RESERVED(CvmeThresholdWritable, reserved));

// CXL r3.2 8.2.10.9.11.3, readable attributes
struct CvmeThresholdReadable {
  U8 supported_granularity_flags;
  Le<CvmeGranularity> granularity;
  U8 supported_configuration_flags;
  U8 configuration_flags;
  Le24 counter_expiration_timer;
  CvmeThresholds accesses;
  CvmeThresholds patrol_scrub;
  Reserved<5> reserved;

  static constexpr std::uint8_t kFruAndRank = 0x03;
  static constexpr std::uint8_t kPatrolScrubThresholdSupported = 1 << 1;
};
static_assert(sizeof(CvmeThresholdReadable) == 0x20);
CXLEMU_DESCRIBE(CvmeThresholdReadable, CXLEMU_FIELD(CvmeThresholdReadable, supported_granularity_flags, hex, ""),
                CXLEMU_FIELD(CvmeThresholdReadable, granularity, number, ""),
                CXLEMU_FIELD(CvmeThresholdReadable, supported_configuration_flags, hex, ""),
                CXLEMU_FIELD(CvmeThresholdReadable, configuration_flags, hex, ""),
                CXLEMU_FIELD(CvmeThresholdReadable, counter_expiration_timer, number, ""),
                CXLEMU_FIELD(CvmeThresholdReadable, accesses, bytes, ""),
                CXLEMU_FIELD(CvmeThresholdReadable, patrol_scrub, bytes, ""),
                CXLEMU_RESERVED(CvmeThresholdReadable, reserved));

// Device Settings, a feature of this program's own: read and written in the same form
struct DeviceSettings {
  U8 abort_threshold;  ///< percentage from which 0005h lets an operation finish
  Reserved<3> reserved;
  std::array<std::byte, 28> asset_tag;  ///< printable ASCII, padded with zeros
};
static_assert(sizeof(DeviceSettings) == 0x20);
CXLEMU_DESCRIBE(DeviceSettings, CXLEMU_FIELD(DeviceSettings, abort_threshold, number, ""),
                CXLEMU_RESERVED(DeviceSettings, reserved), CXLEMU_FIELD(DeviceSettings, asset_tag, text, ""));

}  // namespace cxlemu
