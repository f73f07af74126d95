// Which parts of a component's state a handler has changed. The machine takes the keys after each input, commits what
// they name, and only then releases the reply.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace cxlemu {

/// What is stored together, and named so in a store.
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
std::string_view name_of(StateKey key);

class Changes {
 public:
  /// Called at the first mark after a take, so that nobody has to look at components that did not change.
  void on_first_mark(std::move_only_function<void()> callback) { on_first_mark_ = std::move(callback); }
  void mark(StateKey key) {
    if (keys_ == 0 && on_first_mark_) on_first_mark_();
    keys_ |= 1U << static_cast<unsigned>(key);
  }
  [[nodiscard]] bool any() const { return keys_ != 0; }
  /// The keys marked since the last take, in the order of StateKey.
  [[nodiscard]] std::vector<StateKey> take();

 private:
  std::uint32_t keys_ = 0;
  std::move_only_function<void()> on_first_mark_;
};

}  // namespace cxlemu
