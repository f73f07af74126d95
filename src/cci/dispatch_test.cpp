// The seams of dispatch that no command of this version reaches: run-time rows, faults on them, operations whose row is
// not known any more, actions of a command that run in the foreground.
#include "cci/dispatch.hpp"

#include <gtest/gtest.h>

#include <array>

#include "cci/command_effects_log.hpp"

namespace cxlemu::cci {
namespace {

using namespace std::chrono_literals;

struct Component_ {
  int completed = 0;
};

Result<Outcome> start(Component_&, Context&, Tail<std::byte> payload) {
  if (!payload.bytes.empty() && payload.bytes[0] == std::byte{1}) return Outcome{};
  return Background{1s};
}
ReturnCode complete(Component_& component, Context&, Bytes) {
  ++component.completed;
  return ReturnCode::fw_verification_failed;
}
void interrupted(Component_&, Context&, Bytes, std::uint8_t, Interruption) {}
bool runs_in_background(const Component_&, const Context&, Bytes payload) {
  return payload.empty() || payload[0] != std::byte{1};
}

constexpr auto kBoth = Carrier::mailbox | Carrier::mctp;
constexpr std::array kRows = {background_command<start, complete, interrupted, runs_in_background>(
    0x1234, "Start", "0", effect::background_operation, When::always, kBoth)};

struct Bench {
  Timeline timeline;
  Component_ component;
  CommandSet commands{kRows, {}};
  Faults faults;
  Context context{Carrier::mctp, timeline};

  Bench() {
    context.request_limit = context.response_limit = 256;
    context.background.on_deadline([this] { complete_background(target()); });
  }
  Target target() { return {{&component, &commands, &faults, false, nullptr}, &context}; }
  Reply send(std::uint16_t opcode, const Buffer& payload = {}) {
    std::array<std::byte, 256> space;
    return dispatch(target(), Opcode{opcode}, payload, payload.size(), space);
  }
  bool add_vendor_command(std::uint16_t opcode) {
    return commands.add({.opcode = Opcode{opcode},
                         .title = "Vendor",
                         .effects = effect::immediate_policy_change,
                         .carriers = only(Carrier::mctp),
                         .minimum_input = 2,
                         .run = [](Context&, Bytes payload, Writer& out) -> Result<void> {
                           out.put_bytes(payload);
                           return {};
                         }});
  }
};

TEST(RuntimeRow, AnswersAndStandsInTheCelOfItsCarrier) {
  Bench bench;
  ASSERT_TRUE(bench.add_vendor_command(0xC001));

  EXPECT_EQ(bench.send(0xC001, Buffer(3)).payload_size, 3U);

  Buffer log(command_effects_log_size(bench.commands, Carrier::mctp));
  read_command_effects_log(bench.commands, Carrier::mctp, 0, log);
  EXPECT_EQ(log, (Buffer{std::byte{0x34}, std::byte{0x12}, std::byte{0x40}, std::byte{0x00},  //
                         std::byte{0x01}, std::byte{0xC0}, std::byte{0x08}, std::byte{0x00}}));
  EXPECT_EQ(command_effects_log_size(bench.commands, Carrier::mailbox), 4U);
}

TEST(RuntimeRow, RefusesAsAnyOther) {
  Bench bench;
  bench.add_vendor_command(0xC001);
  bench.faults.return_codes.push_back({Opcode{0xC001}, 1, ReturnCode::busy});

  EXPECT_EQ(bench.send(0xC001, Buffer(1)).return_code, ReturnCode::invalid_payload_length);
  EXPECT_EQ(bench.send(0xC001, Buffer(2)).return_code, ReturnCode::busy);
  EXPECT_EQ(bench.send(0xC001, Buffer(2)).return_code, ReturnCode::success);
  bench.context.carrier = Carrier::mailbox;
  EXPECT_EQ(bench.send(0xC001, Buffer(2)).return_code, ReturnCode::unsupported_mailbox_or_cci);
  EXPECT_EQ(bench.send(0xC002, Buffer(2)).return_code, ReturnCode::unsupported);
}

TEST(RuntimeRow, IsAVendorOpcodeAndGivenOnce) {
  Bench bench;
  EXPECT_FALSE(bench.add_vendor_command(0xBFFF));
  EXPECT_TRUE(bench.add_vendor_command(0xC000));
  EXPECT_FALSE(bench.add_vendor_command(0xC000));
}

TEST(RuntimeRow, IsRefusedPastTheLimit) {
  Bench bench;
  for (std::size_t i = 0; i < kMaximumRuntimeCommands; ++i) {
    ASSERT_TRUE(bench.add_vendor_command(static_cast<std::uint16_t>(0xC000 + i)));
  }
  EXPECT_FALSE(bench.add_vendor_command(0xF000));
}

TEST(Background, RefusesOnlyWhatWouldItselfRunInTheBackground) {
  Bench bench;
  EXPECT_EQ(bench.send(0x1234).return_code, ReturnCode::background_command_started);
  EXPECT_EQ(bench.send(0x1234).return_code, ReturnCode::busy);
  EXPECT_EQ(bench.send(0x1234, Buffer{std::byte{1}}).return_code, ReturnCode::success);
}

TEST(Background, EndsWithWhatItsRowSays) {
  Bench bench;
  bench.send(0x1234);
  bench.timeline.advance_to(1s);
  EXPECT_EQ(bench.component.completed, 1);
  EXPECT_EQ(bench.context.background.state().return_code, ReturnCode::fw_verification_failed);
  EXPECT_EQ(bench.context.background.percent(), 100);
}

TEST(Background, FailsWhereItsRowIsNotKnownAnyMore) {
  Bench bench;
  cci::BackgroundSlot::State state;
  state.running = true;
  state.opcode = Opcode{0x4321};
  state.duration = 1s;
  bench.context.background.restore(state);
  bench.timeline.advance_to(1s);
  EXPECT_FALSE(bench.context.background.running());
  EXPECT_EQ(bench.context.background.state().return_code, ReturnCode::internal_error);
}

TEST(Background, KnowsItsPercentageOverCenturies) {
  Bench bench;
  bench.context.background.start(Opcode{1}, {}, Nanoseconds::max() / 2, {});
  bench.timeline.advance_to(Nanoseconds::max() / 4);
  EXPECT_EQ(bench.context.background.percent(), 50);
}

}  // namespace
}  // namespace cxlemu::cci
