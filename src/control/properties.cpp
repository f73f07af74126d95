#include "control/properties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <limits>
#include <optional>
#include <type_traits>

#include "base/socket_path.hpp"
#include "control/nearest_name.hpp"
#include "control/size_text.hpp"
#include "mctp/eid.hpp"
#include "wire/firmware.hpp"

namespace cxlemu::control {
namespace {

using BackendRow = PropertyRow<MemoryBackendConfig>;
using DeviceRow = PropertyRow<MemoryDeviceDeclaration>;

// ---- setters: the member of the typed configuration that a row fills ----

template <auto member, typename Target>
void set_text(Target& target, const PropertyValue& value) {
  target.*member = value.text;
}

template <auto member>
void set_config(MemoryDeviceDeclaration& device, const PropertyValue& value) {
  auto& field = device.config.*member;
  using Field = std::remove_cvref_t<decltype(field)>;
  if constexpr (std::is_same_v<Field, std::string>) {
    field = value.text;
  } else if constexpr (std::is_same_v<Field, std::optional<std::chrono::milliseconds>>) {
    const std::chrono::nanoseconds duration(static_cast<std::int64_t>(value.number));
    field = std::chrono::duration_cast<std::chrono::milliseconds>(duration);
  } else if constexpr (std::is_same_v<Field, std::optional<FirmwareVerify>>) {
    field = static_cast<FirmwareVerify>(value.number);
  } else if constexpr (std::is_same_v<Field, std::optional<std::uint16_t>>) {
    field = static_cast<std::uint16_t>(value.number);
  } else {
    field = static_cast<Field>(value.number);
  }
}

void set_backend_size(MemoryBackendConfig& backend, const PropertyValue& value) { backend.size_bytes = value.number; }

void set_mctp(MemoryDeviceDeclaration& device, const PropertyValue& value) { device.mctp = value.placement; }

// Linux counts the four bytes of the transport header in an interface's MTU; the machine counts payload.
constexpr std::uint64_t kTransportHeader = 4;

void set_mtu(MemoryDeviceDeclaration& device, const PropertyValue& value) {
  device.transmission_unit = static_cast<std::uint16_t>(value.number - kTransportHeader);
}

// ---- values ----

// LIMIT: one backend is at most what a 52-bit physical address reaches (CXL r3.2 8.2.4.20: decoders hold HPA[51:28]).
constexpr std::uint64_t kMaximumBackendSize = std::uint64_t{1} << 52;
// LIMIT: a path that the kernel takes (PATH_MAX without its final zero).
constexpr std::uint64_t kMaximumPathLength = 4095;
constexpr std::uint64_t kMillisecond = 1'000'000;
// LIMIT: longer than any operation of a real device; QEMU's longest sanitize takes four hours.
constexpr std::uint64_t kLongestDuration = 7 * 24 * 3600 * 1000 * kMillisecond;

constexpr std::array<std::string_view, 2> kProfiles = {"strict", "libcxlmi"};
constexpr std::array<std::string_view, 3> kTimings = {"instant", "qemu", "real"};
constexpr std::array<std::string_view, 2> kAbortWhenIdle = {"success", "not-supported"};
constexpr std::array<std::string_view, 2> kMediaDisabledRefuses = {"accessing", "all"};
constexpr std::array<std::string_view, 2> kBusyAcross = {"conflicting", "never"};
constexpr std::array<std::string_view, 2> kSurplusPayload = {"ignore", "refuse"};
constexpr std::array<std::string_view, 4> kQosTelemetry = {"off", "congestion", "throughput", "both"};
constexpr std::array<std::string_view, 2> kFrozenPoisonList = {"kept", "follows-clears"};
constexpr std::array<std::string_view, 2> kFirmwareVerify = {"package", "any"};
constexpr std::array<std::string_view, 2> kInterrupts = {"msi", "msi-x"};
constexpr std::array<std::string_view, 6> kHdmDecoders = {"1", "2", "4", "6", "8", "10"};
constexpr std::array<std::string_view, 2> kTimestampOnReset = {"keep", "clear"};

// ---- rows ----

constexpr PropertyInfo backend_id() {
  return {.name = "id",
          .kind = PropertyKind::identifier,
          .default_text = "(required)",
          .meaning = "the name that devices use for it",
          .source = "QEMU"};
}
constexpr PropertyInfo backend_size() {
  return {.name = "size",
          .kind = PropertyKind::size,
          .default_text = "(required)",
          .meaning = "bytes of memory",
          .source = "QEMU",
          .minimum = 1,
          .maximum = kMaximumBackendSize};
}
constexpr PropertyInfo no_effect(std::string_view name, PropertyEffect effect, std::string_view meaning,
                                 bool indexed = false) {
  return {
      .name = name, .default_text = "-", .meaning = meaning, .source = "QEMU", .effect = effect, .indexed = indexed};
}
constexpr BackendRow kept_by_qemu(std::string_view name, std::string_view meaning, bool indexed = false) {
  return {no_effect(name, PropertyEffect::ignored, meaning, indexed)};
}

constexpr std::array kBackendRows = {
    BackendRow{backend_id(), set_text<&MemoryBackendConfig::id, MemoryBackendConfig>},
    BackendRow{backend_size(), set_backend_size},
    kept_by_qemu("prealloc", "memory is taken when it is touched"),
    kept_by_qemu("prealloc-threads", "as prealloc"),
    kept_by_qemu("prealloc-context", "as prealloc"),
    kept_by_qemu("reserve", "as prealloc"),
    kept_by_qemu("merge", "page merging is left to the kernel"),
    kept_by_qemu("dump", "core dumps are left to the kernel"),
    kept_by_qemu("host-nodes", "NUMA placement is left to the kernel", true),
    kept_by_qemu("policy", "NUMA placement is left to the kernel"),
    kept_by_qemu("x-use-canonical-path-for-ramblock-id", "concerns QEMU's migration"),
};

template <std::size_t first, std::size_t second>
constexpr std::array<BackendRow, first + second> joined(const std::array<BackendRow, first>& rows,
                                                        const std::array<BackendRow, second>& more) {
  std::array<BackendRow, first + second> all;
  std::ranges::copy(more, std::ranges::copy(rows, all.begin()).out);
  return all;
}

constexpr auto kRamRows =
    joined(kBackendRows, std::array{kept_by_qemu("share", "memory is always shared with who attaches")});

constexpr auto kMemfdRows = joined(kRamRows, std::array{
                                                 kept_by_qemu("hugetlb", "the kernel's page size is enough"),
                                                 kept_by_qemu("hugetlbsize", "the kernel's page size is enough"),
                                                 kept_by_qemu("seal", "the memory keeps its size anyway"),
                                             });

constexpr auto kFileRows = joined(
    kBackendRows,
    std::array{
        BackendRow{{.name = "share",
                    .kind = PropertyKind::boolean,
                    .default_text = "off",
                    .meaning = "on: what is written goes to the file; off: the file stays as it is",
                    .source = "QEMU"},
                   [](MemoryBackendConfig& config, const PropertyValue& value) { config.share = value.number != 0; }},
        BackendRow{{.name = "mem-path",
                    .kind = PropertyKind::text,
                    .default_text = "(required)",
                    .meaning = "the file; created as a sparse one where it is missing",
                    .source = "QEMU",
                    .minimum = 1,
                    .maximum = kMaximumPathLength},
                   set_text<&MemoryBackendConfig::mem_path, MemoryBackendConfig>},
        kept_by_qemu("pmem", "persistence is the file system's"),
        kept_by_qemu("align", "the kernel's page size is enough"),
        BackendRow{no_effect("offset", PropertyEffect::refused, "the memory is the whole file")},
        BackendRow{no_effect("readonly", PropertyEffect::refused, "the file is written to")},
        BackendRow{no_effect("rom", PropertyEffect::refused, "the file is written to")},
        kept_by_qemu("discard-data", "the file is kept"),
    });

constexpr DeviceRow integer_row(std::string_view name, std::int64_t minimum, std::uint64_t maximum,
                                std::string_view default_text, std::string_view meaning, std::string_view source,
                                void (*set)(MemoryDeviceDeclaration&, const PropertyValue&)) {
  return {{.name = name,
           .kind = PropertyKind::integer,
           .default_text = default_text,
           .meaning = meaning,
           .source = source,
           .minimum = minimum,
           .maximum = maximum},
          set};
}
constexpr DeviceRow choice_row(std::string_view name, std::span<const std::string_view> choices,
                               std::string_view meaning, std::string_view source,
                               void (*set)(MemoryDeviceDeclaration&, const PropertyValue&),
                               std::string_view default_text = {}) {
  return {{.name = name,
           .kind = PropertyKind::choice,
           .default_text = default_text.empty() ? choices.front() : default_text,
           .meaning = meaning,
           .source = source,
           .choices = choices},
          set};
}
constexpr DeviceRow boolean_row(std::string_view name, std::string_view meaning, std::string_view source,
                                void (*set)(MemoryDeviceDeclaration&, const PropertyValue&),
                                std::string_view default_text = "off") {
  return {
      {.name = name, .kind = PropertyKind::boolean, .default_text = default_text, .meaning = meaning, .source = source},
      set};
}
constexpr DeviceRow duration_row(std::string_view name, std::string_view meaning, std::string_view source,
                                 void (*set)(MemoryDeviceDeclaration&, const PropertyValue&)) {
  return {{.name = name,
           .kind = PropertyKind::duration,
           .default_text = "(by timing)",
           .meaning = meaning,
           .source = source,
           .maximum = kLongestDuration,
           .multiple_of = kMillisecond},
          set};
}
constexpr DeviceRow reference_row(std::string_view name, std::string_view meaning, std::string_view source,
                                  void (*set)(MemoryDeviceDeclaration&, const PropertyValue&)) {
  return {
      {.name = name, .kind = PropertyKind::reference, .default_text = "(none)", .meaning = meaning, .source = source},
      set};
}
constexpr DeviceRow for_the_function(std::string_view name, std::string_view meaning) {
  return {no_effect(name, PropertyEffect::carried, meaning)};
}
constexpr DeviceRow dynamic_capacity(std::string_view name) {
  return {no_effect(name, PropertyEffect::refused, "dynamic capacity is not there yet")};
}

using Device = MemoryDeviceDeclaration;
using Config = MemoryDeviceConfig;

template <auto field>
constexpr DeviceRow spares_row(std::string_view name, std::string_view default_text, std::string_view meaning) {
  return integer_row(name, 0, kMaximumSpares, default_text, meaning, "8.2.10.7.1", set_config<field>);
}

constexpr std::array kDeviceRows = {
    DeviceRow{{.name = "id",
               .kind = PropertyKind::identifier,
               .default_text = "(memN)",
               .meaning = "its name; without one, mem and the first free number from 0 in the order of declaration",
               .source = "QEMU"},
              set_text<&Device::id, Device>},
    reference_row("volatile-memdev", "memory backend of the volatile capacity, a multiple of 256M", "8.2.10.9.1.1",
                  set_text<&Device::volatile_memdev, Device>),
    reference_row("persistent-memdev", "memory backend of the persistent capacity, a multiple of 256M; needs lsa",
                  "8.2.10.9.1.1", set_text<&Device::persistent_memdev, Device>),
    reference_row("partitionable-memdev",
                  "memory backend of capacity that Set Partition Info divides, a multiple of 256M; needs lsa",
                  "8.2.10.9.2.2", set_text<&Device::partitionable_memdev, Device>),
    DeviceRow{{.name = "partitioned-volatile",
               .kind = PropertyKind::size,
               .default_text = "0",
               .meaning = "bytes of the partitionable capacity that are volatile at first, a multiple of 256M",
               .source = "8.2.10.9.2.2",
               .maximum = kMaximumBackendSize},
              set_config<&Config::partitioned_volatile>},
    reference_row("memdev", "QEMU's deprecated name of persistent-memdev; not together with it", "COMPAT(qemu)",
                  set_text<&Device::persistent_memdev, Device>),
    reference_row("lsa", "memory backend of the label storage area, below 4G", "8.2.10.9.1.1",
                  set_text<&Device::lsa, Device>),
    DeviceRow{{.name = "sn",
               .kind = PropertyKind::integer,
               .default_text = "(0x43584c0000000000 + N)",
               .meaning = "serial number; N is 1 for the lab's first cxl-type3, 2 for the second",
               .source = "8.2.10.1.1",
               .maximum = std::numeric_limits<std::uint64_t>::max()},
              set_config<&Config::serial_number>},
    DeviceRow{{.name = "mctp",
               .kind = PropertyKind::mctp,
               .default_text = "auto",
               .meaning = "its MCTP endpoint as NET:EID, or none; auto is the first free EID from 8 on network 1",
               .source = "DSP0236 8.2"},
              set_mctp},
    integer_row("mtu", 68, 4100, "68",
                "MTU of the link to its endpoint as Linux counts it: a packet's payload and its 4-byte header",
                "DSP0236 8.3", set_mtu),
    integer_row("vendor-id", 0, 0xFFFF, "0x1af4", "PCI vendor", "8.2.10.1.1", set_config<&Config::vendor_id>),
    integer_row("device-id", 0, 0xFFFF, "0x0c81", "PCI device", "8.2.10.1.1", set_config<&Config::device_id>),
    integer_row("subsystem-vendor-id", 0, 0xFFFF, "0x1af4", "PCI subsystem vendor", "8.2.10.1.1",
                set_config<&Config::subsystem_vendor_id>),
    integer_row("subsystem-id", 0, 0xFFFF, "0x1100", "PCI subsystem", "8.2.10.1.1", set_config<&Config::subsystem_id>),
    DeviceRow{{.name = "firmware-revision",
               .kind = PropertyKind::text,
               .default_text = "cxlemu-1.0",
               .meaning = "revision of the firmware it starts with, in ASCII",
               .source = "8.2.10.9.1.1",
               .minimum = 1,
               .maximum = 16,
               .ascii = true},
              set_config<&Config::firmware_revision>},
    integer_row("event-log-size", 1, 4096, "64", "records in each event log of each CCI", "8.2.10.9.1.1",
                set_config<&Config::event_log_size>),
    DeviceRow{{.name = "mailbox-payload-size",
               .kind = PropertyKind::size,
               .default_text = "8k",
               .meaning = "bytes of the mailbox's payload registers",
               .source = "8.2.9.4.3",
               .minimum = 256,
               .maximum = 1 << 20,
               .power_of_two = true},
              set_config<&Config::mailbox_payload_size>},
    integer_row("message-limit", 8, 10, "10", "longest request and longest response over MCTP: 2^n payload bytes",
                "8.2.10.1.3", set_config<&Config::message_limit>),
    choice_row("profile", kProfiles,
               "libcxlmi: the answers that its test programs expect where they differ from the specification",
               "COMPAT(libcxlmi)", set_config<&Config::profile>),
    choice_row("timing", kTimings, "how long work takes: at most a second, as in QEMU, or as on hardware", "design 5",
               set_config<&Config::timing>),
    duration_row("sanitize-duration", "device time that Sanitize takes", "8.2.10.9.5.1",
                 set_config<&Config::sanitize_duration>),
    integer_row("fw-slots", 2, 4, "2", "firmware slots", "8.2.10.3.1", set_config<&Config::fw_slots>),
    DeviceRow{{.name = "fw-size-limit",
               .kind = PropertyKind::size,
               .default_text = "32M",
               .meaning = "bytes of the largest firmware package; a longer one is answered with 02h",
               .source = "8.2.10.3.2",
               .minimum = 128,
               .maximum = kMaximumFwPackage},
              set_config<&Config::fw_size_limit>},
    DeviceRow{{.name = "firmware-verify",
               .kind = PropertyKind::choice,
               .default_text = "(package; any with profile=libcxlmi)",
               .meaning = "what a transfer may store: a firmware package that is whole, or any bytes",
               .source = "8.2.10.3.2",
               .choices = kFirmwareVerify},
              set_config<&Config::firmware_verify>},
    duration_row("fw-transfer-duration",
                 "device time that a part of a firmware transfer takes; 0: taken at once, not in the background",
                 "8.2.10.3.2", set_config<&Config::fw_transfer_duration>),
    boolean_row("fw-stage-on-transfer", "a package that was stored is staged for the next reset", "8.2.10.3",
                set_config<&Config::fw_stage_on_transfer>),
    boolean_row("fw-online-activation", "firmware can be activated without a reset", "8.2.10.3.1",
                set_config<&Config::fw_online_activation>, "on"),
    boolean_row("fw-activates-in-background", "online activation runs in the background; Linux does not wait for it",
                "8.2.10.3.3", set_config<&Config::fw_activates_in_background>),
    duration_row("fw-activation-duration", "device time that online activation takes in the background", "8.2.10.3.3",
                 set_config<&Config::fw_activation_duration>),
    duration_row("scan-duration", "device time that Scan Media takes, whatever its range", "8.2.10.9.4.5",
                 set_config<&Config::scan_duration>),
    duration_row("populate-duration", "device time that Populate Log takes; 0: done at once, not in the background",
                 "8.2.10.5.5", set_config<&Config::populate_duration>),
    duration_row("media-operation-duration", "device time that Media Operations take, whatever their ranges",
                 "8.2.10.9.5.3", set_config<&Config::media_operation_duration>),
    integer_row("poison-list-size", 1, kMaximumPoisonListSize, "256", "records in the poison list", "8.2.10.9.1.1",
                set_config<&Config::poison_list_size>),
    integer_row("inject-poison-limit", 0, 0xFFFF, "(0; 65535 with profile=libcxlmi)",
                "addresses that Inject Poison may have poisoned at a time; 0: no limit", "8.2.10.9.1.1",
                set_config<&Config::inject_poison_limit>),
    boolean_row("injects-persistent-poison", "injected poison of persistent capacity survives every reset",
                "8.2.10.9.1.1", set_config<&Config::injects_persistent_poison>),
    choice_row("frozen-poison-list", kFrozenPoisonList,
               "what a poison list that has overflowed does when poison is cleared", "8.2.10.9.4.1",
               set_config<&Config::frozen_poison_list>),
    integer_row("scan-results-size", 1, kMaximumScanResults, "4096",
                "records that a scan keeps; it stops prematurely where there are more", "8.2.10.9.4.6",
                set_config<&Config::scan_results_size>),
    boolean_row("patrol-scrub", "patrol scrub is enabled by default", "8.2.10.9.11.1",
                set_config<&Config::patrol_scrub>),
    integer_row("patrol-scrub-cycle", 1, 255, "12", "hours of a patrol scrub cycle by default", "8.2.10.9.11.1",
                set_config<&Config::patrol_scrub_hours>),
    integer_row("patrol-scrub-minimum-cycle", 1, 255, "1", "smallest number of hours of a patrol scrub cycle",
                "8.2.10.9.11.1", set_config<&Config::patrol_scrub_minimum_hours>),
    spares_row<&Config::soft_ppr_spares>("soft-ppr-spares", "4", "rows that soft PPR can repair at a time"),
    spares_row<&Config::hard_ppr_spares>("hard-ppr-spares", "4", "rows that hard PPR can repair"),
    spares_row<&Config::cacheline_spares>("cacheline-spares", "8", "cache lines that can be spared"),
    spares_row<&Config::row_spares>("row-spares", "4", "rows that can be spared"),
    spares_row<&Config::bank_spares>("bank-spares", "2", "banks that can be spared"),
    spares_row<&Config::rank_spares>("rank-spares", "1", "ranks that can be spared"),
    duration_row("sparing-duration", "device time that memory sparing takes", "8.2.10.7.1.4",
                 set_config<&Config::sparing_duration>),
    boolean_row("sparing-completes-at-once",
                "memory sparing is over when Background Command Started is answered; Linux does not wait for it",
                "COMPAT(linux)", set_config<&Config::sparing_completes_at_once>),
    integer_row("abort-threshold", 0, 100, "85",
                "percentage from which Request Abort lets a background operation finish", "8.2.10.1.5",
                set_config<&Config::abort_threshold>),
    choice_row("abort-when-idle", kAbortWhenIdle, "answer to Request Abort when nothing runs", "8.2.10.1.5",
               set_config<&Config::abort_when_idle>),
    choice_row("media-disabled-refuses", kMediaDisabledRefuses,
               "commands refused while media is disabled: those that reach sanitized areas, or all that may be",
               "8.2.10.9.5.1", set_config<&Config::media_disabled_refuses>),
    choice_row("busy-across", kBusyAcross,
               "whether an operation of one CCI makes the others busy where both need the media or a firmware slot",
               "8.2.10", set_config<&Config::busy_across>),
    choice_row("surplus-payload", kSurplusPayload, "what happens to a request longer than its command defines",
               "8.2.10", set_config<&Config::surplus_payload>),
    choice_row("timestamp-on-reset", kTimestampOnReset, "what a Conventional Reset does to the timestamp", "8.2.10.4.1",
               set_config<&Config::timestamp_on_reset>),
    boolean_row("cxl-reset-ends-background", "a CXL Reset ends the background operation of the mailbox", "9.7",
                set_config<&Config::cxl_reset_ends_background>),
    boolean_row("flr-ends-background", "a Function Level Reset ends the background operation of the mailbox", "9.5",
                set_config<&Config::flr_ends_background>),
    boolean_row("ras-unmasked",
                "a cold reset leaves no error of the RAS capability masked; off: all of them, as the text has it",
                "8.2.4.17", set_config<&Config::ras_unmasked>),
    DeviceRow{{.name = "vendor-command",
               .kind = PropertyKind::anything,
               .default_text = "(none)",
               .meaning = "vendor opcodes, a list of tables: docs/vendor-commands.md",
               .source = "8.2.10",
               .indexed = true},
              [](MemoryDeviceDeclaration&, const PropertyValue&) {}},  // read as a whole: control/vendor_commands.cpp
    integer_row("temperature", -273, 32767, "40", "device temperature in degrees Celsius; 32767: not available",
                "8.2.10.9.3.1", set_config<&Config::temperature_celsius>),
    integer_row("life-used", 0, 255, "1", "percentage of its life that is used; 255: not available", "8.2.10.9.3.1",
                set_config<&Config::life_used_percent>),
    integer_row("dirty-shutdowns", 0, 0xFFFF'FFFF, "0", "Dirty Shutdown Count that it starts with", "8.2.10.9.3.1",
                set_config<&Config::dirty_shutdowns>),
    integer_row("life-used-critical", 1, 100, "90", "percentage above which life used is critical", "8.2.10.9.3.2",
                set_config<&Config::life_used_critical>),
    integer_row("life-used-warning", 0, 100, "75", "warning about life used after a Conventional Reset", "8.2.10.9.3.2",
                set_config<&Config::life_used_warning>),
    integer_row("over-temperature-critical", -273, 32766, "85", "degrees Celsius from which on it is critical",
                "8.2.10.9.3.2", set_config<&Config::over_temperature_critical>),
    integer_row("over-temperature-warning", -273, 32766, "75", "warning after a Conventional Reset", "8.2.10.9.3.2",
                set_config<&Config::over_temperature_warning>),
    integer_row("under-temperature-critical", -273, 32766, "0", "degrees Celsius down from which it is critical",
                "8.2.10.9.3.2", set_config<&Config::under_temperature_critical>),
    integer_row("under-temperature-warning", -273, 32766, "5", "warning after a Conventional Reset", "8.2.10.9.3.2",
                set_config<&Config::under_temperature_warning>),
    integer_row("corrected-volatile-errors-warning", 0, 0xFFFF, "100", "warning after a Conventional Reset",
                "8.2.10.9.3.2", set_config<&Config::corrected_volatile_errors_warning>),
    integer_row("corrected-persistent-errors-warning", 0, 0xFFFF, "100", "warning after a Conventional Reset",
                "8.2.10.9.3.2", set_config<&Config::corrected_persistent_errors_warning>),
    choice_row("qos-telemetry", kQosTelemetry, "what of QoS telemetry the device has", "8.2.10.9.8",
               set_config<&Config::qos_telemetry>, "both"),
    DeviceRow{
        {.name = "qos-bandwidth",
         .kind = PropertyKind::size,
         .default_text = "0",
         .meaning = "bytes a second that its media can move; accesses beyond them are backpressure; 0: any number",
         .source = "8.2.10.9.8.3",
         .maximum = kMaximumBackendSize},
        set_config<&Config::qos_bandwidth>},
    DeviceRow{{.name = "vfio-user",
               .kind = PropertyKind::text,
               .default_text = "auto",
               .meaning = "socket for QEMU's vfio-user-pci, or none; auto is ID.vfio in the lab's directory",
               .source = "docs/in-band.md",
               .minimum = 1,
               .maximum = kMaximumSocketPath},
              set_text<&Device::vfio_user, Device>},
    DeviceRow{{.name = "map-payload",
               .kind = PropertyKind::boolean,
               .default_text = "on",
               .meaning = "QEMU maps the mailbox's payload registers and sends no messages for them; never below 4k",
               .source = "docs/in-band.md"},
              [](Device& device, const PropertyValue& value) { device.map_payload = value.number != 0; }},
    choice_row("interrupts", kInterrupts,
               "what its PCIe function sends; with msi-x QEMU 11.1 ends when the device is unplugged", "8.2.9.4.3",
               [](Device& device, const PropertyValue& value) { device.config.msi_x = value.number != 0; }),
    boolean_row("secondary-mailbox", "it has a secondary mailbox, of the same size, for the commands without effects",
                "8.2.9.4.2", set_config<&Config::secondary_mailbox>),
    choice_row(
        "hdm-decoders", kHdmDecoders, "HDM decoders of its component registers", "8.2.4.20.1",
        [](Device& device, const PropertyValue& value) {
          device.config.hdm_decoders = static_cast<std::uint8_t>(value.number == 0 ? 1 : 2 * value.number);
        },
        "4"),
    boolean_row(
        "strict-interrupts",
        "the end of a background operation interrupts only while that is enabled; off: once it ever was, as Linux "
        "disables it whenever it rings the doorbell",
        "COMPAT(linux)", set_config<&Config::strict_interrupts>),
    for_the_function("bus", "the port it is plugged into"),
    for_the_function("addr", "its slot and function"),
    for_the_function("multifunction", "further functions in its slot"),
    for_the_function("romfile", "option ROM"),
    for_the_function("rombar", "option ROM"),
    for_the_function("x-speed", "link speed"),
    for_the_function("x-width", "link width"),
    for_the_function("x-256b-flit", "link format"),
    for_the_function("hdm-db", "HDM-DB coherence"),
    for_the_function("cdat", "file that holds its CDAT"),
    dynamic_capacity("num-dc-regions"),
    dynamic_capacity("volatile-dc-memdev"),
    dynamic_capacity("dc-regions-total-size"),
};

constexpr std::array kTypes = {
    TypeInfo{DeclarationKind::object, "memory-backend-ram", "memory that goes with the process"},
    TypeInfo{DeclarationKind::object, "memory-backend-memfd", "the same"},
    TypeInfo{DeclarationKind::object, "memory-backend-file", "memory that is a file"},
    TypeInfo{DeclarationKind::device, "cxl-type3", "a CXL memory device"},
};

// ---- reading ----

Result<void> check_multiple(const PropertyInfo& info, std::uint64_t value, std::string_view text) {
  if (info.power_of_two && !std::has_single_bit(value)) {
    return failure(fmt::format("{} is not a power of two", quoted(text)));
  }
  if (value % info.multiple_of == 0) return {};
  return failure(fmt::format("{} is not a whole number of milliseconds", quoted(text)));
}

Result<PropertyValue> parse_integer(const PropertyInfo& info, std::string_view text) {
  const auto out_of_range = [&] {
    return failure(fmt::format("{} is not from {} to {}", quoted(text), info.minimum, info.maximum));
  };
  if (info.minimum < 0) {
    const std::int64_t value = TRY(parse_signed(text));
    if (value < info.minimum) return out_of_range();
    if (value > 0 && static_cast<std::uint64_t>(value) > info.maximum) return out_of_range();
    return PropertyValue{.number = static_cast<std::uint64_t>(value)};
  }
  const std::uint64_t value = TRY(parse_unsigned(text));
  if (value < static_cast<std::uint64_t>(info.minimum) || value > info.maximum) return out_of_range();
  return PropertyValue{.number = value};
}

Result<PropertyValue> parse_bounded_size(const PropertyInfo& info, std::string_view text) {
  const std::uint64_t value = TRY(parse_size(text));
  const auto minimum = static_cast<std::uint64_t>(info.minimum);
  if (value < minimum || value > info.maximum) {
    return failure(fmt::format("{} is not from {} to {}", quoted(text), size_text(minimum), size_text(info.maximum)));
  }
  TRY_VOID(check_multiple(info, value, text));
  return PropertyValue{.number = value};
}

Result<PropertyValue> parse_bounded_duration(const PropertyInfo& info, std::string_view text) {
  const auto value = static_cast<std::uint64_t>(TRY(parse_duration(text)).count());
  if (value > info.maximum) {
    return failure(fmt::format("{} is longer than {}s", quoted(text), info.maximum / (1000 * kMillisecond)));
  }
  TRY_VOID(check_multiple(info, value, text));
  return PropertyValue{.number = value};
}

Result<PropertyValue> parse_text(const PropertyInfo& info, std::string_view text) {
  if (text.size() < static_cast<std::uint64_t>(info.minimum)) return failure("is empty");
  if (text.size() > info.maximum) {
    return failure(fmt::format("{} is longer than {} characters", quoted(text), info.maximum));
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::ranges::any_of(text, is_control)) {
    return failure(fmt::format("{} has control characters", quoted(text)));
  }
  if (info.ascii && std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7F; })) {
    return failure(fmt::format("{} has characters that are not ASCII", quoted(text)));
  }
  return PropertyValue{.text = std::string(text)};
}

