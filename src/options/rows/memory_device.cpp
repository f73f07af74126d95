// What memory devices can be told.
#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

#include "base/socket_path.hpp"
#include "options/rows/row.hpp"
#include "wire/firmware.hpp"

namespace cxlemu::options {
namespace {

using DeviceRow = PropertyRow<MemoryDeviceDeclaration>;

// ---- setters: the member of the typed configuration that a row fills ----

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

void set_mctp(MemoryDeviceDeclaration& device, const PropertyValue& value) { device.mctp = value.placements; }

// Linux counts the four bytes of the transport header in an interface's MTU; the machine counts payload.
constexpr std::uint64_t kTransportHeader = 4;

void set_mtu(MemoryDeviceDeclaration& device, const PropertyValue& value) {
  device.transmission_unit = static_cast<std::uint16_t>(value.number - kTransportHeader);
}

// ---- values ----

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
               .meaning =
                   "its MCTP endpoint as NET:EID, or none; auto is the first free EID from 8 on network 1. Several are "
                   "joined by +, as 1:8+1:9, and are the CCIs mctp, mctp1 and so on",
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
              [](MemoryDeviceDeclaration&, const PropertyValue&) {}},  // read as a whole: options/vendor_commands.cpp
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
    boolean_row("secondary-mailbox",
                "it has a secondary mailbox, of the same size, for the Events, Logs and Identify command sets",
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

}  // namespace

std::span<const DeviceRow> memory_device_rows(std::string_view type) {
  if (type == "cxl-type3") return kDeviceRows;
  return {};
}

}  // namespace cxlemu::options
