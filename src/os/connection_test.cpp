#include "os/connection.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "os/connection_fixture.hpp"

namespace cxlemu::os {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ConnectionTest, CarriesBytesBothWays) {
  start(SocketKind::stream);
  peer_sends("question");
  run_ready(loop);
  EXPECT_EQ(received, "question");

  EXPECT_TRUE(connection->send(bytes_of("answer")));
  EXPECT_EQ(peer_receives(), "answer");
  EXPECT_TRUE(connection->send({}));
  EXPECT_EQ(connection->queued_bytes(), 0U);
}

TEST_F(ConnectionTest, ReadsNothingBeforeItIsStarted) {
  make(SocketKind::stream);
  peer_sends("early");
  peer.reset();
  EXPECT_FALSE(loop.turn(Nanoseconds{}));

  connection->start({.on_bytes = [&](Bytes bytes) { received += text_of(bytes); }});
  run_ready(loop);

  EXPECT_EQ(received, "early");
  EXPECT_FALSE(connection->is_open());
}

TEST_F(ConnectionTest, KeepsTheBoundariesOfMessages) {
  start(SocketKind::seqpacket);
  peer_sends("one");
  peer_sends("");
  peer_sends("three");
  run_ready(loop);
  EXPECT_THAT(messages, ElementsAre(Message{"one"}, Message{""}, Message{"three"}));
  EXPECT_TRUE(closed.empty());

  EXPECT_TRUE(connection->send(bytes_of("a")));
  EXPECT_TRUE(connection->send({}));
  EXPECT_TRUE(connection->send(bytes_of("b")));
  EXPECT_EQ(peer_receives(), "a");
  EXPECT_EQ(peer_receives(), "");
  EXPECT_EQ(peer_receives(), "b");
}

TEST_F(ConnectionTest, AnEmptyMessageOfAPeerThatLeavesIsNotTheEnd) {
  start(SocketKind::seqpacket);
  peer_sends("");
  peer_sends("last");
  peer.reset();
  run_ready(loop);
  EXPECT_THAT(messages, ElementsAre(Message{""}, Message{"last"}));
  EXPECT_THAT(closed, ElementsAre(""));
}

TEST_F(ConnectionTest, TakesTheLongestMessageWholeAndFlagsALongerOne) {
  start(SocketKind::seqpacket);
  peer_sends(std::string(kMaximumMessage, 'a'));
  peer_sends(std::string(kMaximumMessage + 1, 'b'));
  run_ready(loop);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0], (Message{std::string(kMaximumMessage, 'a'), false}));
  EXPECT_EQ(messages[1], (Message{std::string(kMaximumMessage, 'b'), true}));
}

