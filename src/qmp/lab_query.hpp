// What a lab looks like to people and programs: the answer of cxlemu-query-lab.
#pragma once

#include "base/json.hpp"
#include "qmp/targets.hpp"

namespace cxlemu::qmp {

/// Name, clock, devices with their capacities, CCIs and endpoints, networks and counters.
Json query_lab(Machine& machine, std::string_view lab_name, std::string_view clock);

/// One device: what query_lab says of it.
Json query_device(const DeviceTarget& node);

/// The commands that a device has: the answer of cxlemu-query-commands.
Json query_device_commands(MemoryDevice& device);

/// Firmware slots and the transfer of one device: the answer of cxlemu-query-firmware.
Json query_firmware(const MemoryDevice& device);

/// What runs, or ran last, on each CCI: the answer of cxlemu-query-background.
Json query_background(const DeviceTarget& node);

/// The condition of one device: the answer of cxlemu-query-health.
Json query_health(MemoryDevice& device);

/// The records of one log, decoded, and what it lost.
Json query_event_log(const cci::EventLog& log);

}  // namespace cxlemu::qmp
