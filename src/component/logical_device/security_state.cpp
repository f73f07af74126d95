#include "component/logical_device/security_state.hpp"

namespace cxlemu::security {
namespace {

bool exists(PassphraseType type) { return type == PassphraseType::master || type == PassphraseType::user; }

PassphraseState& of(SecurityState& state, PassphraseType type) {
  return type == PassphraseType::user ? state.user : state.master;
}

// Is it the passphrase? The right one ends a row of wrong tries.
bool matches(PassphraseState& passphrase, const Passphrase& given) {
  if (passphrase.value != given) {
    ++passphrase.wrong_tries;
    return false;
  }
  passphrase.wrong_tries = 0;
  return true;
}

void forget(PassphraseState& passphrase) {
  passphrase.value.reset();
  // A count that was reached ends with a Cold Reset only; a shorter row ends with the passphrase that it was about.
  if (!passphrase.attempt_count_reached()) passphrase.wrong_tries = 0;
}

}  // namespace

std::uint32_t state_bits(const SecurityState& state) {
  using Out = GetSecurityStateOut;
  const auto bit = [](bool holds, std::uint32_t mask) { return holds ? mask : 0U; };
  return bit(state.user.value.has_value(), Out::kUserPassphraseSet) |
         bit(state.master.value.has_value(), Out::kMasterPassphraseSet) | bit(state.locked, Out::kLocked) |
         bit(state.frozen, Out::kFrozen) |
         bit(state.user.attempt_count_reached(), Out::kUserPassphraseAttemptCountReached) |
         bit(state.master.attempt_count_reached(), Out::kMasterPassphraseAttemptCountReached);
}

ReturnCode set_passphrase(SecurityState& state, PassphraseType type, const Passphrase& current,
                          const Passphrase& wanted) {
  if (!exists(type)) return ReturnCode::invalid_input;
  PassphraseState& passphrase = of(state, type);
  // SILENT: does a command need a passphrase that is not set? Once its count was reached, a type is refused until the
  // Cold Reset whether the passphrase is still set or was erased meanwhile: what bit 4 or 5 of 4500h shows is what
  // holds.
  if (passphrase.attempt_count_reached()) return ReturnCode::invalid_security_state;
  if (type == PassphraseType::master && state.user.value) return ReturnCode::invalid_security_state;
  // SILENT: whether the user passphrase can be changed or disabled while locked. Unlock is the way; no try is counted.
  if (state.locked) return ReturnCode::invalid_security_state;
  if (passphrase.value && !matches(passphrase, current)) return ReturnCode::incorrect_passphrase;
  passphrase.value = wanted;
  return ReturnCode::success;
}

ReturnCode disable_passphrase(SecurityState& state, PassphraseType type, const Passphrase& current) {
  if (!exists(type)) return ReturnCode::invalid_input;
  PassphraseState& passphrase = of(state, type);
  if (passphrase.attempt_count_reached()) return ReturnCode::invalid_security_state;
  // SILENT: the code for a passphrase that is not set.
  if (!passphrase.value) return ReturnCode::invalid_security_state;
  if (type == PassphraseType::user && state.locked) return ReturnCode::invalid_security_state;
  if (!matches(passphrase, current)) return ReturnCode::incorrect_passphrase;
  forget(passphrase);
  return ReturnCode::success;
}

ReturnCode unlock(SecurityState& state, const Passphrase& current) {
  if (state.user.attempt_count_reached()) return ReturnCode::invalid_security_state;
  // SILENT: the code where nothing is locked.
  if (!state.locked) return ReturnCode::invalid_security_state;
  if (!matches(state.user, current)) return ReturnCode::incorrect_passphrase;
  state.locked = false;
  return ReturnCode::success;
}

ReturnCode authorize_erase(SecurityState& state, PassphraseType type, const Passphrase& current) {
  if (!exists(type)) return ReturnCode::invalid_input;
  PassphraseState& passphrase = of(state, type);
  if (passphrase.attempt_count_reached()) return ReturnCode::invalid_security_state;
  if (!passphrase.value) return type == PassphraseType::user ? ReturnCode::success : ReturnCode::invalid_input;
  return matches(passphrase, current) ? ReturnCode::success : ReturnCode::incorrect_passphrase;
}

void erased(SecurityState& state) {
  forget(state.user);
  state.locked = false;
}

void lock(SecurityState& state) { state.locked = state.user.value.has_value(); }

void thaw(SecurityState& state) {
  state.frozen = false;
  state.user.wrong_tries = 0;
  state.master.wrong_tries = 0;
}

}  // namespace cxlemu::security
