#include "component/memory_device/features.hpp"

#include <algorithm>

#include "component/memory_device/memory_device.hpp"

namespace cxlemu {

std::string_view impossible(const FeaturesState& state) {
  // The least that a device of any configuration asks for.
  MemoryDeviceConfig any;
  any.patrol_scrub_minimum_hours = 1;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    const FeatureRow& row = feature_rows()[i];
    for (const Buffer* value : {&state.values[i].current, &state.values[i].saved}) {
      Buffer admitted = *value;
      if (value->size() != row.set_feature_size || !row.admit(any, admitted) || admitted != *value) {
        return "values";
      }
    }
  }
  const FeatureTransfer& transfer = state.transfer;
  if (!transfer.in_progress) return {};
  if (transfer.feature >= kFeatures || transfer.last_offset >= transfer.data.size() ||
      transfer.data.size() > feature_rows()[transfer.feature].set_feature_size) {
    return "transfer";
  }
  return {};
}

FeaturesState initial_features(const MemoryDeviceConfig& config) {
  FeaturesState state;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    state.values[i].current = state.values[i].saved = features::default_value(feature_rows()[i], config);
  }
  return state;
}

namespace features {
namespace {

std::optional<std::size_t> find(const Uuid& identifier) {
  const auto rows = feature_rows();
  const auto found = std::ranges::find(rows, identifier, &FeatureRow::identifier);
  if (found == rows.end()) return std::nullopt;
  return static_cast<std::size_t>(found - rows.begin());
}

SupportedFeatureEntry entry_of(std::size_t index) {
  const FeatureRow& row = feature_rows()[index];
  SupportedFeatureEntry entry{};
  entry.feature_identifier = row.identifier;
  entry.feature_index = static_cast<std::uint16_t>(index);
  entry.get_feature_size = row.get_feature_size;
  entry.set_feature_size = row.set_feature_size;
  entry.attribute_flags = row.attribute_flags;
  entry.get_feature_version = row.get_feature_version;
  entry.set_feature_version = row.set_feature_version;
  entry.set_feature_effects = row.set_feature_effects;
  return entry;
}

void make_current(MemoryDevice& device, std::size_t index, Buffer value) {
  const FeatureRow& row = feature_rows()[index];
  if (row.apply != nullptr) row.apply(device, value);
  device.features().values[index].current = std::move(value);
  device.changes().mark(StateKey::features);
  device.rearm_media_errors();
}

// What came is complete: it is checked as a whole, then it is the value.
cci::Result<void> update(MemoryDevice& device, std::size_t index, bool save, Buffer data) {
  const FeatureRow& row = feature_rows()[index];
  if (data.size() < row.minimum_data_size) return cci::refuse(ReturnCode::invalid_payload_length);
  data.resize(row.set_feature_size);
  if (!row.admit(device.config(), data)) return cci::refuse(ReturnCode::invalid_input);
  make_current(device, index, std::move(data));
  // COMPAT(linux): it always asks to save; where the feature has no saved value there is nothing to do.
  FeatureValue& value = device.features().values[index];
  if (save && row.has(feature_attribute::saved_selection)) value.saved = value.current;
  return {};
}

// The feature that a request is about; what the special identifier names is known only while a transfer is in progress.
cci::Result<std::size_t> feature_of(const FeatureTransfer& transfer, const SetFeatureIn& in, SetFeatureAction action) {
  if (const auto known = find(in.feature_identifier)) return *known;
  if (in.feature_identifier != kFeatureBeingTransferred) return cci::refuse(ReturnCode::invalid_input);
  if (transfer.in_progress) return transfer.feature;
  const bool goes_on = action == SetFeatureAction::continue_transfer || action == SetFeatureAction::finish;
  return cci::refuse(goes_on ? ReturnCode::feature_transfer_out_of_order : ReturnCode::invalid_input);
}

// Where a request stands in a transfer, or that it stands in none.
std::optional<ReturnCode> refuse_action(const FeatureTransfer& transfer, const cci::Cci& cci, std::size_t index,
                                        SetFeatureAction action) {
  // SILENT: a transfer belongs to the CCI that began it, whatever another one asks for.
  if (transfer.in_progress && transfer.by != cci.id) return ReturnCode::feature_transfer_in_progress;
  switch (action) {
    case SetFeatureAction::full:
    case SetFeatureAction::initiate:
      if (transfer.in_progress) return ReturnCode::feature_transfer_in_progress;
      break;
    case SetFeatureAction::continue_transfer:
    case SetFeatureAction::finish:
      if (!transfer.in_progress || transfer.feature != index) return ReturnCode::feature_transfer_out_of_order;
      break;
    case SetFeatureAction::abort:
      if (!transfer.in_progress || transfer.feature != index) return ReturnCode::invalid_input;
      break;
  }
  return std::nullopt;
}

// The bytes of one part; none of these refusals ends the transfer.
std::optional<ReturnCode> refuse_part(const FeatureTransfer& transfer, const FeatureRow& row, const SetFeatureIn& in,
                                      SetFeatureAction action, std::size_t length) {
  // A newer device understands what was defined before (8.2.10.6.1).
  if (in.version == 0 || in.version > row.set_feature_version) return ReturnCode::unsupported_feature_version;
  // SILENT: a part brings at least one byte.
  if (length == 0) return ReturnCode::invalid_payload_length;
  const std::size_t offset = action == SetFeatureAction::full ? 0 : in.offset.value();
  if (offset + length > row.set_feature_size) return ReturnCode::invalid_input;
  const bool begins = action == SetFeatureAction::full || action == SetFeatureAction::initiate;
  const bool next = offset == (begins ? 0 : transfer.data.size());
  const bool again = !begins && offset == transfer.last_offset && length == transfer.data.size() - offset;
  // SILENT: parts leave no gap. The transfer goes on with the part that was due.
  if (!next && !again) return ReturnCode::feature_transfer_out_of_order;
  return std::nullopt;
}

// Table 8-110: how deep a reset is, in the numbers of Deepest Reset Persistence.
std::uint64_t depth_of(ResetKind kind) {
  constexpr std::uint64_t kCxl = 1;
  constexpr std::uint64_t kHot = 2;
  constexpr std::uint64_t kCold = 4;
  switch (kind) {
    case ResetKind::cxl:
      return kCxl;
    case ResetKind::conventional:
      return kHot;
    default:
      return kCold;
  }
}

// Values with a persistence that the depth passes become the saved one, those that have none the default.
void fall_back(MemoryDevice& device, std::size_t index) {
  const FeatureRow& row = feature_rows()[index];
  const bool has_saved = row.has(feature_attribute::saved_selection);
  Buffer value = has_saved ? device.features().values[index].saved : default_value(row, device.config());
  if (value != device.features().values[index].current) make_current(device, index, std::move(value));
}

}  // namespace

Buffer default_value(const FeatureRow& row, const MemoryDeviceConfig& config) {
  Buffer value(row.set_feature_size);
  row.make_default(config, value);
  return value;
}

cci::Result<void> get_supported_features(MemoryDevice&, cci::Cci&, const GetSupportedFeaturesIn& in,
                                         cci::Answer<GetSupportedFeaturesOut, SupportedFeatureEntry>& out) {
  const std::size_t start = in.starting_feature_index;
  // SILENT: a Count without room for what stands before the entries.
  if (in.count < sizeof(GetSupportedFeaturesOut) || start > kFeatures) return cci::refuse(ReturnCode::invalid_input);
  const std::size_t bytes = std::min<std::size_t>(in.count, out.room()) - sizeof(GetSupportedFeaturesOut);
  const std::size_t count = std::min(bytes / sizeof(SupportedFeatureEntry), kFeatures - start);
  out.put(GetSupportedFeaturesOut{static_cast<std::uint16_t>(count), static_cast<std::uint16_t>(kFeatures), {}});
  for (std::size_t i = 0; i < count; ++i) out.put(entry_of(start + i));
  return {};
}

cci::Result<void> get_feature(MemoryDevice& device, cci::Cci&, const GetFeatureIn& in, cci::AnswerBytes& out) {
  const auto index = find(in.feature_identifier);
  // SILENT: a feature that there is not has no code of its own.
  if (!index) return cci::refuse(ReturnCode::invalid_input);
  const FeatureRow& row = feature_rows()[*index];
  const FeatureValue& value = device.features().values[*index];
  Buffer made;
  switch (in.selection) {
    case FeatureSelection::current_value:
      made = value.current;
      break;
    case FeatureSelection::default_value:
      made = default_value(row, device.config());
      break;
    case FeatureSelection::saved_value:
      if (!row.has(feature_attribute::saved_selection)) {
        return cci::refuse(ReturnCode::unsupported_feature_selection_value);
      }
      made = value.saved;
      break;
    default:
      return cci::refuse(ReturnCode::unsupported_feature_selection_value);
  }
  Buffer data(row.get_feature_size);
  row.read(device.config(), made, data);
  const std::size_t offset = in.offset;
  // SILENT: the byte behind the last one.
  if (offset >= data.size()) return cci::refuse(ReturnCode::invalid_input);
  const std::size_t count = std::min<std::size_t>(in.count, data.size() - offset);
  out.put_bytes(Bytes(data).subspan(offset, count));
  return {};
}

cci::Result<void> set_feature(MemoryDevice& device, cci::Cci& cci, const SetFeatureIn& in, cci::Tail<std::byte> data) {
  FeatureTransfer& transfer = device.features().transfer;
  const auto action = static_cast<SetFeatureAction>(SetFeatureIn::Action::get(in.set_feature_flags.value()));
  if (action > SetFeatureAction::abort) return cci::refuse(ReturnCode::invalid_input);
  const auto index = feature_of(transfer, in, action);
  if (!index) return cci::refuse(index.error());
  if (const auto code = refuse_action(transfer, cci, *index, action)) return cci::refuse(*code);
  if (action == SetFeatureAction::abort) {
    transfer = {};
    device.changes().mark(StateKey::features);
    return {};
  }
  const FeatureRow& row = feature_rows()[*index];
  if (const auto code = refuse_part(transfer, row, in, action, data.bytes.size())) return cci::refuse(*code);
  const bool save = SetFeatureIn::SavedAcrossReset::get(in.set_feature_flags.value()) != 0;
  if (action == SetFeatureAction::full) return update(device, *index, save, to_buffer(data.bytes));

  device.changes().mark(StateKey::features);
  if (action == SetFeatureAction::initiate) {
    transfer.in_progress = true;
    transfer.by = cci.id;
    transfer.feature = static_cast<std::uint8_t>(*index);
    transfer.save = save;
  }
  // A retransmission replaces what came the first time.
  transfer.data.resize(in.offset);
  transfer.last_offset = in.offset;
  append(transfer.data, data.bytes);
  if (action != SetFeatureAction::finish) return {};
  const FeatureTransfer whole = std::exchange(transfer, {});
  return update(device, *index, whole.save, whole.data);
}

void reset(MemoryDevice& device, ResetKind kind) {
  FeatureTransfer& transfer = device.features().transfer;
  if (transfer.in_progress) {
    transfer = {};
    device.changes().mark(StateKey::features);
  }
  for (std::size_t i = 0; i < kFeatures; ++i) {
    const std::uint32_t flags = feature_rows()[i].attribute_flags;
    if (depth_of(kind) >= feature_attribute::DeepestResetPersistence::get(flags)) fall_back(device, i);
  }
}

void firmware_changed(MemoryDevice& device) {
  for (std::size_t i = 0; i < kFeatures; ++i) {
    if (!feature_rows()[i].has(feature_attribute::persists_across_firmware_update)) fall_back(device, i);
  }
}

}  // namespace features
}  // namespace cxlemu