Result<PropertyValue> parse_choice(const PropertyInfo& info, std::string_view text) {
  const auto found = std::ranges::find(info.choices, text);
  if (found == info.choices.end()) {
    return failure(fmt::format("{} is none of {}{}", quoted(text), fmt::join(info.choices, ", "),
                               did_you_mean(text, info.choices)));
  }
  return PropertyValue{.number = static_cast<std::uint64_t>(found - info.choices.begin())};
}

Result<PropertyValue> parse_placement(std::string_view text) {
  if (text == "auto") return PropertyValue{};
  if (text == "none") return PropertyValue{.placement = {.kind = MctpPlacement::Kind::none}};
  const std::size_t colon = text.find(':');
  const auto network = parse_unsigned(text.substr(0, colon));
  const auto eid = colon == text.npos ? network : parse_unsigned(text.substr(colon + 1));
  if (colon == text.npos || !network || !eid) {
    return failure(fmt::format("{} is neither NET:EID (as 1:8) nor none", quoted(text)));
  }
  if (*network == 0 || *network > std::numeric_limits<std::uint32_t>::max()) {
    return failure(fmt::format("{} has a network that is not from 1 to 4294967295", quoted(text)));
  }
  if (*eid < kFirstEid.value || *eid > kLastEid.value) {
    return failure(
        fmt::format("{} has an EID that is not from {} to {}", quoted(text), kFirstEid.value, kLastEid.value));
  }
  return PropertyValue{.placement = {.kind = MctpPlacement::Kind::fixed,
                                     .network = NetworkId(static_cast<std::uint32_t>(*network)),
                                     .eid = Eid(static_cast<std::uint8_t>(*eid))}};
}

