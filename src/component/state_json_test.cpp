#include "component/state_json.hpp"

#include <gtest/gtest.h>

#include "cci/message.hpp"

namespace cxlemu {
namespace {

using namespace std::chrono_literals;

// A device and what stands behind it, so that one can be made from the state of another.
struct Bench {
  explicit Bench(Time start = Time{}) : timeline(start) {}

  cci::Reply send(cci::Context& context, std::uint16_t opcode, Bytes payload = {}) {
    std::array<std::byte, 8192> space;
    return cci::dispatch(device.target(context), Opcode{opcode}, payload, payload.size(), space);
  }

  Timeline timeline;
  Backing volatile_capacity{1 << 20};
  Backing labels{4096};
  MemoryDevice device{"mem0", config(), timeline, {&volatile_capacity, nullptr, &labels}};

  static MemoryDeviceConfig config() {
    MemoryDeviceConfig config;
    config.event_log_size = 2;
    config.sanitize_duration = 1s;
    return config;
  }
};

MemoryDeviceState round_trip(const MemoryDeviceState& state) {
  return parse_state(Json::parse(state_json(state).text()).value()).value();
}

TEST(StateJson, ReadsBackWhatItWrites) {
  Bench bench;
  bench.timeline.advance_to(5ms);
  bench.send(bench.device.mailbox(), 0x0301, bytes_of(Le64(1'000)));
  bench.send(bench.device.mailbox(), 0x0103, bytes_of(EventInterruptPolicy{1, 2, 0, 1, 1}));
  bench.send(bench.device.mctp(), 0x0004, bytes_of(U8(8)));
  for (int i = 0; i < 3; ++i) bench.device.log_event(EventLogId::warning, EventRecord{});
  bench.send(bench.device.mctp(), 0x4400);

  EXPECT_EQ(round_trip(bench.device.save()), bench.device.save());
}

TEST(StateJson, NamesTheFieldThatIsWrong) {
  Json json = state_json(Bench().device.save());
  Json background = json["mailbox"]["background"];
  background.set("final-percent", 256);
  Json mailbox = json["mailbox"];
  mailbox.set("background", background);
  json.set("mailbox", mailbox);

  EXPECT_EQ(parse_state(json).error().message,
            "the state's field \"mailbox.background.final-percent\" is missing or wrong");
  EXPECT_EQ(parse_state(Json()).error().message, "the state's field \"timestamp.is-set\" is missing or wrong");
}

TEST(StateJson, RefusesWhatNoDeviceCanBeIn) {
  MemoryDeviceState state = Bench().device.save();
  state.mctp.response_limit = 0;
  EXPECT_EQ(parse_state(state_json(state)).error().message,
            "the state's field \"mctp.response-limit\" has an impossible value");
  state = Bench().device.save();
  state.mailbox.background.duration = Nanoseconds::max();
  EXPECT_FALSE(parse_state(state_json(state)));
  state = Bench().device.save();
  state.mailbox.background.final_percent = 101;
  EXPECT_FALSE(parse_state(state_json(state)));
}

TEST(RestoredDevice, GoesOnWithItsOperationToTheSameEnd) {
  Bench before;
  before.timeline.advance_to(100ms);
  before.send(before.device.mctp(), 0x4400);
  before.timeline.advance_to(600ms);

  Bench after(before.timeline.now());
  after.device.restore(round_trip(before.device.save()));
  ASSERT_TRUE(after.volatile_capacity.write(0, Buffer(64, std::byte{0xAA})));

  EXPECT_EQ(after.device.mctp().background.percent(), 50);
  EXPECT_EQ(after.timeline.next(), 1100ms);
  after.timeline.advance_to(1100ms);
  EXPECT_EQ(after.device.mctp().background.percent(), 100);
  EXPECT_FALSE(after.device.logical_device().state.media_disabled);
  Buffer read(64);
  EXPECT_TRUE(after.device.logical_device().read(Dpa{0}, read));
  EXPECT_EQ(read, Buffer(64));
}

TEST(RestoredDevice, CompletesAtOnceWhatShouldHaveEndedMeanwhile) {
  Bench before;
  before.send(before.device.mctp(), 0x4400);

  Bench after(10s);
  after.device.restore(before.device.save());
  after.timeline.advance_to(10s);

  EXPECT_EQ(after.device.mctp().background.state().return_code, ReturnCode::success);
  EXPECT_FALSE(after.device.mctp().background.running());
}

TEST(RestoredDevice, KeepsAStalledOperationWithoutADeadline) {
  Bench before;
  before.device.faults().backgrounds.push_back({Opcode{0x4400}, {}, 40});
  before.send(before.device.mctp(), 0x4400);
  before.timeline.advance_to(10s);

  Bench after(before.timeline.now());
  after.device.restore(before.device.save());

  EXPECT_EQ(after.device.mctp().background.percent(), 40);
  EXPECT_EQ(after.timeline.next(), std::nullopt);
}

TEST(RestoredDevice, KeepsMediaDisabledAfterAnAbort) {
  Bench before;
  before.send(before.device.mctp(), 0x4400);
  before.timeline.advance_to(100ms);
  before.send(before.device.mctp(), 0x0005);

  Bench after;
  after.device.restore(before.device.save());

  const GetLsaIn request{0, 4};
  EXPECT_EQ(after.send(after.device.mailbox(), 0x4102, bytes_of(request)).return_code, ReturnCode::media_disabled);
}

}  // namespace
}  // namespace cxlemu
