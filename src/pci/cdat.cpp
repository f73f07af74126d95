#include "pci/cdat.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "wire/cdat.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu::pci {
namespace {

constexpr std::uint64_t kLatencyUnit = 1'000;  // picoseconds
constexpr std::uint64_t kBandwidthUnit = 100;  // MB/s
// FFFFh says unreachable, 0 that nothing is known.
constexpr std::uint64_t kLargestEntry = 0xFFFE;

template <Wire T>
Buffer buffer_of(T structure) {
  structure.length = sizeof(T);
  return to_buffer(bytes_of(structure));
}

Buffer latency_or_bandwidth(std::uint8_t handle, std::uint8_t data_type, std::uint64_t unit, std::uint64_t entry) {
  Dslbis made{};
  made.type = CdatType::dslbis;
  made.handle = handle;
  made.data_type = data_type;
  made.entry_base_unit = unit;
  made.entry = static_cast<std::uint16_t>(std::min(entry, kLargestEntry));
  return buffer_of(made);
}

Buffer latency(std::uint8_t handle, std::uint8_t data_type, std::uint64_t nanoseconds) {
  return latency_or_bandwidth(handle, data_type, kLatencyUnit, nanoseconds);
}

Buffer bandwidth(std::uint8_t handle, std::uint8_t data_type, std::uint64_t megabytes) {
  return latency_or_bandwidth(handle, data_type, kBandwidthUnit, megabytes / kBandwidthUnit);
}

Buffer affinity(std::uint8_t handle, const CdatMemory& memory) {
  Dsmas made{};
  made.type = CdatType::dsmas;
  made.dsmad_handle = handle;
  if (memory.persistent) made.flags = Dsmas::kNonVolatile;
  made.dpa_base = memory.dpa_base;
  made.dpa_length = memory.dpa_length;
  return buffer_of(made);
}

Buffer memory_side_cache(std::uint8_t handle, const CdatMemory& memory) {
  Dsmscis made{};
  made.type = CdatType::dsmscis;
  made.dsmas_handle = handle;
  made.memory_side_cache_size = memory.memory_side_cache_size;
  made.cache_attributes = memory.cache_attributes;
  return buffer_of(made);
}

Buffer efi_memory_type(std::uint8_t handle, const CdatMemory& memory) {
  Dsemts made{};
  made.type = CdatType::dsemts;
  made.dsmas_handle = handle;
  made.efi_memory_type_and_attribute = memory.persistent ? Dsemts::kReserved : Dsemts::kConventionalSpecificPurpose;
  made.dpa_length = memory.dpa_length;
  return buffer_of(made);
}

void add_memory(std::vector<Buffer>& entries, std::uint8_t handle, const CdatMemory& memory) {
  entries.push_back(affinity(handle, memory));
  entries.push_back(latency(handle, Dslbis::kReadLatency, memory.read_latency_ns));
  entries.push_back(latency(handle, Dslbis::kWriteLatency, memory.write_latency_ns));
  entries.push_back(bandwidth(handle, Dslbis::kReadBandwidth, memory.read_bandwidth_mb));
  entries.push_back(bandwidth(handle, Dslbis::kWriteBandwidth, memory.write_bandwidth_mb));
  if (memory.memory_side_cache_size != 0) entries.push_back(memory_side_cache(handle, memory));
  entries.push_back(efi_memory_type(handle, memory));
}

std::uint8_t sum_of(Bytes bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::uint8_t{0}, [](std::uint8_t sum, std::byte byte) {
    return static_cast<std::uint8_t>(sum + std::to_integer<unsigned>(byte));
  });
}

}  // namespace

std::vector<CdatMemory> cdat_memory(const MemoryRanges& ranges) {
  return {{.dpa_length = ranges[0]}, {.persistent = true, .dpa_base = ranges[0], .dpa_length = ranges[1]}};
}

Cdat::Cdat(std::vector<CdatMemory> memory) : memory_(std::move(memory)) { build(); }

void Cdat::update(std::vector<CdatMemory> memory) {
  if (memory == memory_) return;
  memory_ = std::move(memory);
  ++sequence_;
  build();
}

void Cdat::build() {
  entries_.assign(1, {});
  std::size_t handle = 0;
  for (const CdatMemory& range : memory_) {
    if (range.dpa_length == 0) continue;
    if (handle == kMaximumCdatMemory) break;
    add_memory(entries_, static_cast<std::uint8_t>(handle++), range);
  }
  CdatHeader header{};
  header.revision = CdatHeader::kRevision;
  header.sequence = sequence_;
  std::uint32_t length = sizeof(header);
  std::uint8_t sum = 0;
  for (const Buffer& entry : entries_) {
    length += static_cast<std::uint32_t>(entry.size());
    sum = static_cast<std::uint8_t>(sum + sum_of(entry));
  }
  header.length = length;
  header.checksum = static_cast<std::uint8_t>(-(sum + sum_of(bytes_of(header))));
  entries_.front() = to_buffer(bytes_of(header));
}

}  // namespace cxlemu::pci
