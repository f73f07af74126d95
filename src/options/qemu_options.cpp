#include "options/qemu_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "options/properties.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"

namespace cxlemu::options {
namespace {

using text::did_you_mean;
using text::nearest_name;
using text::quoted;

// QEMU's options without -object, -device, -machine and those that only print (-help, -version).
constexpr auto kWithArgument = std::to_array<std::string_view>({
    "accel",       "acpitable",  "action",
    "add-fd",      "append",     "audio",
    "audiodev",    "bios",       "blockdev",
    "boot",        "bt",         "cdrom",
    "chardev",     "chroot",     "compat",
    "cpu",         "d",          "D",
    "debugcon",    "dfilter",    "display",
    "drive",       "dtb",        "dump-vmstate",
    "echr",        "fda",        "fdb",
    "fsdev",       "fw_cfg",     "g",
    "gdb",         "global",     "hda",
    "hdb",         "hdc",        "hdd",
    "icount",      "incoming",   "initrd",
    "iscsi",       "k",          "kernel",
    "L",           "loadvm",     "m",
    "mem-path",    "mon",        "monitor",
    "msg",         "mtdblock",   "name",
    "net",         "netdev",     "nic",
    "numa",        "option-rom", "overcommit",
    "parallel",    "pflash",     "pidfile",
    "plugin",      "prom-env",   "qmp",
    "qmp-pretty",  "qtest",      "qtest-log",
    "readconfig",  "rotate",     "rtc",
    "run-with",    "runas",      "sandbox",
    "sd",          "seed",       "semihosting-config",
    "serial",      "set",        "shim",
    "smbios",      "smp",        "soundhw",
    "spice",       "tb-size",    "tpmdev",
    "trace",       "usbdevice",  "uuid",
    "vga",         "virtfs",     "virtioport",
    "vnc",         "watchdog",   "watchdog-action",
    "writeconfig", "xen-domid",
});
constexpr auto kWithoutArgument = std::to_array<std::string_view>({
    "alt-grab",
    "async-teardown",
    "audio-help",
    "ctrl-grab",
    "curses",
    "daemonize",
    "enable-fips",
    "enable-kvm",
    "enable-sync-profile",
    "full-screen",
    "mem-prealloc",
    "no-acpi",
    "no-fd-bootchk",
    "no-frame",
    "no-hpet",
    "no-quit",
    "no-reboot",
    "no-shutdown",
    "no-user-config",
    "nodefaults",
    "nographic",
    "old-param",
    "one-insn-per-tb",
    "only-migratable",
    "portrait",
    "preconfig",
    "S",
    "s",
    "sdl",
    "semihosting",
    "singlestep",
    "snapshot",
    "usb",
    "win2k-hack",
    "xen-attach",
    "xen-domid-restrict",
});

struct DeclaringOption {
  std::string_view name;
  DeclarationKind kind;
};
constexpr std::array kDeclaring = {
    DeclaringOption{"object", DeclarationKind::object},
    DeclaringOption{"device", DeclarationKind::device},
    DeclaringOption{"machine", DeclarationKind::machine},
    DeclaringOption{"M", DeclarationKind::machine},
};

// The host side of CXL and PCIe is QEMU's, and said on its command line: what devices are plugged into.
constexpr auto kPlumbing = std::to_array<std::string_view>({
    "pxb-cxl",
    "cxl-rp",
    "pxb",
    "pxb-pcie",
    "pcie-root-port",
    "ioh3420",
    "pci-bridge",
    "pcie-pci-bridge",
    "x3130-upstream",
    "xio3130-downstream",
});
constexpr auto kNotThereYet = std::to_array<std::string_view>({
    "cxl-upstream",
    "cxl-downstream",
    "cxl-switch-mailbox-cci",
    "cxl-vcs-switch",
    "i2c_mctp_cxl",
    "usb-cxl-mctp",
    "cxlemu-host",
    "cxlemu-switch",
});
// Families by how their names begin, and single drivers that have no family.
constexpr auto kUnrelatedFamilies = std::to_array<std::string_view>({
    "virtio-",  "vhost-",        "usb-",        "e1000",     "rtl8139",    "ne2k_",    "vmxnet3",      "igb",
    "i8255",    "tulip",         "pcnet",       "nvme",      "ide-",       "scsi-",    "megasas",      "mptsas",
    "lsi5",     "sdhci",         "sd-card",     "ahci",      "ich9-",      "piix",     "nec-usb",      "qemu-xhci",
    "isa-",     "pci-serial",    "pci-testdev", "pci-ohci",  "intel-",     "hda-",     "AC97",         "ES1370",
    "VGA",      "secondary-vga", "bochs-",      "cirrus-",   "qxl",        "ramfb",    "vmware-svga",  "ati-",
    "ipmi-",    "smbus-",        "i2c-",        "tpm-",      "vfio-",      "ivshmem",  "nvdimm",       "pc-dimm",
    "edu",      "pvpanic",       "pvscsi",      "vmgenid",   "vmcoreinfo", "loader",   "guest-loader", "watchdog",
    "i6300esb", "diag288",       "ib700",       "amd-iommu", "arm-smmu",   "am53c974", "dc390",        "generic-sdhci",
    "ccid-",    "gpio-",         "kvaser_",     "can-",      "mioe3680",   "pcm3680",  "acpi-",        "amd-",
    "sev-",     "hyperv-",
});
constexpr auto kUnrelatedObjectFamilies = std::to_array<std::string_view>({
    "iothread",
    "rng-",
    "secret",
    "tls-",
    "throttle-group",
    "authz-",
    "can-",
    "colo-",
    "cryptodev-",
    "dbus-",
    "filter-",
    "input-",
    "main-loop",
    "memory-backend-epc",
    "memory-backend-shm",
    "thread-context",
    "pr-",
    "qtest",
    "sev-",
    "sgx-",
    "tdx-",
    "vfio-user-server",
    "x-remote-object",
    "x-vfio-user-server",
    "acpi-generic-",
    "iommufd",
    "igvm-cfg",
    "arm-rme",
});

template <std::size_t size>
bool has(const std::array<std::string_view, size>& table, std::string_view name) {
  return std::ranges::find(table, name) != table.end();
}

template <std::size_t size>
bool has_family(const std::array<std::string_view, size>& families, std::string_view name) {
  return std::ranges::any_of(families, [&](std::string_view family) { return name.starts_with(family); });
}

/// Reads the arguments one after the other.
class Splitter {
 public:
  Splitter(std::span<const std::string> arguments, std::span<const OwnOption> own) : rest_(arguments), own_(own) {}

