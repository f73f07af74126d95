// Health of the device under test, and the Memory Module Events that tell of it.
#pragma once

#include "support/lab.hpp"
#include "wire/event_records.hpp"

namespace cxlemu {

inline void heat(Lab& lab, std::int16_t temperature) {
  lab.set_health([&](HealthState& state) { state.temperature = temperature; });
}
inline void wear(Lab& lab, std::uint8_t life_used) {
  lab.set_health([&](HealthState& state) { state.life_used = life_used; });
}

/// Memory Module Events of all logs of the mailbox: "log:type" each, in the order of the logs.
inline std::string module_events(Lab& lab) {
  std::string all;
  for (std::size_t log = 0; log < 4; ++log) {
    for (const EventRecord& record : lab.events(static_cast<EventLogId>(log))) {
      EXPECT_EQ(record.event_record_identifier, kMemoryModuleEventRecord);
      MemoryModuleEventData data;
      std::memcpy(&data, record.event_record_data.data(), sizeof data);
      all += (all.empty() ? "" : " ") + std::to_string(log) + ":" + std::to_string(data.device_event_type.value());
    }
  }
  return all;
}

/// A Set Alert Configuration request.
struct AlertRequest {
  std::uint8_t valid = 0;
  std::uint8_t enable = 0;
  std::uint8_t life_used = 0;
  std::int16_t over = 0;
  std::int16_t under = 0;
  std::uint16_t corrected_volatile = 0;
  std::uint16_t corrected_persistent = 0;
};
inline std::string alerts(const AlertRequest& wanted) {
  SetAlertConfigurationIn in{};
  in.valid_alert_actions = wanted.valid;
  in.enable_alert_actions = wanted.enable;
  in.life_used_warning_threshold = wanted.life_used;
  in.over_temperature_warning_threshold = wanted.over;
  in.under_temperature_warning_threshold = wanted.under;
  in.corrected_volatile_error_warning_threshold = wanted.corrected_volatile;
  in.corrected_persistent_error_warning_threshold = wanted.corrected_persistent;
  return to_hex(bytes_of(in));
}

}  // namespace cxlemu
