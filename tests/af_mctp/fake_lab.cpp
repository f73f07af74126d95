// The smallest lab: the socket table behind a socket, network 1, and at EID 8 a responder that knows Identify. It runs
// one program under the shim and ends with that program's exit code:
//
//   fake_lab libcxlemu_mctp.so PROGRAM [ARGUMENT...]
//
// EID 9 is there, but never answers. A message of type 7Eh makes the lab go away while the program runs on.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "af_mctp/socket_table.hpp"
#include "wire/cci_message.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu {
namespace {

constexpr NetworkId kNetwork{1};
constexpr Eid kHost{254};
constexpr Eid kResponder{8};
constexpr Eid kSilent{9};
constexpr std::uint8_t kGoAway = 0x7E;
constexpr std::uint8_t kEcho = 0x7D;
/// Datagrams taken from one connection before the others have their turn.
constexpr int kDatagramsPerTurn = 16;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(99);
}

/// Identify (CXL r3.2 8.2.10.1.1) of a Type 3 component; the body of any other request comes back as it is.
Buffer answer(const mctp::Message& request) {
  const auto header = Reader(request.body).take<CciMessageHeader>();
  if (static_cast<std::uint8_t>(request.type) == kEcho || !header) return request.body;
  const std::array<std::uint8_t, 18> identity{0xDE, 0x1D, 0x93, 0x0D, 0x00, 0x00, 0x00, 0x00, 0x34,
                                              0x12, 0,    0,    0,    0,    0,    0,    0x0A, 0x03};
  CciMessageHeader reply = *header;
  reply.category = 1;
  reply.payload_length_and_background_operation = identity.size();
  reply.vendor_specific_extended_status = 0;
  Buffer body = to_buffer(bytes_of(reply));
  append(body, std::as_bytes(std::span(identity)));
  return body;
}

class FakeLab {
 public:
  explicit FakeLab(const std::string& path) {
    page_fd_ = memfd_create("cxlemu-routes", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (page_fd_ < 0 || ftruncate(page_fd_, sizeof(lab::RoutePage)) != 0) die("memfd");
    // A program that could shrink the page would end us with SIGBUS.
    if (fcntl(page_fd_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) die("seal");
    void* memory = mmap(nullptr, sizeof(lab::RoutePage), PROT_READ | PROT_WRITE, MAP_SHARED, page_fd_, 0);
    if (memory == MAP_FAILED) die("mmap");
    table_.emplace(timeline_, *new (memory) lab::RoutePage{});
    table_->add_network(kNetwork, kHost);
    table_->add_route(kNetwork, kResponder);
    table_->add_route(kNetwork, kSilent);

    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    listener_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
    if (listen(listener_, SOMAXCONN) != 0) die("listen");
  }

  void turn() {
    // The listener last: what a program closed before it connected is closed here, too, when it connects.
    std::vector<pollfd> watched;
    for (const auto& [connection, fd] : connections_) watched.push_back({fd, POLLIN, 0});
    if (listener_ >= 0) watched.push_back({listener_, POLLIN, 0});
    constexpr int kLookAfterTheProgramMs = 50;
    if (poll(watched.data(), watched.size(), kLookAfterTheProgramMs) < 0 && errno != EINTR) die("poll");
    timeline_.advance_to(std::chrono::steady_clock::now() - start_);
    for (const pollfd& entry : watched) {
      if (entry.revents == 0) continue;
      if (entry.fd == listener_) {
        accept_all();
      } else if (const auto connection = connection_of(entry.fd)) {
        read_some(*connection, entry.fd);
      }
    }
  }

  [[nodiscard]] const SocketTable& table() const { return *table_; }

 private:
  using ConnectionId = SocketTable::ConnectionId;

  [[nodiscard]] std::optional<ConnectionId> connection_of(int fd) const {
    for (const auto& [connection, its_fd] : connections_) {
      if (its_fd == fd) return connection;
    }
    return std::nullopt;
  }

  void accept_all() {
    int fd = -1;
    while ((fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
      const SocketTable::Opened opened = table_->open();
      const bool sent = send_hello(fd, opened);
      if (sent && opened.connection) {
        connections_.emplace(*opened.connection, fd);
        continue;
      }
      if (opened.connection) table_->close(*opened.connection);
      close(fd);
    }
  }

  bool send_hello(int fd, const SocketTable::Opened& opened) const {
    iovec part{const_cast<lab::Hello*>(&opened.hello), sizeof opened.hello};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (opened.connection) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &page_fd_, sizeof page_fd_);
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(sizeof opened.hello);
  }

  void read_some(ConnectionId connection, int fd) {
    for (int i = 0; i < kDatagramsPerTurn; ++i) {
      const ssize_t size = recv(fd, datagram_.data(), datagram_.size(), MSG_DONTWAIT);
      if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (size <= 0) {
        table_->close(connection);
        connections_.erase(connection);
        close(fd);
        return;
      }
      auto outcome = table_->input(connection, Bytes(datagram_).first(static_cast<std::size_t>(size)));
      if (outcome.delivery) hand_over(*outcome.delivery);
      if (outcome.message && outcome.message->message.destination == kResponder) respond(outcome.message->message);
      if (listener_ < 0) return;
    }
  }

  void respond(const mctp::Message& request) {
    if (static_cast<std::uint8_t>(request.type) == kGoAway) return go_away();
    if (!request.tag.owner) return;
    mctp::Message response;
    response.source = request.destination;
    response.destination = request.source;
    response.type = request.type;
    response.tag = {request.tag.value, false};
    response.body = answer(request);
    if (const auto delivery = table_->deliver(kNetwork, response)) hand_over(*delivery);
  }

  void hand_over(const SocketTable::Delivery& delivery) {
    const auto found = connections_.find(delivery.connection);
    if (found == connections_.end()) return;
    const Buffer& datagram = delivery.datagram;
    if (send(found->second, datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EAGAIN) {
      table_->count_undelivered();
    }
  }

  void go_away() {
    for (const auto& [connection, fd] : connections_) close(fd);
    connections_.clear();
    close(listener_);
    listener_ = -1;
  }

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  int page_fd_ = -1;
  int listener_ = -1;
  Timeline timeline_;
  std::optional<SocketTable> table_;
  std::map<ConnectionId, int> connections_;
  std::vector<std::byte> datagram_ = std::vector<std::byte>(lab::kDatagramMax + 1);
};

int run(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: fake_lab libcxlemu_mctp.so PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  std::array<char, 32> directory{"/tmp/cxlemu-fake-lab-XXXXXX"};
  if (!mkdtemp(directory.data())) die("mkdtemp");
  const std::string path = std::string(directory.data()) + "/mctp.sock";
  FakeLab lab(path);

  const pid_t program = fork();
  if (program < 0) die("fork");
  if (program == 0) {
    setenv("CXLEMU_MCTP_SOCKET", path.c_str(), 1);
    setenv("LD_PRELOAD", argv[1], 1);
    execv(argv[2], argv + 2);
    die(argv[2]);
  }
  int status = 0;
  while (waitpid(program, &status, WNOHANG) == 0) lab.turn();
  lab.turn();
  unlink(path.c_str());
  rmdir(directory.data());

  for (const SocketDropName& drop : kSocketDrops) {
    if (const auto count = lab.table().dropped()[drop.reason]; count != 0) {
      std::printf("dropped %llu %.*s\n", static_cast<unsigned long long>(count), static_cast<int>(drop.name.size()),
                  drop.name.data());
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace
}  // namespace cxlemu

int main(int argc, char** argv) { return cxlemu::run(argc, argv); }
