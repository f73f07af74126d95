// The MCTP packet as every binding carries it: DSP0236 1.3.3 8.1 to 8.4.
#pragma once

#include <cstring>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "mctp/drop_reason.hpp"
#include "mctp/message.hpp"
#include "wire/fields.hpp"

namespace cxlemu::mctp {

// DSP0236 8.1 Generic MCTP packet fields
struct PacketHeader {
  U8 header_version;
  U8 destination_endpoint_id;
  U8 source_endpoint_id;
  U8 message_flags_and_tag;

  using HeaderVersion = Bits<3, 0>;
  using StartOfMessage = Bits<7>;
  using EndOfMessage = Bits<6>;
  using PacketSequence = Bits<5, 4>;
  using TagOwner = Bits<3>;
  using MessageTag = Bits<2, 0>;
};
static_assert(sizeof(PacketHeader) == 4);

// DSP0236 8.1: the first byte of the SOM packet's payload
using IntegrityCheck = Bits<7>;
using MessageTypeNumber = Bits<6, 0>;

inline constexpr std::uint8_t kHeaderVersion = 1;
inline constexpr std::uint8_t kTagCount = 8;
/// DSP0236 8.4: payload bytes of a packet that every endpoint accepts.
inline constexpr std::size_t kBaselineTransmissionUnit = 64;
/// LIMIT: the most that any binding here can carry (DSP0283 1.1: 8191 bytes with its own header and this one).
inline constexpr std::size_t kMaximumTransmissionUnit = 8183;
inline constexpr std::size_t kMaximumPacketSize = sizeof(PacketHeader) + kMaximumTransmissionUnit;

/// A packet that was checked; `payload` still lies where the packet lay.
struct PacketView {
  Eid destination;
  Eid source;
  bool start_of_message = false;
  bool end_of_message = false;
  std::uint8_t sequence = 0;
  Tag tag;
  Bytes payload;  ///< of a SOM packet: at least the message type byte

  /// Of a SOM packet.
  [[nodiscard]] MessageType message_type() const {
    return static_cast<MessageType>(MessageTypeNumber::get(std::to_integer<std::uint8_t>(payload.front())));
  }
};

// Both are here and not in a source file because they run for every packet.

/// DSP0236 8.7: what can be refused by looking at one packet alone. Reserved bits are ignored.
inline Result<PacketView, DropReason> parse_packet(Bytes packet) {
  PacketHeader header;
  if (packet.size() < sizeof(header)) return std::unexpected(DropReason::too_short);
  if (packet.size() > kMaximumPacketSize) return std::unexpected(DropReason::unsupported_transmission_unit);
  std::memcpy(&header, packet.data(), sizeof(header));
  if (PacketHeader::HeaderVersion::get(header.header_version.value()) != kHeaderVersion) {
    return std::unexpected(DropReason::unsupported_header_version);
  }
  const std::uint8_t flags = header.message_flags_and_tag;
  PacketView view{
      .destination = Eid{header.destination_endpoint_id},
      .source = Eid{header.source_endpoint_id},
      .start_of_message = PacketHeader::StartOfMessage::get(flags) != 0,
      .end_of_message = PacketHeader::EndOfMessage::get(flags) != 0,
      .sequence = static_cast<std::uint8_t>(PacketHeader::PacketSequence::get(flags)),
      .tag = {static_cast<std::uint8_t>(PacketHeader::MessageTag::get(flags)), PacketHeader::TagOwner::get(flags) != 0},
      .payload = packet.subspan(sizeof(header)),
  };
  if (view.source == kBroadcastEid) return std::unexpected(DropReason::invalid_source_eid);
  if (view.start_of_message) {
    if (view.payload.empty()) return std::unexpected(DropReason::missing_message_type);
    // DSP0236 11, DSP0234 and DSP0281: IC is 0 for control and both CXL types, and no other type here has a check.
    if (IntegrityCheck::get(std::to_integer<std::uint8_t>(view.payload.front())) != 0) {
      return std::unexpected(DropReason::unexpected_integrity_check);
    }
  }
  return view;
}

/// The header of a packet to be sent, reserved bits 0.
inline PacketHeader header_of(const PacketView& packet) {
  std::uint8_t flags = packet.tag.value;
  flags = PacketHeader::TagOwner::set(flags, packet.tag.owner ? 1 : 0);
  flags = PacketHeader::PacketSequence::set(flags, packet.sequence);
  flags = PacketHeader::EndOfMessage::set(flags, packet.end_of_message ? 1 : 0);
  flags = PacketHeader::StartOfMessage::set(flags, packet.start_of_message ? 1 : 0);
  return {kHeaderVersion, packet.destination.value, packet.source.value, flags};
}

}  // namespace cxlemu::mctp

namespace cxlemu {

CXLEMU_DESCRIBE(mctp::PacketHeader, CXLEMU_FIELD(mctp::PacketHeader, header_version, number, "Header Version [3:0]"),
                CXLEMU_FIELD(mctp::PacketHeader, destination_endpoint_id, number, "Destination Endpoint ID"),
                CXLEMU_FIELD(mctp::PacketHeader, source_endpoint_id, number, "Source Endpoint ID"),
                CXLEMU_FIELD(mctp::PacketHeader, message_flags_and_tag, hex,
                             "SOM [7], EOM [6], Packet Sequence Number [5:4], Tag Owner [3], Message Tag [2:0]"));

}  // namespace cxlemu
