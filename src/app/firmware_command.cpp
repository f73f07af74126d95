// Firmware packages as files: docs/firmware.md.
#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/text.hpp"
#include "base/hex.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"
#include "component/memory_device/firmware_package.hpp"
#include "os/file.hpp"
#include "text/quoted.hpp"

namespace cxlemu::app {
namespace {

int say(const Error& error) {
  print_error(error.message);
  return kRefused;
}

}  // namespace

int pack_firmware_command(const std::string& revision, const std::string& payload, const std::string& output) {
  const auto parsed = parse_revision(revision);
  if (!parsed) {
    print_error(
        fmt::format("--revision {}: not 1 to {} printable ASCII characters", text::quoted(revision), kMaximumRevision));
    return kUsage;
  }
  const auto bytes = os::read_file(payload, kMaximumFwPackage);
  if (!bytes) return say(bytes.error());
  const Buffer package = pack_firmware(*parsed, *bytes);
  if (const auto written = os::write_file_atomically(output, package); !written) return say(written.error());
  print_line(fmt::format("{}: revision {}, {} bytes", output, revision, package.size()));
  return kSuccess;
}

int inspect_firmware_command(const std::string& file, bool json) {
  const auto bytes = os::read_file(file, kMaximumFwPackage);
  if (!bytes) return say(bytes.error());
  const auto package = parse_firmware_package(*bytes);
  if (!package) {
    print_error(fmt::format("{}: {}", file, package.error().message));
    return kRefused;
  }
  const std::string revision = revision_text(package->revision);
  const std::string digest = to_hex(sha256({*bytes}));
  if (json) {
    print_line(Json::object({{"revision", revision},
                             {"bytes", bytes->size()},
                             {"payload-bytes", package->payload.size()},
                             {"sha256", digest}})
                   .text(2));
    return kSuccess;
  }
  print(table({{"REVISION", "BYTES", "PAYLOAD BYTES", "SHA256"},
               {revision, fmt::format("{}", bytes->size()), fmt::format("{}", package->payload.size()), digest}}));
  return kSuccess;
}

}  // namespace cxlemu::app
