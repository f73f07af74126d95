// CXL r3.2 8.2.10.1 Command Return Codes
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "wire/fields.hpp"

namespace cxlemu {

enum class ReturnCode : std::uint16_t {
  success = 0x00,
  background_command_started = 0x01,
  invalid_input = 0x02,
  unsupported = 0x03,
  internal_error = 0x04,
  retry_required = 0x05,
  busy = 0x06,
  media_disabled = 0x07,
  fw_transfer_in_progress = 0x08,
  fw_transfer_out_of_order = 0x09,
  fw_verification_failed = 0x0A,
  invalid_slot = 0x0B,
  activation_failed_fw_rolled_back = 0x0C,
  activation_failed_cold_reset_required = 0x0D,
  invalid_handle = 0x0E,
  invalid_physical_address = 0x0F,
  inject_poison_limit_reached = 0x10,
  permanent_media_failure = 0x11,
  aborted = 0x12,
  invalid_security_state = 0x13,
  incorrect_passphrase = 0x14,
  unsupported_mailbox_or_cci = 0x15,
  invalid_payload_length = 0x16,
  invalid_log = 0x17,
  interrupted = 0x18,
  unsupported_feature_version = 0x19,
  unsupported_feature_selection_value = 0x1A,
  feature_transfer_in_progress = 0x1B,
  feature_transfer_out_of_order = 0x1C,
  resources_exhausted = 0x1D,
  invalid_extent_list = 0x1E,
  transfer_out_of_order = 0x1F,
  request_abort_background_operation_not_supported = 0x20,
};

inline constexpr auto kReturnCodes = std::to_array<NamedValue>({
    {0x00, "Success"},
    {0x01, "Background Command Started"},
    {0x02, "Invalid Input"},
    {0x03, "Unsupported"},
    {0x04, "Internal Error"},
    {0x05, "Retry Required"},
    {0x06, "Busy"},
    {0x07, "Media Disabled"},
    {0x08, "FW Transfer in Progress"},
    {0x09, "FW Transfer Out of Order"},
    {0x0A, "FW Verification Failed"},
    {0x0B, "Invalid Slot"},
    {0x0C, "Activation Failed, FW Rolled Back"},
    {0x0D, "Activation Failed, Cold Reset Required"},
    {0x0E, "Invalid Handle"},
    {0x0F, "Invalid Physical Address"},
    {0x10, "Inject Poison Limit Reached"},
    {0x11, "Permanent Media Failure"},
    {0x12, "Aborted"},
    {0x13, "Invalid Security State"},
    {0x14, "Incorrect Passphrase"},
    {0x15, "Unsupported Mailbox or CCI"},
    {0x16, "Invalid Payload Length"},
    {0x17, "Invalid Log"},
    {0x18, "Interrupted"},
    {0x19, "Unsupported Feature Version"},
    {0x1A, "Unsupported Feature Selection Value"},
    {0x1B, "Feature Transfer in Progress"},
    {0x1C, "Feature Transfer Out of Order"},
    {0x1D, "Resources Exhausted"},
    {0x1E, "Invalid Extent List"},
    {0x1F, "Transfer Out of Order"},
    {0x20, "Request Abort Background Operation Not Supported"},
});

/// The specification's name; "Reserved" for a code that it does not define.
constexpr std::string_view name_of(ReturnCode code) {
  for (const auto& [value, name] : kReturnCodes) {
    if (value == static_cast<std::uint64_t>(code)) return name;
  }
  return "Reserved";
}

}  // namespace cxlemu
