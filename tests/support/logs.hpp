// Logs by their identifiers, as requests carry them, and commands that read them.
#pragma once

#include "support/command_effects_log.hpp"

namespace cxlemu {

inline constexpr std::string_view kCel = "0da9c0b5bf414b788f7996b1623b3f17";
inline constexpr std::string_view kDebugLog = "5e1819d911a9400c811fd60719403d86";
inline constexpr std::string_view kStateDump = "b3fab4cf01b64332943e5e9962f23567";
inline constexpr std::string_view kEcsLog = "f1720d60a7a94306a00311948f9e077c";
inline constexpr std::string_view kTestCapability = "e6dfa32cd13e4a5c8ca899bebbf731a4";
inline constexpr std::string_view kTestResultsShort = "2c2555228ce411ecb9090242ac120002";
inline constexpr std::string_view kTestResultsLong = "c1fe0b3e7a00448ea24ea6aabbfe587a";
/// In the order of Get Supported Logs.
inline constexpr auto kAllLogs = std::to_array<std::string_view>(
    {kCel, kDebugLog, kStateDump, kEcsLog, kTestCapability, kTestResultsShort, kTestResultsLong});
inline constexpr std::string_view kNoLog = "e1819d9a482e4e2aab4513757da848e5";

inline std::string get_log(std::string_view log, std::uint32_t offset, std::uint32_t length) {
  return std::string(log) + hex32(offset) + hex32(length);
}

/// The size that Get Supported Logs tells of a log.
inline std::uint32_t log_size(Lab& lab, cci::CciId via, std::string_view log) {
  const std::string list = lab.send(via, 0x0400).payload;
  const std::size_t at = list.find(log);
  if (at == std::string::npos) return 0;
  return *Reader(from_hex(list.substr(at + log.size(), 8)).value()).take<Le32>();
}

/// The whole log as hex, in parts of 256 bytes.
inline std::string whole_log(Lab& lab, cci::CciId via, std::string_view log) {
  const std::uint32_t size = log_size(lab, via, log);
  std::string all;
  for (std::uint32_t at = 0; at < size; at += 256) {
    const Answered part = lab.send(via, 0x0401, get_log(log, at, std::min(256U, size - at)));
    EXPECT_EQ(part.code, ReturnCode::success);
    all += part.payload;
  }
  return all;
}
inline std::string text_of_log(Lab& lab, cci::CciId via, std::string_view log) {
  return std::string(text_of(from_hex(whole_log(lab, via, log)).value()));
}

}  // namespace cxlemu
