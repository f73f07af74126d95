// One log of a component is one row: Get Supported Logs, Get Log, Get Log Capabilities, Clear Log, Populate Log and Get
// Supported Logs Sub-List (CXL r3.2 8.2.10.5) all derive from it. Each function is given the CCI by which it is asked.
#pragma once

#include "cci/command.hpp"
#include "wire/logs.hpp"

namespace cxlemu::cci {

/// What the bytes of a log are; `LogRow::layout` says the rest.
enum class LogContents : std::uint8_t { fields, lines_of_text, header_and_json, command_effects };

struct LogRow {
  Uuid identifier{};
  std::string_view name{};
  std::uint32_t capabilities = 0;  ///< bits of GetLogCapabilitiesOut
  /// Bytes that the CCI can read now.
  std::uint32_t (*size)(const Cci&) = nullptr;
  /// Fills `to` with the bytes from `offset` on, which lie inside the log.
  void (*read)(const Cci&, std::uint32_t offset, MutableBytes to) = nullptr;
  /// What is refused before offset and length are compared with the size; null: nothing.
  std::optional<ReturnCode> (*admit_read)(const Cci&, std::uint32_t offset) = nullptr;
  /// Called when Get Log has succeeded; null: nobody wants to know.
  void (*was_read)(const Cci&, std::uint32_t offset) = nullptr;
  /// Where Clear Log is supported.
  void (*clear)(const Cci&) = nullptr;
  /// Where Populate Log is supported: begins, or does it at once; then what ends it.
  Result<Outcome> (*populate)(const Cci&, const Request&) = nullptr;
  ReturnCode (*populated)(const Cci&) = nullptr;
  /// Would it run in the background?
  bool (*populates_in_background)(const Cci&, const Request&) = nullptr;
  /// How a program shows it: what it is called on the command line, and what its bytes are.
  std::string_view short_name{};
  LogContents contents = LogContents::fields;
  Layout layout{};

  [[nodiscard]] constexpr LogRow shown_as(std::string_view called, LogContents are, const Layout& in = {}) const {
    LogRow row = *this;
    row.short_name = called;
    row.contents = are;
    row.layout = in;
    return row;
  }
};

}  // namespace cxlemu::cci
