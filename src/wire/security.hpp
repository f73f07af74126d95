// CXL r3.2 8.2.10.9.6 Persistent Memory Security and 8.2.10.9.7 Security Passthrough command sets (Opcodes 4500h to
// 4505h, 4600h, 4601h; 4504h has no payload)
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

/// 32 bytes of any value; nothing marks the end of a shorter one.
using Passphrase = std::array<std::byte, 0x20>;

enum class PassphraseType : std::uint8_t { master = 0, user = 1 };
inline constexpr auto kPassphraseTypes = std::to_array<NamedValue>({{0, "Master Passphrase"}, {1, "User Passphrase"}});

// CXL r3.2 8.2.10.9.6.1 Get Security State (Opcode 4500h), output payload
struct GetSecurityStateOut {
  Le32 security_state;

  static constexpr std::uint32_t kUserPassphraseSet = 1U << 0;
  static constexpr std::uint32_t kMasterPassphraseSet = 1U << 1;
  static constexpr std::uint32_t kLocked = 1U << 2;
  static constexpr std::uint32_t kFrozen = 1U << 3;
  static constexpr std::uint32_t kUserPassphraseAttemptCountReached = 1U << 4;
  static constexpr std::uint32_t kMasterPassphraseAttemptCountReached = 1U << 5;
};
static_assert(sizeof(GetSecurityStateOut) == 4);
inline constexpr auto kSecurityState = std::to_array<NamedValue>(
    {{GetSecurityStateOut::kUserPassphraseSet, "User Passphrase Set"},
     {GetSecurityStateOut::kMasterPassphraseSet, "Master Passphrase Set"},
     {GetSecurityStateOut::kLocked, "Locked"},
     {GetSecurityStateOut::kFrozen, "Frozen"},
     {GetSecurityStateOut::kUserPassphraseAttemptCountReached, "User Passphrase Attempt Count Reached"},
     {GetSecurityStateOut::kMasterPassphraseAttemptCountReached, "Master Passphrase Attempt Count Reached"}});
CXLEMU_DESCRIBE(GetSecurityStateOut,
                CXLEMU_FIELD(GetSecurityStateOut, security_state, flags, "Security State", kSecurityState));

// CXL r3.2 8.2.10.9.6.2 Set Passphrase (Opcode 4501h), input payload
struct SetPassphraseIn {
  Le<PassphraseType> passphrase_type;
  Reserved<0x1F> reserved;
  Passphrase current_passphrase;
  Passphrase new_passphrase;
};
static_assert(sizeof(SetPassphraseIn) == 0x60);
CXLEMU_DESCRIBE(SetPassphraseIn,
                CXLEMU_FIELD(SetPassphraseIn, passphrase_type, choice, "Passphrase Type", kPassphraseTypes),
                CXLEMU_RESERVED(SetPassphraseIn, reserved),
                CXLEMU_FIELD(SetPassphraseIn, current_passphrase, text,
                             "Current Passphrase; ignored where none is set"),
                CXLEMU_FIELD(SetPassphraseIn, new_passphrase, text, "New Passphrase"));

// CXL r3.2 8.2.10.9.6.3 Disable Passphrase (Opcode 4502h), input payload
struct DisablePassphraseIn {
  Le<PassphraseType> passphrase_type;
  Reserved<0x1F> reserved;
  Passphrase current_passphrase;
};
static_assert(sizeof(DisablePassphraseIn) == 0x40);
CXLEMU_DESCRIBE(DisablePassphraseIn,
                CXLEMU_FIELD(DisablePassphraseIn, passphrase_type, choice, "Passphrase Type", kPassphraseTypes),
                CXLEMU_RESERVED(DisablePassphraseIn, reserved),
                CXLEMU_FIELD(DisablePassphraseIn, current_passphrase, text, "Current Passphrase"));

// CXL r3.2 8.2.10.9.6.4 Unlock (Opcode 4503h), input payload
struct UnlockIn {
  Passphrase current_passphrase;
};
static_assert(sizeof(UnlockIn) == 0x20);
CXLEMU_DESCRIBE(UnlockIn, CXLEMU_FIELD(UnlockIn, current_passphrase, text, "Current user Passphrase"));

// CXL r3.2 8.2.10.9.6.6 Passphrase Secure Erase (Opcode 4505h), input payload
struct PassphraseSecureEraseIn {
  Le<PassphraseType> passphrase_type;
  Reserved<0x1F> reserved;
  Passphrase current_passphrase;
};
static_assert(sizeof(PassphraseSecureEraseIn) == 0x40);
CXLEMU_DESCRIBE(PassphraseSecureEraseIn,
                CXLEMU_FIELD(PassphraseSecureEraseIn, passphrase_type, choice, "Passphrase Type", kPassphraseTypes),
                CXLEMU_RESERVED(PassphraseSecureEraseIn, reserved),
                CXLEMU_FIELD(PassphraseSecureEraseIn, current_passphrase, text,
                             "Current Passphrase; ignored for the user passphrase where none is set"));

// CXL r3.2 8.2.10.9.7.1 Security Send (Opcode 4600h), input payload; data follows
struct SecuritySendIn {
  U8 security_protocol;
  Le16 sp_specific;
  Reserved<5> reserved;
};
static_assert(sizeof(SecuritySendIn) == 8);
CXLEMU_DESCRIBE(SecuritySendIn, CXLEMU_FIELD(SecuritySendIn, security_protocol, hex, "Security Protocol"),
                CXLEMU_FIELD(SecuritySendIn, sp_specific, hex, "SP Specific"),
                CXLEMU_RESERVED(SecuritySendIn, reserved));

// CXL r3.2 8.2.10.9.7.2 Security Receive (Opcode 4601h), input payload; the output is data of the protocol
struct SecurityReceiveIn {
  U8 security_protocol;
  Le16 sp_specific;
  Reserved<5> reserved;
};
static_assert(sizeof(SecurityReceiveIn) == 8);
CXLEMU_DESCRIBE(SecurityReceiveIn, CXLEMU_FIELD(SecurityReceiveIn, security_protocol, hex, "Security Protocol"),
                CXLEMU_FIELD(SecurityReceiveIn, sp_specific, hex,
                             "SP Specific; of protocol 00h: 0 the list of protocols, 1 the certificate"),
                CXLEMU_RESERVED(SecurityReceiveIn, reserved));

}  // namespace cxlemu
