// Control messages into an endpoint. Input: records of a length byte and a packet behind its header version; the first
// byte of the input chooses whether the endpoint has a static EID.
#include <cstdlib>

#include "mctp/endpoint.hpp"
#include "wire/reader_writer.hpp"

namespace {

using namespace cxlemu;
using namespace cxlemu::mctp;

void require(bool holds) {
  if (!holds) std::abort();
}

// DSP0236 Table 11: one packet, to the requester, with its tag, instance ID and command code.
void check_response(Bytes request, Bytes response) {
  require(response.size() >= 8 && response.size() <= 4 + kBaselineTransmissionUnit);
  require(request.size() >= 7);
  require(response[1] == request[2]);
  require((response[3] & std::byte{0xC0}) == std::byte{0xC0});
  require((response[3] & std::byte{0x0F}) == (request[3] & std::byte{0x07}));
  require((request[3] & std::byte{0x08}) != std::byte{0});
  require(response[4] == std::byte{0});
  require(response[5] == (request[5] & std::byte{0x1F}));
  require((request[5] & std::byte{0xC0}) == std::byte{0x80});
  require(response[6] == request[6]);
  // Errors are a completion code alone.
  require(response[7] == std::byte{0} || response.size() == 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader input(std::as_bytes(std::span(data, size)));
  const auto first = input.take<U8>();
  if (!first) return 0;
  Timeline timeline;
  Endpoint endpoint(timeline, {.static_eid = Bits<0>::get(first->value()) != 0 ? Eid{9} : kNullEid,
                               .uuid = "00112233-4455-6677-8899-aabbccddeeff"_uuid});
  Buffer request;
  int responses = 0;
  endpoint.to_link = [&](Bytes packet) {
    ++responses;
    check_response(request, packet);
  };
  while (const auto length = input.take<U8>()) {
    const Bytes packet = input.rest().first(std::min<std::size_t>(*length, input.rest().size()));
    input = Reader(input.rest().subspan(packet.size()));
    request.assign(1, std::byte{kHeaderVersion});
    append(request, packet);
    responses = 0;

    endpoint.receive(request);

    require(responses <= 1);
    require(endpoint.eid() == kNullEid || (endpoint.eid().value >= 8 && endpoint.eid() != kBroadcastEid));
  }
  return 0;
}
