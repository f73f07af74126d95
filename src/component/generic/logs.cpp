#include "component/generic/logs.hpp"

#include <algorithm>

#include "component/state_keys.hpp"

namespace cxlemu::generic {
namespace {

const cci::LogRow* find_log(const cci::Component& component, const Uuid& identifier) {
  const auto found = std::ranges::find(component.logs, identifier, &cci::LogRow::identifier);
  return found == component.logs.end() ? nullptr : &*found;
}

}  // namespace

cci::Result<void> get_supported_logs(cci::Component& component, cci::Cci& cci,
                                     cci::Answer<GetSupportedLogsOut, SupportedLogEntry>& out) {
  const auto rows = component.logs;
  out.put(GetSupportedLogsOut{static_cast<std::uint16_t>(rows.size()), {}});
  for (const auto& row : rows) out.put(SupportedLogEntry{row.identifier, row.size(cci)});
  return {};
}

cci::Result<void> get_log(cci::Component& component, cci::Cci& cci, const GetLogIn& in, cci::AnswerBytes& out) {
  const cci::LogRow* row = find_log(component, in.log_identifier);
  if (row == nullptr) return cci::refuse(ReturnCode::invalid_log);
  const std::uint64_t offset = in.offset;
  const std::uint64_t length = in.length;
  if (row->admit_read != nullptr) {
    if (const auto code = row->admit_read(cci, in.offset)) return cci::refuse(*code);
  }
  if (offset + length > row->size(cci) || length > out.room()) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  row->read(cci, in.offset, out.reserve(length));
  if (row->was_read != nullptr) row->was_read(cci, in.offset);
  return {};
}

cci::Result<GetLogCapabilitiesOut> get_log_capabilities(cci::Component& component, cci::Cci&,
                                                        const GetLogCapabilitiesIn& in) {
  const cci::LogRow* row = find_log(component, in.log_identifier);
  if (row == nullptr) return cci::refuse(ReturnCode::invalid_log);
  return GetLogCapabilitiesOut{row->capabilities};
}

cci::Result<void> clear_log(cci::Component& component, cci::Cci& cci, const ClearLogIn& in) {
  const cci::LogRow* row = find_log(component, in.log_identifier);
  if (row == nullptr) return cci::refuse(ReturnCode::invalid_log);
  if (row->clear == nullptr) return cci::refuse(ReturnCode::invalid_input);
  row->clear(cci);
  return {};
}

cci::Result<cci::Outcome> populate_log(cci::Component& component, cci::Cci& cci, const cci::Request& request,
                                       const PopulateLogIn& in) {
  const cci::LogRow* row = find_log(component, in.log_identifier);
  if (row == nullptr) return cci::refuse(ReturnCode::invalid_log);
  if (row->populate == nullptr) return cci::refuse(ReturnCode::invalid_input);
  return row->populate(cci, request);
}

ReturnCode complete_populate_log(cci::Component& component, cci::Cci& cci, Bytes request) {
  component.changes.mark(StateKey::background);
  const auto in = Reader(request).take<PopulateLogIn>();
  const cci::LogRow* row = in ? find_log(component, in->log_identifier) : nullptr;
  // A restored state of another version may name a log that there is not.
  return row == nullptr || row->populated == nullptr ? ReturnCode::internal_error : row->populated(cci);
}

void interrupt_populate_log(cci::Component& component, cci::Cci&, Bytes, std::uint8_t, cci::Interruption) {
  component.changes.mark(StateKey::background);
}

bool populate_log_runs_in_background(const cci::Component& component, const cci::Cci& cci,
                                     const cci::Request& request) {
  const auto in = Reader(request.payload).take<PopulateLogIn>();
  const cci::LogRow* row = in ? find_log(component, in->log_identifier) : nullptr;
  return row != nullptr && row->populate != nullptr && row->populates_in_background(cci, request);
}

cci::Result<void> get_supported_logs_sub_list(cci::Component& component, cci::Cci& cci,
                                              const GetSupportedLogsSubListIn& in,
                                              cci::Answer<GetSupportedLogsSubListOut, SupportedLogEntry>& out) {
  const auto rows = component.logs;
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
    out.put(SupportedLogEntry{row.identifier, row.size(cci)});
  }
  return {};
}

}  // namespace cxlemu::generic
