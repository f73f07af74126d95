// Any bytes as CCI messages to one device, on both message types, with time and resets between them.
// Input: one control byte, then a message with its length in front (two bytes), again and again.
#include <algorithm>
#include <cstdlib>

#include "cci/message.hpp"
#include "component/memory_device/memory_device.hpp"

namespace {

using namespace cxlemu;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_response(Bytes request, const cci::MessageResult& result, const cci::Cci& cci) {
  if (result.drop != cci::MessageDrop::none) {
    require(result.response.empty());
    return;
  }
  Reader reader(result.response);
  const auto header = reader.take<CciMessageHeader>();
  require(header.has_value() && header->category == 1 && header->cci_tag == std::to_integer<std::uint8_t>(request[1]));
  const auto length = CciMessageHeader::PayloadLength::get(header->payload_length_and_background_operation.value());
  require(length == reader.rest().size() && length <= cci.response_limit);
  const bool busy =
      CciMessageHeader::BackgroundOperation::get(header->payload_length_and_background_operation.value()) != 0;
  require(busy == cci.background.running());
  require(header->return_code == ReturnCode::success || reader.rest().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Timeline timeline;
  Backing volatile_capacity(256 << 20);
  Backing persistent_capacity(256 << 20);
  Backing labels(4096);
  MemoryDeviceConfig config;
  config.event_log_size = 4;
  MemoryDevice device("mem0", config, timeline, {&volatile_capacity, &persistent_capacity, &labels});
  Bytes input = std::as_bytes(std::span(data, size));
  while (input.size() >= 3) {
    const auto control = std::to_integer<unsigned>(input[0]);
    const std::size_t length = std::min<std::size_t>(
        std::to_integer<std::size_t>(input[1]) | std::to_integer<std::size_t>(input[2]) << 8, input.size() - 3);
    const Bytes message = input.subspan(3, length);
    input = input.subspan(3 + length);
    if ((control & 0x0F) == 0) device.reset(static_cast<ResetKind>(control >> 4 & 3));
    if ((control & 0x0F) == 1) device.log_event(static_cast<EventLogId>(control >> 4 & 3), EventRecord{});
    timeline.advance_to(timeline.now() + std::chrono::milliseconds(control >> 4));
    const auto by = (control & 0x08) != 0 ? cci::MessageClass::fm_api : cci::MessageClass::cci;
    const std::size_t whole = (control & 0x04) != 0 ? message.size() + control : message.size();
    const auto result = cci::handle_message(device.cci(cci::kMctp), by, {}, message, whole);
    check_response(message, result, device.cci(cci::kMctp));
  }
  return 0;
}
