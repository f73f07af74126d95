// Labs as TOML 1.0 files: the keys of the options, one table each. Strings are on one line, and what is not ASCII is a
// comment or written as \uXXXX.
//   [object.m0]
//   type = "memory-backend-ram"
//   size = "512M"
//   [device.mem0]
//   type = "cxl-type3"
//   volatile-memdev = "m0"
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "options/option_grammar.hpp"

namespace cxlemu::options {

/// How device time moves: with the clock, by hand, or to the next deadline whenever nothing else is to do.
enum class LabClock : std::uint8_t { real, by_hand, automatic };
/// "real", "virtual", "auto": of --clock and of [lab].
Result<LabClock> parse_lab_clock(std::string_view text);

/// `[lab]`: what is not about one component. Absent keys are the caller's to choose.
struct LabSettings {
  std::optional<std::string> name;
  std::optional<LabClock> clock;
};

struct TopologyFile {
  LabSettings lab;
  std::vector<Declaration> declarations;  ///< in the order of the file; the name of a table is the property `id`
};

/// LIMIT: bytes of a file.
inline constexpr std::size_t kMaximumFileSize = 4 * 1024 * 1024;

/// LIMIT: parts of a dotted key or a table's name.
inline constexpr std::size_t kMaximumKeyParts = 8;

/// `file_name` is for errors: "lab.toml:12: ...". Keys may be text, whole numbers, booleans or lists of these, or lists
/// of tables of them ([[device.mem0.vendor-command]]); an id with dots is quoted: [device."cxl.1"].
Result<TopologyFile> parse_topology_file(std::string_view text, std::string_view file_name);

}  // namespace cxlemu::options
