// The subcommands of the program: one row each, in the file that does it. main.cpp has the table.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace cxlemu::app {

struct Subcommand {
  std::string_view name;
  std::string_view summary;
  /// Adds its options to the parser; what comes back is called once they have their values, and gives the exit status
  /// (exit_code.hpp).
  std::function<int()> (*declare)(CLI::App&) = nullptr;
  /// Instead of `declare`, where the words are in part somebody else's command line: QEMU's -object and -device, or a
  /// program with its arguments. They come as they are, because CLI11 would take -object for a row of short options
  /// and an argument of the program for one of ours.
  int (*run_words)(std::vector<std::string> words) = nullptr;
};

/// A row whose options are the members of a struct.
template <typename Options, void (*declare)(CLI::App&, Options&), int (*run)(const Options&)>
constexpr Subcommand subcommand(std::string_view name, std::string_view summary) {
  return {name, summary, [](CLI::App& app) -> std::function<int()> {
            const auto options = std::make_shared<Options>();
            declare(app, *options);
            return [options] { return run(*options); };
          }};
}

extern const Subcommand kRunCommand, kListCommand, kCciCommand, kFirmwareCommand, kQmpCommand, kExecCommand,
    kDescribeCommand, kDoctorCommand, kDemoCommand;

/// $CXLEMU_LAB, else "lab".
std::string default_lab();
/// --lab, with that default.
void add_lab(CLI::App& command, std::string& lab);

}  // namespace cxlemu::app
