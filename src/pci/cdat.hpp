// The Coherent Device Attribute Table of a memory device (CXL r3.2 8.1.11, CDAT 1.04): what its memory is and how fast.
// A memory device initiates nothing, so there is no DSIS.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace cxlemu::pci {

/// Bytes of the volatile and of the persistent capacity. The volatile one begins at DPA 0, the other one behind it.
using MemoryRanges = std::array<std::uint64_t, 2>;

/// LIMIT: ranges of memory with properties of their own: as many as a DSMADHandle can tell apart.
inline constexpr std::size_t kMaximumCdatMemory = 256;

/// Memory with the same properties.
struct CdatMemory {
  bool persistent = false;
  std::uint64_t dpa_base = 0;    ///< bytes
  std::uint64_t dpa_length = 0;  ///< bytes; 0: left out
  std::uint64_t read_latency_ns = 150;
  std::uint64_t write_latency_ns = 150;
  std::uint64_t read_bandwidth_mb = 16'000;  ///< MB/s
  std::uint64_t write_bandwidth_mb = 16'000;
  std::uint64_t memory_side_cache_size = 0;  ///< bytes; 0: there is none
  std::uint32_t cache_attributes = 0;
  bool operator==(const CdatMemory&) const = default;
};

/// The capacity of a device, with the usual speed.
std::vector<CdatMemory> cdat_memory(const MemoryRanges& ranges);

class Cdat {
 public:
  /// What there is more of than kMaximumCdatMemory is left out.
  explicit Cdat(std::vector<CdatMemory> memory);
  /// The memory may have changed, as by Set Partition Info at a reset; if it did, so does the sequence number.
  void update(std::vector<CdatMemory> memory);

  /// The header, then the structures. Each is a multiple of 4 bytes.
  [[nodiscard]] const std::vector<Buffer>& entries() const { return entries_; }

 private:
  void build();

  std::vector<CdatMemory> memory_;
  std::uint32_t sequence_ = 0;
  std::vector<Buffer> entries_;
};

}  // namespace cxlemu::pci
