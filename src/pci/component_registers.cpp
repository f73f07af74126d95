#include "pci/component_registers.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "wire/le.hpp"

namespace cxlemu::pci {
namespace {

// CXL_Capability_Header and the headers of the others (8.2.4.1 to 8.2.4.5).
constexpr std::uint32_t kCapabilityHeader =
    0x0111'0001;  // ID 1, version 1, CXL.cachemem version 1; the array size is added
struct CapabilityHeader {
  std::uint16_t id;
  std::uint8_t version;
  std::uint32_t offset;  ///< from CXL_Capability_Header
  std::string_view name;
  std::string_view section;
};
constexpr auto kCapabilities = std::to_array<CapabilityHeader>(
    {{2, 3, ComponentRegisters::kRas - ComponentRegisters::kCacheMem, "CXL RAS Capability Header", "8.2.4.2"},
     {4, 4, ComponentRegisters::kLink - ComponentRegisters::kCacheMem, "CXL Link Capability Header", "8.2.4.4"},
     {5, 3, ComponentRegisters::kHdm - ComponentRegisters::kCacheMem, "CXL HDM Decoder Capability Header", "8.2.4.5"}});

// HDM decoders (8.2.4.20).
constexpr std::uint32_t kGlobalControl = ComponentRegisters::kHdm + 4;
constexpr std::uint32_t kHdmDecoderEnable = 1U << 1;
constexpr std::uint32_t decoder_at(unsigned number) { return ComponentRegisters::kHdm + 0x10 + 0x20 * number; }
constexpr std::uint32_t kBaseLow = 0x00, kBaseHigh = 0x04, kSizeLow = 0x08, kSizeHigh = 0x0C, kDecoderControl = 0x10,
                        kSkipLow = 0x14, kSkipHigh = 0x18;
using InterleaveGranularity = Bits<3, 0>;
using InterleaveWays = Bits<7, 4>;
constexpr std::uint64_t kLockOnCommit = 1U << 8, kCommit = 1U << 9, kCommitted = 1U << 10,
                        kErrorNotCommitted = 1U << 11, kHostOnly = 1U << 12;

struct DecoderCount {
  unsigned decoders;
  std::uint32_t encoded;
};
constexpr auto kDecoderCounts = std::to_array<DecoderCount>({{10, 5}, {8, 4}, {6, 3}, {4, 2}, {2, 1}, {1, 0}});

constexpr DecoderCount count_of(unsigned decoders) {
  for (const DecoderCount& count : kDecoderCounts) {
    if (count.decoders <= decoders) return count;
  }
  return kDecoderCounts.back();
}

// Interleaving by address bits 8 to 14, of 2, 3, 4, 6, 8, 12 and 16 ways; poison on a decode error; host-only
// coherency. SILENT: Target Count, which is not applicable to devices, is 0.
constexpr std::uint32_t kHdmCapability = 0x0040'1F00;

void add_headers(std::vector<Register>& rows) {
  using ArraySize = Bits<31, 24>;
  rows.push_back({.offset = ComponentRegisters::kCacheMem,
                  .name = "CXL Capability Header",
                  .section = "8.2.4.1",
                  .reset = ArraySize::set(kCapabilityHeader, kCapabilities.size())});
  std::uint32_t at = ComponentRegisters::kCacheMem + 4;
  for (const CapabilityHeader& header : kCapabilities) {
    rows.push_back({.offset = at,
                    .name = header.name,
                    .section = header.section,
                    .reset = header.id | std::uint64_t{header.version} << 16 | std::uint64_t{header.offset} << 20});
    at += 4;
  }
}

// 8.2.4.19, an Upstream Port in 68B flit mode that is up. All credits that it advertises at the next initialisation are
// software's to change; without CXL.cache, BI and Direct P2P the credits of those are 0.
void add_link(std::vector<Register>& rows) {
  constexpr std::uint32_t at = ComponentRegisters::kLink;
  constexpr std::uint64_t kNoLlReset = std::uint64_t{1} << 58, kInitDone = 0b11 << 3;
  constexpr std::uint64_t kMemCredits = std::uint64_t{64} << 30 | std::uint64_t{64} << 40;
  rows.push_back({.offset = at + 0x00,
                  .width = 8,
                  .name = "CXL Link Layer Capability",
                  .section = "8.2.4.19.1",
                  .reset = kNoLlReset,
                  .rws = 0xFF0F});
  rows.push_back({.offset = at + 0x08,
                  .width = 8,
                  .name = "CXL Link Layer Control and Status",
                  .section = "8.2.4.19.2",
                  .reset = kInitDone,
                  .rws = 0x6});
  rows.push_back({.offset = at + 0x10,
                  .width = 8,
                  .name = "CXL Link Layer Rx Credit Control",
                  .section = "8.2.4.19.3",
                  .reset = kMemCredits,
                  .rws = 0x3'FFFF'FFFF'FFFF});
  rows.push_back(
      {.offset = at + 0x18, .width = 8, .name = "CXL Link Layer Rx Credit Return Status", .section = "8.2.4.19.4"});
  rows.push_back({.offset = at + 0x20, .width = 8, .name = "CXL Link Layer Tx Credit Status", .section = "8.2.4.19.5"});
  rows.push_back({.offset = at + 0x28,
                  .width = 8,
                  .name = "CXL Link Layer Ack Timer Control",
                  .section = "8.2.4.19.6",
                  .reset = 0x2010,
                  .rws = 0x3'FFFF});
  rows.push_back(
      {.offset = at + 0x30, .width = 8, .name = "CXL Link Layer Defeature", .section = "8.2.4.19.7", .rws = 0x1});
  rows.push_back(
      {.offset = at + 0x38, .width = 8, .name = "CXL Link Layer Rx Credit Control2", .section = "8.2.4.19.8"});
  rows.push_back(
      {.offset = at + 0x40, .width = 8, .name = "CXL Link Layer Rx Credit Return Status2", .section = "8.2.4.19.9"});
  rows.push_back(
      {.offset = at + 0x48, .width = 8, .name = "CXL Link Layer Tx Credit Status2", .section = "8.2.4.19.10"});
}

}  // namespace

ComponentRegisters::ComponentRegisters(const ComponentRegistersConfig& config, RasRegisters ras)
    : decoder_count_(count_of(config.hdm_decoders).decoders), ras_(std::move(ras)), table_(kSize, rows()) {}

std::vector<Register> ComponentRegisters::rows() {
  std::vector<Register> all;
  add_headers(all);
  add_ras(all);
  add_link(all);
  all.push_back({.offset = kHdm,
                 .name = "CXL HDM Decoder Capability",
                 .section = "8.2.4.20.1",
                 .reset = kHdmCapability | count_of(decoder_count_).encoded});
  // Poison On Decode Error Enable, HDM Decoder Enable.
  all.push_back({.offset = kGlobalControl,
                 .name = "CXL HDM Decoder Global Control",
                 .section = "8.2.4.20.2",
                 .rw = 0x3,
                 .restored_by = kAllButFlr});
  for (unsigned i = 0; i < decoder_count_; ++i) add_hdm_decoder(all, i);
  return all;
}

void ComponentRegisters::add_ras(std::vector<Register>& rows) {
  struct Row {
    std::uint32_t offset;
    std::string_view name;
    std::string_view section;
    bool cleared_by_ones;
  };
  constexpr auto kRows = std::to_array<Row>({{0x00, "Uncorrectable Error Status", "8.2.4.17.1", true},
                                             {0x04, "Uncorrectable Error Mask", "8.2.4.17.2", false},
                                             {0x08, "Uncorrectable Error Severity", "8.2.4.17.3", false},
                                             {0x0C, "Correctable Error Status", "8.2.4.17.4", true},
                                             {0x10, "Correctable Error Mask", "8.2.4.17.5", false},
                                             {0x14, "Error Capabilities and Control", "8.2.4.17.6", false}});
  for (const Row& row : kRows) {
    rows.push_back({.offset = kRas + row.offset,
                    .name = row.name,
                    .section = row.section,
                    .read = [this, at = row.offset] { return std::uint64_t{ras_.read(at)}; },
                    .written =
                        [this, row](const RegisterWrite& write) {
                          ras_.write(row.offset,
                                     static_cast<std::uint32_t>(row.cleared_by_ones ? write.value : write.after));
                        }});
  }
  // Fault B32: the header log has sixteen dwords and no more.
  for (std::uint32_t at = 0x18; at < 0x58; at += 4) {
    rows.push_back({.offset = kRas + at, .name = "Header Log", .section = "8.2.4.17.7", .read = [this, at] {
                      return std::uint64_t{ras_.read(at)};
                    }});
  }
}

void ComponentRegisters::add_hdm_decoder(std::vector<Register>& rows, unsigned number) {
  const std::uint32_t at = decoder_at(number);
  const Register::Lock lock{.offset = at + kDecoderControl, .bits = kLockOnCommit | kCommitted};
  const auto add = [&](std::uint32_t offset, std::string_view name, std::string_view section, std::uint64_t mask) {
    rows.push_back({.offset = at + offset,
                    .name = name,
                    .section = section,
                    .rwl = mask,
                    .restored_by = kAllButFlr,
                    .lock = lock});
  };
  add(kBaseLow, "CXL HDM Decoder n Base Low", "8.2.4.20.3", 0xF000'0000);
  add(kBaseHigh, "CXL HDM Decoder n Base High", "8.2.4.20.4", 0xFFFF'FFFF);
  add(kSizeLow, "CXL HDM Decoder n Size Low", "8.2.4.20.5", 0xF000'0000);
  add(kSizeHigh, "CXL HDM Decoder n Size High", "8.2.4.20.6", 0xFFFF'FFFF);
  // Target Range Type is read only: host-only is the one coherency model of the device. No BI, no UIO.
  rows.push_back({.offset = at + kDecoderControl,
                  .name = "CXL HDM Decoder n Control",
                  .section = "8.2.4.20.7",
                  .reset = kHostOnly,
                  .rwl = 0xFF | kLockOnCommit | kCommit,
                  .rol = kCommitted | kErrorNotCommitted,
                  .restored_by = kAllButFlr,
                  .lock = lock,
                  .written = [this, number](const RegisterWrite& write) { control_written(number, write); }});
  add(kSkipLow, "CXL HDM Decoder n DPA Skip Low", "8.2.4.20.9", 0xF000'0000);
  add(kSkipHigh, "CXL HDM Decoder n DPA Skip High", "8.2.4.20.11", 0xFFFF'FFFF);
}

HdmDecoder ComponentRegisters::hdm_decoder(unsigned number) const {
  const std::uint32_t at = decoder_at(number);
  const auto wide = [&](std::uint32_t low, std::uint32_t high) {
    return table_.value(at + low) | table_.value(at + high) << 32;
  };
  const std::uint64_t control = table_.value(at + kDecoderControl);
  return {.base = wide(kBaseLow, kBaseHigh),
          .size = wide(kSizeLow, kSizeHigh),
          .dpa_skip = wide(kSkipLow, kSkipHigh),
          .interleave_granularity = static_cast<std::uint8_t>(InterleaveGranularity::get(control)),
          .interleave_ways = static_cast<std::uint8_t>(InterleaveWays::get(control)),
          .lock_on_commit = (control & kLockOnCommit) != 0,
          .committed = (control & kCommitted) != 0};
}

bool ComponentRegisters::hdm_decoders_enabled() const {
  return (table_.value(kGlobalControl) & kHdmDecoderEnable) != 0;
}

// 8.2.4.20.7: only a change of Commit does something.
void ComponentRegisters::control_written(unsigned number, const RegisterWrite& write) {
  if (((write.before ^ write.after) & kCommit) == 0) return;
  std::uint64_t control = write.after & ~(kCommitted | kErrorNotCommitted);
  if ((write.after & kCommit) != 0) control |= may_commit(number) ? kCommitted : kErrorNotCommitted;
  table_.set(decoder_at(number) + kDecoderControl, control);
}

// 8.2.4.20.12. Software that does not lock is responsible for its own addresses.
// SILENT: what a change does while Commit is set (8.2.4.20.13: undefined). It is taken over without a check; Lock On
// Commit then locks at once.
bool ComponentRegisters::may_commit(unsigned number) const {
  const HdmDecoder decoder = hdm_decoder(number);
  const bool three_fold = decoder.interleave_ways >= 8;
  // SILENT: what a reserved granularity or number of ways does. There is nothing that it could decode.
  if (decoder.interleave_granularity > 6) return false;
  if (decoder.interleave_ways > 10 || (decoder.interleave_ways > 4 && !three_fold)) return false;
  if (!decoder.lock_on_commit) return true;
  if (decoder.base + decoder.size < decoder.base) return false;
  if (three_fold && decoder.size % 3 != 0) return false;
  if (number == 0) return true;
  const HdmDecoder before = hdm_decoder(number - 1);
  return before.committed && decoder.base >= before.base + before.size;
}

}  // namespace cxlemu::pci
