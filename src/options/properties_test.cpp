#include "options/properties.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "options/markdown.hpp"

namespace cxlemu::options {
namespace {

using testing::HasSubstr;

const PropertyInfo& row(std::string_view name) {
  const auto rows = memory_device_rows("cxl-type3");
  return *std::ranges::find(rows, name, &PropertyInfo::name);
}

/// A device with one property set.
MemoryDeviceDeclaration with(std::string_view name, std::string_view text) {
  MemoryDeviceDeclaration device;
  const auto rows = memory_device_rows("cxl-type3");
  const auto found = std::ranges::find(rows, name, &PropertyInfo::name);
  found->set(device, parse_property(*found, text).value());
  return device;
}
std::string error_of(const PropertyInfo& info, std::string_view text) {
  const auto value = parse_property(info, text);
  return value ? "" : value.error().message;
}

auto tied(const MemoryDeviceDeclaration& d) {
  const MemoryDeviceConfig& c = d.config;
  return std::tuple(
      d.mctp, d.transmission_unit, c.vendor_id, c.device_id, c.subsystem_vendor_id, c.subsystem_id, c.serial_number,
      c.firmware_revision, c.event_log_size, c.mailbox_payload_size, c.message_limit, c.profile, c.timing,
      c.sanitize_duration, c.abort_threshold, c.abort_when_idle, c.media_disabled_refuses, c.busy_across,
      c.surplus_payload, c.timestamp_on_reset, c.fw_slots, c.fw_size_limit, c.firmware_verify, c.fw_transfer_duration,
      c.fw_stage_on_transfer, c.fw_online_activation, c.fw_activates_in_background, c.fw_activation_duration,
      c.cxl_reset_ends_background, c.flr_ends_background, c.temperature_celsius, c.life_used_percent, c.scan_duration,
      c.media_operation_duration, c.poison_list_size, c.scan_results_size, c.inject_poison_limit,
      c.injects_persistent_poison, c.frozen_poison_list, c.dirty_shutdowns, c.life_used_critical, c.life_used_warning,
      c.over_temperature_critical, c.over_temperature_warning, c.under_temperature_critical,
      c.under_temperature_warning, c.corrected_volatile_errors_warning, c.corrected_persistent_errors_warning,
      c.partitioned_volatile, c.qos_telemetry, c.qos_bandwidth, c.patrol_scrub, c.patrol_scrub_hours,
      c.patrol_scrub_minimum_hours, c.soft_ppr_spares, c.hard_ppr_spares, c.cacheline_spares, c.row_spares,
      c.bank_spares, c.rank_spares, c.sparing_duration, c.sparing_completes_at_once);
}

TEST(Properties, EveryDefaultIsThatOfTheConfiguration) {
  for (const auto& info : memory_device_rows("cxl-type3")) {
    if (!info.set || info.default_text.starts_with('(')) continue;
    EXPECT_EQ(tied(with(info.name, info.default_text)), tied(MemoryDeviceDeclaration{})) << info.name;
  }
}

TEST(Properties, EveryRowIsComplete) {
  for (const TypeInfo& type : known_types()) {
    std::set<std::string_view> seen;
    for (const PropertyInfo& info : properties_of(type.name)) {
      EXPECT_TRUE(seen.insert(info.name).second) << info.name;
      EXPECT_FALSE(info.meaning.empty()) << info.name;
      EXPECT_FALSE(info.source.empty()) << info.name;
      EXPECT_FALSE(info.default_text.empty()) << info.name;
    }
  }
}

TEST(Properties, OnlyWhatIsAppliedHasASetter) {
  for (const auto& info : memory_device_rows("cxl-type3")) {
    EXPECT_EQ(info.set != nullptr, info.effect == PropertyEffect::applied) << info.name;
  }
  for (const TypeInfo& type : known_types()) {
    for (const auto& info : backend_rows(type.name)) {
      EXPECT_EQ(info.set != nullptr, info.effect == PropertyEffect::applied) << info.name;
    }
  }
}

TEST(Properties, FillTheirMembers) {
  EXPECT_EQ(with("vendor-id", "0x8086").config.vendor_id, 0x8086);
  EXPECT_EQ(with("device-id", "1").config.device_id, 1);
  EXPECT_EQ(with("subsystem-vendor-id", "2").config.subsystem_vendor_id, 2);
  EXPECT_EQ(with("subsystem-id", "3").config.subsystem_id, 3);
  EXPECT_EQ(with("sn", "0xffffffffffffffff").config.serial_number, ~0ULL);
  EXPECT_EQ(with("firmware-revision", "v2").config.firmware_revision, "v2");
  EXPECT_EQ(with("event-log-size", "7").config.event_log_size, 7);
  EXPECT_EQ(with("mailbox-payload-size", "512").config.mailbox_payload_size, 512U);
  EXPECT_EQ(with("message-limit", "9").config.message_limit, 9);
  EXPECT_EQ(with("profile", "libcxlmi").config.profile, Profile::libcxlmi);
  EXPECT_EQ(with("timing", "qemu").config.timing, Timing::qemu);
  EXPECT_EQ(with("timing", "real").config.timing, Timing::real);
  EXPECT_EQ(with("sanitize-duration", "2s").config.sanitize_duration, std::chrono::milliseconds(2000));
  EXPECT_EQ(with("abort-threshold", "5").config.abort_threshold, 5);
  EXPECT_EQ(with("abort-when-idle", "not-supported").config.abort_when_idle, AbortWhenIdle::not_supported);
  EXPECT_EQ(with("media-disabled-refuses", "all").config.media_disabled_refuses, MediaDisabledRefuses::all);
  EXPECT_EQ(with("busy-across", "never").config.busy_across, BusyAcross::never);
  EXPECT_EQ(with("surplus-payload", "refuse").config.surplus_payload, SurplusPayload::refuse);
  EXPECT_EQ(with("timestamp-on-reset", "clear").config.timestamp_on_reset, TimestampOnReset::clear);
  EXPECT_EQ(with("fw-slots", "3").config.fw_slots, 3);
  EXPECT_EQ(with("fw-size-limit", "1M").config.fw_size_limit, 1U << 20);
  EXPECT_EQ(with("firmware-verify", "package").config.firmware_verify, FirmwareVerify::package);
  EXPECT_EQ(with("firmware-verify", "any").config.firmware_verify, FirmwareVerify::any);
  EXPECT_EQ(with("fw-transfer-duration", "20ms").config.fw_transfer_duration, std::chrono::milliseconds(20));
  EXPECT_TRUE(with("fw-stage-on-transfer", "on").config.fw_stage_on_transfer);
  EXPECT_FALSE(with("fw-online-activation", "off").config.fw_online_activation);
  EXPECT_TRUE(with("fw-activates-in-background", "on").config.fw_activates_in_background);
  EXPECT_EQ(with("fw-activation-duration", "3s").config.fw_activation_duration, std::chrono::milliseconds(3000));
  EXPECT_TRUE(with("cxl-reset-ends-background", "on").config.cxl_reset_ends_background);
  EXPECT_TRUE(with("flr-ends-background", "on").config.flr_ends_background);
  EXPECT_EQ(with("scan-duration", "3s").config.scan_duration, std::chrono::milliseconds(3000));
  EXPECT_EQ(with("populate-duration", "3s").config.populate_duration, std::chrono::milliseconds(3000));
  EXPECT_TRUE(with("ras-unmasked", "on").config.ras_unmasked);
  EXPECT_EQ(with("media-operation-duration", "3s").config.media_operation_duration, std::chrono::milliseconds(3000));
  EXPECT_TRUE(with("patrol-scrub", "on").config.patrol_scrub);
  EXPECT_EQ(with("patrol-scrub-cycle", "7").config.patrol_scrub_hours, 7);
  EXPECT_EQ(with("patrol-scrub-minimum-cycle", "7").config.patrol_scrub_minimum_hours, 7);
  EXPECT_EQ(with("soft-ppr-spares", "7").config.soft_ppr_spares, 7);
  EXPECT_EQ(with("hard-ppr-spares", "7").config.hard_ppr_spares, 7);
  EXPECT_EQ(with("cacheline-spares", "7").config.cacheline_spares, 7);
  EXPECT_EQ(with("row-spares", "7").config.row_spares, 7);
  EXPECT_EQ(with("bank-spares", "7").config.bank_spares, 7);
  EXPECT_EQ(with("rank-spares", "7").config.rank_spares, 7);
  EXPECT_EQ(with("sparing-duration", "7ms").config.sparing_duration, std::chrono::milliseconds(7));
  EXPECT_TRUE(with("sparing-completes-at-once", "on").config.sparing_completes_at_once);
  EXPECT_EQ(with("poison-list-size", "7").config.poison_list_size, 7U);
  EXPECT_EQ(with("scan-results-size", "7").config.scan_results_size, 7U);
  EXPECT_EQ(with("inject-poison-limit", "7").config.inject_poison_limit, 7);
  EXPECT_TRUE(with("injects-persistent-poison", "on").config.injects_persistent_poison);
  EXPECT_EQ(with("frozen-poison-list", "follows-clears").config.frozen_poison_list, FrozenPoisonList::follows_clears);
  EXPECT_EQ(with("partitionable-memdev", "a").partitionable_memdev, "a");
  EXPECT_EQ(with("partitioned-volatile", "256M").config.partitioned_volatile, 256ULL << 20);
  EXPECT_EQ(with("dirty-shutdowns", "7").config.dirty_shutdowns, 7U);
  EXPECT_EQ(with("life-used-critical", "80").config.life_used_critical, 80);
  EXPECT_EQ(with("life-used-warning", "60").config.life_used_warning, 60);
  EXPECT_EQ(with("over-temperature-critical", "99").config.over_temperature_critical, 99);
  EXPECT_EQ(with("over-temperature-warning", "88").config.over_temperature_warning, 88);
  EXPECT_EQ(with("under-temperature-critical", "-40").config.under_temperature_critical, -40);
  EXPECT_EQ(with("under-temperature-warning", "-30").config.under_temperature_warning, -30);
  EXPECT_EQ(with("corrected-volatile-errors-warning", "3").config.corrected_volatile_errors_warning, 3);
  EXPECT_EQ(with("corrected-persistent-errors-warning", "4").config.corrected_persistent_errors_warning, 4);
  EXPECT_EQ(with("qos-telemetry", "congestion").config.qos_telemetry, QosTelemetry::congestion);
  EXPECT_EQ(with("qos-bandwidth", "1G").config.qos_bandwidth, 1ULL << 30);
  EXPECT_EQ(with("temperature", "-40").config.temperature_celsius, -40);
  EXPECT_EQ(with("life-used", "99").config.life_used_percent, 99);
  EXPECT_EQ(with("vfio-user", "/tmp/mem0.sock").vfio_user, "/tmp/mem0.sock");
  EXPECT_EQ(with("vfio-user", "none").vfio_user, "none");
  EXPECT_FALSE(with("map-payload", "off").map_payload);
  EXPECT_TRUE(with("interrupts", "msi-x").config.msi_x);
  EXPECT_FALSE(with("interrupts", "msi").config.msi_x);
  EXPECT_EQ(with("hdm-decoders", "1").config.hdm_decoders, 1);
  EXPECT_EQ(with("hdm-decoders", "10").config.hdm_decoders, 10);
  EXPECT_TRUE(with("secondary-mailbox", "on").config.secondary_mailbox);
  EXPECT_TRUE(with("strict-interrupts", "on").config.strict_interrupts);
  EXPECT_EQ(with("mtu", "260").transmission_unit, 256);
  EXPECT_EQ(with("volatile-memdev", "a").volatile_memdev, "a");
  EXPECT_EQ(with("persistent-memdev", "a").persistent_memdev, "a");
  EXPECT_EQ(with("memdev", "a").persistent_memdev, "a");
  EXPECT_EQ(with("lsa", "a").lsa, "a");
  EXPECT_EQ(with("id", "a").id, "a");
}

struct Bound {
  const char* name;
  const char* property;
  const char* lowest;
  const char* below;
  const char* highest;
  const char* above;
  const char* range;
};
class Bounds : public testing::TestWithParam<Bound> {};
TEST_P(Bounds, AreAcceptedAndNoMore) {
  const auto& [name, property, lowest, below, highest, above, range] = GetParam();
  EXPECT_EQ(error_of(row(property), lowest), "");
  EXPECT_EQ(error_of(row(property), highest), "");
  EXPECT_THAT(error_of(row(property), below), HasSubstr(range));
  EXPECT_THAT(error_of(row(property), above), HasSubstr(range));
}
INSTANTIATE_TEST_SUITE_P(
    Properties, Bounds,
    testing::Values(
        Bound{"vendor_id", "vendor-id", "0", "-1", "65535", "x", ""},
        Bound{"device_id", "device-id", "0", "65536", "0xffff", "0x10000", "is not from 0 to 65535"},
        Bound{"mtu", "mtu", "68", "67", "4100", "4101", "is not from 68 to 4100"},
        Bound{"event_log_size", "event-log-size", "1", "0", "4096", "4097", "is not from 1 to 4096"},
        Bound{"message_limit", "message-limit", "8", "7", "10", "11", "is not from 8 to 10"},
        Bound{"abort_threshold", "abort-threshold", "0", "101", "100", "101", "is not from 0 to 100"},
        Bound{"temperature", "temperature", "-273", "-274", "32767", "32768", "is not from -273 to 32767"},
        Bound{"life_used", "life-used", "0", "256", "255", "256", "is not from 0 to 255"},
        Bound{"hdm_decoders", "hdm-decoders", "1", "3", "10", "12", ""},
        Bound{"mailbox", "mailbox-payload-size", "256", "128", "1M", "2M", "is not from 256 to 1M"},
        Bound{"sanitize", "sanitize-duration", "0", "604800001", "604800s", "604801s", "is longer than 604800s"},
        Bound{"scan", "scan-duration", "0", "604800001", "604800s", "604801s", "is longer than 604800s"},
        Bound{"media_operation", "media-operation-duration", "0", "604800001", "604800s", "604801s",
              "is longer than 604800s"},
        Bound{"populate", "populate-duration", "0", "604800001", "604800s", "604801s", "is longer than 604800s"},
        Bound{"poison_list", "poison-list-size", "1", "0", "16777215", "16777216", "is not from 1 to 16777215"},
        Bound{"scan_results", "scan-results-size", "1", "0", "16777215", "16777216", "is not from 1 to 16777215"},
        Bound{"inject_poison", "inject-poison-limit", "0", "65536", "65535", "65536", "is not from 0 to 65535"},
        Bound{"scrub_cycle", "patrol-scrub-cycle", "1", "0", "255", "256", "is not from 1 to 255"},
        Bound{"scrub_minimum", "patrol-scrub-minimum-cycle", "1", "0", "255", "256", "is not from 1 to 255"},
        Bound{"spares", "rank-spares", "0", "256", "255", "256", "is not from 0 to 255"},
        Bound{"sparing", "sparing-duration", "0", "604800001", "604800s", "604801s", "is longer than 604800s"},
        Bound{"fw_slots", "fw-slots", "2", "1", "4", "5", "is not from 2 to 4"},
        Bound{"fw_size", "fw-size-limit", "128", "127", "1G", "1025M", "is not from 128 to 1G"},
        Bound{"fw_transfer", "fw-transfer-duration", "0", "604800001", "604800s", "604801s", "is longer than 604800s"},
        Bound{"fw_activation", "fw-activation-duration", "0", "604800001", "604800s", "604801s",
              "is longer than 604800s"},
        Bound{"firmware", "firmware-revision", "v", "12345678901234567", "1234567890123456", "12345678901234567",
              "is longer than 16 characters"},
        Bound{"eid", "mctp", "1:8", "1:7", "1:253", "1:254", "has an EID that is not from 8 to 253"},
        Bound{"network", "mctp", "1:8", "0:8", "4294967295:8", "4294967296:8",
              "has a network that is not from 1 to 4294967295"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(Properties, ABackendIsAtMostWhatPhysicalAddressesReach) {
  const PropertyInfo size = backend_rows("memory-backend-ram")[1];
  EXPECT_EQ(parse_property(size, "4P")->number, 1ULL << 52);
  EXPECT_EQ(error_of(size, "4097T"), "\"4097T\" is not from 1 to 4P");
  EXPECT_EQ(error_of(size, "0"), "\"0\" is not from 1 to 4P");
}

TEST(Properties, SayWhatIsWrong) {
  EXPECT_EQ(error_of(row("vendor-id"), "0x10000"), "\"0x10000\" is not from 0 to 65535");
  EXPECT_EQ(error_of(row("mailbox-payload-size"), "768"), "\"768\" is not a power of two");
  EXPECT_EQ(error_of(row("sanitize-duration"), "10us"), "\"10us\" is not a whole number of milliseconds");
  EXPECT_EQ(error_of(row("firmware-revision"), ""), "is empty");
  EXPECT_EQ(error_of(row("firmware-revision"), "a\tb"), "\"a\\x09b\" has control characters");
  EXPECT_EQ(error_of(row("firmware-revision"), "\xC3\xA4"), "\"\xC3\xA4\" has characters that are not ASCII");
  EXPECT_EQ(error_of(row("profile"), "libcxlmu"),
            "\"libcxlmu\" is none of strict, libcxlmi; did you mean \"libcxlmi\"?");
  EXPECT_EQ(error_of(row("timing"), "slow"), "\"slow\" is none of instant, qemu, real");
  EXPECT_EQ(error_of(row("flr-ends-background"), "1"), "\"1\" is neither on nor off");
  EXPECT_EQ(error_of(row("lsa"), ""), "is empty");
}

TEST(MctpPlacement, IsAPlaceOrNone) {
  using Placements = std::vector<MctpPlacement>;
  EXPECT_EQ(with("mctp", "11:9").mctp, (Placements{{NetworkId(11), Eid(9)}}));
  EXPECT_EQ(with("mctp", "none").mctp, Placements{});
  EXPECT_EQ(with("mctp", "1:8+2:9+auto").mctp, (Placements{{NetworkId(1), Eid(8)}, {NetworkId(2), Eid(9)}, {}}));
  for (const char* text : {"", "9", "1:", ":9", "1:9:2", "a:b", "1:-9", "nothing"}) {
    EXPECT_EQ(error_of(row("mctp"), text), '"' + std::string(text) + "\" is neither NET:EID (as 1:8) nor none");
  }
}

TEST(MctpPlacement, HasALimitOfEndpoints) {
  std::string most = "1:8";
  for (int i = 1; i < cci::kMaximumCcisOfARole; ++i) most += fmt::format("+1:{}", 8 + i);
  EXPECT_EQ(with("mctp", most).mctp.size(), cci::kMaximumCcisOfARole);
  EXPECT_EQ(error_of(row("mctp"), most + "+1:99"), "names more than 16 endpoints");
  EXPECT_EQ(error_of(row("mctp"), "1:8+"), "\"\" is neither NET:EID (as 1:8) nor none");
  EXPECT_EQ(error_of(row("mctp"), "1:8+none"), "\"none\" is neither NET:EID (as 1:8) nor none");
}

TEST(Identifier, FollowsTheRuleOfQemu) {
  for (const char* good : {"a", "mem0", "cxl.1", "A-b_c.9"}) EXPECT_TRUE(is_identifier(good)) << good;
  for (const char* bad : {"", "0a", "_a", "-a", ".a", "a b", "a/b", "a,b", "\xC3\xA4"})
    EXPECT_FALSE(is_identifier(bad)) << bad;
  EXPECT_TRUE(is_identifier(std::string(kMaximumIdentifierLength, 'a')));
  EXPECT_FALSE(is_identifier(std::string(kMaximumIdentifierLength + 1, 'a')));
  EXPECT_EQ(error_of(row("id"), "0a"),
            "\"0a\" is not an id: a letter, then letters, digits, - . _, at most 64 characters");
}

TEST(PropertyNames, AnIndexedRowHasElements) {
  const auto rows = backend_rows("memory-backend-ram");
  const PropertyInfo host_nodes = *std::ranges::find(rows, "host-nodes", &PropertyInfo::name);
  EXPECT_TRUE(names(host_nodes, "host-nodes"));
  EXPECT_TRUE(names(host_nodes, "host-nodes.0"));
  EXPECT_FALSE(names(host_nodes, "host-nodesX"));
  EXPECT_FALSE(names(rows[1], "size.0"));
}

TEST(OptionsMarkdown, HasARowForEveryProperty) {
  const std::string text = markdown();
  for (const TypeInfo& type : known_types()) {
    EXPECT_THAT(text, HasSubstr(" " + std::string(type.name) + "`"));
    for (const PropertyInfo& info : properties_of(type.name))
      EXPECT_THAT(text, HasSubstr("| `" + std::string(info.name) + "` |"));
  }
  EXPECT_THAT(text,
              HasSubstr("| `mtu` | 68 to 4100 | 68 | MTU of the link to its endpoint as Linux counts it: a packet's "
                        "payload and its 4-byte header | DSP0236 8.3 |\n"));
  EXPECT_THAT(text, HasSubstr("| `num-dc-regions` | anything | - | *refused, unless off or 0:* dynamic capacity is not "
                              "there yet | QEMU |\n"));
}

}  // namespace
}  // namespace cxlemu::options
