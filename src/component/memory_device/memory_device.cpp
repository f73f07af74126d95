#include "component/memory_device/memory_device.hpp"

#include <algorithm>
#include <utility>

namespace cxlemu {

MemoryDevice::MemoryDevice(std::string id, MemoryDeviceConfig config, Timeline& timeline,
                           LogicalDeviceBackings backings)
    : id_(std::move(id)),
      config_(std::move(config)),
      timeline_(&timeline),
      logical_device_(backings),
      commands_{memory_device_commands(), {}},
      firmware_(initial_firmware(config_)),
      mailbox_(cci::Carrier::mailbox, timeline),
      mctp_(cci::Carrier::mctp, timeline) {
  mailbox_.request_limit = mailbox_.response_limit = config_.mailbox_payload_size;
  mctp_.request_limit = mctp_.response_limit = 1U << config_.message_limit;
  for (cci::Context* context : {&mailbox_, &mctp_}) {
    context->events.set_limit(config_.event_log_size);
    context->background.on_deadline([this, context] {
      changes_.mark(StateKey::background);
      cci::complete_background(target(*context));
    });
  }
}

cci::Target MemoryDevice::target(cci::Context& context) {
  return {.component = {.object = this,
                        .commands = &commands_,
                        .faults = &faults_,
                        .refuse_surplus_payload = refuses_surplus_payload(),
                        .admit = &MemoryDevice::admit},
          .context = &context};
}

std::optional<ReturnCode> MemoryDevice::admit(const void* object, const cci::Context& context,
                                              const cci::Command& command) {
  const auto& device = *static_cast<const MemoryDevice*>(object);
  const bool disabled = device.logical_device_.state.media_disabled;
  switch (command.when) {
    case cci::When::always: break;
    case cci::When::media_enabled:
      if (disabled) return ReturnCode::media_disabled;
      break;
    case cci::When::media_enabled_by_property:
      if (disabled && device.config_.media_disabled_refuses == MediaDisabledRefuses::all) {
        return ReturnCode::media_disabled;
      }
      break;
    case cci::When::starts_media_operation: {
      const cci::Context& other = &context == &device.mailbox_ ? device.mctp_ : device.mailbox_;
      // Permitted, not required (CXL r3.2 9.20.1): both would overwrite the same media.
      if (other.background.running() && device.config_.busy_across == BusyAcross::conflicting) return ReturnCode::busy;
      break;
    }
  }
  return std::nullopt;
}

void MemoryDevice::restore(MemoryDeviceState state) {
  timestamp_ = state.timestamp;
  logical_device_.state = state.logical_device;
  firmware_ = std::move(state.firmware);
  mailbox_.restore(std::move(state.mailbox));
  mctp_.restore(std::move(state.mctp));
}

void MemoryDevice::log_event(EventLogId log, const EventRecord& record) {
  for (cci::Context* context : {&mailbox_, &mctp_}) context->events.append(log, record, timestamp_.at(now()));
  changes_.mark(StateKey::event_logs);
}

IdentifyOut MemoryDevice::identity() const {
  IdentifyOut out{};
  out.pcie_vendor_id = config_.vendor_id;
  out.pcie_device_id = config_.device_id;
  out.pcie_subsystem_vendor_id = config_.subsystem_vendor_id;
  out.pcie_subsystem_id = config_.subsystem_id;
  out.device_serial_number = config_.serial_number;
  out.maximum_supported_message_size = config_.message_limit;
  out.component_type = ComponentType::type3_device;
  return out;
}

GetHealthInfoOut MemoryDevice::health() const {
  GetHealthInfoOut out{};
  out.life_used = config_.life_used_percent;
  out.device_temperature = config_.temperature_celsius;
  return out;
}

void MemoryDevice::erase_event_logs() {
  mailbox_.events.erase();
  mctp_.events.erase();
}

std::size_t MemoryDevice::operations_running(Opcode opcode) const {
  const auto runs = [opcode](const cci::Context& context) {
    return context.background.running() && context.background.state().opcode == opcode;
  };
  return static_cast<std::size_t>(runs(mailbox_)) + static_cast<std::size_t>(runs(mctp_));
}

}  // namespace cxlemu
