// `cxlemu doctor`: for each way to attach to a lab, what this machine has of it and what to do about the rest.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <optional>
#include <ranges>
#include <utility>

#include "app/commands/subcommand.hpp"
#include "app/exit_code.hpp"
#include "app/shim.hpp"
#include "app/text.hpp"
#include "base/json.hpp"
#include "os/file.hpp"
#include "os/lab_directory.hpp"
#include "os/process.hpp"

namespace cxlemu::app {
namespace {

namespace fs = std::filesystem;

// LIMIT: bytes that are read of a kernel's configuration and of what a program prints.
constexpr std::size_t kMaximumText = 4 << 20;

struct Finding {
  std::string way;   ///< of attaching
  std::string what;  ///< that is looked for
  bool is_there = false;
  std::string seen{};    ///< where it is there
  std::string remedy{};  ///< where it is not
};

// ---- other programs

// What it prints; nothing where it cannot be run or fails.
std::optional<std::string> output_of(const std::vector<std::string>& command) {
  auto child = os::Child::start(command, {}, os::Output::captured);
  if (!child) return std::nullopt;
  auto text = child->read_output(kMaximumText);
  if (!text || child->wait().value_or(-1) != 0) return std::nullopt;
  return std::move(*text);
}

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

// The first two numbers of a version: "QEMU emulator version 11.1.3 (Debian ...)".
std::optional<std::pair<unsigned, unsigned>> version_in(std::string_view text) {
  const auto digit = text.find_first_of("0123456789");
  if (digit == std::string_view::npos) return std::nullopt;
  std::pair<unsigned, unsigned> version;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data() + digit, end, version.first);
  if (major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.second);
  if (minor.ec != std::errc()) return std::nullopt;
  return version;
}

// ---- AF_MCTP programs

Finding af_mctp(std::string_view what, const Result<fs::path>& path) {
  return {.way = "AF_MCTP programs: cxlemu exec, cxlemu run -- PROGRAM",
          .what = std::string(what),
          .is_there = path.has_value(),
          .seen = path ? path->string() : "",
          .remedy = path ? "" : path.error().message};
}

// Where a lab could be: one is claimed for a moment.
Result<fs::path> lab_root() {
  const auto lab = TRY(os::LabDirectory::claim(fmt::format("doctor-{}", os::own_process())));
  return lab.path().parent_path();
}

// ---- D-Bus

Finding dbus_daemon() {
  Finding finding{.way = "programs that look for endpoints on D-Bus: cxlemu run --dbus", .what = "dbus-daemon"};
  const auto version = output_of({"dbus-daemon", "--version"});
  finding.is_there = version.has_value();
  if (version) finding.seen = first_line(*version);
  finding.remedy = "install Debian's package dbus-daemon, or name a bus that runs: --dbus=system or --dbus=ADDRESS";
  return finding;
}

// ---- QEMU

constexpr std::string_view kQemuWay = "a guest of QEMU: -device vfio-user-pci";
constexpr std::string_view kNewerQemu =
    "vfio-user-pci came with QEMU 10.1; Debian has one in trixie-backports, --qemu PROGRAM names another";

std::vector<Finding> qemu(const std::string& program) {
  Finding finding{.way = std::string(kQemuWay), .what = fmt::format("{}, version 10.1 or newer", program)};
  const auto text = output_of({program, "--version"});
  const auto version = text ? version_in(*text) : std::nullopt;
  if (!version) {
    finding.remedy = fmt::format("{} does not run; {}", program, kNewerQemu);
    return {finding};
  }
  finding.is_there = *version >= std::pair(10U, 1U);
  finding.seen = first_line(*text);
  finding.remedy = fmt::format("it is {}.{}; {}", version->first, version->second, kNewerQemu);
  if (!finding.is_there) return {finding};
  std::vector<Finding> all{finding};
  const auto devices = output_of({program, "-device", "help"}).value_or("");
  for (const auto& [device, purpose] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"vfio-user-pci", "the client of a lab's devices"},
           {"pxb-cxl", "the CXL host bridge that Linux wants for events, poison and regions"},
           {"cxl-rp", "the CXL root port that the device is plugged into"}}) {
    all.push_back({.way = std::string(kQemuWay),
                   .what = fmt::format("device {}, {}", device, purpose),
                   .is_there = devices.find(fmt::format("name \"{}\"", device)) != std::string::npos,
                   .seen = "it has it",
                   .remedy = fmt::format("this QEMU was built without it; {}", kNewerQemu)});
  }
  return all;
}

// ---- the kernel of a guest

// Options without which Linux has less of a device, by what it then lacks.
struct KernelNeed {
  std::string_view what;
  std::string_view options;  ///< separated by blanks, without CONFIG_
};
constexpr auto kKernelNeeds = std::to_array<KernelNeed>({
    {"the device at all", "CXL_BUS CXL_PCI PCI_MSI PCI_MMCONFIG"},
    {"ports, decoders and what cxl list shows", "CXL_ACPI CXL_PORT CXL_MEM"},
    {"events and trace events", "PCIEASPM MEMORY_FAILURE TRACING"},
    {"hot plug", "HOTPLUG_PCI_PCIE"},
    {"labels and persistent memory", "LIBNVDIMM CXL_PMEM"},
    {"passphrases", "KEYS ENCRYPTED_KEYS"},
    {"cxl create-region", "CXL_REGION"},
    {"cxl inject-media-poison", "DEBUG_FS"},
    {"raw commands, as libcxlmi sends them", "CXL_MEM_RAW_COMMANDS"},
    {"features by fwctl", "CXL_FEATURES FWCTL"},
    {"scrub, ECS and repair in EDAC", "EDAC CXL_EDAC_MEM_FEATURES CXL_EDAC_SCRUB CXL_EDAC_ECS CXL_EDAC_MEM_REPAIR"},
});

