// One log of a component is one row: Get Supported Logs, Get Log, Get Log Capabilities, Clear Log, Populate Log and Get
// Supported Logs Sub-List (CXL r3.2 8.2.10.5) all derive from it.
#pragma once

#include "cci/command.hpp"
#include "cci/command_effects_log.hpp"
#include "wire/logs.hpp"

namespace cxlemu::generic {

/// What the bytes of a log are; `LogRow::layout` says the rest.
enum class LogContents : std::uint8_t { fields, lines_of_text, header_and_json, command_effects };

template <typename C>
struct LogRow {
  Uuid identifier{};
  std::string_view name{};
  std::uint32_t capabilities = 0;  ///< bits of GetLogCapabilitiesOut
  /// Bytes that the CCI can read now.
  std::uint32_t (*size)(C&, const cci::Context&) = nullptr;
  /// Fills `to` with the bytes from `offset` on, which lie inside the log.
  void (*read)(C&, const cci::Context&, std::uint32_t offset, MutableBytes to) = nullptr;
  /// What is refused before offset and length are compared with the size; null: nothing.
  std::optional<ReturnCode> (*admit_read)(C&, const cci::Context&, std::uint32_t offset) = nullptr;
  /// Called when Get Log has succeeded; null: nobody wants to know.
  void (*was_read)(C&, const cci::Context&, std::uint32_t offset) = nullptr;
  /// Where Clear Log is supported.
  void (*clear)(C&) = nullptr;
  /// Where Populate Log is supported: begins, or does it at once; then what ends it.
  cci::Result<cci::Outcome> (*populate)(C&, const cci::Context&) = nullptr;
  ReturnCode (*populated)(C&) = nullptr;
  /// Would it run in the background?
  bool (*populates_in_background)(const C&, const cci::Context&) = nullptr;
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

// CXL r3.2 8.2.10.5.2.1 Command Effects Log
template <typename C>
constexpr LogRow<C> command_effects_log_row() {
  return {.identifier = kCommandEffectsLog,
          .name = "Command Effects Log",
          .size =
              [](C& component, const cci::Context& context) {
                return cci::command_effects_log_size(component.commands(), context.carrier);
              },
          .read =
              [](C& component, const cci::Context& context, std::uint32_t offset, MutableBytes to) {
                cci::read_command_effects_log(component.commands(), context.carrier, offset, to);
              }};
}

}  // namespace cxlemu::generic
