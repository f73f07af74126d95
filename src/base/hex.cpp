#include "base/hex.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cxlemu {
namespace {

constexpr int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    text += kDigits[std::to_integer<std::size_t>(byte & std::byte{0x0F})];
  }
  return text;
}

std::optional<Buffer> from_hex(std::string_view text) {
  Buffer bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ' || c == ':' || c == '\n' || c == '\t' || c == '\r') {
      if (high >= 0) return std::nullopt;
      continue;
    }
    const int value = digit(c);
    if (value < 0) return std::nullopt;
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<std::byte>(high << 4 | value));
      high = -1;
    }
  }
  if (high >= 0) return std::nullopt;
  return bytes;
}

std::string hexdump(Bytes bytes) {
  std::string text;
  for (std::size_t line = 0; line < bytes.size(); line += 16) {
    const Bytes row = bytes.subspan(line, std::min<std::size_t>(16, bytes.size() - line));
    text += fmt::format("{:08x} ", line);
    for (std::size_t i = 0; i < 16; ++i) {
      if (i == 8) text += ' ';
      text += i < row.size() ? fmt::format(" {:02x}", std::to_integer<unsigned>(row[i])) : "   ";
    }
    text += "  |";
    for (const std::byte byte : row) {
      const auto c = std::to_integer<char>(byte);
      text += c >= 0x20 && c < 0x7F ? c : '.';
    }
    text += "|\n";
  }
  return text;
}

}  // namespace cxlemu
