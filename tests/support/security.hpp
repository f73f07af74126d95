// Requests of the Persistent Memory Security command set (CXL r3.2 8.2.10.9.6) as hex, and a lab with secrets in it.
#pragma once

#include "support/lab.hpp"

namespace cxlemu {

// Passphrases as they stand on the wire: 32 bytes.
inline const std::string kUser = "75 73 65 72" + zeros(27) + "01";
inline const std::string kMaster = "6d 61 73 74 65 72" + zeros(25) + "02";
inline const std::string kWrong = "75 73 65 72" + zeros(28);  // the last byte of kUser is missing

// A Passphrase Type and its reserved bytes.
inline const std::string kOfMaster = "00" + zeros(31);
inline const std::string kOfUser = "01" + zeros(31);

inline const Answered kInvalidState = refused(ReturnCode::invalid_security_state);
inline const Answered kIncorrect = refused(ReturnCode::incorrect_passphrase);

constexpr std::uint64_t kPersistent = 256ULL << 20;  // DPA of the first persistent byte

inline Answered set_user(Lab& lab, std::string_view current = zeros(32), std::string_view wanted = kUser) {
  return lab.mailbox(0x4501, kOfUser + std::string(current) + std::string(wanted));
}
inline Answered set_master(Lab& lab, std::string_view current = zeros(32), std::string_view wanted = kMaster) {
  return lab.mailbox(0x4501, kOfMaster + std::string(current) + std::string(wanted));
}
/// A user passphrase and a Conventional Reset.
inline void lock(Lab& lab) {
  set_user(lab);
  lab.reset(ResetKind::conventional);
}
inline void try_wrong_user(Lab& lab, int times) {
  for (int i = 0; i < times; ++i) EXPECT_EQ(lab.mailbox(0x4502, kOfUser + kWrong), kIncorrect);
}
inline void try_wrong_master(Lab& lab, int times) {
  for (int i = 0; i < times; ++i) EXPECT_EQ(lab.mailbox(0x4502, kOfMaster + kWrong), kIncorrect);
}
/// What Get Security State answers, as it stands on the wire.
inline std::string security_state(Lab& lab) { return lab.mctp(0x4500).payload; }

}  // namespace cxlemu
