// The commands of a memory device, one row each, by opcode. Which CCIs carry a command: cci-wire A7, from
// CXL r3.2 Tables 8-49 and 8-141.
#include <algorithm>
#include <functional>

#include "component/generic/events.hpp"
#include "component/generic/information_and_status.hpp"
#include "component/generic/logs.hpp"
#include "component/generic/timestamp.hpp"
#include "component/logical_device/media_and_poison.hpp"
#include "component/logical_device/media_operations.hpp"
#include "component/logical_device/partitions_and_labels.hpp"
#include "component/logical_device/sanitize.hpp"
#include "component/logical_device/security.hpp"
#include "component/memory_device/memory_device.hpp"

namespace cxlemu {
namespace {

// CXL r3.2 8.2.10.9.1.1 Identify Memory Device (Opcode 4000h)
cci::Result<IdentifyMemoryDeviceOut> identify_memory_device(MemoryDevice& device, cci::Cci& cci) {
  const LogicalDevice& media = device.logical_device();
  const FirmwareState& firmware = device.firmware();
  // Filled in where it is returned: the payload is large enough for a copy to be seen in bench/.
  cci::Result<IdentifyMemoryDeviceOut> result;
  IdentifyMemoryDeviceOut& out = *result;
  out.fw_revision = firmware.slots[firmware.active_slot - 1U].revision;
  out.total_capacity_256mib = media.capacity() / kCapacityUnit;
  out.volatile_only_capacity_256mib = media.volatile_only_capacity() / kCapacityUnit;
  out.persistent_only_capacity_256mib = media.persistent_only_capacity() / kCapacityUnit;
  out.partition_alignment_256mib = media.partitionable_capacity() != 0 ? logical::kPartitionAlignment256mib : 0;
  out.informational_event_log_size = cci.events->limit();
  out.warning_event_log_size = cci.events->limit();
  out.failure_event_log_size = cci.events->limit();
  out.fatal_event_log_size = cci.events->limit();
  out.lsa_size = static_cast<std::uint32_t>(media.label_storage_area_size());
  out.qos_telemetry_capabilities = qos::capabilities(device);
  out.poison_list_maximum_media_error_records = device.config().poison_list_size;
  out.inject_poison_limit = media.inject_poison_limit();
  using Out = IdentifyMemoryDeviceOut;
  out.poison_handling_capabilities =
      static_cast<std::uint8_t>((device.config().injects_persistent_poison ? Out::kInjectsPersistentPoison : 0) |
                                (media_errors::scrubs_periodically(device) ? Out::kScansForPoison : 0));
  return result;
}

using cci::background_command;
using cci::command;
using cci::When;

constexpr auto kMailbox = cci::only(cci::Role::mailbox);
constexpr auto kMctp = cci::only(cci::Role::mctp);
constexpr auto kBoth = kMailbox | kMctp;
// The Events, Logs and Identify command sets are recommended for a secondary mailbox (CXL r3.2 8.2.9.4.2): with them
// platform firmware reads and clears events. What may run in the background is not among them.
constexpr auto kMailboxes = kMailbox | cci::Role::secondary_mailbox;
constexpr auto kEvery = kMailboxes | kMctp;
using enum ReturnCode;

// Which resets make staged firmware active: every one but FLR.
constexpr std::uint16_t kActivatedByReset = effect::configuration_change_after_cold_reset | effect::cel_11_10_valid |
                                            effect::configuration_change_after_conventional_reset |
                                            effect::configuration_change_after_cxl_reset;

// clang-format off
constexpr auto kCommands = std::to_array<cci::Command>({
    command<generic::identify>(0x0001, "Identify", "8.2.10.1.1", effect::none, When::always, kMctp),
    command<generic::background_operation_status>(0x0002, "Background Operation Status", "8.2.10.1.2",
        effect::none, When::always, kMctp),
    command<generic::get_response_message_limit>(0x0003, "Get Response Message Limit", "8.2.10.1.3",
        effect::none, When::always, kMctp),
    command<generic::set_response_message_limit>(0x0004, "Set Response Message Limit", "8.2.10.1.4",
        effect::none, When::always, kMctp)
        .returning({invalid_input}),
    command<generic::request_abort_background_operation>(0x0005, "Request Abort Background Operation",
        "8.2.10.1.5", effect::none, When::always, kBoth)
        .returning({request_abort_background_operation_not_supported}),
    command<generic::get_event_records>(0x0100, "Get Event Records", "8.2.10.2.2",
        effect::none, When::media_enabled_by_property, kEvery)
        .returning({invalid_input, busy, media_disabled}),
    command<generic::clear_event_records>(0x0101, "Clear Event Records", "8.2.10.2.3",
        effect::immediate_log_change, When::media_enabled_by_property, kEvery)
        .returning({invalid_input, invalid_handle, busy, media_disabled}),
    command<generic::get_event_interrupt_policy>(0x0102, "Get Event Interrupt Policy", "8.2.10.2.4",
        effect::none, When::always, kMailboxes),
    command<generic::set_event_interrupt_policy>(0x0103, "Set Event Interrupt Policy", "8.2.10.2.5",
        effect::immediate_policy_change, When::always, kMailboxes)
        .returning({invalid_input}),
    command<generic::get_mctp_event_interrupt_policy>(0x0104, "Get MCTP Event Interrupt Policy", "8.2.10.2.6",
        effect::none, When::always, kMctp),
    command<generic::set_mctp_event_interrupt_policy>(0x0105, "Set MCTP Event Interrupt Policy", "8.2.10.2.7",
        effect::immediate_policy_change, When::always, kMctp)
        .returning({invalid_input}),
    command<firmware::get_fw_info>(0x0200, "Get FW Info", "8.2.10.3.1", effect::none, When::always, kBoth),
    background_command<firmware::transfer_fw, firmware::complete_transfer_fw, firmware::interrupt_transfer_fw,
                       firmware::transfer_fw_runs_in_background>(0x0201, "Transfer FW", "8.2.10.3.2",
        kActivatedByReset | effect::background_operation | effect::request_abort_background_operation_supported,
        When::media_enabled_by_property, kBoth)
        .returning({invalid_input, media_disabled, fw_transfer_in_progress, fw_transfer_out_of_order,
                fw_verification_failed, invalid_slot, aborted, invalid_security_state}),
    background_command<firmware::activate_fw, firmware::complete_activate_fw, firmware::interrupt_activate_fw,
                       firmware::activate_fw_runs_in_background>(0x0202, "Activate FW", "8.2.10.3.3",
        kActivatedByReset | effect::immediate_configuration_change | effect::background_operation |
            effect::request_abort_background_operation_supported,
        When::always, kBoth)
        .returning({invalid_input, invalid_slot, activation_failed_fw_rolled_back,
                activation_failed_cold_reset_required, aborted, invalid_security_state}),
    command<generic::get_timestamp>(0x0300, "Get Timestamp", "8.2.10.4.1", effect::none, When::always, kBoth),
    command<generic::set_timestamp>(0x0301, "Set Timestamp", "8.2.10.4.2",
        effect::immediate_policy_change, When::always, kBoth),
    command<generic::get_supported_logs>(0x0400, "Get Supported Logs", "8.2.10.5.1",
        effect::none, When::always, kEvery),
    command<generic::get_log>(0x0401, "Get Log", "8.2.10.5.2",
        effect::none, When::media_enabled_by_property, kEvery)
        .returning({invalid_input, media_disabled, invalid_log, interrupted}),
    command<generic::get_log_capabilities>(0x0402, "Get Log Capabilities", "8.2.10.5.3",
        effect::none, When::always, kEvery)
        .returning({invalid_log}),
    command<generic::clear_log>(0x0403, "Clear Log", "8.2.10.5.4",
        effect::immediate_log_change, When::always, kEvery)
        .returning({invalid_input, invalid_log}),
    background_command<generic::populate_log, generic::complete_populate_log,
                       generic::interrupt_populate_log, generic::populate_log_runs_in_background>(
        0x0404, "Populate Log", "8.2.10.5.5",
        effect::immediate_log_change | effect::background_operation |
            effect::request_abort_background_operation_supported,
        When::always, kBoth)
        .returning({invalid_input, invalid_log, interrupted, aborted}),
    command<generic::get_supported_logs_sub_list>(0x0405, "Get Supported Logs Sub-List", "8.2.10.5.6",
        effect::none, When::always, kEvery)
        .returning({invalid_input}),
    command<features::get_supported_features>(0x0500, "Get Supported Features", "8.2.10.6.1",
        effect::none, When::always, kBoth)
        .returning({invalid_input}),
    command<features::get_feature>(0x0501, "Get Feature", "8.2.10.6.2", effect::none, When::always, kBoth)
        .returning({invalid_input, unsupported_feature_selection_value}),
    command<features::set_feature>(0x0502, "Set Feature", "8.2.10.6.3", kSetFeatureEffects, When::always, kBoth)
        .returning({invalid_input, unsupported_feature_version, feature_transfer_in_progress,
                    feature_transfer_out_of_order, invalid_security_state}),
    background_command<maintenance::perform_maintenance, maintenance::complete_perform_maintenance,
                       maintenance::interrupt_perform_maintenance, maintenance::perform_maintenance_runs_in_background>(
        0x0600, "Perform Maintenance", "8.2.10.7.1",
        effect::immediate_data_change | effect::immediate_log_change | effect::background_operation |
            effect::request_abort_background_operation_supported,
        When::always, kBoth)
        .returning({invalid_input, aborted, invalid_physical_address, resources_exhausted, transfer_out_of_order,
                    invalid_security_state}),
    command<identify_memory_device>(0x4000, "Identify Memory Device", "8.2.10.9.1.1",
        effect::none, When::always, kEvery),
    command<logical::get_partition_info>(0x4100, "Get Partition Info", "8.2.10.9.2.1",
        effect::none, When::always, kBoth),
    command<logical::set_partition_info>(0x4101, "Set Partition Info", "8.2.10.9.2.2",
        kActivatedByReset | effect::immediate_configuration_change | effect::immediate_data_change,
        When::media_unlocked_and_enabled, kBoth)
        .returning({invalid_input, busy, media_disabled, invalid_security_state}),
    command<logical::get_lsa>(0x4102, "Get LSA", "8.2.10.9.2.3", effect::none, When::media_enabled, kBoth)
        .returning({invalid_input, busy, media_disabled}),
    command<logical::set_lsa>(0x4103, "Set LSA", "8.2.10.9.2.4",
        effect::immediate_configuration_change | effect::immediate_data_change, When::media_unlocked_and_enabled, kBoth)
        .returning({invalid_input, busy, media_disabled, invalid_security_state}),
    command<health::get_health_info>(0x4200, "Get Health Info", "8.2.10.9.3.1", effect::none, When::always, kBoth),
    command<health::get_alert_configuration>(0x4201, "Get Alert Configuration", "8.2.10.9.3.2",
        effect::none, When::always, kBoth),
    command<health::set_alert_configuration>(0x4202, "Set Alert Configuration", "8.2.10.9.3.3",
        effect::immediate_policy_change, When::always, kBoth)
        .returning({invalid_input}),
    command<health::get_shutdown_state>(0x4203, "Get Shutdown State", "8.2.10.9.3.4",
        effect::none, When::media_enabled_by_property, kBoth)
        .returning({media_disabled}),
    command<health::set_shutdown_state>(0x4204, "Set Shutdown State", "8.2.10.9.3.5",
        effect::immediate_policy_change, When::media_enabled_by_property, kMailbox)
        .returning({media_disabled}),
    command<logical::get_poison_list>(0x4300, "Get Poison List", "8.2.10.9.4.1",
        effect::none, When::media_unlocked_and_enabled, kBoth)
        .returning({invalid_input, media_disabled, invalid_physical_address, invalid_security_state}),
    command<logical::inject_poison>(0x4301, "Inject Poison", "8.2.10.9.4.2",
        effect::immediate_data_change, When::media_unlocked_and_enabled, kMailbox)
        .returning({media_disabled, invalid_physical_address, inject_poison_limit_reached, invalid_security_state}),
    command<logical::clear_poison>(0x4302, "Clear Poison", "8.2.10.9.4.3",
        effect::immediate_data_change, When::media_unlocked_and_enabled, kBoth)
        .returning({invalid_input, media_disabled, permanent_media_failure, invalid_physical_address,
                invalid_security_state}),
    command<logical::get_scan_media_capabilities>(0x4303, "Get Scan Media Capabilities", "8.2.10.9.4.4",
        effect::none, When::media_unlocked_and_enabled, kBoth)
        .returning({invalid_input, media_disabled, invalid_physical_address, invalid_security_state}),
    background_command<logical::scan_media, logical::complete_scan_media,
                       logical::interrupt_scan_media>(0x4304, "Scan Media", "8.2.10.9.4.5",
        effect::background_operation | effect::request_abort_background_operation_supported,
        When::media_unlocked_and_enabled, kBoth).holding_media()
        .returning({invalid_input, media_disabled, aborted, invalid_physical_address, invalid_security_state}),
    command<logical::get_scan_media_results>(0x4305, "Get Scan Media Results", "8.2.10.9.4.6",
        effect::none, When::media_unlocked_and_enabled, kBoth)
        .returning({busy, media_disabled, invalid_security_state}),
    background_command<logical::sanitize, logical::complete_sanitize,
                       logical::interrupt_sanitize>(0x4400, "Sanitize", "8.2.10.9.5.1",
        effect::immediate_data_change | effect::security_state_change | effect::background_operation |
            effect::request_abort_background_operation_supported,
        When::starts_media_operation, kBoth).holding_media()
        .returning({media_disabled, aborted, invalid_security_state}),
    command<logical::secure_erase>(0x4401, "Secure Erase", "8.2.10.9.5.2",
        effect::immediate_data_change | effect::security_state_change, When::media_unlocked_and_enabled, kBoth)
        .returning({media_disabled, invalid_security_state}),
    // Discovery may come at any time: the handler refuses what reaches media that is disabled or held by another CCI.
    background_command<logical::media_operations, logical::complete_media_operations,
                       logical::interrupt_media_operations,
                       logical::media_operations_run_in_background>(
        0x4402, "Media Operations", "8.2.10.9.5.3",
        effect::immediate_data_change | effect::background_operation, When::always, kMailbox).holding_media()
        .returning({invalid_input, media_disabled, invalid_security_state}),
    command<logical::get_security_state>(0x4500, "Get Security State", "8.2.10.9.6.1",
        effect::none, When::always, kBoth),
    command<logical::set_passphrase>(0x4501, "Set Passphrase", "8.2.10.9.6.2",
        effect::security_state_change, When::security_not_frozen, kBoth)
        .returning({invalid_input, busy, invalid_security_state, incorrect_passphrase}),
    command<logical::disable_passphrase>(0x4502, "Disable Passphrase", "8.2.10.9.6.3",
        effect::security_state_change, When::security_not_frozen, kBoth)
        .returning({invalid_input, busy, invalid_security_state, incorrect_passphrase}),
    command<logical::unlock>(0x4503, "Unlock", "8.2.10.9.6.4",
        effect::security_state_change, When::security_not_frozen, kBoth)
        .returning({busy, invalid_security_state, incorrect_passphrase}),
    command<logical::freeze_security_state>(0x4504, "Freeze Security State", "8.2.10.9.6.5",
        effect::security_state_change, When::always, kBoth)
        .returning({invalid_security_state}),
    command<logical::passphrase_secure_erase>(0x4505, "Passphrase Secure Erase", "8.2.10.9.6.6",
        effect::immediate_data_change | effect::security_state_change,
        When::security_not_frozen_and_media_enabled, kBoth)
        .returning({invalid_input, media_disabled, invalid_security_state, incorrect_passphrase}),
    command<logical::security_send>(0x4600, "Security Send", "8.2.10.9.7.1",
        effect::security_state_change, When::always, kBoth)
        .returning({invalid_input, busy, invalid_security_state}),
    command<logical::security_receive>(0x4601, "Security Receive", "8.2.10.9.7.2",
        effect::none, When::always, kBoth)
        .returning({invalid_input}),
    command<qos::get_sld_qos_control>(0x4700, "Get SLD QoS Control", "8.2.10.9.8.1",
        effect::none, When::always, kBoth),
    command<qos::set_sld_qos_control>(0x4701, "Set SLD QoS Control", "8.2.10.9.8.2",
        effect::immediate_policy_change, When::always, kBoth)
        .returning({invalid_input}),
    command<qos::get_sld_qos_status>(0x4702, "Get SLD QoS Status", "8.2.10.9.8.3",
        effect::none, When::always, kBoth),
});
// clang-format on
static_assert(std::ranges::adjacent_find(kCommands, std::greater_equal{}, &cci::Command::opcode) == kCommands.end(),
              "rows are in the order of their opcodes, each once");

// What the device sends by itself. No CEL lists it, as no CCI receives it.
constexpr auto kSentCommands = std::to_array<cci::Command>({
    cci::sent_command<EventNotificationIn>(kEventNotification.value, "Event Notification", "8.2.10.2.8", kMctp)
        .returning({invalid_input}),
});

// COMPAT(libcxlmi): its programs inject poison over MCTP, where the text has the command on mailboxes alone; and they
// take no output payload of 0105h.
constexpr auto kCommandsForLibcxlmi = [] {
  auto rows = kCommands;
  std::ranges::find(rows, Opcode{0x4301}, &cci::Command::opcode)->roles = kBoth;
  auto* policy = std::ranges::find(rows, Opcode{0x0105}, &cci::Command::opcode);
  constexpr auto kWithoutOutput = command<generic::set_mctp_event_interrupt_policy_without_output>(
      0x0105, "", "", effect::none, When::always, kMctp);
  policy->run = kWithoutOutput.run;
  policy->output = kWithoutOutput.output;
  return rows;
}();

}  // namespace

std::span<const cci::Command> memory_device_commands(Profile profile) {
  return profile == Profile::libcxlmi ? kCommandsForLibcxlmi : kCommands;
}

std::span<const cci::Command> memory_device_sent_commands() { return kSentCommands; }

}  // namespace cxlemu
