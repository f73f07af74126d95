// Requests of the Features and Maintenance command sets (CXL r3.2 8.2.10.6, .7) as hex, and what comes of them.
#pragma once

#include "support/media.hpp"

namespace cxlemu {

// Feature Identifiers as they stand on the wire.
inline constexpr std::string_view kScrub = "96dad7d6fde8482ba733 75774e06db8a";
inline constexpr std::string_view kEcs = "e5b13f2223284a14b8ba b9691e893386";
inline constexpr std::string_view kSoftPpr = "892ba475fad8474e9d3e 692c917568bb";
inline constexpr std::string_view kHardPpr = "80ea4521786f4127afb1 ec7459fb0e24";
inline constexpr std::string_view kRowSparing = "450ebf67b1354f97a498 c2d57f279bed";
inline constexpr std::string_view kCvme = "1478ad9dce0047339db8 f392a4c2d0cc";
inline constexpr std::string_view kSettings = "c0de5a177c1e4e6b9b0e 5f2d6a3b8c41";
inline constexpr std::string_view kTransferred = "ffffffffffffffffffff ffffffffffff";

inline std::string le16(std::uint16_t value) { return to_hex(bytes_of(Le16{value})); }
inline std::string hex8(std::uint8_t value) { return to_hex(bytes_of(U8{value})); }

inline constexpr std::uint32_t kSave = 1 << 3;
/// One Set Feature request.
struct Part {
  std::string_view feature;
  std::uint32_t flags = 0;  ///< action and kSave
  std::uint16_t offset = 0;
  std::string data{};
  std::uint8_t version = 1;
};
inline std::string set_feature(const Part& part) {
  return std::string(part.feature) + le32(part.flags) + le16(part.offset) + hex8(part.version) + zeros(9) + part.data;
}
inline std::string full(std::string_view feature, std::string data, std::uint8_t version = 1, std::uint32_t flags = 0) {
  return set_feature({feature, flags, 0, std::move(data), version});
}
inline std::string begin(std::string_view feature, std::string data, std::uint32_t save = 0) {
  return set_feature({feature, 1 | save, 0, std::move(data)});
}
inline std::string go_on(std::string_view feature, std::uint16_t offset, std::string data) {
  return set_feature({feature, 2, offset, std::move(data)});
}
inline std::string finish(std::string_view feature, std::uint16_t offset, std::string data) {
  return set_feature({feature, 3, offset, std::move(data)});
}
inline std::string abort_of(std::string_view feature) { return set_feature({feature, 4}); }
/// All of a feature's data. Selection: 0 current, 1 default, 2 saved.
inline std::string get_feature(std::string_view feature, std::uint8_t selection = 0, std::uint16_t offset = 0,
                               std::uint16_t count = 0xFFFF) {
  return std::string(feature) + le16(offset) + le16(count) + hex8(selection);
}
inline std::string value_of(Lab& lab, std::string_view feature, std::uint8_t selection = 0) {
  return lab.mailbox(0x0501, get_feature(feature, selection)).payload;
}

/// "channel/rank/bank group/bank/row/column" of each DRAM event of a log, with type:transaction:descriptor before it
/// and, of a threshold, the count behind it.
inline std::string dram_events(Lab& lab, EventLogId log, cci::CciId via = cci::kMailbox) {
  std::string all;
  for (const EventRecord& record : lab.events(log, via)) {
    DramEventData data;
    std::memcpy(&data, record.event_record_data.data(), sizeof data);
    EXPECT_EQ(record.event_record_identifier, kDramEventRecord);
    EXPECT_EQ(EventRecord::Severity::get(record.event_record_flags.value()), static_cast<std::uint64_t>(log));
    char one[120];
    std::snprintf(one, sizeof one, "%s%u:%u:%u %u/%u/%u/%u/%u/%u", all.empty() ? "" : ", ",
                  static_cast<unsigned>(data.memory_event_type.value()),
                  static_cast<unsigned>(data.transaction_type.value()),
                  static_cast<unsigned>(data.memory_event_descriptor.value()),
                  static_cast<unsigned>(data.channel.value()), static_cast<unsigned>(data.rank.value()),
                  static_cast<unsigned>(data.bank_group.value()), static_cast<unsigned>(data.bank.value()),
                  static_cast<unsigned>(data.row.value()), static_cast<unsigned>(data.column.value()));
    all += one;
    const unsigned count = data.corrected_volatile_memory_error_count_at_event.value();
    if (count != 0) all += " " + std::to_string(count);
  }
  return all;
}

// Perform Maintenance.
inline std::string ppr(std::uint8_t subclass, std::uint64_t dpa, std::uint8_t flags = 0) {
  return "01" + hex8(subclass) + hex8(flags) + le64(dpa) + "000000";
}
struct Spare {
  std::uint8_t subclass;
  DramAddress at{};
  std::uint8_t flags = 0;
};
inline std::string sparing(const Spare& spare) {
  return "02" + hex8(spare.subclass) + hex8(spare.flags) + hex8(spare.at.channel) + hex8(spare.at.rank) + "000000" +
         hex8(spare.at.bank_group) + hex8(spare.at.bank) + le32(spare.at.row).substr(0, 6) + le16(spare.at.column) +
         "00";
}
/// "class.subclass flags result left" of each Memory Sparing event.
inline std::string sparing_events(Lab& lab) {
  std::string all;
  for (const EventRecord& record : lab.events(EventLogId::informational)) {
    if (record.event_record_identifier != kMemorySparingEventRecord) continue;
    MemorySparingEventData data;
    std::memcpy(&data, record.event_record_data.data(), sizeof data);
    char one[60];
    std::snprintf(one, sizeof one, "%s%u.%u %u %u %u", all.empty() ? "" : ", ",
                  static_cast<unsigned>(data.maintenance_operation_class.value()),
                  static_cast<unsigned>(data.maintenance_operation_subclass.value()),
                  static_cast<unsigned>(data.flags.value()), static_cast<unsigned>(data.result.value()),
                  static_cast<unsigned>(data.spare_resource_available.value()));
    all += one;
  }
  return all;
}

}  // namespace cxlemu
