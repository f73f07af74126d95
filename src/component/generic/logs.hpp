// CXL r3.2 8.2.10.5 Logs command set: handlers for a component whose only log is the Command Effects Log
#pragma once

#include "cci/command_effects_log.hpp"
#include "component/generic/concepts.hpp"
#include "wire/logs.hpp"

namespace cxlemu::generic {

inline constexpr std::size_t kSupportedLogs = 1;

template <AnyComponent C>
SupportedLogEntry supported_log(C& component, const cci::Context& context, std::size_t) {
  return {kCommandEffectsLog, cci::command_effects_log_size(component.commands(), context.carrier)};
}

// CXL r3.2 8.2.10.5.1 Get Supported Logs (Opcode 0400h)
template <AnyComponent C>
cci::Result<void> get_supported_logs(C& component, cci::Context& context,
                                     cci::Answer<GetSupportedLogsOut, SupportedLogEntry>& out) {
  out.put(GetSupportedLogsOut{static_cast<std::uint16_t>(kSupportedLogs), {}});
  for (std::size_t i = 0; i < kSupportedLogs; ++i) out.put(supported_log(component, context, i));
  return {};
}

// CXL r3.2 8.2.10.5.2 Get Log (Opcode 0401h)
template <AnyComponent C>
cci::Result<void> get_log(C& component, cci::Context& context, const GetLogIn& in, cci::AnswerBytes& out) {
  if (in.log_identifier != kCommandEffectsLog) return cci::refuse(ReturnCode::invalid_log);
  const std::uint64_t size = cci::command_effects_log_size(component.commands(), context.carrier);
  const std::uint64_t offset = in.offset;
  const std::uint64_t length = in.length;
  if (offset + length > size || length > out.room()) return cci::refuse(ReturnCode::invalid_input);
  cci::read_command_effects_log(component.commands(), context.carrier, in.offset, out.reserve(length));
  return {};
}

// CXL r3.2 8.2.10.5.6 Get Supported Logs Sub-List (Opcode 0405h)
template <AnyComponent C>
cci::Result<void> get_supported_logs_sub_list(C& component, cci::Context& context,
                                              const GetSupportedLogsSubListIn& in,
                                              cci::Answer<GetSupportedLogsSubListOut, SupportedLogEntry>& out) {
  const std::size_t wanted = in.maximum_number_of_supported_log_entries;
  const std::size_t start = in.start_supported_log_entry_index;
  // SILENT: an index behind the last log has no code of its own.
  if (wanted == 0 || start >= kSupportedLogs) return cci::refuse(ReturnCode::invalid_input);
  const std::size_t room = (out.room() - sizeof(GetSupportedLogsSubListOut)) / sizeof(SupportedLogEntry);
  const std::size_t count = std::min({wanted, kSupportedLogs - start, room});
  GetSupportedLogsSubListOut head{};
  head.number_of_supported_log_entries = static_cast<std::uint8_t>(count);
  head.total_number_of_supported_log_entries = static_cast<std::uint16_t>(kSupportedLogs);
  head.start_supported_log_entry_index = static_cast<std::uint8_t>(start);
  out.put(head);
  for (std::size_t i = 0; i < count; ++i) out.put(supported_log(component, context, start + i));
  return {};
}

}  // namespace cxlemu::generic