TEST_F(ConnectionTest, TellsOnceThatThePeerLeftAfterEverythingItSent) {
  start(SocketKind::stream);
  peer_sends(std::string(200'000, 'x'));
  peer.reset();
  run_ready(loop);
  EXPECT_EQ(received.size(), 200'000U);
  EXPECT_THAT(closed, ElementsAre(""));
  EXPECT_FALSE(connection->is_open());
  EXPECT_FALSE(connection->send(bytes_of("x")));
  EXPECT_FALSE(loop.turn(Nanoseconds{}));
}

TEST_F(ConnectionTest, ReadsWhatAPeerSentThatNeverWaitedForItsAnswers) {
  make(SocketKind::stream);
  connection->start({.on_bytes =
                         [&](Bytes bytes) {
                           received += text_of(bytes);
                           connection->send(bytes_of("answer"));
                         },
                     .on_close = [&](const std::string& reason) { closed.push_back(reason); }});
  peer_sends(std::string(200'000, 'x'));
  peer.reset();
  run_ready(loop);
  EXPECT_EQ(received.size(), 200'000U);
  EXPECT_THAT(closed, ElementsAre(""));
}

TEST_F(ConnectionTest, APeerThatOnlyStopsSendingStillGetsItsAnswer) {
  make(SocketKind::stream);
  const std::string answer(1'000'000, 'a');
  connection->start({.on_bytes = [&](Bytes) { connection->send(bytes_of(answer)); },
                     .on_close = [&](const std::string& reason) { closed.push_back(reason); }});
  peer_sends("question");
  ::shutdown(peer.get(), SHUT_WR);

  EXPECT_EQ(drain_peer(), answer.size());

  EXPECT_THAT(closed, ElementsAre(""));
}

struct Arrival {
  std::size_t bytes = 0;
  OwnedDescriptor descriptor;
};

// What waits at a socket, up to `size` bytes, and the descriptor that came with it.
Arrival receive(int socket, std::size_t size) {
  Buffer bytes(size);
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got <= 0) return {};
  const auto* header = CMSG_FIRSTHDR(&message);
  int descriptor = -1;
  if (header != nullptr) std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return {static_cast<std::size_t>(got), OwnedDescriptor(descriptor)};
}

TEST_F(ConnectionTest, PassesADescriptor) {
  start(SocketKind::stream);
  auto [given, other] = socket_pair();
  EXPECT_TRUE(connection->send_with_descriptor(bytes_of("d"), given.get()));
  given.reset();

  const auto arrived = receive(peer.get(), 1).descriptor;

  ASSERT_TRUE(arrived);
  ASSERT_EQ(::send(arrived.get(), "x", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  EXPECT_EQ(::recv(other.get(), &byte, 1, MSG_DONTWAIT), 1);
}

TEST_F(ConnectionTest, PassesADescriptorOnceWithBytesThatLeaveInParts) {
  start(SocketKind::stream);
  constexpr std::size_t kSize = 1'000'000;
  EXPECT_TRUE(connection->send_with_descriptor(Buffer(kSize), peer.get()));
  ASSERT_GT(connection->queued_bytes(), 0U);

  std::size_t bytes = 0;
  int descriptors = 0;
  while (bytes < kSize) {
    run_ready(loop);
    const auto arrival = receive(peer.get(), kSize);
    ASSERT_GT(arrival.bytes, 0U);
    bytes += arrival.bytes;
    if (arrival.descriptor) ++descriptors;
  }

  EXPECT_EQ(descriptors, 1);
}

TEST_F(ConnectionTest, ADescriptorNeedsAByteOfAStream) {
  start(SocketKind::stream);
  EXPECT_FALSE(connection->send_with_descriptor({}, peer.get()));
  EXPECT_TRUE(connection->is_open());
}

TEST_F(ConnectionTest, PassesADescriptorThatHadToWait) {
  start(SocketKind::seqpacket);
  fill_socket(100);
  auto [given, other] = socket_pair();
  EXPECT_TRUE(connection->send_with_descriptor(bytes_of("d"), given.get()));
  given.reset();

  OwnedDescriptor arrived;
  while (!arrived) {
    run_ready(loop);
    auto arrival = receive(peer.get(), 100);
    ASSERT_GT(arrival.bytes, 0U) << "the descriptor is lost";
    arrived = std::move(arrival.descriptor);
  }

  ASSERT_EQ(::send(arrived.get(), "x", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  EXPECT_EQ(::recv(other.get(), &byte, 1, MSG_DONTWAIT), 1);
}

TEST_F(ConnectionTest, DescriptorsThatAPeerPassesAreNotKept) {
  start(SocketKind::seqpacket);
  auto [given, other] = socket_pair();
  auto [client, server] = socket_pair(SOCK_SEQPACKET);
  auto sender = Connection::adopt(loop, std::move(client), SocketKind::seqpacket).value();
  connection = Connection::adopt(loop, std::move(server), SocketKind::seqpacket).value();
  connection->start({.on_message = [&](Bytes bytes, bool) { messages.push_back({std::string(text_of(bytes))}); }});
  sender.send_with_descriptor(bytes_of("d"), given.get());
  given.reset();
  run_ready(loop);
  ASSERT_THAT(messages, ElementsAre(Message{"d"}));
  char byte = 0;
  EXPECT_EQ(::recv(other.get(), &byte, 1, MSG_DONTWAIT), 0) << "nobody holds the other end any more";
}

TEST_F(ConnectionTest, CloseAfterFlushSendsEverythingFirst) {
  start(SocketKind::stream);
  fill_socket();
  const auto queued = connection->queued_bytes();
  connection->close_after_flush();
  EXPECT_FALSE(connection->send(bytes_of("late")));
  peer_sends("not read any more");
  run_ready(loop);
  EXPECT_TRUE(closed.empty());

  EXPECT_GT(drain_peer(), queued);

  EXPECT_THAT(closed, ElementsAre(""));
  EXPECT_EQ(received, "");
}

TEST_F(ConnectionTest, CloseAfterFlushWithNothingToSendClosesInTheNextTurn) {
  start(SocketKind::stream);
  connection->send(bytes_of("bye"));
  connection->close_after_flush();
  EXPECT_TRUE(closed.empty());
  run_ready(loop);
  EXPECT_THAT(closed, ElementsAre(""));
  EXPECT_EQ(peer_receives(), "bye");
  EXPECT_EQ(peer_receives(), "");
}

TEST_F(ConnectionTest, CloseAfterFlushEndsWhenThePeerLeaves) {
  start(SocketKind::stream);
  fill_socket();
  connection->close_after_flush();
  peer.reset();
  run_ready(loop);
  EXPECT_EQ(closed.size(), 1U);
}

TEST_F(ConnectionTest, CloseIsSilent) {
  start(SocketKind::stream);
  peer_sends("unread");
  connection->close();
  run_ready(loop);
  EXPECT_EQ(received, "");
  EXPECT_TRUE(closed.empty());
  EXPECT_FALSE(connection->is_open());
  connection->close_after_flush();
  EXPECT_FALSE(connection->send(bytes_of("x")));
}

TEST_F(ConnectionTest, MayBeDestroyedInItsReadCallback) {
  make(SocketKind::stream);
  const auto kept_alive = std::make_shared<int>(3);
  int calls = 0;
  connection->start({.on_bytes =
                         [&, kept = kept_alive](Bytes) {
                           connection.reset();
                           calls += *kept;
                         },
                     .on_close = [&](const std::string&) { FAIL() << "it was destroyed"; }});
  peer_sends("x");
  run_ready(loop);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(kept_alive.use_count(), 1);
  EXPECT_EQ(peer_receives(), "");
}

TEST_F(ConnectionTest, MayBeDestroyedInItsCloseCallback) {
  make(SocketKind::seqpacket);
  bool is_closed = false;
  connection->start({.on_close = [&](const std::string&) {
    connection.reset();
    is_closed = true;
  }});
  peer.reset();
  run_ready(loop);
  EXPECT_TRUE(is_closed);
}

TEST_F(ConnectionTest, MayBeDestroyedInItsDrainedCallback) {
  make(SocketKind::stream, kSmall);
  connection->start({.on_drained = [&] { connection.reset(); }});
  fill_socket();
  ASSERT_GT(connection->queued_bytes(), kSmall.high_water);
  drain_peer();
  EXPECT_FALSE(connection.has_value());
}

TEST_F(ConnectionTest, MayFlushAndCloseInItsReadCallback) {
  make(SocketKind::stream);
  connection->start({.on_bytes =
                         [&](Bytes bytes) {
                           connection->send(bytes);
                           connection->close_after_flush();
                           EXPECT_TRUE(closed.empty());
                         },
                     .on_close = [&](const std::string& reason) { closed.push_back(reason); }});
  peer_sends("last words");
  run_ready(loop);
  EXPECT_THAT(closed, ElementsAre(""));
  EXPECT_EQ(peer_receives(), "last words");
}

TEST_F(ConnectionTest, SendingInACallbackPastTheLimitClosesAfterIt) {
  make(SocketKind::stream, kSmall);
  connection->start({.on_bytes =
                         [&](Bytes) {
                           while (connection->is_open()) connection->send(Buffer(4096));
                           EXPECT_TRUE(closed.empty());
                         },
                     .on_close = [&](const std::string& reason) { closed.push_back(reason); }});
  peer_sends("flood me");
  run_ready(loop);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_THAT(closed[0], HasSubstr("does not read"));
}

TEST_F(ConnectionTest, MovesWhileItIsOpen) {
  start(SocketKind::stream);
  Connection moved = std::move(*connection);
  connection.reset();
  peer_sends("still here");
  run_ready(loop);
  EXPECT_EQ(received, "still here");
  EXPECT_TRUE(moved.is_open());
  EXPECT_GE(moved.descriptor(), 0);
}

TEST(Connection, ThatIsNoneDoesNothing) {
  Connection none;
  EXPECT_FALSE(none.send(bytes_of("x")));
  EXPECT_FALSE(none.is_open());
  EXPECT_EQ(none.queued_bytes(), 0U);
  EXPECT_EQ(none.dropped_messages(), 0U);
  EXPECT_EQ(none.descriptor(), -1);
  none.start({});
  none.close_after_flush();
}

TEST_F(ConnectionTest, RefusesWhatIsNotWatchable) {
  OwnedDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_FALSE(Connection::adopt(loop, std::move(null), SocketKind::stream));
}

}  // namespace
}  // namespace cxlemu::os
