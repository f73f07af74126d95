// A whole MCTP message (DSP0236 3.2.26), after reassembly or before fragmentation.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace cxlemu::mctp {

/// Message type without the IC bit (DSP0239).
enum class MessageType : std::uint8_t {
  control = 0x00,
  cxl_fm_api = 0x07,  ///< DSP0234
  cxl_cci = 0x08,     ///< DSP0281
};

/// Where a packet came from or goes to on the medium, in the binding's own numbers; point-to-point links have only 0.
using PhysicalAddress = Id<struct PhysicalAddressTag, std::uint32_t>;
using PhysicalSource = PhysicalAddress;

/// LIMIT: the longest body that is sent or received, as Linux and libmctp have it. DSP0236 sets none.
inline constexpr std::size_t kMaximumMessageBody = 64 * 1024;

/// Who a message belongs to among those between the same two endpoints: the tag and who allocated it.
struct Tag {
  std::uint8_t value = 0;  ///< 0 to 7
  bool owner = false;      ///< TO: the sender of this message allocated the tag, so it is a request or a notification
  auto operator<=>(const Tag&) const = default;
};

struct Message {
  Eid source{};
  Eid destination{};
  MessageType type{};
  Tag tag{};
  Buffer body{};  ///< without the message type byte
  /// Bytes of the whole body where the message was longer than the receiver keeps; `body` then holds only its
  /// beginning, so that the message can be answered (CXL r3.2 8.2.10.1.1: 16h, never dropped). 0: body is whole.
  std::size_t oversized_length = 0;
  /// The sender's place on the medium for a received message, the receiver's for one to be sent: what tells peers
  /// apart that have no EID yet.
  PhysicalAddress physical{};
};

/// The response to `request`, still without a body: same tag, which the requester owns (DSP0236 8.1). The source is the
/// EID that was addressed; a null one is for the endpoint to fill in.
inline Message response_to(const Message& request) {
  Message response;
  if (request.destination != kBroadcastEid) response.source = request.destination;
  response.destination = request.source;
  response.type = request.type;
  response.tag = {request.tag.value, false};
  response.physical = request.physical;
  return response;
}

}  // namespace cxlemu::mctp
