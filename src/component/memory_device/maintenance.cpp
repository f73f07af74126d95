#include "component/memory_device/maintenance.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <iterator>

#include "component/memory_device/memory_device.hpp"

namespace cxlemu {

using namespace std::chrono_literals;

Nanoseconds maintenance_duration(const MemoryDeviceConfig& config, std::uint8_t maintenance_operation_class) {
  if (maintenance_operation_class == kMaintenancePpr) return 1ms;
  if (config.sparing_completes_at_once) return 0ns;
  if (config.sparing_duration) return *config.sparing_duration;
  return config.timing == Timing::instant ? Nanoseconds{10ms} : Nanoseconds{100ms};
}

namespace maintenance {
namespace {

constexpr Opcode kPerformMaintenance{0x0600};

/// What a request asks for, read from its bytes again when the operation ends.
struct Operation {
  RepairKind kind{};
  bool query = false;
  bool hard = false;
  std::uint64_t dpa = 0;            ///< of PPR
  MemorySparingParameters sparing;  ///< of Memory Sparing
  [[nodiscard]] bool is_ppr() const { return kind <= RepairKind::hard_ppr; }
  [[nodiscard]] std::uint8_t subclass() const {
    return static_cast<std::uint8_t>(
        static_cast<std::uint8_t>(kind) -
        static_cast<std::uint8_t>(is_ppr() ? RepairKind::soft_ppr : RepairKind::cacheline_sparing));
  }
};

template <Wire Parameters>
cci::Result<Parameters> parameters_of(Bytes parameters, bool refuses_surplus) {
  const auto read = Reader(parameters).take<Parameters>();
  if (!read || (refuses_surplus && parameters.size() > sizeof(Parameters))) {
    return cci::refuse(ReturnCode::invalid_payload_length);
  }
  return *read;
}

cci::Result<Operation> ppr_of(std::uint8_t subclass, Bytes bytes, bool refuses_surplus) {
  if (subclass > 1) return cci::refuse(ReturnCode::invalid_input);
  const auto parameters = parameters_of<PprParameters>(bytes, refuses_surplus);
  if (!parameters) return cci::refuse(parameters.error());
  return Operation{.kind = static_cast<RepairKind>(subclass),
                   .query = PprParameters::QueryResources::get(parameters->flags.value()) != 0,
                   .hard = subclass == 1,
                   .dpa = parameters->dpa,
                   .sparing = {}};
}

cci::Result<Operation> sparing_of(std::uint8_t subclass, Bytes bytes, bool refuses_surplus) {
  if (subclass > 3) return cci::refuse(ReturnCode::invalid_input);
  const auto parameters = parameters_of<MemorySparingParameters>(bytes, refuses_surplus);
  if (!parameters) return cci::refuse(parameters.error());
  const std::uint8_t flags = parameters->flags;
  return Operation{.kind = static_cast<RepairKind>(static_cast<std::uint8_t>(RepairKind::cacheline_sparing) + subclass),
                   .query = MemorySparingParameters::QueryResources::get(flags) != 0,
                   .hard = MemorySparingParameters::HardSparing::get(flags) != 0,
                   .sparing = *parameters};
}

// 02h for an operation that there is not, 16h for parameters that are too short.
cci::Result<Operation> operation_of(const PerformMaintenanceIn& in, Bytes parameters, bool refuses_surplus) {
  if (in.maintenance_operation_class == kMaintenancePpr) {
    return ppr_of(in.maintenance_operation_subclass, parameters, refuses_surplus);
  }
  if (in.maintenance_operation_class == kMaintenanceMemorySparing) {
    return sparing_of(in.maintenance_operation_subclass, parameters, refuses_surplus);
  }
  return cci::refuse(ReturnCode::invalid_input);
}

cci::Result<Operation> operation_of(Bytes request) {
  const auto in = Reader(request).take<PerformMaintenanceIn>();
  if (!in) return cci::refuse(ReturnCode::invalid_payload_length);
  return operation_of(*in, request.subspan(sizeof *in), false);
}

// What is replaced; nothing where the device has no such memory. PPR repairs the row that its DPA lies in.
std::optional<DpaExtent> extent_of(const MemoryDevice& device, const Operation& operation) {
  const DramGeometry dram = device.dram();
  if (operation.is_ppr()) {
    if (!device.logical_device().contains(Dpa{operation.dpa}, 1)) return std::nullopt;
    return dram.extent_of(dram.address_of(operation.dpa), DramUnit::row);
  }
  const MemorySparingParameters& in = operation.sparing;
  return dram.extent_of({.channel = in.channel,
                         .rank = in.rank,
                         .bank_group = in.bank_group,
                         .bank = in.bank,
                         .row = in.row,
                         .column = in.column},
                        static_cast<DramUnit>(operation.subclass()));
}

enum class SparingResult : std::uint8_t { success = 0, resources_exhausted = 1, general_failure = 0xFF };

// Where it was done, as the DRAM event of the error would tell; a sparing has it from its request.
void place(const MemoryDevice& device, const Operation& operation, MemorySparingEventData& data) {
  constexpr std::uint16_t kChannelAndRank = 0x03;
  constexpr std::uint16_t kNibbleMask = 1 << 2;
  constexpr std::uint16_t kBankGroupAndBank = 0x18;
  constexpr std::uint16_t kRow = 1 << 5;
  constexpr std::uint16_t kColumn = 1 << 6;
  constexpr std::uint16_t kSubChannel = 1 << 9;
  if (operation.is_ppr()) {
    const DramAddress address = device.dram().address_of(operation.dpa);
    data.validity_flags = kChannelAndRank | kBankGroupAndBank | kRow;
    data.channel = address.channel;
    data.rank = address.rank;
    data.bank_group = address.bank_group;
    data.bank = address.bank;
    data.row = address.row;
    return;
  }
  const MemorySparingParameters& in = operation.sparing;
  std::uint16_t valid = kChannelAndRank;
  if (operation.kind != RepairKind::rank_sparing) valid |= kBankGroupAndBank;
  if (operation.kind <= RepairKind::row_sparing) valid |= kRow;
  if (operation.kind == RepairKind::cacheline_sparing) valid |= kColumn;
  if (MemorySparingParameters::NibbleMaskValid::get(in.flags.value()) != 0) valid |= kNibbleMask;
  if (MemorySparingParameters::SubChannelValid::get(in.flags.value()) != 0) valid |= kSubChannel;
  data.validity_flags = valid;
  data.channel = in.channel;
  data.rank = in.rank;
  data.nibble_mask = in.nibble_mask;
  data.bank_group = in.bank_group;
  data.bank = in.bank;
  data.row = in.row;
  data.column = in.column;
  data.sub_channel = in.sub_channel;
}

bool tells(const MemoryDevice& device, const Operation& operation) {
  if (!operation.is_ppr()) return true;
  const auto index = operation.hard ? FeatureIndex::hard_ppr : FeatureIndex::soft_ppr;
  const auto value = features::current<PprWritable>(device.features(), index);
  return (value.ppr_operation_mode & PprWritable::kMemorySparingEventRecordEnable) != 0;
}

// CXL r3.2 8.2.10.2.1.4 Memory Sparing Event Record
void log_result(MemoryDevice& device, const Operation& operation, SparingResult result) {
  if (!tells(device, operation)) return;
  constexpr std::uint32_t kThreeOrMore = 3;
  MemorySparingEventData data{};
  data.maintenance_operation_class = operation.is_ppr() ? kMaintenancePpr : kMaintenanceMemorySparing;
  data.maintenance_operation_subclass = operation.subclass();
  data.flags = static_cast<std::uint8_t>((operation.query ? 1U : 0U) | (operation.hard ? 1U << 1 : 0U));
  data.result = static_cast<std::uint8_t>(result);
  data.spare_resource_available =
      static_cast<std::uint16_t>(std::min(resources_left(device, operation.kind), kThreeOrMore));
  place(device, operation, data);
  EventRecord record{};
  record.event_record_identifier = kMemorySparingEventRecord;
  std::memcpy(record.event_record_data.data(), &data, sizeof data);
  device.log_event(EventLogId::informational, record);
}

ReturnCode answer_query(MemoryDevice& device, const Operation& operation) {
  const bool left = resources_left(device, operation.kind) != 0;
  // PPR answers by its return code, sparing by an event.
  if (operation.is_ppr()) return left ? ReturnCode::success : ReturnCode::resources_exhausted;
  log_result(device, operation, left ? SparingResult::success : SparingResult::resources_exhausted);
  return ReturnCode::success;
}

// SILENT: data is copied to the spare as it is: poison that is not of the media goes with it.
void repair(MemoryDevice& device, const Operation& operation, const DpaExtent& extent) {
  PoisonState& state = device.logical_device().state.poison;
  Repair made{.kind = operation.kind, .hard = operation.hard, .dpa = extent.dpa, .length = extent.length, .taken = {}};
  state.media.visit(extent.dpa, extent.length, [&](const PoisonRange& range) {
    if (range.kind.permanent) made.taken.push_back(range);
    return true;
  });
  for (const PoisonRange& range : made.taken) device.repair_media(Dpa{range.dpa}, range.length);
  device.maintenance().repairs.push_back(std::move(made));
  device.changes().mark(StateKey::maintenance);
  log_result(device, operation, SparingResult::success);
}

// The broken media is what is read again.
void take_back(MemoryDevice& device, const Repair& repair) {
  LogicalDevice& media = device.logical_device();
  for (const PoisonRange& range : repair.taken) {
    (void)poison::add(media.state.poison, media.poison_limits(), range.dpa, range.length, range.kind,
                      device.component().device_time());
    if (!range.kind.detected) media_errors::note_latent_poison(device);
  }
  device.changes().mark(StateKey::poison);
}

}  // namespace

std::uint32_t resources(const MemoryDeviceConfig& config, RepairKind kind) {
  switch (kind) {
    case RepairKind::soft_ppr:
      return config.soft_ppr_spares;
    case RepairKind::hard_ppr:
      return config.hard_ppr_spares;
    case RepairKind::cacheline_sparing:
      return config.cacheline_spares;
    case RepairKind::row_sparing:
      return config.row_spares;
    case RepairKind::bank_sparing:
      return config.bank_spares;
    case RepairKind::rank_sparing:
      return config.rank_spares;
  }
  return 0;
}

std::uint32_t resources_left(const MemoryDevice& device, RepairKind kind) {
  const auto used = std::ranges::count(device.maintenance().repairs, kind, &Repair::kind);
  const std::uint32_t all = resources(device.config(), kind);
  return all - static_cast<std::uint32_t>(std::min<std::int64_t>(used, all));
}

cci::Result<cci::Outcome> perform_maintenance(MemoryDevice& device, cci::Cci&, const cci::Request& request,
                                              const PerformMaintenanceIn& in, cci::Tail<std::byte> parameters) {
  // SILENT: "No operation" has no effect.
  if (in.maintenance_operation_class == kMaintenanceNoOperation && in.maintenance_operation_subclass == 0) {
    return cci::Outcome{};
  }
  const auto operation = operation_of(in, parameters.bytes, device.component().refuse_surplus_payload);
  if (!operation) return cci::refuse(operation.error());
  // "No more than one maintenance operation": of the device, whichever CCI began it.
  if (device.component().operations_running(kPerformMaintenance) != 0) return cci::refuse(ReturnCode::busy);
  const auto extent = extent_of(device, *operation);
  if (!extent) return cci::refuse(ReturnCode::invalid_physical_address);
  if (operation->query) {
    const ReturnCode code = answer_query(device, *operation);
    if (code != ReturnCode::success) return cci::refuse(code);
    return cci::Outcome{};
  }
  if (resources_left(device, operation->kind) == 0) return cci::refuse(ReturnCode::resources_exhausted);
  if (operation->is_ppr() && !request.forced_background) {
    repair(device, *operation, *extent);
    return cci::Outcome{};
  }
  device.changes().mark(StateKey::background);
  // COMPAT(linux): it takes Background Command Started for the end and does not wait.
  return cci::Background{.duration = maintenance_duration(device.config(), in.maintenance_operation_class),
                         .ends_at_once = device.config().sparing_completes_at_once};
}

ReturnCode complete_perform_maintenance(MemoryDevice& device, cci::Cci&, Bytes request) {
  const auto operation = operation_of(request);
  const auto extent = operation ? extent_of(device, *operation) : std::nullopt;
  // Only a state that was restored can be so.
  if (!extent) return ReturnCode::internal_error;
  if (resources_left(device, operation->kind) == 0) {
    log_result(device, *operation, SparingResult::resources_exhausted);
    return ReturnCode::resources_exhausted;
  }
  repair(device, *operation, *extent);
  return ReturnCode::success;
}

void interrupt_perform_maintenance(MemoryDevice& device, cci::Cci&, Bytes request, std::uint8_t, cci::Interruption) {
  if (const auto operation = operation_of(request)) log_result(device, *operation, SparingResult::general_failure);
}

bool perform_maintenance_runs_in_background(const MemoryDevice&, const cci::Cci&, const cci::Request& request) {
  const auto operation = operation_of(request.payload);
  return operation && !operation->query && (!operation->is_ppr() || request.forced_background);
}

// CXL r3.2 8.2.10.7.1.1 (sPPR "is lost with a power cycle"), 8.2.10.7.2.3 (soft sparing "will be reverted after any
// Conventional Reset").
void reset(MemoryDevice& device, ResetKind kind) {
  if (kind == ResetKind::cxl || kind == ResetKind::flr) return;
  auto& repairs = device.maintenance().repairs;
  const auto stays = [kind](const Repair& repair) {
    return repair.hard || (repair.kind == RepairKind::soft_ppr && kind == ResetKind::conventional);
  };
  std::vector<Repair> taken_back;
  std::ranges::remove_copy_if(repairs, std::back_inserter(taken_back), stays);
  if (taken_back.empty()) return;
  std::erase_if(repairs, std::not_fn(stays));
  // The last one first, as one may lie over another.
  for (auto one = taken_back.rbegin(); one != taken_back.rend(); ++one) take_back(device, *one);
  device.changes().mark(StateKey::maintenance);
}

}  // namespace maintenance
}  // namespace cxlemu
