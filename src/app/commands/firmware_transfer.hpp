// `cxlemu cci DEVICE transfer-fw FILE [slot=N]`: a whole file, in as many parts as the CCI needs.
#pragma once

#include <optional>

#include "app/commands/cci.hpp"
#include "app/device_client.hpp"

namespace cxlemu::app {

struct FirmwareFile {
  Buffer bytes;
  std::optional<std::uint8_t> slot;  ///< absent: the first that is not active
};

/// Does the command line give a file: a first argument without `=`?
bool names_firmware_file(const CciOptions& options);
Result<FirmwareFile> read_firmware_file(const CciOptions& options);

/// Sends the file and waits for parts that the device takes in the background; stops at the first refusal. The exit
/// status.
Result<int> transfer_firmware(Device& device, const CciOptions& options, const FirmwareFile& file);

}  // namespace cxlemu::app
