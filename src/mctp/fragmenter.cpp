#include "mctp/fragmenter.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace cxlemu::mctp {

Fragmenter::Fragmenter(const Message& message, Eid source, std::size_t transmission_unit, std::uint8_t first_sequence)
    : head_{.destination = message.destination,
            .source = source,
            .start_of_message = true,
            .sequence = first_sequence,
            .tag = message.tag,
            .payload = {}},
      type_(message.type),
      rest_(message.body),
      unit_(std::clamp(transmission_unit, kBaselineTransmissionUnit, kMaximumTransmissionUnit)) {}

Bytes Fragmenter::next(MutableBytes space) {
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
