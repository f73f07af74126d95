// CXL r3.2 8.2.10.9.6 Persistent Memory Security and 8.2.10.9.7 Security Passthrough command sets
#pragma once

#include "component/logical_device/logical_device.hpp"
#include "wire/security.hpp"

namespace cxlemu::logical {

// CXL r3.2 8.2.10.9.6.1 Get Security State (Opcode 4500h)
cci::Result<GetSecurityStateOut> get_security_state(LogicalDevice& device, cci::Cci&);

// CXL r3.2 8.2.10.9.6.2 Set Passphrase (Opcode 4501h)
cci::Result<void> set_passphrase(LogicalDevice& device, cci::Cci&, const SetPassphraseIn& in);

// CXL r3.2 8.2.10.9.6.3 Disable Passphrase (Opcode 4502h)
cci::Result<void> disable_passphrase(LogicalDevice& device, cci::Cci&, const DisablePassphraseIn& in);

// CXL r3.2 8.2.10.9.6.4 Unlock (Opcode 4503h)
cci::Result<void> unlock(LogicalDevice& device, cci::Cci&, const UnlockIn& in);

// CXL r3.2 8.2.10.9.6.5 Freeze Security State (Opcode 4504h)
cci::Result<void> freeze_security_state(LogicalDevice& device, cci::Cci&);

// CXL r3.2 8.2.10.9.6.6 Passphrase Secure Erase (Opcode 4505h)
cci::Result<void> passphrase_secure_erase(LogicalDevice& device, cci::Cci&, const PassphraseSecureEraseIn& in);

// CXL r3.2 8.2.10.9.7.1 Security Send (Opcode 4600h)
cci::Result<void> security_send(LogicalDevice& device, cci::Cci&, const SecuritySendIn&, cci::Tail<std::byte> data);

// CXL r3.2 8.2.10.9.7.2 Security Receive (Opcode 4601h)
cci::Result<void> security_receive(LogicalDevice& device, cci::Cci&, const SecurityReceiveIn& in,
                                   cci::AnswerBytes& out);

}  // namespace cxlemu::logical
