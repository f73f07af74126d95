#include "control/describe.hpp"

#include <CLI/CLI.hpp>
#include <array>

#include "app/commands/subcommand.hpp"
#include "app/exit_code.hpp"
#include "app/text.hpp"
#include "control/properties.hpp"
#include "control/qmp_server.hpp"

namespace cxlemu::app {
namespace {

struct Page {
  const char* flag;
  const char* meaning;
  std::string (*text)();
};
constexpr auto kPages = std::to_array<Page>({
    {"--markdown", "docs/commands.md", control::describe_markdown},
    {"--lua", "docs/cxlemu.lua, a Wireshark dissector", control::describe_lua},
    {"--dictionary", "fuzz/cci.dict", control::describe_dictionary},
    {"--qmp", "docs/qmp.md", control::qmp_markdown},
    {"--options", "docs/options.md", control::options_markdown},
});

struct DescribeOptions {
  std::array<bool, kPages.size()> wanted{};
};

void declare(CLI::App& app, DescribeOptions& options) {
  auto* what = app.add_option_group("what");
  for (std::size_t i = 0; i < kPages.size(); ++i) {
    what->add_flag(kPages[i].flag, options.wanted[i], kPages[i].meaning);
  }
  what->require_option(1);
}

int run(const DescribeOptions& options) {
  for (std::size_t i = 0; i < kPages.size(); ++i) {
    if (options.wanted[i]) print(kPages[i].text());
  }
  return kSuccess;
}

}  // namespace

constexpr Subcommand kDescribeCommand =
    subcommand<DescribeOptions, declare, run>("describe", "print what is generated from the tables of the program");

}  // namespace cxlemu::app
