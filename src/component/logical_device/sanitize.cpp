#include "component/logical_device/sanitize.hpp"

#include "component/state_keys.hpp"

namespace cxlemu::logical {

cci::Result<cci::Outcome> sanitize(LogicalDevice& device, cci::Cci&) {
  // "Any security applied to the user data areas of the device shall be disabled" before.
  if (device.state.security.user.value) return cci::refuse(ReturnCode::invalid_security_state);
  device.state.media_disabled = true;
  for (const auto key : {StateKey::media_state, StateKey::background}) device.mark(key);
  return cci::Background{sanitize_duration(device.config(), device.capacity())};
}

ReturnCode complete_sanitize(LogicalDevice& device, cci::Cci&, Bytes) {
  device.mark(StateKey::background);
  if (!device.state.poison.is_clean()) device.mark(StateKey::poison);
  // A Sanitize that fails leaves media disabled.
  if (!device.wipe(100, device.device_time())) return ReturnCode::internal_error;
  device.component().erase_event_logs();
  // The one that is completing still counts as running. With busy-across=never another may be under way.
  if (device.component().operations_running(kSanitize) == 1) device.state.media_disabled = false;
  for (const auto key :
       {StateKey::media, StateKey::labels, StateKey::event_logs, StateKey::media_state, StateKey::background}) {
    device.mark(key);
  }
  return ReturnCode::success;
}

void interrupt_sanitize(LogicalDevice& device, cci::Cci&, Bytes, std::uint8_t percent, cci::Interruption) {
  if (!device.state.poison.is_clean()) device.mark(StateKey::poison);
  // What could not be overwritten stays behind disabled media like what had not been reached.
  (void)device.wipe(percent, device.device_time());
  for (const auto key : {StateKey::media, StateKey::labels, StateKey::background}) device.mark(key);
}

}  // namespace cxlemu::logical
