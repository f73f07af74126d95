#include "os/unix_socket.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <map>
#include <optional>

#include "os/test_support.hpp"

namespace cxlemu::os {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ListenerTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path path() const { return directory.path() / "socket"; }
  Result<Listener> listen(ListenerLimits limits = {}) {
    return Listener::open(
        loop, path(), SocketKind::stream, [this](Connection connection) { accepted.push_back(std::move(connection)); },
        limits);
  }

  TemporaryDirectory directory;
  EventLoop loop = make_loop();
  std::vector<Connection> accepted;
};

std::string read_to_end(int descriptor) {
  std::string text;
  std::array<std::byte, 256> part{};
  for (;;) {
    const auto got = read_some(descriptor, part).value();
    if (got == 0) return text;
    text += text_of(Bytes(part).first(got));
  }
}

TEST_F(ListenerTest, ServesTwoConnectionsAtOnce) {
  // What an owner looks like: connections by a key, each removed by its own callback.
  std::map<int, Connection> peers;
  int next = 0;
  const auto listener = Listener::open(loop, path(), SocketKind::stream, [&](Connection connection) {
                          const int key = next++;
                          auto& peer = peers[key] = std::move(connection);
                          peer.start({.on_bytes = [&peer](Bytes bytes) { peer.send(bytes); },
                                      .on_close = [&peers, key](const std::string&) { peers.erase(key); }});
                        }).value();
  auto first = connect_stream(path()).value();
  auto second = connect_stream(path()).value();
  ASSERT_TRUE(write_all(first.get(), bytes_of("first")));
  ASSERT_TRUE(write_all(second.get(), bytes_of("second")));
  run_ready(loop);
  ASSERT_EQ(peers.size(), 2U);
  EXPECT_EQ(listener.open_connections(), 2U);

  ::shutdown(first.get(), SHUT_WR);
  ::shutdown(second.get(), SHUT_WR);
  run_ready(loop);

  EXPECT_EQ(read_to_end(first.get()), "first");
  EXPECT_EQ(read_to_end(second.get()), "second");
  EXPECT_TRUE(peers.empty());
  EXPECT_EQ(listener.open_connections(), 0U);
}

TEST_F(ListenerTest, CarriesMessages) {
  std::optional<Connection> peer;
  const auto listener = Listener::open(loop, path(), SocketKind::seqpacket, [&](Connection connection) {
                          peer = std::move(connection);
                          peer->start({.on_message = [&](Bytes bytes, bool) { peer->send(bytes); }});
                        }).value();
  const auto client = connect_to(path(), SocketKind::seqpacket).value();
  ASSERT_TRUE(write_all(client.get(), bytes_of("one")));
  ASSERT_TRUE(write_all(client.get(), bytes_of("two")));
  run_ready(loop);

  std::array<std::byte, 100> part{};
  EXPECT_EQ(read_some(client.get(), part).value(), 3U);
  EXPECT_EQ(text_of(Bytes(part).first(3)), "one");
  EXPECT_EQ(read_some(client.get(), part).value(), 3U);
  EXPECT_EQ(text_of(Bytes(part).first(3)), "two");
}

