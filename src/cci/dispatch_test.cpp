// The seams of dispatch that no command of this version reaches: run-time rows, faults on them, operations whose row is
// not known any more, actions of a command that run in the foreground.
#include "cci/dispatch.hpp"

#include <gtest/gtest.h>

#include <array>

#include "cci/command_effects_log.hpp"

namespace cxlemu::cci {
namespace {

using namespace std::chrono_literals;

struct Device {
  static constexpr Subject kSubject = Subject::device;
  int completed = 0;
};

Result<Outcome> start(Device&, Cci&, Tail<std::byte> payload) {
  if (!payload.bytes.empty() && payload.bytes[0] == std::byte{1}) return Outcome{};
  return Background{1s};
}
ReturnCode complete(Device& device, Cci&, Bytes) {
  ++device.completed;
  return ReturnCode::fw_verification_failed;
}
void interrupted(Device&, Cci&, Bytes, std::uint8_t, Interruption) {}
bool runs_in_background(const Device&, const Cci&, const Request& request) {
  return request.payload.empty() || request.payload[0] != std::byte{1};
}

constexpr auto kBoth = Role::mailbox | Role::mctp;
constexpr std::array kRows = {background_command<start, complete, interrupted, runs_in_background>(
    0x1234, "Start", "0", effect::background_operation, When::always, kBoth)};

struct Bench {
  Timeline timeline;
  Device device;
  Component component{"bench", timeline};
  Cci& cci = add(kMctp);
  Cci& mailbox = add(kMailbox);

  Bench() { component.commands.rows = kRows; }
  Cci& add(CciId id) {
    Cci& made = component.ccis.emplace_back(id, component, timeline);
    made.request_limit = made.response_limit = 256;
    made.subjects[static_cast<std::size_t>(Subject::device)] = &device;
    made.background.on_deadline([&made] { complete_background(made); });
    return made;
  }
  Reply send(std::uint16_t opcode, const Buffer& payload = {}) { return send_to(cci, opcode, payload); }
  static Reply send_to(Cci& to, std::uint16_t opcode, const Buffer& payload) {
    std::array<std::byte, 256> space;
    return dispatch(to, {.opcode = Opcode{opcode}, .payload = payload}, space);
  }
  bool add_vendor_command(std::uint16_t opcode) {
    return component.commands.add({.opcode = Opcode{opcode},
                                   .title = "Vendor",
                                   .effects = effect::immediate_policy_change,
                                   .roles = only(Role::mctp),
                                   .minimum_input = 2,
                                   .run = [](Cci&, const Request& request, Writer& out) -> Result<void> {
                                     out.put_bytes(request.payload);
                                     return {};
                                   }});
  }
};

TEST(RuntimeRow, AnswersAndStandsInTheCelOfItsCci) {
  Bench bench;
  ASSERT_TRUE(bench.add_vendor_command(0xC001));

  EXPECT_EQ(bench.send(0xC001, Buffer(3)).payload_size, 3U);

  Buffer log(command_effects_log_size(bench.cci));
  read_command_effects_log(bench.cci, 0, log);
  EXPECT_EQ(log, (Buffer{std::byte{0x34}, std::byte{0x12}, std::byte{0x40}, std::byte{0x00},  //
                         std::byte{0x01}, std::byte{0xC0}, std::byte{0x08}, std::byte{0x00}}));
  EXPECT_EQ(command_effects_log_size(bench.mailbox), 4U);
}

TEST(RuntimeRow, RefusesAsAnyOther) {
  Bench bench;
  bench.add_vendor_command(0xC001);
  bench.component.faults.return_codes.push_back({Opcode{0xC001}, 1, ReturnCode::busy});

  EXPECT_EQ(bench.send(0xC001, Buffer(1)).return_code, ReturnCode::invalid_payload_length);
  EXPECT_EQ(bench.send(0xC001, Buffer(2)).return_code, ReturnCode::busy);
  EXPECT_EQ(bench.send(0xC001, Buffer(2)).return_code, ReturnCode::success);
  EXPECT_EQ(Bench::send_to(bench.mailbox, 0xC001, Buffer(2)).return_code, ReturnCode::unsupported_mailbox_or_cci);
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
  EXPECT_EQ(bench.device.completed, 1);
  EXPECT_EQ(bench.cci.background.state().return_code, ReturnCode::fw_verification_failed);
  EXPECT_EQ(bench.cci.background.percent(), 100);
}

TEST(Background, FailsWhereItsRowIsNotKnownAnyMore) {
  Bench bench;
  cci::BackgroundSlot::State state;
  state.running = true;
  state.opcode = Opcode{0x4321};
  state.duration = 1s;
  bench.cci.background.restore(state);
  bench.timeline.advance_to(1s);
  EXPECT_FALSE(bench.cci.background.running());
  EXPECT_EQ(bench.cci.background.state().return_code, ReturnCode::internal_error);
}

TEST(Background, KnowsItsPercentageOverCenturies) {
  Bench bench;
  bench.cci.background.start(Opcode{1}, {}, Nanoseconds::max() / 2, {});
  bench.timeline.advance_to(Nanoseconds::max() / 4);
  EXPECT_EQ(bench.cci.background.percent(), 50);
}

}  // namespace
}  // namespace cxlemu::cci
