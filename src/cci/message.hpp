// CCI messages (CXL r3.2 7.6.3): from bytes to dispatch and back, for every way that has no registers of its own.
#pragma once

#include "cci/dispatch.hpp"
#include "wire/cci_message.hpp"

namespace cxlemu::cci {

/// Which MCTP message type a CCI message came by: it decides which command sets are heard (CXL r3.2 7.6.3, DSP0234,
/// DSP0281; spec-check k4).
enum class MessageClass : std::uint8_t { fm_api, cci };

/// FM-API command sets (CXL r3.2 7.6.7): they go by message type 7, all others by type 8.
constexpr bool is_fm_api(Opcode opcode) { return opcode.value >= 0x5100 && opcode.value <= 0x5FFF; }

/// Why a message was dropped without an answer.
enum class MessageDrop : std::uint8_t { none, too_short, not_a_request, event_notification };

struct MessageResult {
  MessageDrop drop = MessageDrop::none;
  Buffer response;  ///< header and payload; empty where dropped
};

/// LIMIT: bytes of a response payload that any CCI can be configured for over MCTP.
inline constexpr std::size_t kMaximumMessagePayload = 1024;

/// Answers one request. `whole_length` is the length of the message as it was sent, where only its beginning was kept.
MessageResult handle_message(Cci& cci, MessageClass by, const Requester& from, Bytes message, std::size_t whole_length);

}  // namespace cxlemu::cci
