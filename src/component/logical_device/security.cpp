#include "component/logical_device/security.hpp"

#include "component/state_keys.hpp"

namespace cxlemu::logical {
namespace {

// Persistent memory security is there where there is persistent memory, and as long as a passphrase is set: what was
// protected can always be opened.
bool has_security(const LogicalDevice& device) {
  const SecurityState& state = device.state.security;
  return device.persistent_capacity() != 0 || state.user.value || state.master.value;
}

// Marks what `transition` changed, also where it refuses: a wrong try is counted.
template <typename Transition>
cci::Result<void> change_security(LogicalDevice& device, Transition transition) {
  // SILENT: what a device without persistent memory answers to all but 4500h.
  if (!has_security(device)) return cci::refuse(ReturnCode::unsupported);
  SecurityState& state = device.state.security;
  const SecurityState before = state;
  const ReturnCode code = transition(state);
  if (state != before) device.mark(StateKey::security);
  if (code != ReturnCode::success) return cci::refuse(code);
  return {};
}

}  // namespace

cci::Result<GetSecurityStateOut> get_security_state(LogicalDevice& device, cci::Cci&) {
  // COMPAT(linux): it asks before every Sanitize and Secure Erase, so a device without persistent memory answers, too.
  return GetSecurityStateOut{security::state_bits(device.state.security)};
}

cci::Result<void> set_passphrase(LogicalDevice& device, cci::Cci&, const SetPassphraseIn& in) {
  return change_security(device, [&](SecurityState& state) {
    return security::set_passphrase(state, in.passphrase_type, in.current_passphrase, in.new_passphrase);
  });
}

cci::Result<void> disable_passphrase(LogicalDevice& device, cci::Cci&, const DisablePassphraseIn& in) {
  return change_security(device, [&](SecurityState& state) {
    return security::disable_passphrase(state, in.passphrase_type, in.current_passphrase);
  });
}

cci::Result<void> unlock(LogicalDevice& device, cci::Cci&, const UnlockIn& in) {
  return change_security(device, [&](SecurityState& state) { return security::unlock(state, in.current_passphrase); });
}

cci::Result<void> freeze_security_state(LogicalDevice& device, cci::Cci&) {
  return change_security(device, [](SecurityState& state) {
    // SILENT: again while frozen, which is not among the commands that it makes fail: Success without effect.
    state.frozen = true;
    return ReturnCode::success;
  });
}

cci::Result<void> passphrase_secure_erase(LogicalDevice& device, cci::Cci&, const PassphraseSecureEraseIn& in) {
  return change_security(device, [&](SecurityState& state) {
    const ReturnCode code = security::authorize_erase(state, in.passphrase_type, in.current_passphrase);
    if (code != ReturnCode::success) return code;
    device.mark(StateKey::media);
    // What could not be erased stays behind its passphrase.
    if (!device.erase(UserData::persistent)) return ReturnCode::internal_error;
    security::erased(state);
    return ReturnCode::success;
  });
}

cci::Result<void> security_send(LogicalDevice& device, cci::Cci&, const SecuritySendIn&, cci::Tail<std::byte> data) {
  // COMPAT(libcxlmi): its test sends no data to protocol 00h and calls a refusal a failure.
  if (device.component().profile == Profile::libcxlmi && data.bytes.empty()) return {};
  // No protocol takes data: 00h, the only one there is, is for Security Receive alone (SPC-4, security protocol
  // information).
  return cci::refuse(ReturnCode::invalid_input);
}

cci::Result<void> security_receive(LogicalDevice& device, cci::Cci&, const SecurityReceiveIn& in,
                                   cci::AnswerBytes& out) {
  // COMPAT(libcxlmi): it takes no list but one of 256 protocols, and its test gives it less room than that.
  if (device.component().profile == Profile::libcxlmi) return cci::refuse(ReturnCode::unsupported);
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
