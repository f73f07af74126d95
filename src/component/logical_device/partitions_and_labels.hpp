// CXL r3.2 8.2.10.9.2 Capacity Configuration and Label Storage command set: Get Partition Info, Get LSA, Set LSA
#pragma once

#include "component/generic/concepts.hpp"
#include "component/logical_device/logical_device.hpp"
#include "wire/memory_device.hpp"

namespace cxlemu::logical {

// CXL r3.2 8.2.10.9.2.1 Get Partition Info (Opcode 4100h)
template <HasLogicalDevice C>
cci::Result<GetPartitionInfoOut> get_partition_info(C& component, cci::Context&) {
  const LogicalDevice& device = component.logical_device();
  GetPartitionInfoOut out{};
  out.active_volatile_capacity_256mib = device.volatile_capacity() / kCapacityUnit;
  out.active_persistent_capacity_256mib = device.persistent_capacity() / kCapacityUnit;
  return out;
}

// CXL r3.2 8.2.10.9.2.3 Get LSA (Opcode 4102h)
template <HasLogicalDevice C>
cci::Result<void> get_lsa(C& component, cci::Context&, const GetLsaIn& in, cci::AnswerBytes& out) {
  const LogicalDevice& device = component.logical_device();
  const std::uint64_t end = std::uint64_t{in.offset} + in.length;
  if (end > device.label_storage_area_size() || in.length > out.room()) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  if (!device.read_labels(in.offset, out.reserve(in.length))) return cci::refuse(ReturnCode::internal_error);
  return {};
}

// CXL r3.2 8.2.10.9.2.4 Set LSA (Opcode 4103h)
template <HasLogicalDevice C>
cci::Result<void> set_lsa(C& component, cci::Context&, const SetLsaIn& in, cci::Tail<std::byte> data) {
  LogicalDevice& device = component.logical_device();
  const std::uint64_t end = std::uint64_t{in.offset} + data.bytes.size();
  if (end > device.label_storage_area_size()) return cci::refuse(ReturnCode::invalid_input);
  if (!device.write_labels(in.offset, data.bytes)) return cci::refuse(ReturnCode::internal_error);
  component.changes().mark(StateKey::labels);
  return {};
}

}  // namespace cxlemu::logical
