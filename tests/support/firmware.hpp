// Requests of the Firmware Update command set (CXL r3.2 8.2.10.3) as hex, and firmware to send with them.
#pragma once

#include "component/memory_device/firmware_package.hpp"
#include "support/lab.hpp"

namespace cxlemu {

/// A Transfer FW request: 128 bytes of head, then the data.
inline std::string transfer(std::uint8_t action, std::uint8_t slot, std::uint32_t offset_128b, std::string_view data) {
  return to_hex(bytes_of(U8{action})) + to_hex(bytes_of(U8{slot})) + "0000" + to_hex(bytes_of(Le32{offset_128b})) +
         zeros(0x78) + std::string(data);
}
inline std::string full(std::uint8_t slot, std::string_view data) { return transfer(0, slot, 0, data); }
inline std::string initiate(std::string_view data) { return transfer(1, 0, 0, data); }
inline std::string go_on(std::uint32_t offset_128b, std::string_view data) { return transfer(2, 0, offset_128b, data); }
inline std::string end(std::uint8_t slot, std::uint32_t offset_128b, std::string_view data) {
  return transfer(3, slot, offset_128b, data);
}
inline std::string abort_transfer() { return transfer(4, 0, 0, ""); }
inline std::string activate_online(std::uint8_t slot) { return "00" + to_hex(bytes_of(U8{slot})); }
inline std::string activate_on_reset(std::uint8_t slot) { return "01" + to_hex(bytes_of(U8{slot})); }

/// A package of this revision whose payload is so many bytes of A5h: in all 128 bytes more, rounded up to 128.
inline Buffer package_bytes(std::string_view revision, std::size_t payload_bytes) {
  return pack_firmware(*parse_revision(revision), Buffer(payload_bytes, std::byte{0xA5}));
}
inline std::string package(std::string_view revision, std::size_t payload_bytes = 0) {
  return to_hex(package_bytes(revision, payload_bytes));
}
/// `length` bytes of hex from byte `at` on.
inline std::string cut(std::string_view hex, std::size_t at, std::size_t length) {
  return std::string(hex.substr(2 * at, 2 * length));
}

/// Firmware of this revision in a slot, as from an earlier transfer.
inline void fill_slot(Lab& lab, std::uint8_t slot, std::string_view revision) {
  lab.put_firmware(slot, {.filled = true, .revision = *parse_revision(revision), .image = package_bytes(revision, 0)});
}

}  // namespace cxlemu
