// The messages of the vfio-user protocol 0.0 (QEMU: docs/interop/vfio-user.rst), as structs. The protocol speaks in the
// byte order of the host, which is little-endian wherever this program runs. Names are those of that text; `argsz` is
// its word for the size of the largest reply payload that a client takes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/le.hpp"

namespace cxlemu::os::vfio_user {

// ---------------------------------------------------------------------------------------------------------- limits

/// LIMIT: bytes that one message reads from or writes to a region (max_data_xfer_size).
inline constexpr std::size_t kTransferLimit = std::size_t{1} << 20;
/// LIMIT: a message with its header; the longest is a region write of kTransferLimit bytes. Past it nothing in the
/// stream can be trusted, and the connection ends.
inline constexpr std::size_t kMessageLimit = 16 + 16 + kTransferLimit;
/// Bytes of space that are kept for the next message or reply; what a longer one took is given back behind it.
inline constexpr std::size_t kKeptSpace = 64 * 1024;
/// LIMIT: the JSON text of a version message, with its NUL.
inline constexpr std::size_t kVersionDataLimit = 16 * 1024;
/// LIMIT: descriptors that come with one message (max_msg_fds; QEMU takes no larger number from a server).
inline constexpr std::size_t kDescriptorLimit = 16;
/// LIMIT: DMA ranges of one client (max_dma_maps; QEMU takes no larger number, and it is the default of the text).
inline constexpr std::size_t kDmaRangeLimit = 65535;
/// LIMIT: areas of one region that a client may map.
inline constexpr std::size_t kAreaLimit = 16;
/// LIMIT: interrupts of one kind: what the table of MSI-X can hold.
inline constexpr std::size_t kVectorLimit = 2048;

// ---------------------------------------------------------------------------------------------------------- header

enum class Command : std::uint16_t {
  version = 1,
  dma_map = 2,
  dma_unmap = 3,
  device_get_info = 4,
  device_get_region_info = 5,
  device_get_region_io_fds = 6,
  device_get_irq_info = 7,
  device_set_irqs = 8,
  region_read = 9,
  region_write = 10,
  dma_read = 11,   ///< server to client
  dma_write = 12,  ///< server to client
  device_reset = 13,
  region_write_multi = 15,
  device_feature = 16,
  mig_data_read = 17,
  mig_data_write = 18,
};

namespace header_flags {
using Type = Bits<3, 0>;
inline constexpr std::uint32_t kTypeCommand = 0;
inline constexpr std::uint32_t kTypeReply = 1;
inline constexpr std::uint32_t kNoReply = 0x10;
inline constexpr std::uint32_t kError = 0x20;
}  // namespace header_flags

/// In front of every message in both directions.
struct Header {
  Le16 message_id;  ///< the sender's, echoed in the reply
  Le<Command> command;
  Le32 message_size;  ///< with this header
  Le32 flags;
  Le32 error;  ///< of a reply with the error bit: a Linux errno
};
static_assert(Wire<Header> && sizeof(Header) == 16);

// --------------------------------------------------------------------------------------------------------- version

/// VFIO_USER_VERSION, both ways; behind it JSON text with a NUL.
struct Version {
  Le16 version_major;
  Le16 version_minor;
};
static_assert(Wire<Version> && sizeof(Version) == 4);

// ------------------------------------------------------------------------------------------------------------- DMA

namespace dma_flags {
inline constexpr std::uint32_t kReadable = 1;
inline constexpr std::uint32_t kWriteable = 2;
/// Of an unmap: every range, whatever the address. Not in the text; QEMU sends it.
inline constexpr std::uint32_t kUnmapAll = 2;
}  // namespace dma_flags

/// VFIO_USER_DMA_MAP, with a descriptor where the memory can be mapped. The reply has no payload.
struct DmaMap {
  Le32 argsz;
  Le32 flags;
  Le64 offset;  ///< in what the descriptor stands for
  Le64 address;
  Le64 size;
};
static_assert(Wire<DmaMap> && sizeof(DmaMap) == 32);

/// VFIO_USER_DMA_UNMAP. The reply repeats it.
struct DmaUnmap {
  Le32 argsz;
  Le32 flags;
  Le64 address;
  Le64 size;
};
static_assert(Wire<DmaUnmap> && sizeof(DmaUnmap) == 24);

// ------------------------------------------------------------------------------------------------------ the device

namespace device_flags {
inline constexpr std::uint32_t kReset = 1;
inline constexpr std::uint32_t kPci = 2;
}  // namespace device_flags

/// VFIO_USER_DEVICE_GET_INFO, both ways.
struct DeviceInfo {
  Le32 argsz;
  Le32 flags;
  Le32 num_regions;
  Le32 num_irqs;
};
static_assert(Wire<DeviceInfo> && sizeof(DeviceInfo) == 16);

namespace region_flags {
inline constexpr std::uint32_t kRead = 1;
inline constexpr std::uint32_t kWrite = 2;
inline constexpr std::uint32_t kMmap = 4;
inline constexpr std::uint32_t kCaps = 8;
}  // namespace region_flags

/// VFIO_USER_DEVICE_GET_REGION_INFO, both ways; capabilities may follow in the reply, and a descriptor with it.
struct RegionInfo {
  Le32 argsz;
  Le32 flags;
  Le32 index;
  Le32 cap_offset;  ///< from the beginning of this struct; 0: none
  Le64 size;
  Le64 offset;  ///< for mmap(), in what the descriptor stands for
};
static_assert(Wire<RegionInfo> && sizeof(RegionInfo) == 32);

/// VFIO_REGION_INFO_CAP_SPARSE_MMAP; the areas follow.
struct SparseMmap {
  static constexpr std::uint16_t kId = 1;
  static constexpr std::uint16_t kVersion = 1;

