// What the tests of this folder share.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "base/hex.hpp"
#include "mctp/endpoint.hpp"

namespace cxlemu::mctp {

inline Buffer hex(std::string_view text) { return from_hex(text).value(); }

/// Names a parameterised test after the `name` of its case.
inline constexpr auto case_name = [](const auto& test_case) { return std::string(test_case.param.name); };

/// `size` bytes that tell their place, so that a mixed-up order shows.
inline Buffer pattern(std::size_t size) {
  Buffer bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 7 + i / 251) & 0xFF);
  return bytes;
}

/// Header bytes and payload of a packet to EID 9 from EID 8.
inline Buffer packet(std::uint8_t flags, Bytes payload) {
  Buffer bytes = hex("01 09 08 00");
  bytes[3] = std::byte{flags};
  append(bytes, payload);
  return bytes;
}
inline Buffer packet(std::uint8_t flags, std::string_view payload) { return packet(flags, hex(payload)); }

/// A payload that starts a CXL CCI message: the type byte and size - 1 bytes.
inline Buffer cci_start(std::size_t size, std::byte fill = std::byte{0}) {
  Buffer payload(size, fill);
  payload.front() = std::byte{0x08};
  return payload;
}

inline constexpr Eid kHost{8};
inline constexpr Eid kDevice{9};

/// An endpoint of which the tests see everything that comes out.
struct RecordingEndpoint {
  explicit RecordingEndpoint(Timeline& timeline, EndpointConfiguration configuration = {.static_eid = kDevice})
      : endpoint(timeline, std::move(configuration)) {
    endpoint.to_link = [this](Bytes bytes) { sent.push_back(to_buffer(bytes)); };
    endpoint.on_message = [this](Message&& message) { messages.push_back(std::move(message)); };
    endpoint.on_tag_released = [this](Eid peer, std::uint8_t value) { released.emplace_back(peer, value); };
  }
  [[nodiscard]] std::uint64_t dropped(DropReason reason) const { return endpoint.counters().dropped[reason]; }

  std::vector<Buffer> sent;
  std::vector<Message> messages;
  std::vector<std::pair<Eid, std::uint8_t>> released;
  Endpoint endpoint;
};

}  // namespace cxlemu::mctp
