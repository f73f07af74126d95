// Event notification across the whole machine: what is committed before it, AF_MCTP sockets that hear it, a machine
// that goes on from a saved state. Its rules one by one: tests/conformance/0106_event_notification_test.cpp.
#include <gmock/gmock.h>

#include "component/state_json.hpp"
#include "support/manager.hpp"
#include "wire/lab_socket.hpp"

namespace cxlemu {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint8_t kCci = 8;

/// A program with one AF_MCTP socket of network 1.
class Program {
 public:
  Program(Lab& lab, std::uint32_t id) : lab_(lab), source_{SourceKind::mctp_socket, id} {
    lab.machine->on_output([](Output&& output) { everything().push_back(std::move(output)); });
    lab.machine->open(source_);
    Reader reader(everything().back().bytes);
    connection_ = reader.take<lab::Hello>()->connection;
    everything().clear();
  }
  // The machine has one output.
  static std::vector<Output>& everything() {
    static std::vector<Output> outputs;
    return outputs;
  }

  void bind() {
    lab::ControlRequest request{};
    request.prefix.network = 1U;
    request.prefix.eid = kBroadcastEid.value;
    request.prefix.type = kCci;
    request.prefix.kind = lab::DatagramKind::bind;
    request.connection = connection_;
    lab_.machine->input(source_, bytes_of(request));
    everything().clear();
  }
  /// Sends a message to the device; `tag` with the owner bit for a request.
  void send(std::uint8_t tag, std::string_view body_hex) {
    lab::DatagramPrefix prefix{};
    prefix.network = 1U;
    prefix.eid = std::uint8_t{8};
    prefix.type = kCci;
    prefix.tag = tag;
    Buffer datagram = to_buffer(bytes_of(prefix));
    append(datagram, from_hex(body_hex).value());
    lab_.machine->input(source_, datagram);
  }
  /// What this socket got since the last call, each datagram as hex.
  std::vector<std::string> heard() {
    std::vector<std::string> texts;
    std::erase_if(everything(), [&](const Output& output) {
      if (output.to != source_) return false;
      texts.push_back(to_hex(output.bytes));
      return true;
    });
    return texts;
  }

 private:
  Lab& lab_;
  Source source_;
  std::uint32_t connection_ = 0;
};

constexpr std::string_view kAskForWarnings = "00 01 00 05 01 02 00 00 00 00 00 00  02 00";
constexpr std::string_view kSuccess = "01 00 00 06 01 00 00 00 00 00 00 00";
// Network 1, from EID 8, type 8, tag 0 with TO, message; request, message tag 0, 0106h, two bytes; warnings.
const std::string kNotification =
    "01000000"
    "08"
    "08"
    "08"
    "00"
    "00000006010200000000"
    "0000"
    "0200";

TEST(BoundProgram, HearsNotificationsUntilItAnswers) {
  Lab lab;
  Program bound(lab, 1);
  Program asking(lab, 2);
  bound.bind();
  asking.send(0x08, kAskForWarnings);
  EXPECT_EQ(asking.heard().size(), 1U);

  lab.log_event(EventLogId::warning);
  lab.advance(1ms);
  EXPECT_THAT(bound.heard(), ElementsAre(kNotification, kNotification));
  bound.send(0x00, kSuccess);
  lab.advance(1s);
  EXPECT_THAT(bound.heard(), IsEmpty());
  EXPECT_THAT(asking.heard(), IsEmpty());
}

TEST(UnboundProgram, HearsNothingThoughItAsked) {
  Lab lab;
  Program asking(lab, 1);
  asking.send(0x08, kAskForWarnings);
  asking.heard();
  lab.log_event(EventLogId::warning);
  lab.advance(1s);
  EXPECT_THAT(asking.heard(), IsEmpty());
  EXPECT_EQ(lab.machine->sockets().dropped()[SocketDrop::no_socket_bound], 11U);
}

// The host's one tag space is not touched by the tags that a device owns.
TEST(BoundProgram, MayHoldTheSameTagForARequestOfItsOwn) {
  Lab lab;
  Program bound(lab, 1);
  bound.bind();
  bound.send(0x08, kAskForWarnings);
  bound.heard();
  lab.log_event(EventLogId::warning);
  EXPECT_THAT(bound.heard(), ElementsAre(kNotification));
  bound.send(0x08, "00 09 00 04 01 00 00 00 00 00 00 00");  // tag 0, too
  EXPECT_THAT(bound.heard(), ElementsAre("0100000008080000"
                                         "010900040102000000000000"
                                         "0200"));
  lab.advance(1ms);
  EXPECT_THAT(bound.heard(), ElementsAre(kNotification));
}

// A command that fills a log is answered first; what it changed is committed before anybody is told.
TEST(Notification, ComesBehindTheAnswerThatCausedItAndBehindItsCommit) {
  Lab lab([](auto& config) { config.profile = Profile::libcxlmi; });
  Program bound(lab, 1);
  bound.bind();
  bound.send(0x08, "00 01 00 05 01 02 00 00 00 00 00 00  01 00");
  bound.heard();
  const auto before = lab.machine->commits().keys[static_cast<std::size_t>(StateKey::event_logs)];
  std::vector<std::uint64_t> commits;
  lab.machine->on_output([&](Output&& output) {
    commits.push_back(lab.machine->commits().keys[static_cast<std::size_t>(StateKey::event_logs)] - before);
    Program::everything().push_back(std::move(output));
  });
  bound.send(0x09, "00 02 00 01 43 08 00 00 00 00 00 00  00 10 00 00 00 00 00 00");
  const auto heard = bound.heard();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].substr(16), "010200014300000000000000");
  EXPECT_EQ(heard[1].substr(16),
            "00000006010200000000"
            "0000"
            "0100");
  EXPECT_THAT(commits, ElementsAre(1U, 1U));
}

TEST(Notification, GoesOnInAMachineThatIsMadeFromASavedState) {
  Lab before;
  Manager first(before);
  first.ask_for("03 00");
  before.log_event(EventLogId::warning);
  before.log_event(EventLogId::informational);
  before.advance(2500us);
  EXPECT_EQ(first.count(), 3U);
  const Json saved = state_json(before.inside("what a program that embeds the device keeps").save());

  Lab after;
  Manager manager(after);
  after.advance(2500us);
  after.inside("another process takes it up").restore(parse_state(saved).value());
  after.machine->settle();
  EXPECT_EQ(after.inside_endpoint("a tag that stays taken is seen only when all eight are")
                .endpoint->outstanding_tags()
                .size(),
            1U);
  EXPECT_EQ(after.machine->next_deadline(), 3ms);
  after.advance(1500us);
  EXPECT_THAT(manager.heard(), ElementsAre("0200 at 3000 us", "0200 at 4000 us"));
  EXPECT_EQ(manager.last_message_tag(), first.last_message_tag());
  manager.respond(ReturnCode::success);
  EXPECT_THAT(manager.heard(), ElementsAre("0100 at 4000 us"));
}

// Time that moves in one step leads to the same as many steps.
TEST(Notification, ComesAtItsTimeHoweverTimeMoves) {
  const auto told = [](Nanoseconds step) {
    Lab lab([](auto& config) { config.sanitize_duration = 10ms; });
    Manager manager(lab);
    manager.ask_for("00 80");
    manager.send(0x4400);
    for (Nanoseconds passed{}; passed < 32ms; passed += step) lab.advance(step);
    return manager.heard();
  };
  EXPECT_EQ(told(32ms).front(), "0080 at 10000 us");
  EXPECT_EQ(told(32ms), told(100us));
}

}  // namespace
}  // namespace cxlemu
