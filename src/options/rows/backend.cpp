// What memory backends can be told.
#include <algorithm>
#include <array>

#include "options/rows/row.hpp"

namespace cxlemu::options {
namespace {

using BackendRow = PropertyRow<MemoryBackendConfig>;

// LIMIT: a path that the kernel takes (PATH_MAX without its final zero).
constexpr std::uint64_t kMaximumPathLength = 4095;

void set_backend_size(MemoryBackendConfig& backend, const PropertyValue& value) { backend.size_bytes = value.number; }

constexpr PropertyInfo backend_id() {
  return {.name = "id",
          .kind = PropertyKind::identifier,
          .default_text = "(required)",
          .meaning = "the name that devices use for it",
          .source = "QEMU"};
}
constexpr PropertyInfo backend_size() {
  return {.name = "size",
          .kind = PropertyKind::size,
          .default_text = "(required)",
          .meaning = "bytes of memory",
          .source = "QEMU",
          .minimum = 1,
          .maximum = kMaximumBackendSize};
}
constexpr BackendRow kept_by_qemu(std::string_view name, std::string_view meaning, bool indexed = false) {
  return {no_effect(name, PropertyEffect::ignored, meaning, indexed)};
}

constexpr std::array kBackendRows = {
    BackendRow{backend_id(), set_text<&MemoryBackendConfig::id, MemoryBackendConfig>},
    BackendRow{backend_size(), set_backend_size},
    kept_by_qemu("prealloc", "memory is taken when it is touched"),
    kept_by_qemu("prealloc-threads", "as prealloc"),
    kept_by_qemu("prealloc-context", "as prealloc"),
    kept_by_qemu("reserve", "as prealloc"),
    kept_by_qemu("merge", "page merging is left to the kernel"),
    kept_by_qemu("dump", "core dumps are left to the kernel"),
    kept_by_qemu("host-nodes", "NUMA placement is left to the kernel", true),
    kept_by_qemu("policy", "NUMA placement is left to the kernel"),
    kept_by_qemu("x-use-canonical-path-for-ramblock-id", "concerns QEMU's migration"),
};

template <std::size_t first, std::size_t second>
constexpr std::array<BackendRow, first + second> joined(const std::array<BackendRow, first>& rows,
                                                        const std::array<BackendRow, second>& more) {
  std::array<BackendRow, first + second> all;
  std::ranges::copy(more, std::ranges::copy(rows, all.begin()).out);
  return all;
}

constexpr auto kRamRows =
    joined(kBackendRows, std::array{kept_by_qemu("share", "memory is always shared with who attaches")});

constexpr auto kMemfdRows = joined(kRamRows, std::array{
                                                 kept_by_qemu("hugetlb", "the kernel's page size is enough"),
                                                 kept_by_qemu("hugetlbsize", "the kernel's page size is enough"),
                                                 kept_by_qemu("seal", "the memory keeps its size anyway"),
                                             });

constexpr auto kFileRows = joined(
    kBackendRows,
    std::array{
        BackendRow{{.name = "share",
                    .kind = PropertyKind::boolean,
                    .default_text = "off",
                    .meaning = "on: what is written goes to the file; off: the file stays as it is",
                    .source = "QEMU"},
                   [](MemoryBackendConfig& config, const PropertyValue& value) { config.share = value.number != 0; }},
        BackendRow{{.name = "mem-path",
                    .kind = PropertyKind::text,
                    .default_text = "(required)",
                    .meaning = "the file; created as a sparse one where it is missing",
                    .source = "QEMU",
                    .minimum = 1,
                    .maximum = kMaximumPathLength},
                   set_text<&MemoryBackendConfig::mem_path, MemoryBackendConfig>},
        kept_by_qemu("pmem", "persistence is the file system's"),
        kept_by_qemu("align", "the kernel's page size is enough"),
        BackendRow{no_effect("offset", PropertyEffect::refused, "the memory is the whole file")},
        BackendRow{no_effect("readonly", PropertyEffect::refused, "the file is written to")},
        BackendRow{no_effect("rom", PropertyEffect::refused, "the file is written to")},
        kept_by_qemu("discard-data", "the file is kept"),
    });

}  // namespace

std::span<const BackendRow> backend_rows(std::string_view type) {
  if (type == "memory-backend-ram") return kRamRows;
  if (type == "memory-backend-memfd") return kMemfdRows;
  if (type == "memory-backend-file") return kFileRows;
  return {};
}

}  // namespace cxlemu::options
