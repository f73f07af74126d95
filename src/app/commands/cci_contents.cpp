#include "app/commands/cci_contents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "component/memory_device/features.hpp"
#include "decode/payload_text.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"
#include "wire/features.hpp"
#include "wire/maintenance.hpp"
#include "wire/opcodes.hpp"

namespace cxlemu::app {
namespace {

constexpr std::string_view kFeatureField = "feature_identifier=";

std::string_view name_of(std::string_view argument) { return argument.substr(0, argument.find('=')); }

bool is_given(std::span<const std::string> fields, std::string_view name) {
  return std::ranges::any_of(fields,
                             [&](const std::string& field) { return decode::same_field_name(name_of(field), name); });
}

// Writes the identifier where a feature is given by name; which one it is; null: none that is known here.
Result<const FeatureRow*> name_feature(std::vector<std::string>& fields) {
  const auto rows = feature_rows();
  for (std::string& field : fields) {
    const std::string_view name = name_of(field);
    if (!decode::same_field_name(name, name_of(kFeatureField)) || name.size() == field.size()) continue;
    const std::string_view value = std::string_view(field).substr(name.size() + 1);
    const auto named = std::ranges::find(rows, value, &FeatureRow::short_name);
    if (named != rows.end()) {
      field = std::string(kFeatureField) + named->identifier.text();
      return &*named;
    }
    const auto identifier = Uuid::parse(value);
    if (!identifier) {
      std::vector<std::string_view> names;
      for (const FeatureRow& row : rows) names.push_back(row.short_name);
      return failure(fmt::format("feature_identifier: {} is no UUID, and no feature has that name{}",
                                 text::quoted(value), text::did_you_mean(value, names)));
    }
    const auto row = std::ranges::find(rows, *identifier, &FeatureRow::identifier);
    if (row != rows.end()) return &*row;
  }
  return nullptr;
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
  const FeatureRow* feature = TRY(name_feature(fields));
  if (feature == nullptr) return fields;
  if (row.opcode == kGetFeature) {
    if (!is_given(fields, "count")) fields.push_back(fmt::format("count={}", feature->get_feature_size));
    return fields;
  }
  if (!is_given(fields, "version")) fields.push_back(fmt::format("version={}", feature->set_feature_version));
  return encode_contents(row, std::move(fields), feature->writable, false);
}

std::optional<Layout> contents_of_answer(const cci::Command& row, Bytes request) {
  if (row.opcode != kGetFeature) return std::nullopt;
  const auto in = Reader(request).take<GetFeatureIn>();
  if (!in) return std::nullopt;
  const auto rows = feature_rows();
  const auto known = std::ranges::find(rows, in->feature_identifier, &FeatureRow::identifier);
  if (known == rows.end() || in->offset != 0 || in->count < known->get_feature_size) return std::nullopt;
  return known->readable;
}

}  // namespace cxlemu::app
