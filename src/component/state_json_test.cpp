#include "component/state_json.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "cci/message.hpp"
#include "component/memory_device/firmware_package.hpp"

namespace cxlemu {
namespace {

using namespace std::chrono_literals;

// A device and what stands behind it, so that one can be made from the state of another.
struct Bench {
  explicit Bench(Time start = Time{}) : timeline(start) {}

  cci::Reply send(cci::Cci& cci, std::uint16_t opcode, Bytes payload = {}, cci::Requester from = {}) {
    std::array<std::byte, 8192> space;
    return cci::dispatch(cci, {.opcode = Opcode{opcode}, .payload = payload, .from = from}, space);
  }

  Timeline timeline;
  Backing volatile_capacity{1 << 20};
  Backing persistent_capacity{1 << 20};
  Backing labels{4096};
  MemoryDevice device{"mem0", config(), timeline, {&volatile_capacity, &persistent_capacity, &labels}};

  static MemoryDeviceConfig config() {
    MemoryDeviceConfig config;
    config.event_log_size = 2;
    config.poison_list_size = 2;
    config.scan_results_size = 2;
    config.sanitize_duration = 1s;
    return config;
  }
};

cci::CciState& cci_of(MemoryDeviceState& state, cci::CciId id) {
  return *std::ranges::find(state.ccis, id, &cci::CciState::id);
}

MemoryDeviceState round_trip(const MemoryDeviceState& state) {
  return parse_state(Json::parse(state_json(state).text()).value()).value();
}

TEST(StateJson, ReadsBackWhatItWrites) {
  Bench bench;
  bench.timeline.advance_to(5ms);
  bench.send(bench.device.cci(cci::kMailbox), 0x0301, bytes_of(Le64(1'000)));
  bench.send(bench.device.cci(cci::kMailbox), 0x0103, bytes_of(EventInterruptPolicy{1, 2, 0, 1, 1}));
  bench.send(bench.device.cci(cci::kMctp), 0x0004, bytes_of(U8(8)));
  for (int i = 0; i < 3; ++i) bench.device.log_event(EventLogId::warning, EventRecord{});
  bench.send(bench.device.cci(cci::kMctp), 0x4400);

  EXPECT_EQ(round_trip(bench.device.save()), bench.device.save());
}

// Slots, what is staged and a transfer that is half done.
TEST(StateJson, KeepsFirmwareAndItsTransfer) {
  const Buffer package = pack_firmware(*parse_revision("2.0"), Buffer(128, std::byte{0xA5}));
  const auto part = [&](TransferFwAction action, std::uint32_t offset_128b) {
    TransferFwIn in{};
    in.action = action;
    in.slot = 2;
    in.offset_128b = offset_128b;
    Buffer request = to_buffer(bytes_of(in));
    append(request, Bytes(package).subspan(offset_128b * 128, 128));
    return request;
  };
  Bench bench;
  bench.device.firmware().slots[2] = {.filled = true, .revision = *parse_revision("3.0"), .image = package};
  bench.device.firmware().staged_slot = 3;
  bench.timeline.advance_to(5ms);
  bench.send(bench.device.cci(cci::kMctp), 0x0201, part(TransferFwAction::initiate, 0));
  EXPECT_EQ(round_trip(bench.device.save()), bench.device.save());

  Bench after(5ms);
  after.device.restore(round_trip(bench.device.save()));
  EXPECT_EQ(after.send(after.device.cci(cci::kMailbox), 0x0201, part(TransferFwAction::end, 1)).return_code,
            ReturnCode::fw_transfer_in_progress);
  EXPECT_EQ(after.send(after.device.cci(cci::kMctp), 0x0201, part(TransferFwAction::end, 1)).return_code,
            ReturnCode::success);
  EXPECT_EQ(after.device.firmware().slots[1].image, package);
  EXPECT_EQ(after.device.firmware().staged_slot, 3);
}

const GetSecurityStateOut kLockedWithBothPassphrases{7};

TEST(StateJson, KeepsPassphrasesAndWrongTries) {
  SetPassphraseIn set{};
  UnlockIn unlock{};
  Bench bench;
  bench.send(bench.device.cci(cci::kMctp), 0x4501, bytes_of(set));
  set.passphrase_type = PassphraseType::user;
  set.new_passphrase.fill(std::byte{0x5E});
  bench.send(bench.device.cci(cci::kMctp), 0x4501, bytes_of(set));
  bench.device.reset(ResetKind::conventional);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(bench.send(bench.device.cci(cci::kMctp), 0x4503, bytes_of(unlock)).return_code,
              ReturnCode::incorrect_passphrase);
  }
  bench.send(bench.device.cci(cci::kMctp), 0x4504);
  EXPECT_EQ(round_trip(bench.device.save()), bench.device.save());

  // A process that begins again is a device that had lost its power: it is locked, but it counts and thaws anew.
  Bench after;
  after.device.restore(round_trip(bench.device.save()));
  after.device.reset(ResetKind::power_loss);
  const SecurityState& state = after.device.logical_device().state.security;
  EXPECT_EQ(security::state_bits(state), kLockedWithBothPassphrases.security_state.value());
  EXPECT_EQ(state.user.wrong_tries, 0);
  unlock.current_passphrase = set.new_passphrase;
  EXPECT_EQ(after.send(after.device.cci(cci::kMailbox), 0x4503, bytes_of(unlock)).return_code, ReturnCode::success);
}

TEST(StateJson, RefusesASecurityStateThatNoDeviceCanBeIn) {
  const auto error_of = [](const SecurityState& security) {
    MemoryDeviceState state = Bench().device.save();
    state.logical_device.security = security;
    const auto parsed = parse_state(state_json(state));
    return parsed ? "" : parsed.error().message;
  };
  EXPECT_EQ(error_of({.user = {.value = Passphrase{}, .wrong_tries = 3}, .locked = true, .frozen = true}), "");
  EXPECT_EQ(error_of({.user = {.wrong_tries = 4}}),
            "the state's field \"logical-device.security.user.wrong-tries\" has an impossible value");
  EXPECT_EQ(error_of({.master = {.wrong_tries = 4}}),
            "the state's field \"logical-device.security.master.wrong-tries\" has an impossible value");
  EXPECT_EQ(error_of({.locked = true}), "the state's field \"logical-device.security.locked\" has an impossible value");
}

TEST(StateJson, RefusesAPassphraseOfAnotherLength) {
  Json json = state_json(Bench().device.save());
  Json device = json["logical-device"];
  Json security = device["security"];
  Json user = security["user"];
  user.set("value", to_hex(Buffer(31)));
  security.set("user", user);
  device.set("security", security);
  json.set("logical-device", device);
  EXPECT_EQ(parse_state(json).error().message,
            "the state's field \"logical-device.security.user.value\" is missing or wrong");
}

TEST(StateJson, HasAnActiveSlotThatThereIs) {
  const auto error_with = [](std::string_view field, int value) {
    Json json = state_json(Bench().device.save());
    Json firmware = json["firmware"];
    firmware.set(field, value);
    json.set("firmware", firmware);
    const auto state = parse_state(json);
    return state ? "" : state.error().message;
  };
  EXPECT_EQ(error_with("active-slot", 0), "the state's field \"firmware.active-slot\" is missing or wrong");
  EXPECT_EQ(error_with("active-slot", 5), "the state's field \"firmware.active-slot\" is missing or wrong");
  EXPECT_EQ(error_with("active-slot", 4), "");
  EXPECT_EQ(error_with("staged-slot", 5), "the state's field \"firmware.staged-slot\" is missing or wrong");
  EXPECT_EQ(error_with("staged-slot", 4), "");
}

// What is poisoned, what is listed, how far a list was read, and what a scan found.
TEST(StateJson, KeepsPoisonAndWhatIsKnownOfIt) {
  Bench bench;
  for (const std::uint64_t dpa : {0x1000U, 0x2000U, 0x3000U}) {
    bench.device.poison_media(Dpa{dpa}, 64, {PoisonSource::internal});
  }
  bench.device.poison_media(Dpa{0x4000}, 128, {PoisonSource::external, false, true});
  EXPECT_TRUE(bench.device.logical_device().state.poison.overflow);
  bench.device.logical_device().state.poison.cursors[cci::kMctp] = {.dpa = 0, .length = 4096, .next = 64};
  bench.send(bench.device.cci(cci::kMctp), 0x4304, bytes_of(ScanMediaIn{0, (1 << 20) / 64, 0}));
  bench.timeline.advance_to(20ms);
  EXPECT_EQ(bench.device.logical_device().state.poison.scan.records.size(), 2U);
  bench.device.cci(cci::kMctp).background.clear();
  EXPECT_EQ(round_trip(bench.device.save()), bench.device.save());
}

// Health and alerts, a partition that is to come, QoS.
TEST(StateJson, KeepsHealthPartitionsAndQos) {
  Bench bench;
  HealthState health = bench.device.health();
  health.temperature = -40;
  health.life_used = 95;
  health.corrected_persistent_error_count = 7;
  health.warnings.under_temperature = -30;
  health::set(bench.device, health);
  bench.device.logical_device().state.next_partitioned_volatile = 1ULL << 30;
  bench.device.qos().control = 1;
  bench.device.qos().busy_from = 3ns;
  bench.device.qos().busy_until = 9ns;
  EXPECT_EQ(round_trip(bench.device.save()), bench.device.save());
}

// Who is told of what, the notification under way, and those that wait.
TEST(StateJson, KeepsNotifications) {
  Bench bench;
  bench.timeline.advance_to(5ms);
  bench.send(bench.device.cci(cci::kMctp), 0x0105, bytes_of(Le16(0x801F)), {NetworkId{3}, Eid{20}, 7});
  bench.device.log_event(EventLogId::warning, EventRecord{});
  bench.device.log_event(EventLogId::fatal, EventRecord{});
  ASSERT_TRUE(bench.device.cci(cci::kMctp).notifications.take_due(5ms));
  bench.device.cci(cci::kMctp).notifications.set_transport_tag(4);
  EXPECT_EQ(round_trip(bench.device.save()), bench.device.save());

  Bench after(5ms);
  after.device.restore(round_trip(bench.device.save()));
  cci::EventNotifications& notifications = after.device.cci(cci::kMctp).notifications;
  EXPECT_EQ(notifications.deadline(), 6ms);
  EXPECT_EQ(notifications.take_due(6ms)->event, 2);
  notifications.answered(0, ReturnCode::success);
  EXPECT_EQ(notifications.take_due(6ms)->event, 8);
}

TEST(StateJson, RefusesNotificationsThatCannotBe) {
  using State = cci::EventNotifications::State;
  const auto with = [](const State& notifications) {
    MemoryDeviceState state = Bench().device.save();
    cci_of(state, cci::kMctp).notifications = notifications;
    const auto read = parse_state(state_json(state));
    return read ? "" : read.error().message;
  };
  const auto impossible = [](std::string_view field) {
    return "the state's field \"ccis.mctp.notifications." + std::string(field) + "\" has an impossible value";
  };
  EXPECT_EQ(with({.settings = 0x801F,
                  .waiting = {1, 0x8000, 0x8000},
                  .under_way = 2,
                  .transport_tag = 7,
                  .transmissions = 11,
                  .silent = true}),
            "");
  EXPECT_EQ(with({.settings = 0x20}), impossible("settings"));
  EXPECT_EQ(with({.settings = 1, .waiting = {2}}), impossible("waiting"));
  EXPECT_EQ(with({.settings = 3, .waiting = {3}}), impossible("waiting"));
  EXPECT_EQ(with({.settings = 1, .waiting = std::vector<std::uint16_t>(17, 1)}),
            "the state's field \"ccis.mctp.notifications.waiting\" is missing or wrong");
  EXPECT_EQ(with({.settings = 1, .under_way = 2}), impossible("under-way"));
  EXPECT_EQ(with({.settings = 1, .silent = true}), impossible("under-way"));
  EXPECT_EQ(with({.settings = 1, .under_way = 1, .transport_tag = 8}), impossible("transport-tag"));
  EXPECT_EQ(with({.settings = 1, .under_way = 1, .transmissions = 12}), impossible("transmissions"));
  EXPECT_EQ(with({.next_transmission = Time::max()}), impossible("next-transmission"));
}

TEST(StateJson, HasPoisonThatCanBe) {
  const auto with = [](auto&& change) {
    MemoryDeviceState state = Bench().device.save();
    change(state.logical_device.poison);
    const auto read = parse_state(state_json(state));
    return read ? "" : read.error().message;
  };
  EXPECT_EQ(with([](PoisonState& state) { state.media.add(64, 64, {}); }), "");
  EXPECT_EQ(with([](PoisonState& state) { state.media.add(65, 64, {}); }),
            "the state's field \"logical-device.poison.media\" is missing or wrong");
  EXPECT_EQ(with([](PoisonState& state) { state.list.add(0, 32, {}); }),
            "the state's field \"logical-device.poison.list\" is missing or wrong");
  EXPECT_EQ(with([](PoisonState& state) { state.scan.records = {{0, 0, {}}}; }),
            "the state's field \"logical-device.poison.scan.records\" is missing or wrong");
  EXPECT_EQ(with([](PoisonState& state) { state.scan.next[cci::kMctp] = 1; }),
            "the state's field \"logical-device.poison.scan.next\" has an impossible value");
  EXPECT_EQ(with([](PoisonState& state) { state.cursors[cci::kMctp] = {.dpa = 64, .length = 64, .next = 0}; }),
            "the state's field \"logical-device.poison.cursors\" has an impossible value");
}

TEST(StateJson, KeepsLogsErrorsCountersAndRegisters) {
  Bench bench;
  MemoryDeviceState state = bench.device.save();
  bench.device.log_event(EventLogId::fatal, EventRecord{});
  bench.send(bench.device.cci(cci::kMctp), 0x4403);
  state = bench.device.save();
  EXPECT_EQ(state.debug_log.entries.size(), 2U);
  EXPECT_FALSE(state.component_state_dump.data.empty());
  state.component_state_dump.fetching = {{cci::kMailbox, 1}, {cci::kMctp, 2}};
  ecs::count(state.ecs, 2, {.errors = 7, .row_errors = 3, .dpa = 0x1000});
  state.ras.headers = {{.error = 14, .header = {1, 2, 3}}};
  state.ras.correctable_status = 1;
  state.vendor_registers = {{"fan", Buffer(3, std::byte{7})}};
  EXPECT_EQ(round_trip(state), state);

  Bench after;
  state.vendor_registers.clear();
  after.device.restore(round_trip(state));
  EXPECT_EQ(after.device.save(), state);
}

TEST(StateJson, RefusesLogsErrorsAndRegistersThatNoDeviceHas) {
  const auto error_of = [](auto&& change) {
    MemoryDeviceState state = Bench().device.save();
    change(state);
    const auto parsed = parse_state(state_json(state));
    return parsed ? "" : parsed.error().message;
  };
  using State = MemoryDeviceState;
  EXPECT_EQ(error_of([](State& state) { state.debug_log.entries.resize(kMaximumDebugLogEntries); }), "");
  EXPECT_EQ(error_of([](State& state) { state.debug_log.entries.resize(kMaximumDebugLogEntries + 1); }),
            "the state's field \"debug-log.entries\" is missing or wrong");
  EXPECT_EQ(error_of([](State& state) { state.debug_log.entries = {{.kind = static_cast<DebugLogKind>(7)}}; }),
            "the state's field \"debug-log.entries\" is missing or wrong");
  EXPECT_EQ(error_of([](State& state) { state.component_state_dump.data.resize(kMaximumStateDump + 1); }),
            "the state's field \"component-state-dump.data\" has an impossible value");
  EXPECT_EQ(error_of([](State& state) { state.ras.headers.resize(kMaximumRasHeaders + 1); }),
            "the state's field \"ras.headers\" is missing or wrong");
  EXPECT_EQ(error_of([](State& state) { state.ras.headers = {{.error = 12}}; }),
            "the state's field \"ras.headers\" has an impossible value");
  EXPECT_EQ(error_of([](State& state) { state.ras.correctable_status = 0x80; }),
            "the state's field \"ras.correctable-status\" has an impossible value");
  EXPECT_EQ(error_of([](State& state) { state.vendor_registers = {{"r", Buffer(257)}}; }),
            "the state's field \"vendor-registers\" has an impossible value");
}

TEST(StateJson, NamesTheFieldThatIsWrong) {
  Json json = state_json(Bench().device.save());
  Json mailbox = json["ccis"].elements()[0];
  Json background = mailbox["background"];
  background.set("final-percent", 256);
  mailbox.set("background", background);
  json.set("ccis", Json::array({mailbox}));

  EXPECT_EQ(parse_state(json).error().message,
            "the state's field \"ccis.mailbox.background.final-percent\" is missing or wrong");
  EXPECT_EQ(parse_state(Json()).error().message, "the state's field \"timestamp.is-set\" is missing or wrong");
}

TEST(StateJson, NamesCcis) {
  Bench bench;
  bench.send(bench.device.cci(cci::kMctp), 0x0201, bytes_of(TransferFwIn{}));
  bench.device.firmware().transfer.by = cci::kMctp;
  bench.device.logical_device().state.poison.scan.next[{cci::Role::mctp, 1}] = 0;
  const Json json = state_json(bench.device.save());
  EXPECT_EQ(json["ccis"].elements()[0]["cci"].string(), "mailbox");
  EXPECT_EQ(json["ccis"].elements()[1]["cci"].string(), "mctp");
  EXPECT_EQ(json["firmware"]["transfer"]["by"].string(), "mctp");
  EXPECT_TRUE(json["logical-device"]["poison"]["scan"]["next"].contains("mctp1"));
}

TEST(StateJson, RefusesCcisThatCannotBe) {
  const auto with = [](const Json& first, const Json& second) {
    Json json = state_json(Bench().device.save());
    Json mailbox = json["ccis"].elements()[0];
    Json mctp = json["ccis"].elements()[1];
    mailbox.set("cci", first);
    mctp.set("cci", second);
    json.set("ccis", Json::array({mailbox, mctp}));
    const auto read = parse_state(json);
    return read ? "" : read.error().message;
  };
  EXPECT_EQ(with("mailbox", "mctp15"), "");
  EXPECT_EQ(with("mctp", "mctp"), "the state's field \"ccis\" is missing or wrong");
  EXPECT_EQ(with("mailbox", "mctp16"), "the state's field \"ccis.mctp16.cci\" is missing or wrong");
  EXPECT_EQ(with("mailbox", 1), "the state's field \"ccis..cci\" is missing or wrong");
}

// A state of a device with more endpoints: what its other CCIs were at is not taken over.
TEST(RestoredDevice, LeavesOutCcisThatItDoesNotHave) {
  Bench bench;
  MemoryDeviceState state = bench.device.save();
  state.ccis.push_back(state.ccis.back());
  state.ccis.back().id = {cci::Role::mctp, 1};
  state.firmware.transfer.in_progress = true;
  state.firmware.transfer.part_is_running = true;
  state.firmware.transfer.by = {cci::Role::mctp, 1};
  bench.device.restore(state);
  EXPECT_EQ(bench.device.save().ccis.size(), 2U);
  EXPECT_FALSE(bench.device.firmware().transfer.in_progress);
  bench.device.reset(ResetKind::power_loss);
}

TEST(StateJson, RefusesWhatNoDeviceCanBeIn) {
  MemoryDeviceState state = Bench().device.save();
  cci_of(state, cci::kMctp).response_limit = 0;
  EXPECT_EQ(parse_state(state_json(state)).error().message,
            "the state's field \"ccis.mctp.response-limit\" has an impossible value");
  state = Bench().device.save();
  cci_of(state, cci::kMailbox).background.duration = Nanoseconds::max();
  EXPECT_FALSE(parse_state(state_json(state)));
  state = Bench().device.save();
  cci_of(state, cci::kMailbox).background.final_percent = 101;
  EXPECT_FALSE(parse_state(state_json(state)));
}

// Values, a transfer that is half done, cycles, counters and repairs.
TEST(StateJson, KeepsFeaturesErrorsOfTheMediaAndRepairs) {
  const auto set = [](const Uuid& feature, std::uint32_t flags, Buffer data) {
    SetFeatureIn in{};
    in.feature_identifier = feature;
    in.set_feature_flags = flags;
    in.version = 1;
    Buffer request = to_buffer(bytes_of(in));
    append(request, data);
    return request;
  };
  Bench bench;
  bench.timeline.advance_to(5ms);
  bench.send(bench.device.cci(cci::kMailbox), 0x0502, set(kPatrolScrubFeature, 0, {std::byte{6}, std::byte{1}}));
  bench.send(bench.device.cci(cci::kMctp), 0x0502, set(kDeviceSettingsFeature, 1, Buffer(4)));
  ASSERT_TRUE(media_errors::inject(bench.device, 64, 3));
  bench.device.poison_media(Dpa{0}, 64, {PoisonSource::internal, false, true});
  Buffer ppr(14);
  ppr[0] = std::byte{1};
  bench.send(bench.device.cci(cci::kMailbox), 0x0600, ppr);
  ASSERT_EQ(bench.device.maintenance().repairs.size(), 1U);
  bench.device.media_errors().cvme[1] = {7, 3, 128};
  EXPECT_EQ(round_trip(bench.device.save()), bench.device.save());

  Bench after(5ms);
  after.device.restore(round_trip(bench.device.save()));
  EXPECT_EQ(after.timeline.next(), 5ms + 6h);
  EXPECT_EQ(after.send(after.device.cci(cci::kMailbox), 0x0502, set(kPatrolScrubFeature, 1, Buffer(1))).return_code,
            ReturnCode::feature_transfer_in_progress);
}

// A cycle that should have ended meanwhile ends at the next advance.
TEST(RestoredDevice, ScrubsAtOnceWhatShouldHaveBeenScrubbedMeanwhile) {
  Bench before;
  before.device.poison_media(Dpa{0}, 64, {PoisonSource::internal, false, false});
  MemoryDeviceState state = before.device.save();
  state.features.values[static_cast<std::size_t>(FeatureIndex::patrol_scrub)].current = {std::byte{6}, std::byte{1}};
  state.media_errors.patrol_scrub.cycle_end = 6h;
  Bench after(20h);
  after.device.restore(state);
  after.timeline.advance_to(20h);
  EXPECT_EQ(after.device.media_errors().patrol_scrub.uncorrected, 1U);
  EXPECT_EQ(after.device.media_errors().patrol_scrub.cycle_end, 24h);
}

TEST(RestoredDevice, HasNoCorrectedErrorsBehindItsCapacity) {
  Bench before;
  MemoryDeviceState state = before.device.save();
  state.media_errors.corrected = {{0, 1}, {std::uint64_t{1} << 40, 1}};
  Bench after;
  after.device.restore(state);
  EXPECT_EQ(after.device.media_errors().corrected, (std::vector<CorrectedErrors>{{0, 1}}));
}

std::string wrong_feature_state(void (*change)(MemoryDeviceState&)) {
  Bench bench;
  MemoryDeviceState state = bench.device.save();
  change(state);
  const auto read = parse_state(state_json(state));
  return read ? "" : read.error().message;
}

TEST(StateJson, RefusesFeaturesAndErrorsThatNoDeviceCanHave) {
  const std::string values = "the state's field \"features.values\" has an impossible value";
  const std::string transfer = "the state's field \"features.transfer\" has an impossible value";
  const std::string corrected = "the state's field \"media-errors.corrected\" has an impossible value";
  using State = MemoryDeviceState;
  EXPECT_EQ(wrong_feature_state([](State& s) { s.features.values[0].current.clear(); }), values);
  EXPECT_EQ(wrong_feature_state([](State& s) { s.features.values[0].current[0] = std::byte{0}; }), values);
  EXPECT_EQ(wrong_feature_state([](State& s) { s.features.values[9].saved[1] = std::byte{1}; }), values);
  EXPECT_EQ(wrong_feature_state([](State& s) {
              s.features.transfer.in_progress = true;
              s.features.transfer.data.resize(3);
            }),
            transfer);
  EXPECT_EQ(wrong_feature_state([](State& s) {
              s.features.transfer.in_progress = true;
              s.features.transfer.feature = kFeatures;
              s.features.transfer.data.resize(1);
            }),
            transfer);
  EXPECT_EQ(wrong_feature_state([](State& s) { s.media_errors.corrected = {{64, 1}, {0, 1}}; }), corrected);
  EXPECT_EQ(wrong_feature_state([](State& s) { s.media_errors.corrected = {{1, 1}}; }), corrected);
  EXPECT_EQ(wrong_feature_state([](State& s) { s.media_errors.ecs_cycle_end = Time{}; }),
            "the state's field \"media-errors.ecs-cycle-end\" has an impossible value");
  EXPECT_EQ(wrong_feature_state([](State& s) { s.media_errors.patrol_scrub.cycle_end = Time::max(); }),
            "the state's field \"media-errors.patrol-scrub.cycle-end\" has an impossible value");
  EXPECT_EQ(wrong_feature_state(
                [](State& s) { s.maintenance.repairs.push_back({static_cast<RepairKind>(6), false, 0, 64, {}}); }),
            "the state's field \"maintenance.repairs\" is missing or wrong");
}

TEST(RestoredDevice, GoesOnWithItsOperationToTheSameEnd) {
  Bench before;
  before.timeline.advance_to(100ms);
  before.send(before.device.cci(cci::kMctp), 0x4400);
  before.timeline.advance_to(600ms);

  Bench after(before.timeline.now());
  after.device.restore(round_trip(before.device.save()));
  ASSERT_TRUE(after.volatile_capacity.write(0, Buffer(64, std::byte{0xAA})));

  EXPECT_EQ(after.device.cci(cci::kMctp).background.percent(), 50);
  EXPECT_EQ(after.timeline.next(), 1100ms);
  after.timeline.advance_to(1100ms);
  EXPECT_EQ(after.device.cci(cci::kMctp).background.percent(), 100);
  EXPECT_FALSE(after.device.logical_device().state.media_disabled);
  Buffer read(64);
  EXPECT_TRUE(after.device.logical_device().read(Dpa{0}, read));
  EXPECT_EQ(read, Buffer(64));
}

TEST(RestoredDevice, CompletesAtOnceWhatShouldHaveEndedMeanwhile) {
  Bench before;
  before.send(before.device.cci(cci::kMctp), 0x4400);

  Bench after(10s);
  after.device.restore(before.device.save());
  after.timeline.advance_to(10s);

  EXPECT_EQ(after.device.cci(cci::kMctp).background.state().return_code, ReturnCode::success);
  EXPECT_FALSE(after.device.cci(cci::kMctp).background.running());
}

TEST(RestoredDevice, KeepsAStalledOperationWithoutADeadline) {
  Bench before;
  before.device.faults().backgrounds.push_back({.opcode = Opcode{0x4400}, .disturbance = {.stall_at_percent = 40}});
  before.send(before.device.cci(cci::kMctp), 0x4400);
  before.timeline.advance_to(10s);

  Bench after(before.timeline.now());
  after.device.restore(before.device.save());

  EXPECT_EQ(after.device.cci(cci::kMctp).background.percent(), 40);
  EXPECT_EQ(after.timeline.next(), std::nullopt);
}

TEST(RestoredDevice, KeepsMediaDisabledAfterAnAbort) {
  Bench before;
  before.send(before.device.cci(cci::kMctp), 0x4400);
  before.timeline.advance_to(100ms);
  before.send(before.device.cci(cci::kMctp), 0x0005);

  Bench after;
  after.device.restore(before.device.save());

  const GetLsaIn request{0, 4};
  EXPECT_EQ(after.send(after.device.cci(cci::kMailbox), 0x4102, bytes_of(request)).return_code,
            ReturnCode::media_disabled);
}

}  // namespace
}  // namespace cxlemu