// ---- printing ----

std::string allowed(const PropertyInfo& info) {
  switch (info.kind) {
    case PropertyKind::identifier:
      return "a letter, then letters, digits, - . _";
    case PropertyKind::size:
      return fmt::format("size, {} to {}{}", size_text(static_cast<std::uint64_t>(info.minimum)),
                         size_text(info.maximum), info.power_of_two ? ", a power of two" : "");
    case PropertyKind::integer:
      return fmt::format("{} to {}", info.minimum, info.maximum);
    case PropertyKind::boolean:
      return "on, off";
    case PropertyKind::text:
      return fmt::format("text, {} to {} characters", info.minimum, info.maximum);
    case PropertyKind::choice:
      return fmt::format("{}", fmt::join(info.choices, ", "));
    case PropertyKind::duration:
      return fmt::format("duration, to {}s", info.maximum / (1000 * kMillisecond));
    case PropertyKind::reference:
      return "id of a memory backend";
    case PropertyKind::mctp:
      return "NET:EID, none, auto";
    case PropertyKind::anything:
      return "anything";
  }
  return {};
}

std::string_view prefix(PropertyEffect effect) {
  switch (effect) {
    case PropertyEffect::applied:
      return "";
    case PropertyEffect::carried:
      return "*no effect here; say it on QEMU's command line:* ";
    case PropertyEffect::ignored:
      return "*no effect:* ";
    case PropertyEffect::refused:
      return "*refused, unless off or 0:* ";
  }
  return "";
}

}  // namespace