  Result<CommandLine> split() {
    if (!rest_.empty() && program_name(rest_.front()).starts_with("qemu-system-")) rest_ = rest_.subspan(1);
    while (!rest_.empty()) {
      const std::string& argument = rest_.front();
      rest_ = rest_.subspan(1);
      if (argument == "--") {
        line_.own.push_back(argument);
        line_.own.insert(line_.own.end(), rest_.begin(), rest_.end());
        break;
      }
      if (argument == "...") continue;
      TRY_VOID(take(argument));
    }
    return std::move(line_);
  }

 private:
  static std::string_view program_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

  Result<void> take(const std::string& argument) {
    if (argument.size() < 2 || argument.front() != '-') {
      line_.own.push_back(argument);
      return {};
    }
    if (argument.starts_with("--") && take_own(argument)) return {};
    const std::string_view name = std::string_view(argument).substr(argument.starts_with("--") ? 2 : 1);
    const auto declaring = std::ranges::find(kDeclaring, name, &DeclaringOption::name);
    if (declaring != kDeclaring.end()) return take_declaration(*declaring);
    const bool with_argument = has(kWithArgument, name);
    if (!with_argument && !has(kWithoutArgument, name)) return unknown(argument, name);
    if (with_argument) {
      if (rest_.empty()) return failure(fmt::format("-{} needs an argument", name));
      rest_ = rest_.subspan(1);
    }
    std::string shown = fmt::format("-{}", name);
    if (std::ranges::find(line_.without_effect, shown) == line_.without_effect.end()) {
      line_.without_effect.push_back(std::move(shown));
    }
    return {};
  }

