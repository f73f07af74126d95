// The AF_MCTP interface of Linux (include/uapi/linux/mctp.h as of 6.17): numbers and layouts that programs are compiled
// with. Our own, because older headers lack half of it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cxlemu::shim {

inline constexpr int kAddressFamilyMctp = 45;
inline constexpr int kLevelMctp = 285;
inline constexpr int kOptionExtendedAddress = 1;

inline constexpr std::uint8_t kAddressNull = 0x00;
inline constexpr std::uint8_t kAddressAny = 0xFF;
/// The network that the first version of the tag ioctls means.
inline constexpr std::uint32_t kInitialDefaultNetwork = 1;

inline constexpr unsigned long kIoctlAllocateTag = 0x89E0;
inline constexpr unsigned long kIoctlDropTag = 0x89E1;
inline constexpr unsigned long kIoctlAllocateTag2 = 0x89E2;
inline constexpr unsigned long kIoctlDropTag2 = 0x89E3;

struct SockaddrMctp {
  std::uint16_t family;
  std::uint16_t pad0;
  std::uint32_t network;
  std::uint8_t eid;
  std::uint8_t type;
  std::uint8_t tag;
  std::uint8_t pad1;
};
static_assert(sizeof(SockaddrMctp) == 12);

inline constexpr std::size_t kHardwareAddressMax = 32;

struct SockaddrMctpExt {
  SockaddrMctp base;
  std::int32_t interface_index;
  std::uint8_t hardware_address_length;
  std::uint8_t pad0[3];
  std::uint8_t hardware_address[kHardwareAddressMax];
};
static_assert(sizeof(SockaddrMctpExt) == 52 && offsetof(SockaddrMctpExt, hardware_address) == 20);

struct TagControl {
  std::uint8_t peer;
  std::uint8_t tag;
  std::uint16_t flags;
};
static_assert(sizeof(TagControl) == 4);

struct TagControl2 {
  std::uint32_t network;
  std::uint8_t peer;
  std::uint8_t local;
  std::uint16_t flags;
  std::uint8_t tag;
};
static_assert(sizeof(TagControl2) == 12 && offsetof(TagControl2, tag) == 8);

}  // namespace cxlemu::shim
