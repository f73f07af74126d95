// QMP input: how it is cut into reads changes nothing, and no more than one text is ever kept.
#include <cstdlib>
#include <string>
#include <vector>

#include "qmp/splitter.hpp"

using namespace cxlemu;

namespace {

std::vector<std::string> shown(const std::vector<Result<std::string>>& items) {
  std::vector<std::string> texts;
  for (const auto& item : items) texts.push_back(item ? *item : "error: " + item.error().message);
  return texts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = std::as_bytes(std::span(data, size));
  qmp::Splitter whole;
  const auto at_once = shown(whole.feed(input));

  qmp::Splitter pieces;
  std::vector<std::string> one_by_one;
  for (std::size_t i = 0; i < input.size(); ++i) {
    for (auto& text : shown(pieces.feed(input.subspan(i, 1)))) one_by_one.push_back(std::move(text));
  }
  if (at_once != one_by_one || whole.pending() != pieces.pending()) std::abort();
  if (whole.pending() > qmp::Splitter::kMaximumTextLength) std::abort();
  for (const std::string& text : at_once) {
    if (!text.starts_with('{') && !text.starts_with("error: ")) std::abort();
  }
  return 0;
}