TEST_F(ListenerTest, OnlyItsUserMayConnect) {
  const auto listener = listen().value();
  EXPECT_EQ(listener.path(), path());
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(ListenerTest, RemovesItsPathWhenItGoes) {
  {
    ASSERT_TRUE(listen());
  }
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(ListenerTest, LeavesWhatSomebodyElsePutInItsPlace) {
  {
    const auto listener = listen().value();
    fs::rename(path(), directory.path() / "moved");
    std::ofstream(path()) << "text";
  }
  EXPECT_TRUE(fs::exists(path()));
}

TEST_F(ListenerTest, TakesThePlaceOfAStaleSocket) {
  // Renaming keeps the destructor from removing it, as a killed process would.
  const auto kept = directory.path() / "kept";
  {
    const auto dead = listen().value();
    fs::rename(path(), kept);
  }
  fs::rename(kept, path());

  const auto listener = listen();

  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_TRUE(connect_stream(path()));
}

TEST_F(ListenerTest, RefusesAPathWhereSomebodyListens) {
  const auto listener = listen().value();
  EXPECT_EQ(listen().error().message, "cannot make socket " + path().native() +
                                          ": another program listens there; stop it, or choose another path");
  const auto other_kind = Listener::open(loop, path(), SocketKind::seqpacket, [](Connection) {});
  EXPECT_THAT(other_kind.error().message, HasSubstr("another program listens there"));
  EXPECT_TRUE(connect_stream(path()));
}

TEST_F(ListenerTest, RefusesToRemoveAFile) {
  std::ofstream(path()) << "text";
  EXPECT_THAT(listen().error().message, HasSubstr("a file that is no socket stands there"));
  EXPECT_EQ(fs::file_size(path()), 4U);
}

TEST_F(ListenerTest, NamesThePathThatCannotBe) {
  const auto nowhere = directory.path() / "absent" / "socket";
  EXPECT_EQ(Listener::open(loop, nowhere, SocketKind::stream, [](Connection) {}).error().message,
            "cannot make socket " + nowhere.native() + ": No such file or directory");
  EXPECT_EQ(connect_stream(nowhere).error().message,
            "cannot connect to " + nowhere.native() + ": No such file or directory");
  EXPECT_FALSE(Listener::open(loop, "", SocketKind::stream, [](Connection) {}));
  EXPECT_FALSE(connect_stream(std::string("\0abstract", 9)));
}

TEST_F(ListenerTest, ServesAPathLongerThanAnAddressTakes) {
  const auto deep = directory.path() / std::string(200, 'd');
  fs::create_directory(deep);
  {
    const auto listener = Listener::open(loop, deep / "socket", SocketKind::stream,
                                         [this](Connection connection) { accepted.push_back(std::move(connection)); });
    ASSERT_TRUE(listener) << listener.error().message;
    const auto client = connect_stream(deep / "socket");
    ASSERT_TRUE(client) << client.error().message;
    run_ready(loop);
    EXPECT_EQ(accepted.size(), 1U);
    EXPECT_FALSE(Listener::open(loop, deep / "socket", SocketKind::stream, [](Connection) {}));
  }
  EXPECT_FALSE(fs::exists(deep / "socket"));
}

TEST_F(ListenerTest, RefusesANameLongerThanAnAddressTakes) {
  const std::string name(150, 'n');
  EXPECT_EQ(Listener::open(loop, directory.path() / name, SocketKind::stream, [](Connection) {}).error().message,
            "the socket name " + name + " is too long; choose a shorter one");
}

TEST_F(ListenerTest, ConnectingToADeadSocketSaysWhatToDo) {
  const auto kept = directory.path() / "kept";
  {
    auto dead = Listener::open(loop, directory.path() / "dead", SocketKind::stream, [](Connection) {}).value();
    fs::rename(directory.path() / "dead", kept);
  }
  EXPECT_THAT(connect_stream(kept).error().message, HasSubstr("nobody listens there any more"));
}

TEST_F(ListenerTest, ClosesConnectionsPastTheLimitAtOnce) {
  auto listener = listen({.connections = 2, .connection = {}}).value();
  const auto first = connect_stream(path()).value();
  const auto second = connect_stream(path()).value();
  const auto third = connect_stream(path()).value();
  run_ready(loop);

  EXPECT_EQ(accepted.size(), 2U);
  EXPECT_EQ(listener.refused_connections(), 1U);
  EXPECT_EQ(read_to_end(third.get()), "");

  // One that goes makes room.
  accepted.pop_back();
  const auto fourth = connect_stream(path()).value();
  run_ready(loop);
  EXPECT_EQ(accepted.size(), 2U);
  EXPECT_EQ(listener.refused_connections(), 1U);
}

TEST_F(ListenerTest, HasRoomForItsNamedNumberOfConnections) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit wanted{4 * kMaximumConnections, before.rlim_max};
  if (before.rlim_max < wanted.rlim_cur || ::setrlimit(RLIMIT_NOFILE, &wanted) != 0) GTEST_SKIP() << "descriptors";
  auto listener = listen().value();
  std::vector<OwnedDescriptor> clients;
  for (std::size_t i = 0; i < kMaximumConnections + 1; ++i) clients.push_back(connect_stream(path()).value());

  run_ready(loop);

  EXPECT_EQ(listener.open_connections(), kMaximumConnections);
  EXPECT_EQ(listener.refused_connections(), 1U);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(ListenerTest, DoesNotSpinWhenDescriptorsRunOut) {
  auto listener = listen().value();
  const auto client = connect_stream(path()).value();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const OwnedDescriptor lowest_free(::dup(client.get()));
  const int lowest = lowest_free.get();
  const rlimit none{static_cast<rlim_t>(lowest), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);

  int turns = 0;
  while (turns < 10 && loop.turn(Nanoseconds{})) ++turns;

  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_EQ(turns, 1);
  EXPECT_EQ(listener.refused_connections(), 1U);
  EXPECT_EQ(read_to_end(client.get()), "");
}

TEST_F(ListenerTest, MayBeDestroyedInItsAcceptCallback) {
  std::optional<Listener> listener;
  std::optional<Connection> peer;
  listener = Listener::open(loop, path(), SocketKind::stream, [&](Connection connection) {
               peer = std::move(connection);
               listener.reset();
             }).value();
  const auto client = connect_stream(path()).value();
  run_ready(loop);
  EXPECT_FALSE(listener.has_value());

  peer->start({});
  EXPECT_TRUE(peer->send(bytes_of("hello")));
  peer.reset();
  EXPECT_EQ(read_to_end(client.get()), "hello");
}

TEST(Client, WriteToAPeerThatHasGoneIsAnError) {
  auto [ours, theirs] = socket_pair();
  theirs.reset();
  EXPECT_THAT(write_all(ours.get(), bytes_of("x")).error().message, HasSubstr("Broken pipe"));
}

TEST(Client, WritesToAPipeToo) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const OwnedDescriptor reader(ends[0]);
  OwnedDescriptor writer(ends[1]);
  ASSERT_TRUE(write_all(writer.get(), bytes_of("text")));
  writer.reset();
  EXPECT_EQ(read_to_end(reader.get()), "text");
}

TEST(Client, ReadErrorsAreTold) {
  std::array<std::byte, 1> part{};
  EXPECT_THAT(read_some(-1, part).error().message, HasSubstr("Bad file descriptor"));
}

}  // namespace
}  // namespace cxlemu::os