struct KernelConfiguration {
  std::string name;
  std::string text;
};

// The one that is named; else that of this machine, in case it is the guest.
Result<KernelConfiguration> kernel_configuration(const std::string& named) {
  if (!named.empty()) return KernelConfiguration{named, TRY(os::read_text_file(named, kMaximumText))};
  const auto release = os::read_text_file("/proc/sys/kernel/osrelease", kMaximumText).value_or("");
  const fs::path installed = "/boot/config-" + first_line(release);
  if (auto text = os::read_text_file(installed, kMaximumText)) return KernelConfiguration{installed, std::move(*text)};
  const std::string running = "/proc/config.gz";
  if (auto text = output_of({"gzip", "-dc", running})) return KernelConfiguration{running, std::move(*text)};
  return failure("this machine's is not known; name the guest's with --kernel-config FILE");
}

std::vector<Finding> kernel(const std::string& named) {
  const auto configuration = kernel_configuration(named);
  if (!configuration) {
    return {{.way = "Linux in a guest", .what = "kernel configuration", .remedy = configuration.error().message}};
  }
  const auto has = [&](std::string_view option) {
    const std::string& text = configuration->text;
    for (const char* value : {"=y", "=m"}) {
      const std::string line = fmt::format("CONFIG_{}{}\n", option, value);
      if (text.starts_with(line) || text.find("\n" + line) != std::string::npos) return true;
    }
    return false;
  };
  std::vector<Finding> all;
  for (const KernelNeed& need : kKernelNeeds) {
    std::string missing;
    for (const auto& word : std::views::split(need.options, ' ')) {
      const std::string_view option(word);
      if (!has(option)) missing += fmt::format("{}CONFIG_{}", missing.empty() ? "" : ", ", option);
    }
    all.push_back({.way = fmt::format("Linux in a guest, configured as in {}", configuration->name),
                   .what = std::string(need.what),
                   .is_there = missing.empty(),
                   .seen = std::string(need.options),
                   .remedy = fmt::format("build it with {}", missing)});
  }
  return all;
}

Finding cxl_program() {
  Finding finding{.way = "the cxl program, in the guest", .what = "cxl"};
  const auto version = output_of({"cxl", "--version"});
  finding.is_there = version.has_value();
  if (version) finding.seen = first_line(*version);
  finding.remedy = "not on this machine; a guest wants it: Debian's package is called cxl, in other places ndctl";
  return finding;
}

// ---- all of it

Json json_of(const Finding& finding) {
  Json json = Json::object({{"way", finding.way}, {"what", finding.what}, {"there", finding.is_there}});
  json.set(finding.is_there ? "seen" : "remedy", finding.is_there ? finding.seen : finding.remedy);
  return json;
}

struct DoctorOptions {
  std::string qemu = "qemu-system-x86_64";
  std::string kernel_config;  ///< a file; empty: that of this machine
  bool json = false;
};

void declare(CLI::App& app, DoctorOptions& options) {
  app.add_option("--qemu", options.qemu, "the QEMU to look at (default: qemu-system-x86_64)");
  app.add_option("--kernel-config", options.kernel_config,
                 "configuration of the kernel that shall bind devices (default: this machine's)");
  app.add_flag("--json", options.json, "as JSON");
  app.footer(
      "examples:\n"
      "  cxlemu doctor\n"
      "  cxlemu doctor --qemu ~/qemu/build/qemu-system-x86_64 --kernel-config ~/linux/.config\n"
      "exit status: 0 everything is there, 1 something is missing");
}

int run(const DoctorOptions& options) {
  std::vector<Finding> findings{af_mctp("shim", find_shim()), af_mctp("directory for the sockets of labs", lab_root()),
                                dbus_daemon()};
  std::ranges::move(qemu(options.qemu), std::back_inserter(findings));
  std::ranges::move(kernel(options.kernel_config), std::back_inserter(findings));
  findings.push_back(cxl_program());
  const bool all_there = std::ranges::all_of(findings, &Finding::is_there);
  if (options.json) {
    Json list = Json::array();
    for (const Finding& finding : findings) list.push_back(json_of(finding));
    print_line(list.text());
    return all_there ? kSuccess : kRefused;
  }
  std::string way;
  for (const Finding& finding : findings) {
    if (std::exchange(way, finding.way) != finding.way) print_line(finding.way);
    print_line(fmt::format("  {} {}", finding.is_there ? "[ok]     " : "[missing]", finding.what));
    print_line(fmt::format("            {}", finding.is_there ? finding.seen : finding.remedy));
  }
  return all_there ? kSuccess : kRefused;
}

}  // namespace

constexpr Subcommand kDoctorCommand =
    subcommand<DoctorOptions, declare, run>("doctor", "say what is missing here for each way to attach to a lab");

}  // namespace cxlemu::app
