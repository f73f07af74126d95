// CXL r3.2 8.2.10.9.6 Persistent Memory Security and 8.2.10.9.7 Security Passthrough command sets
#pragma once

#include <functional>

#include "component/generic/concepts.hpp"
#include "component/logical_device/logical_device.hpp"
#include "wire/security.hpp"

namespace cxlemu::logical {

/// Persistent memory security is there where there is persistent memory, and as long as a passphrase is set: what was
/// protected can always be opened.
inline bool has_security(const LogicalDevice& device) {
  const SecurityState& state = device.state.security;
  return device.persistent_capacity() != 0 || state.user.value || state.master.value;
}

/// Marks what `transition` changed, also where it refuses: a wrong try is counted.
template <HasLogicalDevice C, typename Transition>
cci::Result<void> change_security(C& component, Transition transition) {
  LogicalDevice& device = component.logical_device();
  // SILENT: what a device without persistent memory answers to all but 4500h.
  if (!has_security(device)) return cci::refuse(ReturnCode::unsupported);
  SecurityState& state = device.state.security;
  const SecurityState before = state;
  const ReturnCode code = transition(state);
  if (state != before) component.changes().mark(StateKey::security);
  if (code != ReturnCode::success) return cci::refuse(code);
  return {};
}

// CXL r3.2 8.2.10.9.6.1 Get Security State (Opcode 4500h)
template <HasLogicalDevice C>
cci::Result<GetSecurityStateOut> get_security_state(C& component, cci::Context&) {
  // COMPAT(linux): it asks before every Sanitize and Secure Erase, so a device without persistent memory answers, too.
  return GetSecurityStateOut{security::state_bits(component.logical_device().state.security)};
}

// CXL r3.2 8.2.10.9.6.2 Set Passphrase (Opcode 4501h)
template <HasLogicalDevice C>
cci::Result<void> set_passphrase(C& component, cci::Context&, const SetPassphraseIn& in) {
  return change_security(component, [&](SecurityState& state) {
    return security::set_passphrase(state, in.passphrase_type, in.current_passphrase, in.new_passphrase);
  });
}

// CXL r3.2 8.2.10.9.6.3 Disable Passphrase (Opcode 4502h)
template <HasLogicalDevice C>
cci::Result<void> disable_passphrase(C& component, cci::Context&, const DisablePassphraseIn& in) {
  return change_security(component, [&](SecurityState& state) {
    return security::disable_passphrase(state, in.passphrase_type, in.current_passphrase);
  });
}

// CXL r3.2 8.2.10.9.6.4 Unlock (Opcode 4503h)
template <HasLogicalDevice C>
cci::Result<void> unlock(C& component, cci::Context&, const UnlockIn& in) {
  return change_security(component,
                         [&](SecurityState& state) { return security::unlock(state, in.current_passphrase); });
}

// CXL r3.2 8.2.10.9.6.5 Freeze Security State (Opcode 4504h)
template <HasLogicalDevice C>
cci::Result<void> freeze_security_state(C& component, cci::Context&) {
  return change_security(component, [](SecurityState& state) {
    // SILENT: again while frozen, which is not among the commands that it makes fail: Success without effect.
    state.frozen = true;
    return ReturnCode::success;
  });
}

// CXL r3.2 8.2.10.9.6.6 Passphrase Secure Erase (Opcode 4505h)
template <HasLogicalDevice C>
cci::Result<void> passphrase_secure_erase(C& component, cci::Context&, const PassphraseSecureEraseIn& in) {
  return change_security(component, [&](SecurityState& state) {
    const ReturnCode code = security::authorize_erase(state, in.passphrase_type, in.current_passphrase);
    if (code != ReturnCode::success) return code;
    component.changes().mark(StateKey::media);
    // What could not be erased stays behind its passphrase.
    if (!component.logical_device().erase(UserData::persistent)) return ReturnCode::internal_error;
    security::erased(state);
    return ReturnCode::success;
  });
}

// CXL r3.2 8.2.10.9.7.1 Security Send (Opcode 4600h)
template <AnyComponent C>
cci::Result<void> security_send(C& component, cci::Context&, const SecuritySendIn&, cci::Tail<std::byte> data) {
  // COMPAT(libcxlmi): its test sends no data to protocol 00h and calls a refusal a failure.
  if (component.profile() == Profile::libcxlmi && data.bytes.empty()) return {};
  // No protocol takes data: 00h, the only one there is, is for Security Receive alone (SPC-4, security protocol
  // information).
  return cci::refuse(ReturnCode::invalid_input);
}

// CXL r3.2 8.2.10.9.7.2 Security Receive (Opcode 4601h)
template <AnyComponent C>
cci::Result<void> security_receive(C& component, cci::Context&, const SecurityReceiveIn& in, cci::AnswerBytes& out) {
  // COMPAT(libcxlmi): it takes no list but one of 256 protocols, and its test gives it less room than that.
  if (component.profile() == Profile::libcxlmi) return cci::refuse(ReturnCode::unsupported);
  constexpr std::uint8_t kSecurityProtocolInformation = 0x00;
  if (in.security_protocol != kSecurityProtocolInformation) return cci::refuse(ReturnCode::invalid_input);
  // Big-endian as every number of SPC. The list of supported protocols: six reserved bytes, its length, protocol 00h.
  constexpr auto kSupportedProtocols = std::to_array<std::uint8_t>({0, 0, 0, 0, 0, 0, 0, 1, 0x00});
  // The certificate: two reserved bytes, its length. There is none.
  constexpr auto kNoCertificate = std::to_array<std::uint8_t>({0, 0, 0, 0});
  switch (in.sp_specific.value()) {
    case 0:
      out.put_bytes(std::as_bytes(std::span(kSupportedProtocols)));
      return {};
    case 1:
      out.put_bytes(std::as_bytes(std::span(kNoCertificate)));
      return {};
    default:
      return cci::refuse(ReturnCode::invalid_input);
  }
}

}  // namespace cxlemu::logical
