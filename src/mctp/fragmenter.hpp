// One message into packets of one transmission unit: DSP0236 8.3 and 8.4.
#pragma once

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

}  // namespace cxlemu::mctp
