#include "component/logical_device/partitions_and_labels.hpp"

#include "component/state_keys.hpp"

namespace cxlemu::logical {

cci::Result<GetPartitionInfoOut> get_partition_info(LogicalDevice& device, cci::Cci&) {
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

cci::Result<void> set_partition_info(LogicalDevice& device, cci::Cci&, const SetPartitionInfoIn& in) {
  if (device.partitionable_capacity() == 0) return cci::refuse(ReturnCode::unsupported);
  // Divided, as the number may be any; every multiple of the unit is aligned.
  if (in.volatile_capacity_256mib > device.partitionable_capacity() / kCapacityUnit) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  const std::uint64_t wanted = in.volatile_capacity_256mib * kCapacityUnit;
  device.mark(StateKey::partitions);
  if ((in.flags & SetPartitionInfoIn::kImmediate) == 0) {
    // SILENT: what is active already is no pending change.
    device.state.next_partitioned_volatile.reset();
    if (wanted != device.state.partitioned_volatile) device.state.next_partitioned_volatile = wanted;
    return {};
  }
  if (device.media_operation_running()) return cci::refuse(ReturnCode::busy);
  for (const auto key : {StateKey::media, StateKey::poison}) device.mark(key);
  if (!device.partition(wanted, device.device_time())) {
    return cci::refuse(ReturnCode::internal_error);
  }
  return {};
}

cci::Result<void> get_lsa(LogicalDevice& device, cci::Cci&, const GetLsaIn& in, cci::AnswerBytes& out) {
  const std::uint64_t end = std::uint64_t{in.offset} + in.length;
  if (end > device.label_storage_area_size() || in.length > out.room()) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  if (!device.read_labels(in.offset, out.reserve(in.length))) return cci::refuse(ReturnCode::internal_error);
  return {};
}

cci::Result<void> set_lsa(LogicalDevice& device, cci::Cci&, const SetLsaIn& in, cci::Tail<std::byte> data) {
  const std::uint64_t end = std::uint64_t{in.offset} + data.bytes.size();
  if (end > device.label_storage_area_size()) return cci::refuse(ReturnCode::invalid_input);
  if (!device.write_labels(in.offset, data.bytes)) return cci::refuse(ReturnCode::internal_error);
  device.mark(StateKey::labels);
  return {};
}

}  // namespace cxlemu::logical
