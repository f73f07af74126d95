// CXL r3.2 8.2.10.9.2 Capacity Configuration and Label Storage command set: Get and Set Partition Info, Get
// and Set LSA
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
  if (const auto next = device.state.next_partitioned_volatile) {
    const std::uint64_t next_volatile = device.volatile_only_capacity() + *next;
    out.next_volatile_capacity_256mib = next_volatile / kCapacityUnit;
    out.next_persistent_capacity_256mib = (device.capacity() - next_volatile) / kCapacityUnit;
  }
  return out;
}

/// Where capacity can be partitioned, the alignment is that of a unit.
inline constexpr std::uint64_t kPartitionAlignment256mib = 1;

/// The component knows whether an operation of any of its CCIs holds the media.
template <typename C>
concept Partitionable = HasLogicalDevice<C> && HasTimestamp<C> && requires(const C& component) {
  { component.media_operation_running() } -> std::same_as<bool>;
};

// CXL r3.2 8.2.10.9.2.2 Set Partition Info (Opcode 4101h)
template <Partitionable C>
cci::Result<void> set_partition_info(C& component, cci::Context&, const SetPartitionInfoIn& in) {
  LogicalDevice& device = component.logical_device();
  if (device.partitionable_capacity() == 0) return cci::refuse(ReturnCode::unsupported);
  // Divided, as the number may be any; every multiple of the unit is aligned.
  if (in.volatile_capacity_256mib > device.partitionable_capacity() / kCapacityUnit) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  const std::uint64_t wanted = in.volatile_capacity_256mib * kCapacityUnit;
  component.changes().mark(StateKey::partitions);
  if ((in.flags & SetPartitionInfoIn::kImmediate) == 0) {
    // SILENT: what is active already is no pending change.
    device.state.next_partitioned_volatile.reset();
    if (wanted != device.state.partitioned_volatile) device.state.next_partitioned_volatile = wanted;
    return {};
  }
  if (component.media_operation_running()) return cci::refuse(ReturnCode::busy);
  for (const auto key : {StateKey::media, StateKey::poison}) component.changes().mark(key);
  if (!device.partition(wanted, component.timestamp().at(component.now()))) {
    return cci::refuse(ReturnCode::internal_error);
  }
  return {};
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
