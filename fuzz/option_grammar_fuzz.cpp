// Options as a command line gives them, one a line: -object where it begins with o, -machine with m, else -device, each
// after that letter. Whatever they say, the outcome is a lab or one line that a terminal can show.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "options/qemu_options.hpp"
#include "options/topology_builder.hpp"

using namespace cxlemu;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}
void expect_one_line(const std::string& text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  expect(!text.empty() && std::ranges::none_of(text, is_control));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> arguments;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty()) continue;
    arguments.push_back(line[0] == 'o' ? "-object" : line[0] == 'm' ? "-machine" : "-device");
    arguments.emplace_back(line.substr(1));
  }
  const auto split = options::split_command_line(arguments, {});
  if (!split) {
    expect_one_line(split.error().message);
    return 0;
  }
  const auto lab = options::build_topology(split->declarations, split->without_effect);
  if (!lab) {
    expect_one_line(lab.error().message);
    return 0;
  }
  for (const auto& notice : lab->notices) expect_one_line(notice);
  for (const auto& device : lab->topology.memory_devices) {
    for (const MctpPlacement& mctp : device.mctp) expect(mctp.eid != kNullEid);
  }
  return 0;
}
