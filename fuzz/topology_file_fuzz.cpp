// Topology files: whatever they say, the outcome is a lab or one line that begins with the file's name.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "options/topology_builder.hpp"
#include "options/topology_file.hpp"

using namespace cxlemu;

namespace {

void expect_one_line(const std::string& text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (!text.starts_with("lab.toml:") || std::ranges::any_of(text, is_control)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = options::parse_topology_file({reinterpret_cast<const char*>(data), size}, "lab.toml");
  if (!file) {
    expect_one_line(file.error().message);
    return 0;
  }
  const auto lab = options::build_topology(file->declarations);
  if (!lab) expect_one_line(lab.error().message);
  return 0;
}
