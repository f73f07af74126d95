// What a connection does with a peer that does not read.
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <string>

#include "os/connection.hpp"
#include "os/connection_fixture.hpp"

namespace cxlemu::os {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ConnectionTest, PausesReadingAtAStreamPeerThatDoesNotRead) {
  start(SocketKind::stream, kSmall);
  fill_socket(100);
  // Exactly at the mark is still well, one byte more is not; the bytes are kept either way.
  ASSERT_TRUE(connection->send(Buffer(kSmall.high_water - connection->queued_bytes())));
  EXPECT_EQ(connection->queued_bytes(), kSmall.high_water);
  EXPECT_FALSE(connection->send(Buffer(1)));
  EXPECT_EQ(connection->queued_bytes(), kSmall.high_water + 1);

  peer_sends("not read now");
  EXPECT_FALSE(loop.turn(Nanoseconds{}));
  EXPECT_EQ(drained, 0);

  EXPECT_GT(drain_peer(), kSmall.high_water);
  EXPECT_EQ(received, "not read now");
  EXPECT_EQ(drained, 1);
  EXPECT_EQ(connection->queued_bytes(), 0U);
  EXPECT_TRUE(connection->send(bytes_of("again")));
}

TEST_F(ConnectionTest, IsDrainedAtHalfTheHighWaterMark) {
  constexpr std::size_t kMark = 1'000'000;
  start(SocketKind::stream, {.high_water = kMark});
  fill_socket();
  ASSERT_FALSE(connection->send(Buffer(kMark)));

  while (connection->queued_bytes() > 0) {
    const auto text = peer_receives();
    ASSERT_TRUE(text && !text->empty());
    run_ready(loop);
    EXPECT_EQ(drained, connection->queued_bytes() <= kMark / 2 ? 1 : 0) << connection->queued_bytes();
  }
}

TEST_F(ConnectionTest, TheDefaultHighWaterMarkHolds) {
  start(SocketKind::stream);
  const Buffer part(64 * 1024);
  while (connection->send(part)) {
  }
  EXPECT_GT(connection->queued_bytes(), kHighWater);
  EXPECT_LE(connection->queued_bytes(), kHighWater + part.size());
}

TEST_F(ConnectionTest, DisconnectsAStreamPeerPastTheQueueLimit) {
  start(SocketKind::stream, kSmall);
  fill_socket(100);
  connection->send(Buffer(kSmall.queue - connection->queued_bytes()));
  ASSERT_EQ(connection->queued_bytes(), kSmall.queue);
  EXPECT_TRUE(connection->is_open());

  EXPECT_FALSE(connection->send(Buffer(1)));

  EXPECT_FALSE(connection->is_open());
  EXPECT_TRUE(closed.empty()) << "no callback runs inside send()";
  run_ready(loop);
  EXPECT_THAT(closed, ElementsAre("the peer does not read: more than 5000 bytes wait for it"));
}

TEST_F(ConnectionTest, KeepsTheOrderOfWhatIsQueued) {
  start(SocketKind::stream);
  std::string sent;
  while (connection->queued_bytes() < 300'000) {
    const auto part = std::to_string(sent.size()) + ",";
    sent += part;
    connection->send(bytes_of(part));
  }
  std::string got;
  while (got.size() < sent.size()) {
    run_ready(loop);
    const auto text = peer_receives();
    ASSERT_TRUE(text && !text->empty());
    got += *text;
  }
  EXPECT_EQ(got, sent);
}

TEST_F(ConnectionTest, DropsAndCountsMessagesForAPeerThatDoesNotRead) {
  start(SocketKind::seqpacket, kSmall);
  fill_socket(100);
  // Beyond its bytes a message counts its overhead.
  const auto room = kSmall.high_water - connection->queued_bytes();
  EXPECT_TRUE(connection->send(Buffer(room - kMessageOverhead)));
  EXPECT_EQ(connection->queued_bytes(), kSmall.high_water);
  EXPECT_FALSE(connection->send({}));
  EXPECT_FALSE(connection->send(Buffer(1)));
  EXPECT_EQ(connection->dropped_messages(), 2U);

  // A peer that does not read is still heard.
  peer_sends("hello");
  run_ready(loop);
  EXPECT_THAT(messages, ElementsAre(Message{"hello"}));

  drain_peer();
  EXPECT_EQ(connection->queued_bytes(), 0U);
  EXPECT_EQ(drained, 1);
  EXPECT_TRUE(connection->send(bytes_of("x")));
}

TEST_F(ConnectionTest, DropsAMessageThatNoSocketTakes) {
  start(SocketKind::seqpacket);
  EXPECT_FALSE(connection->send(Buffer(4 << 20)));
  EXPECT_EQ(connection->dropped_messages(), 1U);
  EXPECT_TRUE(connection->is_open());
  EXPECT_TRUE(connection->send(bytes_of("x")));
}

TEST_F(ConnectionTest, APeerThatLeavesWhileBytesWaitIsNoticed) {
  start(SocketKind::stream, kSmall);
  fill_socket();
  ASSERT_GT(connection->queued_bytes(), kSmall.high_water);
  peer.reset();
  run_ready(loop);
  EXPECT_EQ(closed.size(), 1U);
  EXPECT_FALSE(loop.turn(Nanoseconds{}));
}

}  // namespace
}  // namespace cxlemu::os
