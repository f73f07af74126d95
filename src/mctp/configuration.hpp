// What an endpoint is, as opposed to what happens to it.
#pragma once

#include <vector>

#include "base/uuid.hpp"
#include "mctp/packet.hpp"
#include "mctp/reassembler.hpp"
#include "wire/fields.hpp"

namespace cxlemu::mctp {

// DSP0236 12.6.2 MCTP version number entry: two digits a byte, F for a digit that is not there, an update of FFh for
// "any".
struct VersionNumberEntry {
  U8 major_version;
  U8 minor_version;
  U8 update_version;
  U8 alpha;
};
static_assert(sizeof(VersionNumberEntry) == 4);

inline constexpr VersionNumberEntry kVersion10{0xF1, 0xF0, 0xFF, 0x00};

struct SupportedMessageType {
  MessageType type{};
  VersionNumberEntry version = kVersion10;  ///< DSP0281 7.2 and DSP0234: 1.0
};

struct EndpointConfiguration {
  Eid static_eid{};  ///< the EID it has from the start and after a reset; null: it waits for Set Endpoint ID
  Uuid uuid{};       ///< nil: Get Endpoint UUID is not supported
  /// Besides control, in the order that Get Message Type Support lists them.
  std::vector<SupportedMessageType> message_types{{MessageType::cxl_fm_api}, {MessageType::cxl_cci}};
  std::uint8_t medium_specific_information = 0;  ///< of Get Endpoint ID; SMBus: bit 0, fairness arbitration
  std::size_t transmission_unit = kBaselineTransmissionUnit;  ///< of what is sent; any is received
  std::uint8_t first_sequence = 0;                            ///< of every message; Linux and libmctp begin at 0 too
  std::size_t maximum_body = kMaximumMessageBody;             ///< a longer message is cut (Message::oversized_length)
  std::size_t maximum_assemblies = kMaximumAssemblies;
  Nanoseconds assembly_timeout = kAssemblyTimeout;
  Nanoseconds tag_lifetime = std::chrono::seconds(6);  ///< as Linux; a response that has begun may end
};

}  // namespace cxlemu::mctp

namespace cxlemu {

CXLEMU_DESCRIBE(mctp::VersionNumberEntry,
                CXLEMU_FIELD(mctp::VersionNumberEntry, major_version, hex, "Major version number"),
                CXLEMU_FIELD(mctp::VersionNumberEntry, minor_version, hex, "Minor version number"),
                CXLEMU_FIELD(mctp::VersionNumberEntry, update_version, hex, "Update version number"),
                CXLEMU_FIELD(mctp::VersionNumberEntry, alpha, hex, "Alpha byte"));

}  // namespace cxlemu
