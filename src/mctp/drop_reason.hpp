// Why a packet or a partial message went: DSP0236 8.7 (dropped packets) and 8.9 (terminated assemblies). Nothing of it
// is answered on the wire, so the counters are all that a person sees.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cxlemu::mctp {

enum class DropReason : std::uint8_t {
  // The packet alone: an assembly in progress does not notice.
  too_short,
  unsupported_header_version,
  unsupported_transmission_unit,
  invalid_source_eid,
  missing_message_type,
  unexpected_integrity_check,
  unknown_destination_eid,
  broadcast_not_allowed,
  unsupported_message_type,
  unknown_tag,
  no_assembly,
  too_many_assemblies,
  control_not_single_packet,
  malformed_control_message,
  // The message assembled so far.
  assembly_restarted,
  sequence_gap,
  packet_size_changed,
  message_too_long,
  assembly_timed_out,
  tag_released,
  endpoint_reset,
};

struct DropReasonName {
  DropReason reason;
  std::string_view name;  ///< as QMP shows it
  std::string_view meaning;
};

inline constexpr auto kDropReasons = std::to_array<DropReasonName>({
    {DropReason::too_short, "too-short", "shorter than the packet header"},
    {DropReason::unsupported_header_version, "unsupported-header-version", "header version is not 1"},
    {DropReason::unsupported_transmission_unit, "unsupported-transmission-unit", "longer than any binding can carry"},
    {DropReason::invalid_source_eid, "invalid-source-eid", "source is the broadcast EID"},
    {DropReason::missing_message_type, "missing-message-type", "SOM packet without a message type byte"},
    {DropReason::unexpected_integrity_check, "unexpected-integrity-check",
     "IC is set, and no message type here defines a message integrity check"},
    {DropReason::unknown_destination_eid, "unknown-destination-eid", "destination EID is not this endpoint's"},
    {DropReason::broadcast_not_allowed, "broadcast-not-allowed", "broadcast of what must be addressed to one endpoint"},
    {DropReason::unsupported_message_type, "unsupported-message-type", "message type that this endpoint does not have"},
    {DropReason::unknown_tag, "unknown-tag", "response (TO=0) to no outstanding request"},
    {DropReason::no_assembly, "no-assembly", "middle or end packet of a message whose start was not seen"},
    {DropReason::too_many_assemblies, "too-many-assemblies", "start of one message more than are assembled at a time"},
    {DropReason::control_not_single_packet, "control-not-single-packet", "control message in more than one packet"},
    {DropReason::malformed_control_message, "malformed-control-message",
     "control message without a header, or Rq, D and TO of no valid combination"},
    {DropReason::assembly_restarted, "assembly-restarted", "a new message began before the previous one ended"},
    {DropReason::sequence_gap, "sequence-gap", "packet sequence number out of order"},
    {DropReason::packet_size_changed, "packet-size-changed", "middle packet of another size, or a longer last one"},
    {DropReason::message_too_long, "message-too-long", "longer than any message may be"},
    {DropReason::assembly_timed_out, "assembly-timed-out", "the next packet did not come in time"},
    {DropReason::tag_released, "tag-released", "the requester gave the tag up while its response arrived"},
    {DropReason::endpoint_reset, "endpoint-reset", "the endpoint was reset"},
});
inline constexpr std::size_t kDropReasonCount = kDropReasons.size();

consteval bool drop_reasons_are_listed_in_order() {
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (static_cast<std::size_t>(kDropReasons[i].reason) != i) return false;
  }
  return static_cast<std::size_t>(DropReason::endpoint_reset) + 1 == kDropReasonCount;
}
static_assert(drop_reasons_are_listed_in_order());

constexpr std::string_view name_of(DropReason reason) { return kDropReasons[static_cast<std::size_t>(reason)].name; }

/// How often each reason applied.
struct DropCounters {
  std::array<std::uint64_t, kDropReasonCount> counts{};

  void count(DropReason reason) { ++counts[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] std::uint64_t operator[](DropReason reason) const { return counts[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto value : counts) sum += value;
    return sum;
  }
  bool operator==(const DropCounters&) const = default;
};

}  // namespace cxlemu::mctp
