// Requests of the Media and Poison Management and Sanitize command sets (CXL r3.2 8.2.10.9.4, .5) as hex, and what
// comes back of them.
#pragma once

#include <vector>

#include "support/lab.hpp"
#include "wire/media_and_poison.hpp"

namespace cxlemu {

inline constexpr std::uint64_t kMiB = 1ULL << 20;
/// The device under test: 256 MiB of volatile capacity, then 256 MiB of persistent capacity.
inline constexpr std::uint64_t kAllLines = 512 * kMiB / 64;

inline std::string le64(std::uint64_t value) { return to_hex(bytes_of(Le64{value})); }
inline std::string le32(std::uint32_t value) { return to_hex(bytes_of(Le32{value})); }
/// A DPA and a length in units of 64 bytes.
inline std::string lines_from(std::uint64_t dpa, std::uint64_t lines) { return le64(dpa) + le64(lines); }
inline std::string all_lines() { return lines_from(0, kAllLines); }
inline std::string scan_request(std::uint64_t dpa, std::uint64_t lines, bool no_event_log = false) {
  return lines_from(dpa, lines) + (no_event_log ? "01" : "00");
}
/// So many bytes of the same value, as hex.
inline std::string repeated(std::string_view byte, std::size_t count) {
  std::string hex;
  for (std::size_t i = 0; i < count; ++i) hex += byte;
  return hex;
}
inline std::string clear_request(std::uint64_t dpa, std::string_view byte = "00") {
  return le64(dpa) + repeated(byte, 64);
}

/// The answer of Get Poison List or Get Scan Media Results.
template <typename Head>
struct ErrorList {
  Head head{};
  std::vector<MediaErrorRecord> records;
  /// "dpa+lines:source ..." for people.
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const MediaErrorRecord& record : records) {
      const std::uint64_t address = record.media_error_address;
      char one[80];
      std::snprintf(one, sizeof one, "%s%llx+%u:%u", all.empty() ? "" : " ",
                    static_cast<unsigned long long>(address & ~std::uint64_t{63}),
                    static_cast<unsigned>(record.media_error_length_64b.value()), static_cast<unsigned>(address & 7));
      all += one;
    }
    return all;
  }
};
template <typename Head>
ErrorList<Head> error_list(const Answered& answered) {
  EXPECT_EQ(answered.code, ReturnCode::success);
  const Buffer bytes = from_hex(answered.payload).value();
  Reader reader(bytes);
  ErrorList<Head> list{reader.template take<Head>().value_or(Head{}), {}};
  while (const auto record = reader.template take<MediaErrorRecord>()) list.records.push_back(*record);
  EXPECT_EQ(list.head.media_error_record_count, list.records.size());
  return list;
}
inline ErrorList<GetPoisonListOut> poison_list(Lab& lab, cci::CciId via = cci::kMailbox,
                                               const std::string& range = all_lines()) {
  return error_list<GetPoisonListOut>(lab.send(via, 0x4300, range));
}
inline ErrorList<GetScanMediaResultsOut> scan_results(Lab& lab, cci::CciId via = cci::kMailbox) {
  return error_list<GetScanMediaResultsOut>(lab.send(via, 0x4305));
}

/// Poison of the media's own, known at once unless it is latent.
inline void poison_at(Lab& lab, std::uint64_t dpa, std::uint64_t lines = 1,
                      PoisonKind kind = {PoisonSource::internal}) {
  lab.poison(dpa, lines * 64, kind);
}
inline constexpr PoisonKind kLatent{PoisonSource::internal, false, false};
inline constexpr PoisonKind kPermanent{PoisonSource::internal, true, true};

/// What the records of a log tell of: "dpa:transaction:descriptor" of each General Media Event.
inline std::string media_events(Lab& lab, EventLogId log, cci::CciId via = cci::kMailbox) {
  std::string all;
  for (const EventRecord& record : lab.events(log, via)) {
    GeneralMediaEventData data;
    std::memcpy(&data, record.event_record_data.data(), sizeof data);
    EXPECT_EQ(record.event_record_identifier, kGeneralMediaEventRecord);
    EXPECT_EQ(EventRecord::Severity::get(record.event_record_flags.value()), static_cast<std::uint64_t>(log));
    char one[80];
    std::snprintf(one, sizeof one, "%s%llx:%u:%u", all.empty() ? "" : " ",
                  static_cast<unsigned long long>(data.physical_address.value()),
                  static_cast<unsigned>(data.transaction_type.value()),
                  static_cast<unsigned>(data.memory_event_descriptor.value()));
    all += one;
  }
  return all;
}

/// One Media Operations request on ranges of bytes.
struct ByteRange {
  std::uint64_t dpa;
  std::uint64_t length;
};
inline std::string media_operation(std::string_view class_and_subclass, const std::vector<ByteRange>& ranges) {
  std::string hex = std::string(class_and_subclass) + "0000" + le32(static_cast<std::uint32_t>(ranges.size()));
  for (const ByteRange& range : ranges) hex += le64(range.dpa) + le64(range.length);
  return hex;
}

inline const Answered kStarted{ReturnCode::background_command_started, "", true};

}  // namespace cxlemu
