// CXL r3.2 8.2.10.5.2.3 Component State Dump Log: the state of the device as JSON text, populated on demand or by the
// first fatal event since it was cleared.
#pragma once

#include <cstdint>
#include <map>

#include "base/bytes.hpp"
#include "cci/cci_id.hpp"
#include "wire/log_contents.hpp"

namespace cxlemu {

struct ComponentStateDumpState {
  Buffer data{};              ///< JSON text; empty: nothing is populated
  bool automatic = false;     ///< a trigger made it
  std::uint8_t triggers = 0;  ///< since it was cleared or populated by command (saturates)
  std::map<cci::CciId, std::uint16_t>
      event_handles{};                             ///< of the trigger's record in the fatal log of each CCI; 0: lost
  std::uint64_t timestamp = 0;                     ///< the device's, when the data was made
  std::uint32_t generation = 1;                    ///< counts changes of the contents
  std::map<cci::CciId, std::uint32_t> fetching{};  ///< the generation that each CCI began to read
  bool operator==(const ComponentStateDumpState&) const = default;
};

/// LIMIT: bytes of Component State Dump Data. Long lists and byte strings are shortened until it fits.
inline constexpr std::size_t kMaximumStateDump = 256 << 10;

/// Says that the data is JSON text: an object with `device`, `time` (device time in nanoseconds) and `state`.
inline constexpr Uuid kComponentStateDumpFormat = "566fb059-93dd-44cf-af0f-1079d37e2523"_uuid;

class MemoryDevice;

namespace state_dump {

/// Something fatal was logged; `handles` are those of its record, 0 where it was lost.
void trigger(MemoryDevice& device, const std::map<cci::CciId, std::uint16_t>& handles);

/// The text for the state that the device is in: passphrases are left out, lists and byte strings shortened.
Buffer text(MemoryDevice& device);

}  // namespace state_dump
}  // namespace cxlemu