  bool take_own(const std::string& argument) {
    const std::string_view name = std::string_view(argument).substr(0, argument.find('='));
    const auto found = std::ranges::find(own_, name, &OwnOption::name);
    if (found == own_.end()) return false;
    line_.own.push_back(argument);
    const bool is_separate = found->takes_argument && name.size() == argument.size();
    if (is_separate && !rest_.empty()) {
      line_.own.push_back(rest_.front());
      rest_ = rest_.subspan(1);
    }
    return true;
  }

  Result<void> take_declaration(const DeclaringOption& option) {
    std::string place = fmt::format("-{} #{}", option.name, ++counts_[option.kind]);
    if (rest_.empty()) return failure(fmt::format("{}: needs an argument", place));
    if (line_.declarations.size() == kMaximumDeclarations) {
      return failure(fmt::format("{}: more than {} declarations", place, kMaximumDeclarations));
    }
    line_.declarations.push_back(TRY(parse_option(option.kind, rest_.front(), std::move(place))));
    rest_ = rest_.subspan(1);
    return {};
  }

  [[nodiscard]] std::unexpected<Error> unknown(const std::string& argument, std::string_view name) const {
    std::vector<std::string_view> candidates(kWithArgument.begin(), kWithArgument.end());
    candidates.insert(candidates.end(), kWithoutArgument.begin(), kWithoutArgument.end());
    for (const DeclaringOption& option : kDeclaring) candidates.push_back(option.name);
    // An own option is named with its dashes, QEMU's with one.
    std::vector<std::string_view> own;
    for (const OwnOption& option : own_) own.push_back(option.name);
    std::string remedy = argument.starts_with("--") ? did_you_mean(argument.substr(0, argument.find('=')), own) : "";
    if (const auto nearest = nearest_name(name, candidates); remedy.empty() && nearest) {
      remedy = fmt::format("; did you mean \"-{}\"?", *nearest);
    }
    return failure(fmt::format("unknown option {}{}", quoted(argument), remedy));
  }

  std::span<const std::string> rest_;
  std::span<const OwnOption> own_;
  std::map<DeclarationKind, std::size_t> counts_;
  CommandLine line_;
};

template <std::size_t size>
void append(std::vector<std::string_view>& names, const std::array<std::string_view, size>& table) {
  names.insert(names.end(), table.begin(), table.end());
}

std::vector<std::string_view> types_of(DeclarationKind kind) {
  std::vector<std::string_view> names;
  for (const TypeInfo& type : known_types()) {
    if (type.kind == kind) names.push_back(type.name);
  }
  return names;
}

}  // namespace

Result<CommandLine> split_command_line(std::span<const std::string> arguments, std::span<const OwnOption> own_options) {
  return Splitter(arguments, own_options).split();
}

DriverUse use_of_driver(std::string_view driver) {
  if (has(kNotThereYet, driver)) return DriverUse::not_there_yet;
  if (has(kPlumbing, driver)) return DriverUse::without_effect;
  // A misspelt usb-cxl-mctp is an error, not a USB device.
  const bool is_unrelated = has_family(kUnrelatedFamilies, driver) && !driver.contains("cxl");
  return is_unrelated ? DriverUse::without_effect : DriverUse::unknown;
}

DriverUse use_of_object(std::string_view type) {
  return has_family(kUnrelatedObjectFamilies, type) ? DriverUse::without_effect : DriverUse::unknown;
}

std::vector<std::string_view> known_drivers() {
  std::vector<std::string_view> names = types_of(DeclarationKind::device);
  append(names, kPlumbing);
  append(names, kNotThereYet);
  return names;
}

std::vector<std::string_view> known_objects() { return types_of(DeclarationKind::object); }

}  // namespace cxlemu::options
