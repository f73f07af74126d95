// CXL r3.2 8.2.10.5 Logs command set: handlers over the rows of a component's logs
#pragma once

#include <algorithm>

#include "component/generic/concepts.hpp"
#include "component/generic/log_row.hpp"

namespace cxlemu::generic {

/// The rows stay the same for the life of a component, at least one and at most 255 of them.
template <typename C>
concept HasLogs = AnyComponent<C> && requires(const C& component) {
  { component.log_rows() } -> std::same_as<std::span<const LogRow<C>>>;
};

template <HasLogs C>
const LogRow<C>* find_log(const C& component, const Uuid& identifier) {
  const auto rows = component.log_rows();
  const auto found = std::ranges::find(rows, identifier, &LogRow<C>::identifier);
  return found == rows.end() ? nullptr : &*found;
}

// CXL r3.2 8.2.10.5.1 Get Supported Logs (Opcode 0400h)
template <HasLogs C>
cci::Result<void> get_supported_logs(C& component, cci::Context& context,
                                     cci::Answer<GetSupportedLogsOut, SupportedLogEntry>& out) {
  const auto rows = component.log_rows();
  out.put(GetSupportedLogsOut{static_cast<std::uint16_t>(rows.size()), {}});
  for (const auto& row : rows) out.put(SupportedLogEntry{row.identifier, row.size(component, context)});
  return {};
}

// CXL r3.2 8.2.10.5.2 Get Log (Opcode 0401h)
template <HasLogs C>
cci::Result<void> get_log(C& component, cci::Context& context, const GetLogIn& in, cci::AnswerBytes& out) {
  const LogRow<C>* row = find_log(component, in.log_identifier);
  if (row == nullptr) return cci::refuse(ReturnCode::invalid_log);
  const std::uint64_t offset = in.offset;
  const std::uint64_t length = in.length;
  if (row->admit_read != nullptr) {
    if (const auto code = row->admit_read(component, context, in.offset)) return cci::refuse(*code);
  }
  if (offset + length > row->size(component, context) || length > out.room()) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  row->read(component, context, in.offset, out.reserve(length));
  if (row->was_read != nullptr) row->was_read(component, context, in.offset);
  return {};
}

// CXL r3.2 8.2.10.5.3 Get Log Capabilities (Opcode 0402h)
template <HasLogs C>
cci::Result<GetLogCapabilitiesOut> get_log_capabilities(C& component, cci::Context&, const GetLogCapabilitiesIn& in) {
  const LogRow<C>* row = find_log(component, in.log_identifier);
  if (row == nullptr) return cci::refuse(ReturnCode::invalid_log);
  return GetLogCapabilitiesOut{row->capabilities};
}

// CXL r3.2 8.2.10.5.4 Clear Log (Opcode 0403h)
template <HasLogs C>
cci::Result<void> clear_log(C& component, cci::Context&, const ClearLogIn& in) {
  const LogRow<C>* row = find_log(component, in.log_identifier);
  if (row == nullptr) return cci::refuse(ReturnCode::invalid_log);
  if (row->clear == nullptr) return cci::refuse(ReturnCode::invalid_input);
  row->clear(component);
  return {};
}

// CXL r3.2 8.2.10.5.5 Populate Log (Opcode 0404h)
template <HasLogs C>
cci::Result<cci::Outcome> populate_log(C& component, cci::Context& context, const PopulateLogIn& in) {
  const LogRow<C>* row = find_log(component, in.log_identifier);
  if (row == nullptr) return cci::refuse(ReturnCode::invalid_log);
  if (row->populate == nullptr) return cci::refuse(ReturnCode::invalid_input);
  return row->populate(component, context);
}

template <HasLogs C>
ReturnCode complete_populate_log(C& component, cci::Context&, Bytes request) {
  component.changes().mark(StateKey::background);
  const auto in = Reader(request).take<PopulateLogIn>();
  const LogRow<C>* row = in ? find_log(component, in->log_identifier) : nullptr;
  // A restored state of another version may name a log that there is not.
  return row == nullptr || row->populated == nullptr ? ReturnCode::internal_error : row->populated(component);
}

/// The log had been cleared when the operation began, and stays so.
template <HasLogs C>
void interrupt_populate_log(C& component, cci::Context&, Bytes, std::uint8_t, cci::Interruption) {
  component.changes().mark(StateKey::background);
}

/// Neither does what is refused.
template <HasLogs C>
bool populate_log_runs_in_background(const C& component, const cci::Context& context, Bytes request) {
  const auto in = Reader(request).take<PopulateLogIn>();
  const LogRow<C>* row = in ? find_log(component, in->log_identifier) : nullptr;
  return row != nullptr && row->populate != nullptr && row->populates_in_background(component, context);
}

// CXL r3.2 8.2.10.5.6 Get Supported Logs Sub-List (Opcode 0405h)
template <HasLogs C>
cci::Result<void> get_supported_logs_sub_list(C& component, cci::Context& context, const GetSupportedLogsSubListIn& in,
                                              cci::Answer<GetSupportedLogsSubListOut, SupportedLogEntry>& out) {
  const auto rows = component.log_rows();
  const std::size_t wanted = in.maximum_number_of_supported_log_entries;
  const std::size_t start = in.start_supported_log_entry_index;
  // SILENT: an index behind the last log has no code of its own.
  if (wanted == 0 || start >= rows.size()) return cci::refuse(ReturnCode::invalid_input);
  const std::size_t room = (out.room() - sizeof(GetSupportedLogsSubListOut)) / sizeof(SupportedLogEntry);
  const std::size_t count = std::min({wanted, rows.size() - start, room});
  GetSupportedLogsSubListOut head{};
  head.number_of_supported_log_entries = static_cast<std::uint8_t>(count);
  head.total_number_of_supported_log_entries = static_cast<std::uint16_t>(rows.size());
  head.start_supported_log_entry_index = static_cast<std::uint8_t>(start);
  out.put(head);
  for (const auto& row : rows.subspan(start, count)) {
    out.put(SupportedLogEntry{row.identifier, row.size(component, context)});
  }
  return {};
}

}  // namespace cxlemu::generic
