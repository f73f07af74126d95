// Streams whose messages carry descriptors.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "os/connection.hpp"
#include "os/connection_fixture.hpp"

namespace cxlemu::os {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Part {
  std::string text;
  std::size_t descriptors = 0;
  bool some_lost = false;
  bool operator==(const Part&) const = default;
};
void PrintTo(const Part& part, std::ostream* out) {
  *out << part.text << " with " << part.descriptors << (part.some_lost ? ", some lost" : "");
}

class PartsTest : public ConnectionTest {
 protected:
  void start_parts(std::size_t first_part, ConnectionLimits limits = {}) {
    make(SocketKind::stream, limits);
    wanted = first_part;
    connection->start({.on_part =
                           [this](Bytes bytes, ReceivedDescriptors with) {
                             parts.push_back({std::string(text_of(bytes)), with.descriptors.size(), with.some_lost});
                             for (auto& each : with.descriptors) descriptors.push_back(std::move(each));
                             if (on_each) on_each();
                             return wanted;
                           },
                       .first_part = first_part,
                       .on_drained = [this] { ++drained; },
                       .on_close = [this](const std::string& reason) { closed.push_back(reason); }});
  }
  // With that many copies of one descriptor.
  void peer_sends_with(std::string_view text, std::size_t count) const {
    const OwnedDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    iovec part{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(253 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (std::size_t i = 0; i < count; ++i) {
      const int descriptor = null.get();
      std::memcpy(CMSG_DATA(header) + i * sizeof descriptor, &descriptor, sizeof descriptor);
    }
    ASSERT_EQ(::sendmsg(peer.get(), &message, MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  std::size_t wanted = 1;
  std::vector<Part> parts;
  std::vector<OwnedDescriptor> descriptors;
  std::function<void()> on_each;
};

TEST_F(PartsTest, AsksForNoMoreThanTheOwnerWants) {
  start_parts(4);
  wanted = 6;
  peer_sends("headBodies");
  run_ready(loop);
  EXPECT_THAT(parts, ElementsAre(Part{"head"}, Part{"Bodies"}));
}

TEST_F(PartsTest, GivesDescriptorsWithTheMessageTheyCameWith) {
  start_parts(4);
  wanted = 4;
  peer_sends("one.");
  peer_sends_with("two.", 1);
  peer_sends_with("3...", 2);
  peer_sends("4...");
  run_ready(loop);
  EXPECT_THAT(parts, ElementsAre(Part{"one."}, Part{"two.", 1}, Part{"3...", 2}, Part{"4..."}));
}

TEST_F(PartsTest, GivesDescriptorsWithTheFirstBytesOfTheirMessage) {
  start_parts(2);
  wanted = 2;
  peer_sends_with("head", 1);
  run_ready(loop);
  EXPECT_THAT(parts, ElementsAre(Part{"he", 1}, Part{"ad"}));
}

TEST_F(PartsTest, ClosesDescriptorsOnExecution) {
  start_parts(4);
  peer_sends_with("head", 1);
  run_ready(loop);
  ASSERT_EQ(descriptors.size(), 1U);
  EXPECT_EQ(::fcntl(descriptors[0].get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(PartsTest, TakesDescriptorsToTheirLimitAndSaysThatMoreWereLost) {
  start_parts(4);
  wanted = 4;
  peer_sends_with("most", kDescriptorsOfAPart);
  peer_sends_with("more", kDescriptorsOfAPart + 1);
  peer_sends_with("all.", 253);
  run_ready(loop);
  EXPECT_THAT(parts, ElementsAre(Part{"most", kDescriptorsOfAPart}, Part{"more", kDescriptorsOfAPart, true},
                                 Part{"all.", kDescriptorsOfAPart, true}));
}

TEST_F(PartsTest, AOneByteReadIsTheLeast) {
  start_parts(0);
  wanted = 0;
  peer_sends("ab");
  run_ready(loop);
  EXPECT_THAT(parts, ElementsAre(Part{"a"}, Part{"b"}));
}

TEST_F(PartsTest, ReadsManyPartsInATurnButNotAll) {
  start_parts(1);
  peer_sends(std::string(kPartsOfATurn + 1, 'x'));
  ASSERT_TRUE(loop.turn(Nanoseconds{}));
  EXPECT_EQ(parts.size(), static_cast<std::size_t>(kPartsOfATurn));
  run_ready(loop);
  EXPECT_EQ(parts.size(), kPartsOfATurn + 1U);
}

TEST_F(PartsTest, PausesBetweenPartsAtAPeerThatDoesNotRead) {
  start_parts(1, kSmall);
  fill_socket(100);
  on_each = [this] { connection->send(Buffer(kSmall.high_water)); };
  peer_sends("abc");
  run_ready(loop);
  EXPECT_THAT(parts, ElementsAre(Part{"a"}));
  on_each = {};
  drain_peer();
  EXPECT_THAT(parts, ElementsAre(Part{"a"}, Part{"b"}, Part{"c"}));
}

TEST_F(PartsTest, StopsWhereTheOwnerClosesInACallback) {
  start_parts(1);
  on_each = [this] { connection->close(); };
  peer_sends("abc");
  run_ready(loop);
  EXPECT_THAT(parts, ElementsAre(Part{"a"}));
  EXPECT_THAT(closed, IsEmpty());
}

TEST_F(PartsTest, StopsWhereTheOwnerDestroysItInACallback) {
  start_parts(1);
  on_each = [this] { connection.reset(); };
  peer_sends("abc");
  run_ready(loop);
  EXPECT_THAT(parts, ElementsAre(Part{"a"}));
}

TEST_F(PartsTest, GivesEverythingThatAPeerHadSentBeforeItLeft) {
  start_parts(4);
  wanted = 4;
  peer_sends("headbo");
  peer.reset();
  run_ready(loop);
  EXPECT_THAT(parts, ElementsAre(Part{"head"}, Part{"bo"}));
  EXPECT_THAT(closed, ElementsAre(""));
}

}  // namespace
}  // namespace cxlemu::os
