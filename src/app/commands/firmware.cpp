// Firmware packages as files: docs/firmware.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/commands/subcommand.hpp"
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

struct FirmwareOptions {
  std::string file;
  std::string revision;
  std::string output;
  bool json = false;
  int (*run)(const FirmwareOptions&) = nullptr;
};

int say(const Error& error) {
  print_error(error.message);
  return kRefused;
}

int pack(const FirmwareOptions& options) {
  const auto parsed = parse_revision(options.revision);
  if (!parsed) {
    print_error(fmt::format("--revision {}: not 1 to {} printable ASCII characters", text::quoted(options.revision),
                            kMaximumRevision));
    return kUsage;
  }
  const auto bytes = os::read_file(options.file, kMaximumFwPackage);
  if (!bytes) return say(bytes.error());
  const Buffer package = pack_firmware(*parsed, *bytes);
  if (const auto written = os::write_file_atomically(options.output, package); !written) return say(written.error());
  print_line(fmt::format("{}: revision {}, {} bytes", options.output, options.revision, package.size()));
  return kSuccess;
}

int inspect(const FirmwareOptions& options) {
  const auto bytes = os::read_file(options.file, kMaximumFwPackage);
  if (!bytes) return say(bytes.error());
  const auto package = parse_firmware_package(*bytes);
  if (!package) {
    print_error(fmt::format("{}: {}", options.file, package.error().message));
    return kRefused;
  }
  const std::string revision = revision_text(package->revision);
  const std::string digest = to_hex(sha256({*bytes}));
  if (options.json) {
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

void declare(CLI::App& app, FirmwareOptions& options) {
  app.require_subcommand(1);
  CLI::App* packing = app.add_subcommand("pack", "make a package that devices take");
  packing->add_option("payload", options.file, "the file that the package holds")->required();
  packing->add_option("--revision", options.revision, "what Get FW Info shows: 1 to 16 printable ASCII characters")
      ->required();
  packing->add_option("--output", options.output, "where the package goes")->required();
  packing->callback([&options] { options.run = pack; });
  CLI::App* inspecting = app.add_subcommand("inspect", "say what is in a package, or why a device refuses it");
  inspecting->add_option("file", options.file, "the package")->required();
  inspecting->add_flag("--json", options.json, "as JSON");
  inspecting->callback([&options] { options.run = inspect; });
  app.footer(
      "examples:\n"
      "  cxlemu firmware pack --revision 2.0 --output new.fw firmware.bin\n"
      "  cxlemu firmware inspect new.fw\n"
      "  cxlemu cci mem0 transfer-fw new.fw                # to the first slot that is not active\n"
      "  cxlemu cci mem0 activate-fw action=online slot=2\n"
      "  cxlemu cci mem0 get-fw-info");
}

int run(const FirmwareOptions& options) { return options.run(options); }

}  // namespace

constexpr Subcommand kFirmwareCommand =
    subcommand<FirmwareOptions, declare, run>("firmware", "make and look at firmware packages (docs/firmware.md)");

}  // namespace cxlemu::app
