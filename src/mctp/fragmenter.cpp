#include "mctp/fragmenter.hpp"

#include <algorithm>

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

}  // namespace cxlemu::mctp
