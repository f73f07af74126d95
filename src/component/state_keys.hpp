// The parts of a component's state that are committed apart, by name.
#pragma once

#include <cstdint>
#include <string_view>

#include "cci/changes.hpp"

namespace cxlemu {

enum class StateKey : std::uint8_t {
  response_message_limit,
  event_logs,
  event_interrupt_policy,
  timestamp,
  labels,
  media_state,
  media,
  background,
  endpoint_id,  ///< mctp::EndpointState::assignment
  firmware,
  poison,    ///< the media's, the list, the results of a scan
  security,  ///< passphrases, locked, frozen and wrong tries
  partitions,
  health,  ///< and the alert configuration
  qos,
  component_state_dump,
  ecs,               ///< counters of DDR5 Error Check Scrub
  ras,               ///< registers of the RAS capability
  vendor_registers,  ///< what vendor commands of a table read and write
  features,          ///< values, and the transfer
  media_errors,      ///< corrected errors, scrub cycles and counters
  maintenance,       ///< repairs
};
inline constexpr std::size_t kStateKeys = 22;
static_assert(kStateKeys <= kMaximumStateKeys);
std::string_view name_of(StateKey key);

}  // namespace cxlemu