  Le16 id;
  Le16 version;
  Le32 next;
  Le32 nr_areas;
  Reserved<4> reserved{};
};
static_assert(Wire<SparseMmap> && sizeof(SparseMmap) == 16);

struct SparseMmapArea {
  Le64 offset;  ///< in the region, and behind RegionInfo::offset for mmap()
  Le64 size;
};
static_assert(Wire<SparseMmapArea> && sizeof(SparseMmapArea) == 16);

namespace irq_info_flags {
inline constexpr std::uint32_t kEventfd = 1;
}  // namespace irq_info_flags

/// VFIO_USER_DEVICE_GET_IRQ_INFO, both ways.
struct IrqInfo {
  Le32 argsz;
  Le32 flags;
  Le32 index;
  Le32 count;
};
static_assert(Wire<IrqInfo> && sizeof(IrqInfo) == 16);

namespace irq_set_flags {
inline constexpr std::uint32_t kDataNone = 0x01;
inline constexpr std::uint32_t kDataBool = 0x02;
inline constexpr std::uint32_t kDataEventfd = 0x04;
inline constexpr std::uint32_t kDataMask = 0x07;
inline constexpr std::uint32_t kActionMask = 0x08;
inline constexpr std::uint32_t kActionUnmask = 0x10;
inline constexpr std::uint32_t kActionTrigger = 0x20;
}  // namespace irq_set_flags

/// VFIO_USER_DEVICE_SET_IRQS, with descriptors or with a byte for each interrupt. The reply has no payload.
struct IrqSet {
  Le32 argsz;
  Le32 flags;
  Le32 index;
  Le32 start;
  Le32 count;
};
static_assert(Wire<IrqSet> && sizeof(IrqSet) == 20);

/// VFIO_USER_REGION_READ and VFIO_USER_REGION_WRITE, both ways; the data follow in the reply to a read and in the
/// command of a write.
struct RegionAccess {
  Le64 offset;
  Le32 region;
  Le32 count;
};
static_assert(Wire<RegionAccess> && sizeof(RegionAccess) == 16);

static_assert(kMessageLimit == sizeof(Header) + sizeof(RegionAccess) + kTransferLimit);

}  // namespace cxlemu::os::vfio_user
