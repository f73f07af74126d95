// One message into packets of one transmission unit: DSP0236 8.3 and 8.4.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstring>

#include "mctp/message.hpp"
#include "mctp/packet.hpp"

namespace cxlemu::mctp {

/// Yields the packets of `message` one after the other. Borrows the message and allocates nothing.
class Fragmenter {
 public:
  /// All packets carry `transmission_unit` payload bytes, the last one the rest. Every start sequence is legal.
  Fragmenter(const Message& message, Eid source, std::size_t transmission_unit, std::uint8_t first_sequence = 0);

  /// Writes the next packet to the front of `space`, which holds at least a header and one unit, and returns it; empty
  /// after the last one.
  Bytes next(MutableBytes space);
  [[nodiscard]] bool done() const { return done_; }

 private:
  PacketView head_;
  MessageType type_;
  Bytes rest_;
  std::size_t unit_;
  bool done_ = false;
};

// Here because it runs for every packet.
inline Bytes Fragmenter::next(MutableBytes space) {
  if (done_) return {};
  assert(space.size() >= sizeof(PacketHeader) + unit_);
  std::size_t size = sizeof(PacketHeader);
  if (head_.start_of_message) space[size++] = static_cast<std::byte>(type_);
  const auto part = rest_.first(std::min(rest_.size(), sizeof(PacketHeader) + unit_ - size));
  if (!part.empty()) std::memcpy(space.data() + size, part.data(), part.size());
  rest_ = rest_.subspan(part.size());
  done_ = rest_.empty();

  head_.end_of_message = done_;
  const PacketHeader header = header_of(head_);
  std::memcpy(space.data(), &header, sizeof(header));
  head_.start_of_message = false;
  head_.sequence = (head_.sequence + 1) & 3;
  return space.first(size + part.size());
}

}  // namespace cxlemu::mctp
