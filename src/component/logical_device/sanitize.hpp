// CXL r3.2 8.2.10.9.5.1 Sanitize (Opcode 4400h). Media is disabled from its start; only a Sanitize that succeeds
// enables it again, across aborts, resets and power loss.
#pragma once

#include "component/generic/concepts.hpp"
#include "component/logical_device/logical_device.hpp"

namespace cxlemu {

/// How long a Sanitize of so many bytes takes on the device's time.
Nanoseconds sanitize_duration(const MemoryDeviceConfig& config, std::uint64_t capacity_bytes);

namespace logical {

inline constexpr Opcode kSanitize{0x4400};

/// The component has several CCIs whose event logs go with the data.
template <typename C>
concept Sanitizable = HasLogicalDevice<C> && HasTimestamp<C> && requires(C& component, const cci::Context& context) {
  { component.config() } -> std::same_as<const MemoryDeviceConfig&>;
  component.erase_event_logs();
  { component.media_operation_elsewhere(context) } -> std::same_as<bool>;
  { component.operations_running(kSanitize) } -> std::convertible_to<std::size_t>;
};

template <Sanitizable C>
cci::Result<cci::Outcome> sanitize(C& component, cci::Context&) {
  LogicalDevice& device = component.logical_device();
  // "Any security applied to the user data areas of the device shall be disabled" before.
  if (device.state.security.user.value) return cci::refuse(ReturnCode::invalid_security_state);
  device.state.media_disabled = true;
  for (const auto key : {StateKey::media_state, StateKey::background}) component.changes().mark(key);
  return cci::Background{sanitize_duration(component.config(), device.capacity())};
}

template <Sanitizable C>
ReturnCode complete_sanitize(C& component, cci::Context&, Bytes) {
  LogicalDevice& device = component.logical_device();
  component.changes().mark(StateKey::background);
  if (!device.state.poison.is_clean()) component.changes().mark(StateKey::poison);
  // A Sanitize that fails leaves media disabled.
  if (!device.wipe(100, component.timestamp().at(component.now()))) return ReturnCode::internal_error;
  component.erase_event_logs();
  // The one that is completing still counts as running. With busy-across=never another may be under way.
  if (component.operations_running(kSanitize) == 1) device.state.media_disabled = false;
  for (const auto key :
       {StateKey::media, StateKey::labels, StateKey::event_logs, StateKey::media_state, StateKey::background}) {
    component.changes().mark(key);
  }
  return ReturnCode::success;
}

/// What had been reached is overwritten; media stays disabled.
template <Sanitizable C>
void interrupt_sanitize(C& component, cci::Context&, Bytes, std::uint8_t percent, cci::Interruption) {
  if (!component.logical_device().state.poison.is_clean()) component.changes().mark(StateKey::poison);
  // What could not be overwritten stays behind disabled media like what had not been reached.
  (void)component.logical_device().wipe(percent, component.timestamp().at(component.now()));
  for (const auto key : {StateKey::media, StateKey::labels, StateKey::background}) component.changes().mark(key);
}

}  // namespace logical
}  // namespace cxlemu
