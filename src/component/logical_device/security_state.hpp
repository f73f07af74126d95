// CXL r3.2 8.2.10.9.6 Persistent Memory Security: the state machine alone. Its commands are in security.hpp; that they
// are refused while frozen is in their rows.
#pragma once

#include <optional>

#include "wire/return_code.hpp"
#include "wire/security.hpp"

namespace cxlemu {

/// Wrong tries in a row after which a passphrase is refused until a Cold Reset (CXL r3.2 8.2.10.9.6.1).
inline constexpr std::uint8_t kMaximumWrongTries = 3;

struct PassphraseState {
  std::optional<Passphrase> value{};  ///< absent: not set
  std::uint8_t wrong_tries = 0;       ///< in a row; kMaximumWrongTries: Attempt Count Reached
  [[nodiscard]] bool attempt_count_reached() const { return wrong_tries >= kMaximumWrongTries; }
  bool operator==(const PassphraseState&) const = default;
};

struct SecurityState {
  PassphraseState user{};    ///< set: security is enabled, and every Conventional Reset locks
  PassphraseState master{};  ///< erases where the user passphrase is lost
  bool locked = false;       ///< only ever with a user passphrase
  bool frozen = false;       ///< none of the commands changes anything until a Cold Reset
  bool operator==(const SecurityState&) const = default;
};

namespace security {

/// The bits of Get Security State (CXL r3.2 8.2.10.9.6.1).
std::uint32_t state_bits(const SecurityState& state);

// Each answers Success, or the return code of the refusal; a wrong passphrase is counted, everything else that is
// refused changes nothing. None of them looks at `frozen`.

// CXL r3.2 8.2.10.9.6.2 Set Passphrase (Opcode 4501h)
ReturnCode set_passphrase(SecurityState& state, PassphraseType type, const Passphrase& current,
                          const Passphrase& wanted);
// CXL r3.2 8.2.10.9.6.3 Disable Passphrase (Opcode 4502h)
ReturnCode disable_passphrase(SecurityState& state, PassphraseType type, const Passphrase& current);
// CXL r3.2 8.2.10.9.6.4 Unlock (Opcode 4503h)
ReturnCode unlock(SecurityState& state, const Passphrase& current);
// CXL r3.2 8.2.10.9.6.6 Passphrase Secure Erase (Opcode 4505h): may it go ahead?
ReturnCode authorize_erase(SecurityState& state, PassphraseType type, const Passphrase& current);
/// Persistent memory has been erased by 4505h: the user passphrase is disabled, the master passphrase stays.
void erased(SecurityState& state);

/// A Conventional Reset; hot, warm and cold ones are such.
void lock(SecurityState& state);
/// What only a Cold Reset, and so a loss of power, undoes besides: frozen, and both attempt counts.
void thaw(SecurityState& state);

}  // namespace security
}  // namespace cxlemu
