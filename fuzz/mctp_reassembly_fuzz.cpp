// Packets of several peers, in any order and at any time, into an endpoint that has requests outstanding.
// Input: records of a control byte, a length byte and a packet. Control: 7 advance time by seconds (2:0) first,
// 6 release a tag, 5 snapshot and restore, 4:3 physical source.
#include <cstdlib>

#include "mctp/endpoint.hpp"
#include "wire/reader_writer.hpp"

namespace {

using namespace cxlemu;
using namespace cxlemu::mctp;

constexpr std::size_t kAssemblies = 4;
constexpr std::size_t kKeptBody = 600;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_message(const Message& message) {
  require(message.body.size() <= kKeptBody);
  require(message.oversized_length == 0 || message.oversized_length > message.body.size());
  require(message.oversized_length <= kMaximumMessageBody);
  require(message.source != kBroadcastEid);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Timeline timeline;
  Endpoint endpoint(timeline, {.static_eid = Eid{9}, .maximum_body = kKeptBody, .maximum_assemblies = kAssemblies});
  std::uint64_t delivered = 0;
  endpoint.to_link = [](Bytes packet) { require(packet.size() <= 4 + kBaselineTransmissionUnit); };
  endpoint.on_message = [&](Message&& message) {
    check_message(message);
    // Every second owner takes the body away.
    if (++delivered % 2 == 0) const Buffer taken = std::move(message.body);
  };
  endpoint.on_tag_released = [&](Eid peer, std::uint8_t) { endpoint.allocate_tag(peer); };
  for (const Eid peer : {Eid{8}, Eid{8}, Eid{10}}) endpoint.allocate_tag(peer);
  endpoint.claim_tag(kNullEid, 7, true);

  Reader input(std::as_bytes(std::span(data, size)));
  while (const auto control = input.take<U8>()) {
    const std::uint8_t step = *control;
    if (Bits<7>::get(step) != 0) timeline.advance_to(timeline.now() + std::chrono::seconds(Bits<2, 0>::get(step)));
    if (Bits<6>::get(step) != 0) endpoint.release_tag(Eid{8}, static_cast<std::uint8_t>(Bits<2, 0>::get(step)));
    if (Bits<5>::get(step) != 0) endpoint.restore(endpoint.state());
    const auto length = input.take<U8>();
    if (!length) break;
    const Bytes packet = input.rest().first(std::min<std::size_t>(*length, input.rest().size()));
    endpoint.receive(packet, PhysicalSource{static_cast<std::uint32_t>(Bits<4, 3>::get(step))});
    input = Reader(input.rest().subspan(packet.size()));

    require(endpoint.assemblies_in_progress() <= kAssemblies);
    require(timeline.pending() <= 1);
    require(endpoint.assemblies_in_progress() == 0 || timeline.pending() == 1);
  }
  // Whatever came: without packets, nothing is in progress in the end.
  timeline.advance_to(timeline.now() + kAssemblyTimeout);
  require(endpoint.assemblies_in_progress() == 0);
  return 0;
}
