// A QEMU command line, pasted: which options and drivers QEMU has that a lab does not need (QEMU 11.1, qemu-options.hx
// and `-device help`). They are accepted, so that the line works unchanged, and named in one notice.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "options/option_grammar.hpp"

namespace cxlemu::options {

/// An option of the program that calls, with two dashes: "--name".
struct OwnOption {
  std::string_view name;
  bool takes_argument = false;
};

struct CommandLine {
  std::vector<Declaration> declarations;  ///< -object, -device, -machine in the order given
  std::vector<std::string> own;  ///< own options with their arguments and what is no option, for the caller's parser
  std::vector<std::string> without_effect;  ///< QEMU's other options, each once: "-m"
};

/// Takes a command line apart. QEMU's options may have one dash or two; where an own option has the same name, two
/// dashes are the own one. A first word qemu-system-* and the "..." of documents are passed over.
Result<CommandLine> split_command_line(std::span<const std::string> arguments, std::span<const OwnOption> own_options);

enum class DriverUse : std::uint8_t {
  unknown,
  without_effect,  ///< a host's plumbing, or a device that has nothing to do with CXL
  not_there_yet,   ///< CXL components that this version does not have
};
DriverUse use_of_driver(std::string_view driver);
DriverUse use_of_object(std::string_view type);

/// Names that an unknown driver or object may have been meant for: those of the tables and of properties.hpp.
std::vector<std::string_view> known_drivers();
std::vector<std::string_view> known_objects();

}  // namespace cxlemu::options
