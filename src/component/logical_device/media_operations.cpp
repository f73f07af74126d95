#include "component/logical_device/media_operations.hpp"

#include <algorithm>
#include <array>

#include "component/state_keys.hpp"

namespace cxlemu::logical {
namespace {

// What a request asks for, read from its bytes again when the operation ends.
struct MediaOperationRequest {
  MediaOperationsIn head;
  cci::Tail<DpaRangeFormat> ranges;

  [[nodiscard]] bool is_discovery() const {
    return head.media_operation_class == 0 && head.media_operation_subclass == 0;
  }
  // Sanitize and Zero are one here: both leave zeros.
  [[nodiscard]] bool is_known() const {
    return is_discovery() || (head.media_operation_class == 1 && head.media_operation_subclass <= 1);
  }
};

MediaOperationRequest media_operation_of(Bytes request) {
  Reader reader(request);
  const auto head = reader.take<MediaOperationsIn>().value_or(MediaOperationsIn{});
  const std::size_t size =
      std::min(reader.rest().size() / sizeof(DpaRangeFormat), static_cast<std::size_t>(head.dpa_range_count)) *
      sizeof(DpaRangeFormat);
  return {head, {reader.rest().first(size)}};
}

cci::Result<void> discover_media_operations(const MediaOperationsIn& in, Bytes arguments,
                                            cci::Answer<MediaOperationsDiscoveryOut, SupportedMediaOperation>& out) {
  constexpr auto kOperations = std::to_array<SupportedMediaOperation>({{1, 0}, {1, 1}});
  if (in.dpa_range_count != 0) return cci::refuse(ReturnCode::invalid_input);
  const auto asked = Reader(arguments).take<MediaOperationsDiscovery>();
  if (!asked) return cci::refuse(ReturnCode::invalid_payload_length);
  const std::size_t start = asked->start_index;
  if (start >= kOperations.size()) return cci::refuse(ReturnCode::invalid_input);
  const std::size_t count = std::min<std::size_t>(asked->number_of_supported_operations, kOperations.size() - start);
  out.put(MediaOperationsDiscoveryOut{kMediaOperationGranularity, static_cast<std::uint16_t>(kOperations.size()),
                                      static_cast<std::uint16_t>(count)});
  for (std::size_t i = 0; i < count; ++i) out.put(kOperations[start + i]);
  return {};
}

// The first rule that a range breaks is the answer; nothing where all of them may be operated on.
std::optional<ReturnCode> refuse_ranges(const LogicalDevice& device, const cci::Tail<DpaRangeFormat>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const DpaRangeFormat range = ranges[i];
    // SILENT: a range without bytes is an invalid one. Bits 5:0 of the start are reserved.
    const std::uint64_t start = range.starting_dpa & ~(kMediaOperationGranularity - 1);
    if (range.length == 0 || range.length % kMediaOperationGranularity != 0 ||
        !device.contains(Dpa{start}, range.length)) {
      return ReturnCode::invalid_input;
    }
    // SILENT: 13h is no return code of this command, but what needs media that is locked shall be refused with it.
    if (device.locks(Dpa{start}, range.length)) return ReturnCode::invalid_security_state;
  }
  return std::nullopt;
}

ReturnCode overwrite_ranges(LogicalDevice& device, Bytes request, std::uint8_t percent) {
  const auto ranges = media_operation_of(request).ranges;
  if (!device.state.poison.is_clean()) device.mark(StateKey::poison);
  bool done = true;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::uint64_t start = ranges[i].starting_dpa & ~(kMediaOperationGranularity - 1);
    const std::uint64_t lines = ranges[i].length / kMediaOperationGranularity;
    const std::uint64_t reached = lines / 100 * percent + lines % 100 * percent / 100;
    // Only a state that was restored can name what is not there.
    done = device.contains(Dpa{start}, reached * kMediaOperationGranularity) &&
           device.zero(Dpa{start}, reached * kMediaOperationGranularity, device.device_time()) && done;
  }
  for (const auto key : {StateKey::media, StateKey::background}) device.mark(key);
  return done ? ReturnCode::success : ReturnCode::internal_error;
}

}  // namespace

cci::Result<void> secure_erase(LogicalDevice& device, cci::Cci&) {
  // Its row refuses it while locked: "any security applied shall be disabled or unlocked" before. New keys: what stood
  // there cannot be read any more. Labels are no user data, and poison is of the media, which was not written.
  if (!device.erase(UserData::all)) return cci::refuse(ReturnCode::internal_error);
  device.mark(StateKey::media);
  return {};
}

cci::Result<cci::Outcome> media_operations(LogicalDevice& device, cci::Cci& cci, const MediaOperationsIn& in,
                                           cci::Tail<std::byte> rest,
                                           cci::Answer<MediaOperationsDiscoveryOut, SupportedMediaOperation>& out) {
  const MediaOperationRequest request{in, {rest.bytes}};
  // An operation that the device does not have is an invalid input here, not an unsupported one.
  if (!request.is_known()) return cci::refuse(ReturnCode::invalid_input);
  if (request.is_discovery()) {
    if (const auto answered = discover_media_operations(in, rest.bytes, out); !answered) {
      return cci::refuse(answered.error());
    }
    return cci::Outcome{};
  }
  if (device.state.media_disabled) return cci::refuse(ReturnCode::media_disabled);
  if (device.media_operation_elsewhere(cci)) return cci::refuse(ReturnCode::busy);
  const std::uint64_t bytes = std::uint64_t{in.dpa_range_count} * sizeof(DpaRangeFormat);
  // LIMIT: as many ranges as a request to this CCI holds.
  if (rest.bytes.size() < bytes) return cci::refuse(ReturnCode::invalid_payload_length);
  const cci::Tail<DpaRangeFormat> ranges{rest.bytes.first(bytes)};
  if (const auto code = refuse_ranges(device, ranges)) return cci::refuse(*code);
  // No range: there is nothing to do.
  if (ranges.size() == 0) return cci::Outcome{};
  std::uint64_t total = 0;
  // LIMIT: what a week holds; ranges may overlap, and are counted as often as they are named.
  constexpr std::uint64_t kMost = std::uint64_t{1} << 56;
  for (std::size_t i = 0; i < ranges.size() && total < kMost; ++i) total += ranges[i].length;
  device.mark(StateKey::background);
  return cci::Background{media_operation_duration(device.config(), total)};
}

ReturnCode complete_media_operations(LogicalDevice& device, cci::Cci&, Bytes request) {
  return overwrite_ranges(device, request, 100);
}

void interrupt_media_operations(LogicalDevice& device, cci::Cci&, Bytes request, std::uint8_t percent,
                                cci::Interruption) {
  (void)overwrite_ranges(device, request, percent);
}

bool media_operations_run_in_background(const LogicalDevice&, const cci::Cci&, const cci::Request& request) {
  const MediaOperationRequest asked = media_operation_of(request.payload);
  return asked.is_known() && !asked.is_discovery() && asked.ranges.size() != 0;
}

}  // namespace cxlemu::logical
