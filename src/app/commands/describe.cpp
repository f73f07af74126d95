
#include "decode/describe.hpp"

#include <CLI/CLI.hpp>
#include <array>

#include "app/commands/subcommand.hpp"
#include "app/exit_code.hpp"
#include "app/text.hpp"
#include "options/markdown.hpp"
#include "qmp/commands.hpp"

namespace cxlemu::app {
namespace {

struct Page {
  const char* flag;
  const char* meaning;
  std::string (*text)();
};
constexpr auto kPages = std::to_array<Page>({
    {"--markdown", "docs/commands.md", decode::describe_markdown},
    {"--lua", "docs/cxlemu.lua, a Wireshark dissector", decode::describe_lua},
    {"--dictionary", "fuzz/cci.dict", decode::describe_dictionary},
    {"--qmp", "docs/qmp.md", qmp::markdown},
    {"--options", "docs/options.md", options::markdown},
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
