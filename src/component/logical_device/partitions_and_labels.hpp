// CXL r3.2 8.2.10.9.2 Capacity Configuration and Label Storage command set: Get and Set Partition Info, Get
// and Set LSA
#pragma once

#include "component/logical_device/logical_device.hpp"
#include "wire/memory_device.hpp"

namespace cxlemu::logical {

// CXL r3.2 8.2.10.9.2.1 Get Partition Info (Opcode 4100h)
cci::Result<GetPartitionInfoOut> get_partition_info(LogicalDevice& device, cci::Cci&);

/// Where capacity can be partitioned, the alignment is that of a unit.
inline constexpr std::uint64_t kPartitionAlignment256mib = 1;

// CXL r3.2 8.2.10.9.2.2 Set Partition Info (Opcode 4101h)
cci::Result<void> set_partition_info(LogicalDevice& device, cci::Cci&, const SetPartitionInfoIn& in);

// CXL r3.2 8.2.10.9.2.3 Get LSA (Opcode 4102h)
cci::Result<void> get_lsa(LogicalDevice& device, cci::Cci&, const GetLsaIn& in, cci::AnswerBytes& out);

// CXL r3.2 8.2.10.9.2.4 Set LSA (Opcode 4103h)
cci::Result<void> set_lsa(LogicalDevice& device, cci::Cci&, const SetLsaIn& in, cci::Tail<std::byte> data);

}  // namespace cxlemu::logical
