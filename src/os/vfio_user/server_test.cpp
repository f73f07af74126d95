#include "os/vfio_user/server.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <optional>

#include "os/memory.hpp"
#include "os/test_support.hpp"
#include "os/unix_socket.hpp"
#include "os/vfio_user/device_fixture.hpp"
#include "os/vfio_user/protocol.hpp"

namespace cxlemu::os::vfio_user {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

OwnedDescriptor make_event() { return OwnedDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

// How often it was signalled since the last look.
std::uint64_t signals_of(const OwnedDescriptor& event) {
  std::uint64_t count = 0;
  return ::read(event.get(), &count, sizeof count) == sizeof count ? count : 0;
}

// The end of a client.
struct Peer {
  OwnedDescriptor socket;

  void send(Bytes bytes, const std::vector<int>& descriptors = {}) const {
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(253 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
      auto* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
      std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
    }
    ASSERT_EQ(::sendmsg(socket.get(), &message, MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void send(std::string_view digits, const std::vector<int>& descriptors = {}) const { send(hex(digits), descriptors); }

  // What has come, as hexadecimal digits; "end" where the server has closed.
  [[nodiscard]] std::string receive(std::size_t most = 4096) const { return receive(most, nullptr); }
  [[nodiscard]] std::string receive(std::size_t most, OwnedDescriptor* descriptor) const {
    Buffer bytes(most);
    iovec part{bytes.data(), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto got = ::recvmsg(socket.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) return errno == EAGAIN ? "" : "end";
    if (const auto* header = CMSG_FIRSTHDR(&message); header != nullptr) {
      int received = -1;
      std::memcpy(&received, CMSG_DATA(header), sizeof received);
      OwnedDescriptor owned(received);
      if (descriptor != nullptr) *descriptor = std::move(owned);
    }
    return got == 0 ? "end" : to_hex(Bytes(bytes).first(static_cast<std::size_t>(got)));
  }
  // How many bytes have come, of which it does not matter what they are.
  [[nodiscard]] std::size_t receive_some() const {
    Buffer bytes(kTransferLimit);
    const auto got = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }
};

// What a client says first, and the answer to it.
constexpr std::string_view kVersion = "0000 0100 17000000 00000000 00000000 0000 0000 7b7d00";
constexpr std::string_view kAgreed =
    "00000100280000000100000000000000"
    "000000007b226361706162696c6974696573223a7b7d7d00";
constexpr std::string_view kReset = "0500 0d00 10000000 00000000 00000000";
constexpr std::string_view kResetDone = "05000d00100000000100000000000000";
constexpr std::string_view kMapAMegabyte =
    "0600 0200 30000000 00000000 00000000 20000000 03000000 0000000000000000 0000000000000000 0000100000000000";
constexpr std::string_view kMapped = "06000200100000000100000000000000";
// One eventfd for the only MSI; two for the first two of MSI-X; none any more.
constexpr std::string_view kSetMsi =
    "0700 0800 24000000 00000000 00000000 14000000 24000000 01000000 00000000 01000000";
constexpr std::string_view kSetTwoMsiX =
    "0700 0800 24000000 00000000 00000000 14000000 24000000 02000000 00000000 02000000";
constexpr std::string_view kReleaseMsiX =
    "0700 0800 24000000 00000000 00000000 14000000 21000000 02000000 00000000 00000000";
constexpr std::string_view kSet = "07000800100000000100000000000000";
constexpr std::string_view kNotSet = "07000800100000002100000016000000";

class ServerTest : public testing::Test {
 protected:
  void SetUp() override { open_server(); }
  void open_server() {
    page.emplace(SharedMemory::create("test-page", 0x3000).value());
    test.device.regions[2].descriptor = page->descriptor();
    server.emplace(Server::open(loop, path(), std::move(test.device)).value());
  }
  [[nodiscard]] std::filesystem::path path() const { return directory.path() / "vfio-user"; }
  [[nodiscard]] Peer connect() const { return {connect_stream(path()).value()}; }
  // A client that has agreed on a version.
  Peer connect_and_agree() {
    auto peer = connect();
    EXPECT_EQ(ask(peer, kVersion), kAgreed);
    return peer;
  }
  std::string ask(const Peer& peer, std::string_view digits, const std::vector<int>& descriptors = {}) {
    peer.send(digits, descriptors);
    run_ready(loop);
    return peer.receive();
  }

  TemporaryDirectory directory;
  EventLoop loop = make_loop();
  TestDevice test;
  std::optional<SharedMemory> page;
  std::optional<Server> server;
};

// ----------------------------------------------------------------------------------------------------- one client

TEST_F(ServerTest, ListensBeforeAnybodyComesAndWaitsForNobody) {
  EXPECT_FALSE(server->has_client());
  EXPECT_FALSE(server->interrupt(Interrupt::msi, 0));
  EXPECT_EQ(server->counters().lost_interrupts, 1U);
  const auto peer = connect_and_agree();
  EXPECT_TRUE(server->has_client());
  EXPECT_EQ(server->counters().clients, 1U);
}

TEST_F(ServerTest, AnswersCommandsInTheirOrder) {
  const auto peer = connect_and_agree();
  // Two reads and a reset in one go.
  peer.send(
      "0100 0900 20000000 00000000 00000000 0000000000000000 07000000 02000000"
      "0200 0900 20000000 00000000 00000000 0400000000000000 07000000 01000000"
      "0500 0d00 10000000 00000000 00000000");
  run_ready(loop);
  EXPECT_EQ(peer.receive(),
            "01000900220000000100000000000000"
            "000000000000000007000000020000000000"
            "02000900210000000100000000000000"
            "0400000000000000070000000100000000" +
                std::string(kResetDone));
  EXPECT_THAT(test.calls, ElementsAre("read 7 0x0 2", "read 7 0x4 1", "reset"));
}

TEST_F(ServerTest, TakesAMessageByteByByte) {
  const auto peer = connect_and_agree();
  const auto message = hex(kReset);
  for (std::size_t i = 0; i < message.size(); ++i) {
    EXPECT_EQ(peer.receive(), "");
    peer.send(Bytes(message).subspan(i, 1));
    run_ready(loop);
  }
  EXPECT_EQ(peer.receive(), kResetDone);
}

TEST_F(ServerTest, RefusesASecondClientAndServesTheFirst) {
  const auto first = connect_and_agree();
  const auto second = connect();
  run_ready(loop);
  EXPECT_EQ(second.receive(), "end");
  EXPECT_EQ(ask(first, kReset), kResetDone);
  EXPECT_EQ(server->counters().refused_clients, 1U);
  EXPECT_EQ(server->counters().clients, 1U);
}

TEST_F(ServerTest, ServesTheNextClientWhenOneHasGone) {
  auto first = connect_and_agree();
  ASSERT_EQ(ask(first, kMapAMegabyte), kMapped);
  ASSERT_FALSE(ask(first, "0100 0a00 21000000 00000000 00000000 4000000000000000 00000000 01000000 77").empty());
  first.socket.reset();
  // At once, as a machine that is started again may do it.
  const auto next = connect_and_agree();
  // The device has kept its state, and nothing is left of what the first one had mapped.
  EXPECT_EQ(ask(next, "0100 0900 20000000 00000000 00000000 4000000000000000 00000000 01000000"),
            "01000900210000000100000000000000"
            "4000000000000000000000000100000077");
  EXPECT_EQ(ask(next, kMapAMegabyte), kMapped);
  EXPECT_THAT(test.calls, ElementsAre("map 0x0+0x100000 r w", "write 0 0x40 77", "unmap 0x0+0x100000 r w",
                                      "read 0 0x40 1", "map 0x0+0x100000 r w"));
  EXPECT_EQ(server->counters().clients, 2U);
  EXPECT_EQ(server->last_failure(), "");
}

TEST_F(ServerTest, ServesTheNextClientWhenOneIsKilledInTheMiddleOfAMessage) {
  auto first = connect_and_agree();
  first.send(hex(kMapAMegabyte), {make_event().get()});
  first.send("0600 0200 3000");
  run_ready(loop);
  first.socket.reset();
  run_ready(loop);
  EXPECT_FALSE(server->has_client());
  const auto next = connect_and_agree();
  EXPECT_EQ(ask(next, kReset), kResetDone);
}

TEST_F(ServerTest, AnswersAClientThatWritesNoMore) {
  const auto peer = connect_and_agree();
  peer.send(kReset);
  ::shutdown(peer.socket.get(), SHUT_WR);
  run_ready(loop);
  EXPECT_EQ(peer.receive(), kResetDone);
  EXPECT_EQ(peer.receive(), "end");
  EXPECT_FALSE(server->has_client());
}

TEST_F(ServerTest, OtherDevicesHaveSocketsOfTheirOwn) {
  TestDevice other;
  other.device.regions[2].descriptor = page->descriptor();
  const auto second = Server::open(loop, directory.path() / "second", std::move(other.device)).value();
  const auto peer = connect_and_agree();
  const Peer other_peer{connect_stream(directory.path() / "second").value()};
  ASSERT_EQ(ask(other_peer, kVersion), kAgreed);
  EXPECT_EQ(ask(other_peer, kReset), kResetDone);
  EXPECT_EQ(ask(peer, kReset), kResetDone);
  EXPECT_THAT(test.calls, ElementsAre("reset"));
  EXPECT_THAT(other.calls, ElementsAre("reset"));
}

TEST_F(ServerTest, EndsItsClientAndRemovesItsSocket) {
  const auto peer = connect_and_agree();
  ASSERT_EQ(ask(peer, kMapAMegabyte), kMapped);
  server.reset();
  EXPECT_EQ(peer.receive(), "end");
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_THAT(test.calls, ElementsAre("map 0x0+0x100000 r w", "unmap 0x0+0x100000 r w"));
}

TEST_F(ServerTest, RefusesADeviceThatNobodyCouldUse) {
  TestDevice other;
  other.device.read = {};
  const auto refused = Server::open(loop, directory.path() / "second", std::move(other.device));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "a device answers reads, writes and resets");
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "second"));
}

// ---------------------------------------------------------------------------------------------------- mapped pages

TEST_F(ServerTest, SharesThePagesOfARegion) {
  const auto peer = connect_and_agree();
  peer.send(
      "0800 0500 30000000 00000000 00000000"
      "40000000 00000000 02000000 00000000 0000000000000000 0000000000000000");
  run_ready(loop);
  OwnedDescriptor received;
  EXPECT_EQ(peer.receive(4096, &received),
            "08000500500000000100000000000000"
            "400000000f000000020000002000000000000100000000000000000000000000"
            "0100010000000000010000000000000000200000000000000010000000000000");
  ASSERT_TRUE(received);
  void* mapped = ::mmap(nullptr, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, received.get(), 0x2000);
  ASSERT_NE(mapped, MAP_FAILED);
  const Mapping theirs({static_cast<std::byte*>(mapped), 0x1000});
  theirs.bytes()[5] = std::byte{0xC1};
  EXPECT_EQ(page->bytes()[0x2005], std::byte{0xC1});
  page->bytes()[0x2006] = std::byte{0xC2};
  EXPECT_EQ(theirs.bytes()[6], std::byte{0xC2});
  // No message was needed for that, and the client cannot shorten what the device reads.
  EXPECT_THAT(test.calls, IsEmpty());
  EXPECT_LT(::ftruncate(received.get(), 0), 0);
}

TEST_F(ServerTest, QueuesTheDescriptorBehindRepliesThatAreNotReadYet) {
  const auto peer = connect_and_agree();
  // More than a socket holds.
  constexpr std::size_t kReads = 100;
  for (std::size_t i = 0; i < kReads; ++i) {
    peer.send("0100 0900 20000000 00000000 00000000 0000000000000000 07000000 00100000");
    run_ready(loop);
  }
  peer.send(
      "0800 0500 30000000 00000000 00000000"
      "40000000 00000000 02000000 00000000 0000000000000000 0000000000000000");
  run_ready(loop);
  OwnedDescriptor received;
  for (std::size_t i = 0; i < kReads; ++i) {
    std::size_t left = 16 + 16 + 4096;
    while (left > 0) {
      const auto digits = peer.receive(left, &received);
      ASSERT_NE(digits, "end");
      left -= digits.size() / 2;
      run_ready(loop);
    }
    ASSERT_FALSE(received);
  }
  EXPECT_EQ(peer.receive(16, &received), "08000500500000000100000000000000");
  EXPECT_TRUE(received);
}

// ------------------------------------------------------------------------------------------------------ interrupts

TEST_F(ServerTest, SignalsMsi) {
  const auto peer = connect_and_agree();
  const auto event = make_event();
  ASSERT_EQ(ask(peer, kSetMsi, {event.get()}), kSet);
  EXPECT_TRUE(server->interrupt(Interrupt::msi, 0));
  EXPECT_TRUE(server->interrupt(Interrupt::msi, 0));
  EXPECT_EQ(signals_of(event), 2U);
  EXPECT_EQ(server->counters().interrupts, 2U);
}

TEST_F(ServerTest, SignalsMsiXByVector) {
  const auto peer = connect_and_agree();
  const auto first = make_event();
  const auto second = make_event();
  ASSERT_EQ(ask(peer, kSetTwoMsiX, {first.get(), second.get()}), kSet);
  EXPECT_TRUE(server->interrupt(Interrupt::msi_x, 1));
  EXPECT_EQ(signals_of(first), 0U);
  EXPECT_EQ(signals_of(second), 1U);
  // One that was not set, ones that are not there, one of another kind.
  EXPECT_FALSE(server->interrupt(Interrupt::msi_x, 2));
  EXPECT_FALSE(server->interrupt(Interrupt::msi_x, 4));
  EXPECT_FALSE(server->interrupt(Interrupt::intx, 0));
  EXPECT_FALSE(server->interrupt(static_cast<Interrupt>(5), 0));
  EXPECT_FALSE(server->interrupt(Interrupt::msi, 0));
  EXPECT_EQ(server->counters().lost_interrupts, 5U);
}

TEST_F(ServerTest, SignalsNobodyWhoHasReleasedTheInterrupt) {
  const auto peer = connect_and_agree();
  const auto first = make_event();
  const auto second = make_event();
  ASSERT_EQ(ask(peer, kSetTwoMsiX, {first.get(), second.get()}), kSet);
  // The second one alone, by a message without descriptors; then all.
  ASSERT_EQ(ask(peer, "0700 0800 24000000 00000000 00000000 14000000 24000000 02000000 01000000 01000000"), kSet);
  EXPECT_FALSE(server->interrupt(Interrupt::msi_x, 1));
  EXPECT_TRUE(server->interrupt(Interrupt::msi_x, 0));
  ASSERT_EQ(ask(peer, kReleaseMsiX), kSet);
  EXPECT_FALSE(server->interrupt(Interrupt::msi_x, 0));
}

TEST_F(ServerTest, ForgetsTheInterruptsOfAClientThatHasGone) {
  const auto event = make_event();
  auto first = connect_and_agree();
  ASSERT_EQ(ask(first, kSetMsi, {event.get()}), kSet);
  first.socket.reset();
  const auto next = connect_and_agree();
  EXPECT_FALSE(server->interrupt(Interrupt::msi, 0));
  EXPECT_EQ(signals_of(event), 0U);
}

TEST_F(ServerTest, KeepsTheInterruptsOverAResetOfTheDevice) {
  const auto peer = connect_and_agree();
  const auto event = make_event();
  ASSERT_EQ(ask(peer, kSetMsi, {event.get()}), kSet);
  ASSERT_EQ(ask(peer, kReset), kResetDone);
  EXPECT_TRUE(server->interrupt(Interrupt::msi, 0));
}

TEST_F(ServerTest, SignalsBeforeItAnswersWhereTheDeviceInterruptsInAWrite) {
  server.reset();
  const auto event = make_event();
  std::string received_before;
  std::optional<Peer> peer;
  TestDevice other;
  other.device.regions[2].descriptor = page->descriptor();
  other.device.write = [&](std::uint32_t, std::uint64_t, Bytes) {
    EXPECT_TRUE(server->interrupt(Interrupt::msi, 0));
    received_before = peer->receive();
  };
  server.emplace(Server::open(loop, path(), std::move(other.device)).value());
  peer = connect_and_agree();
  ASSERT_EQ(ask(*peer, kSetMsi, {event.get()}), kSet);
  EXPECT_EQ(ask(*peer, "0100 0a00 21000000 00000000 00000000 0000000000000000 00000000 01000000 01"),
            "01000a00200000000100000000000000"
            "00000000000000000000000001000000");
  EXPECT_EQ(received_before, "");
  EXPECT_EQ(signals_of(event), 1U);
}

TEST_F(ServerTest, LetsAClientTriggerAnInterrupt) {
  const auto peer = connect_and_agree();
  const auto first = make_event();
  const auto second = make_event();
  ASSERT_EQ(ask(peer, kSetTwoMsiX, {first.get(), second.get()}), kSet);
  EXPECT_EQ(ask(peer, "0700 0800 26000000 00000000 00000000 14000000 22000000 02000000 00000000 02000000 0001"), kSet);
  EXPECT_EQ(signals_of(first), 0U);
  EXPECT_EQ(signals_of(second), 1U);
}

TEST_F(ServerTest, NeverWaitsForAnEventfdThatIsFull) {
  const auto peer = connect_and_agree();
  // It would wait, and its client makes it full.
  const OwnedDescriptor event(::eventfd(0, EFD_CLOEXEC));
  ASSERT_EQ(ask(peer, kSetMsi, {event.get()}), kSet);
  const std::uint64_t most = 0xFFFF'FFFF'FFFF'FFFE;
  ASSERT_EQ(::write(event.get(), &most, sizeof most), static_cast<ssize_t>(sizeof most));
  EXPECT_TRUE(server->interrupt(Interrupt::msi, 0));
  EXPECT_EQ(signals_of(event), most);
  // Also where the client takes the flag away again.
  ASSERT_EQ(::fcntl(event.get(), F_SETFL, 0), 0);
  ASSERT_EQ(::write(event.get(), &most, sizeof most), static_cast<ssize_t>(sizeof most));
  EXPECT_TRUE(server->interrupt(Interrupt::msi, 0));
}

TEST_F(ServerTest, RefusesDescriptorsThatAreNoEvents) {
  const auto peer = connect_and_agree();
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const OwnedDescriptor reader(ends[0]);
  const OwnedDescriptor writer(ends[1]);
  EXPECT_EQ(ask(peer, kSetMsi, {writer.get()}), kNotSet);
  EXPECT_EQ(ask(peer, kSetMsi, {peer.socket.get()}), kNotSet);
  EXPECT_EQ(ask(peer, kSetMsi, {page->descriptor()}), kNotSet);
  EXPECT_EQ(ask(peer, kSetTwoMsiX, {make_event().get(), writer.get()}), kNotSet);
  EXPECT_FALSE(server->interrupt(Interrupt::msi, 0));
  EXPECT_FALSE(server->interrupt(Interrupt::msi_x, 0));
}

TEST_F(ServerTest, KnowsWhichMessageADescriptorBelongsTo) {
  const auto peer = connect_and_agree();
  const auto event = make_event();
  // Pipelined: one with a memory descriptor, one with an event, one without.
  peer.send(kMapAMegabyte, {page->descriptor()});
  peer.send(kSetMsi, {event.get()});
  peer.send(kReset);
  run_ready(loop);
  EXPECT_EQ(peer.receive(), std::string(kMapped) + std::string(kSet) + std::string(kResetDone));
  EXPECT_TRUE(server->interrupt(Interrupt::msi, 0));
  EXPECT_EQ(signals_of(event), 1U);
}

// ------------------------------------------------------------------------------------------------- descriptors

TEST_F(ServerTest, KeepsOnlyTheDescriptorsOfInterrupts) {
  const auto peer = connect_and_agree();
  const auto event = make_event();
  const auto other = make_event();
  const auto before = open_descriptors();
  ASSERT_EQ(ask(peer, kMapAMegabyte, {page->descriptor()}), kMapped);
  EXPECT_EQ(open_descriptors(), before);
  ASSERT_EQ(ask(peer, kSetTwoMsiX, {event.get(), other.get()}), kSet);
  EXPECT_EQ(open_descriptors(), before + 2);
  // In their place, then away.
  ASSERT_EQ(ask(peer, kSetTwoMsiX, {other.get(), event.get()}), kSet);
  EXPECT_EQ(open_descriptors(), before + 2);
  ASSERT_EQ(ask(peer, kReleaseMsiX), kSet);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(ServerTest, ClosesTheDescriptorsOfRefusedMessages) {
  const auto peer = connect_and_agree();
  const auto event = make_event();
  const auto before = open_descriptors();
  EXPECT_EQ(ask(peer, kSetMsi, {event.get(), event.get()}), kNotSet);
  EXPECT_EQ(ask(peer, kReset, {event.get()}), "05000d00100000002100000016000000");
  EXPECT_EQ(ask(peer, kMapAMegabyte, {event.get(), event.get()}), "06000200100000002100000016000000");
  EXPECT_EQ(ask(peer, "0900 6300 10000000 00000000 00000000", {event.get()}), "0900630010000000210000005f000000");
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_THAT(test.calls, IsEmpty());
  EXPECT_EQ(server->counters().refused_messages, 4U);
}

TEST_F(ServerTest, ClosesTheDescriptorsOfAClientThatGoes) {
  const auto event = make_event();
  const auto before = open_descriptors();
  {
    const auto peer = connect_and_agree();
    ASSERT_EQ(ask(peer, kSetTwoMsiX, {event.get(), event.get()}), kSet);
    // And those of a message of which the rest never comes.
    peer.send("0700 0800 2400", {event.get(), event.get(), event.get()});
    run_ready(loop);
  }
  run_ready(loop);
  EXPECT_FALSE(server->has_client());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(ServerTest, TakesAsManyDescriptorsAsItHasSaid) {
  server.reset();
  TestDevice other;
  other.device.regions[2].descriptor = page->descriptor();
  other.device.interrupts[2] = 17;
  server.emplace(Server::open(loop, path(), std::move(other.device)).value());
  const auto peer = connect_and_agree();
  const auto event = make_event();
  EXPECT_EQ(ask(peer, "0700 0800 24000000 00000000 00000000 14000000 24000000 02000000 00000000 10000000",
                std::vector<int>(16, event.get())),
            kSet);
  EXPECT_TRUE(server->interrupt(Interrupt::msi_x, 15));
  EXPECT_EQ(ask(peer, "0700 0800 24000000 00000000 00000000 14000000 24000000 02000000 00000000 11000000",
                std::vector<int>(17, event.get())),
            kNotSet);
  EXPECT_FALSE(server->interrupt(Interrupt::msi_x, 16));
}

TEST_F(ServerTest, SurvivesFloodsOfDescriptors) {
  const auto event = make_event();
  const auto before = open_descriptors();
  {
    const auto peer = connect_and_agree();
    EXPECT_EQ(ask(peer, kSetMsi, std::vector<int>(253, event.get())), kNotSet);
    // With every byte of one message.
    const auto message = hex(kSetMsi);
    for (std::size_t i = 0; i < message.size(); ++i) {
      peer.send(Bytes(message).subspan(i, 1), std::vector<int>(100, event.get()));
      run_ready(loop);
      EXPECT_LE(open_descriptors(), before + 2 + kDescriptorLimit);
    }
    EXPECT_EQ(peer.receive(), kNotSet);
    EXPECT_EQ(ask(peer, kReset), kResetDone);
  }
  run_ready(loop);
  EXPECT_EQ(open_descriptors(), before);
}

// ------------------------------------------------------------------------------------------------- broken clients

TEST_F(ServerTest, SendsAClientAwayWhoseStreamHasLostItsMeaning) {
  const auto event = make_event();
  const auto before = open_descriptors();
  const std::pair<std::string_view, std::string_view> headers[] = {
      {"0500 0d00 0f000000 00000000 00000000", "a message of 15 bytes; they have 16 to 1048608"},
      {"0500 0a00 21001000 00000000 00000000", "a message of 1048609 bytes; they have 16 to 1048608"},
      {"0500 0a00 ffffffff 00000000 00000000", "a message of 4294967295 bytes; they have 16 to 1048608"},
      {"0500 0d00 10000000 01000000 00000000", "a message of type 1 where commands come"},
  };
  for (const auto& [header, reason] : headers) {
    const auto peer = connect_and_agree();
    EXPECT_EQ(ask(peer, header, {event.get()}), "end");
    EXPECT_EQ(server->last_failure(), reason);
    EXPECT_FALSE(server->has_client());
  }
  EXPECT_EQ(server->counters().sent_away, 4U);
  EXPECT_EQ(open_descriptors(), before);
  const auto next = connect_and_agree();
  EXPECT_EQ(ask(next, kReset), kResetDone);
}

TEST_F(ServerTest, AnswersAClientOfAnotherVersionAndSendsItAway) {
  const auto peer = connect();
  EXPECT_EQ(ask(peer, "0000 0100 17000000 00000000 00000000 0100 0000 7b7d00"), "00000100100000002100000016000000");
  EXPECT_EQ(peer.receive(), "end");
  EXPECT_EQ(server->last_failure(), "its first message agrees on no version");
  EXPECT_EQ(server->counters().sent_away, 1U);
  const auto next = connect_and_agree();
  EXPECT_TRUE(server->has_client());
}

TEST_F(ServerTest, DoesNothingForAClientThatAgreesOnNoVersion) {
  const auto peer = connect();
  // Both commands came in one go; the second one is not looked at.
  EXPECT_EQ(ask(peer, std::string(kReset) + std::string(kReset)), "05000d00100000002100000016000000");
  EXPECT_EQ(peer.receive(), "end");
  EXPECT_THAT(test.calls, IsEmpty());
}

TEST_F(ServerTest, ReadsNoMoreFromAClientThatDoesNotRead) {
  server.reset();
  TestDevice other;
  other.device.regions[2].descriptor = page->descriptor();
  other.device.regions[4].size = kTransferLimit;
  other.memory[4].resize(kTransferLimit);
  server.emplace(Server::open(loop, path(), std::move(other.device)).value());
  const auto peer = connect_and_agree();
  constexpr std::size_t kAsked = 8;
  for (std::size_t i = 0; i < kAsked; ++i) {
    peer.send("0100 0900 20000000 00000000 00000000 0000000000000000 04000000 00001000");
  }
  run_ready(loop);
  // The version, what the socket holds, what waits up to the mark, and the one that went past it.
  EXPECT_LE(server->counters().messages, 4U);

  std::size_t received = 0;
  while (received < kAsked * (16 + 16 + kTransferLimit)) {
    const auto got = peer.receive_some();
    ASSERT_GT(got, 0U);
    received += got;
    run_ready(loop);
  }
  EXPECT_EQ(server->counters().messages, 1 + kAsked);
  EXPECT_EQ(ask(peer, kReset), kResetDone);
}

TEST_F(ServerTest, NoticesThatAClientHasGoneWhileRepliesWaitForIt) {
  server.reset();
  TestDevice other;
  other.device.regions[2].descriptor = page->descriptor();
  other.device.regions[4].size = kTransferLimit;
  other.memory[4].resize(kTransferLimit);
  server.emplace(Server::open(loop, path(), std::move(other.device)).value());
  {
    const auto peer = connect_and_agree();
    for (int i = 0; i < 8; ++i) {
      peer.send("0100 0900 20000000 00000000 00000000 0000000000000000 04000000 00001000");
    }
    run_ready(loop);
  }
  const auto next = connect_and_agree();
  EXPECT_EQ(ask(next, kReset), kResetDone);
}

// --------------------------------------------------------------------------------------------- owners that go away

TEST_F(ServerTest, MayGoInAFunctionOfItsDevice) {
  server.reset();
  TestDevice other;
  other.device.regions[2].descriptor = page->descriptor();
  other.device.reset = [&] { server.reset(); };
  other.device.dma_unmapped = [&](const DmaRange&) { test.calls.emplace_back("unmapped"); };
  server.emplace(Server::open(loop, path(), std::move(other.device)).value());
  const auto peer = connect_and_agree();
  ASSERT_EQ(ask(peer, kMapAMegabyte), kMapped);
  EXPECT_EQ(ask(peer, std::string(kReset) + std::string(kReset)), "end");
  EXPECT_FALSE(server);
  EXPECT_THAT(test.calls, ElementsAre("unmapped"));
}

TEST_F(ServerTest, MayGoWhenItTellsThatMemoryIsGone) {
  server.reset();
  TestDevice other;
  other.device.regions[2].descriptor = page->descriptor();
  other.device.dma_unmapped = [&](const DmaRange&) { server.reset(); };
  server.emplace(Server::open(loop, path(), std::move(other.device)).value());
  {
    const auto peer = connect_and_agree();
    ASSERT_EQ(ask(peer, kMapAMegabyte), kMapped);
  }
  run_ready(loop);
  EXPECT_FALSE(server);
}

}  // namespace
}  // namespace cxlemu::os::vfio_user