std::span<const BackendRow> backend_rows(std::string_view type) {
  if (type == "memory-backend-ram") return kRamRows;
  if (type == "memory-backend-memfd") return kMemfdRows;
  if (type == "memory-backend-file") return kFileRows;
  return {};
}

std::span<const DeviceRow> memory_device_rows(std::string_view type) {
  if (type == "cxl-type3") return kDeviceRows;
  return {};
}

std::span<const TypeInfo> known_types() { return kTypes; }

std::vector<PropertyInfo> properties_of(std::string_view type) {
  std::vector<PropertyInfo> properties;
  for (const auto& row : backend_rows(type)) properties.push_back(row);
  for (const auto& row : memory_device_rows(type)) properties.push_back(row);
  return properties;
}

bool names(const PropertyInfo& info, std::string_view name) {
  if (name == info.name) return true;
  return info.indexed && name.starts_with(info.name) && name.substr(info.name.size()).starts_with('.');
}

Result<PropertyValue> parse_property(const PropertyInfo& info, std::string_view text) {
  switch (info.kind) {
    case PropertyKind::identifier:
      if (is_identifier(text)) return PropertyValue{.text = std::string(text)};
      return failure(fmt::format("{} is not an id: a letter, then letters, digits, - . _, at most {} characters",
                                 quoted(text), kMaximumIdentifierLength));
    case PropertyKind::size:
      return parse_bounded_size(info, text);
    case PropertyKind::integer:
      return parse_integer(info, text);
    case PropertyKind::boolean:
      return PropertyValue{.number = TRY(parse_boolean(text)) ? 1U : 0U};
    case PropertyKind::text:
      return parse_text(info, text);
    case PropertyKind::choice:
      return parse_choice(info, text);
    case PropertyKind::duration:
      return parse_bounded_duration(info, text);
    case PropertyKind::reference:
      if (text.empty()) return failure("is empty");
      return PropertyValue{.text = std::string(text)};
    case PropertyKind::mctp:
      return parse_placement(text);
    case PropertyKind::anything:
      return PropertyValue{.text = std::string(text)};
  }
  return failure("has no kind");
}

bool is_identifier(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto may_follow = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  if (text.empty() || text.size() > kMaximumIdentifierLength || !is_letter(text.front())) return false;
  return std::ranges::all_of(text, may_follow);
}

std::string options_markdown() {
  std::string text;
  for (const TypeInfo& type : kTypes) {
    text += fmt::format("{}## `-{} {}`: {}\n\n", text.empty() ? "" : "\n", name_of(type.kind), type.name, type.meaning);
    text += "| property | values | default | meaning | source |\n|---|---|---|---|---|\n";
    for (const PropertyInfo& info : properties_of(type.name)) {
      text += fmt::format("| `{}` | {} | {} | {}{} | {} |\n", info.name, allowed(info), info.default_text,
                          prefix(info.effect), info.meaning, info.source);
    }
  }
  return text;
}

}  // namespace cxlemu::control
