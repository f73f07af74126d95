// The firmware package of this program: made by `cxlemu firmware pack`, checked by a device with
// firmware-verify=package. docs/firmware.md describes it.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wire/firmware.hpp"

namespace cxlemu {

struct FirmwarePackage {
  FwRevision revision{};
  Buffer payload;
};

/// LIMIT: characters of a revision.
inline constexpr std::size_t kMaximumRevision = sizeof(FwRevision);

/// A revision from text: printable ASCII, 1 to 16 characters.
std::optional<FwRevision> parse_revision(std::string_view text);
std::string revision_text(const FwRevision& revision);

/// The package's bytes, a multiple of 128.
Buffer pack_firmware(const FwRevision& revision, Bytes payload);

/// What is in a package, or in one sentence why it is none.
Result<FirmwarePackage> parse_firmware_package(Bytes bytes);

}  // namespace cxlemu
