#include "app/cci_contents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "component/memory_device/features.hpp"
#include "decode/payload_text.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"
#include "wire/features.hpp"
#include "wire/maintenance.hpp"

namespace cxlemu::app {
namespace {

constexpr Opcode kGetSupportedFeatures{0x0500};
constexpr Opcode kGetFeature{0x0501};
constexpr Opcode kSetFeature{0x0502};
constexpr Opcode kPerformMaintenance{0x0600};

// CXL r3.2 8.2.10.9.11.2: a byte for all memory media FRUs, then one of these for each.
using EcsConfigurations = Le16;
constexpr std::array<Field, 1> kEcsCommon = {
    Field{"ddr5_ecs_log_capabilities", 0, 1, FieldKind::hex, "bits 1:0: Log Entry Type"}};
constexpr std::array<Field, 1> kEcsConfigurations = {
    Field{"ecs_configurations", 0, sizeof(EcsConfigurations), FieldKind::hex, ""}};
constexpr Layout kEcsWritableFru{"EcsWritable", sizeof(EcsConfigurations), kEcsConfigurations};

struct FeatureText {
  std::string_view name;
  Layout readable;
  Layout writable;
};
// In the order of FeatureIndex.
constexpr auto kFeatureTexts = std::to_array<FeatureText>({
    {"patrol-scrub", LayoutOf<PatrolScrubReadable>::value, LayoutOf<PatrolScrubWritable>::value},
    {"ddr5-ecs",
     {"EcsReadable", 1, kEcsCommon, "frus", &LayoutOf<EcsReadable>::value},
     {"EcsWritable", 1, kEcsCommon, "ecs_configurations", &kEcsWritableFru}},
    {"soft-ppr", LayoutOf<PprReadable>::value, LayoutOf<PprWritable>::value},
    {"hard-ppr", LayoutOf<PprReadable>::value, LayoutOf<PprWritable>::value},
    {"cacheline-sparing", LayoutOf<SparingReadable>::value, LayoutOf<SparingWritable>::value},
    {"row-sparing", LayoutOf<SparingReadable>::value, LayoutOf<SparingWritable>::value},
    {"bank-sparing", LayoutOf<SparingReadable>::value, LayoutOf<SparingWritable>::value},
    {"rank-sparing", LayoutOf<SparingReadable>::value, LayoutOf<SparingWritable>::value},
    {"cvme-threshold", LayoutOf<CvmeThresholdReadable>::value, LayoutOf<CvmeThresholdWritable>::value},
    {"device-settings", LayoutOf<DeviceSettings>::value, LayoutOf<DeviceSettings>::value},
});
static_assert(kFeatureTexts.size() == kFeatures);

constexpr std::string_view kFeatureField = "feature_identifier=";

std::string_view name_of(std::string_view argument) { return argument.substr(0, argument.find('=')); }

bool is_given(std::span<const std::string> fields, std::string_view name) {
  return std::ranges::any_of(fields,
                             [&](const std::string& field) { return decode::same_field_name(name_of(field), name); });
}

// Writes the identifier where a feature is given by name; which one it is, if it is one that is known here.
Result<std::optional<std::size_t>> name_feature(std::vector<std::string>& fields) {
  const auto rows = feature_rows();
  for (std::string& field : fields) {
    const std::string_view name = name_of(field);
    if (!decode::same_field_name(name, name_of(kFeatureField)) || name.size() == field.size()) continue;
    const std::string_view value = std::string_view(field).substr(name.size() + 1);
    const auto named = std::ranges::find(kFeatureTexts, value, &FeatureText::name);
    if (named != kFeatureTexts.end()) {
      const auto index = static_cast<std::size_t>(named - kFeatureTexts.begin());
      field = std::string(kFeatureField) + rows[index].identifier.text();
      return index;
    }
    const auto identifier = Uuid::parse(value);
    if (!identifier) {
      std::vector<std::string_view> names;
      for (const FeatureText& known : kFeatureTexts) names.push_back(known.name);
      return failure(fmt::format("feature_identifier: {} is no UUID, and no feature has that name{}",
                                 text::quoted(value), text::did_you_mean(value, names)));
    }
    const auto row = std::ranges::find(rows, *identifier, &FeatureRow::identifier);
    if (row != rows.end()) return static_cast<std::size_t>(row - rows.begin());
  }
  return std::nullopt;
}

// What is behind the fields of Perform Maintenance, by the class that is asked for.
const Layout* maintenance_parameters(const cci::Command& row, std::span<const std::string> fields) {
  std::vector<std::string> own;
  for (const std::string& field : fields) {
    if (decode::has_field(row.input, name_of(field))) own.push_back(field);
  }
  const auto payload = decode::encode_payload(row.input, own, nullptr);
  const auto in = payload ? Reader(*payload).take<PerformMaintenanceIn>() : std::nullopt;
  if (!in) return nullptr;
  if (in->maintenance_operation_class == kMaintenancePpr) return &LayoutOf<PprParameters>::value;
  if (in->maintenance_operation_class == kMaintenanceMemorySparing) return &LayoutOf<MemorySparingParameters>::value;
  return nullptr;
}

// Fields that the command does not have are those of its contents.
Result<std::vector<std::string>> encode_contents(const cci::Command& row, std::vector<std::string> fields,
                                                 const Layout& contents, bool always) {
  std::vector<std::string> own;
  std::vector<std::string> inner;
  for (std::string& field : fields) {
    (decode::has_field(row.input, name_of(field)) ? own : inner).push_back(std::move(field));
  }
  if ((inner.empty() && !always) || is_given(own, row.input.tail_name)) {
    own.insert(own.end(), inner.begin(), inner.end());
    return own;
  }
  const Buffer data = TRY(decode::encode_payload(contents, inner, nullptr));
  own.push_back(fmt::format("{}=hex:{}", row.input.tail_name, to_hex(data)));
  return own;
}

}  // namespace

Result<std::vector<std::string>> with_contents(const cci::Command& row, std::vector<std::string> fields) {
  if (row.opcode == kGetSupportedFeatures && !is_given(fields, "count")) fields.emplace_back("count=64K");
  if (row.opcode == kPerformMaintenance) {
    const Layout* parameters = maintenance_parameters(row, fields);
    return parameters == nullptr ? fields : encode_contents(row, std::move(fields), *parameters, true);
  }
  if (row.opcode != kGetFeature && row.opcode != kSetFeature) return fields;
  const auto feature = TRY(name_feature(fields));
  if (!feature) return fields;
  const FeatureRow& known = feature_rows()[*feature];
  if (row.opcode == kGetFeature) {
    if (!is_given(fields, "count")) fields.push_back(fmt::format("count={}", known.get_feature_size));
    return fields;
  }
  if (!is_given(fields, "version")) fields.push_back(fmt::format("version={}", known.set_feature_version));
  return encode_contents(row, std::move(fields), kFeatureTexts[*feature].writable, false);
}

std::optional<Layout> contents_of_answer(const cci::Command& row, Bytes request) {
  if (row.opcode != kGetFeature) return std::nullopt;
  const auto in = Reader(request).take<GetFeatureIn>();
  if (!in) return std::nullopt;
  const auto rows = feature_rows();
  const auto known = std::ranges::find(rows, in->feature_identifier, &FeatureRow::identifier);
  if (known == rows.end() || in->offset != 0 || in->count < known->get_feature_size) return std::nullopt;
  return kFeatureTexts[static_cast<std::size_t>(known - rows.begin())].readable;
}

}  // namespace cxlemu::app
