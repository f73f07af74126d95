#include "client/mctp_shim/lab_connection.hpp"

#include <dirent.h>
#include <poll.h>
#include <sys/un.h>
#include <time.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace cxlemu::shim {
namespace {

// LIMIT: how long socket() and bind() wait for a daemon that does not answer.
constexpr int kAnswerTimeoutMs = 5000;

const char* socket_path() {
  const char* path = std::getenv("CXLEMU_MCTP_SOCKET");
  return path && *path ? path : nullptr;
}

std::int64_t now_ms() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

/// One datagram of exactly `size` bytes with at most one descriptor; 0 or an errno.
int receive_answer(int fd, void* datagram, std::size_t size, int* descriptor) {
  const std::int64_t deadline = now_ms() + kAnswerTimeoutMs;
  for (;;) {
    pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
    const std::int64_t left = deadline - now_ms();
    const int ready = left > 0 ? ::poll(&readable, 1, static_cast<int>(left)) : 0;
    if (ready == 0) return ETIMEDOUT;
    if (ready < 0 && errno != EINTR) return errno;
    if (ready < 0) continue;

    iovec part{.iov_base = datagram, .iov_len = size};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t received = real().recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (received < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (received < 0) return errno;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      if (header->cmsg_len == CMSG_LEN(sizeof(int))) std::memcpy(descriptor, CMSG_DATA(header), sizeof(int));
    }
    return static_cast<std::size_t>(received) == size ? 0 : EPROTO;
  }
}

/// Reads the Hello and maps its page; 0 or an errno.
int greet(int fd, SocketRef& socket) {
  lab::Hello hello;
  int page_fd = -1;
  int error = receive_answer(fd, &hello, sizeof hello, &page_fd);
  if (error == 0 && (hello.magic != lab::kMagic || hello.version != lab::kVersion)) error = EAFNOSUPPORT;
  if (error == 0 && hello.error != 0) error = hello.error;
  if (error == 0 && (page_fd < 0 || hello.connection == 0 || hello.page_size != sizeof(lab::RoutePage))) error = EPROTO;
  if (error == 0) {
    const int index = map_page(page_fd);
    if (index < 0) {
      error = -index;
    } else {
      socket = {.page = mapped_page(static_cast<std::uint32_t>(index)),
                .page_index = static_cast<std::uint32_t>(index),
                .connection = lab::ConnectionId{hello.connection}};
    }
  }
  if (page_fd >= 0) real().close(page_fd);
  return error;
}

/// The kernel's number for a socket, the same in every process that has it open; 0 where there is none.
std::uint64_t cookie_of(int fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return real().getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

bool has_option(int fd, int option, int wanted) {
  int value = 0;
  socklen_t size = sizeof value;
  return real().getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 && value == wanted;
}

bool may_be_ours(int fd) { return has_option(fd, SO_DOMAIN, AF_UNIX) && has_option(fd, SO_TYPE, SOCK_SEQPACKET); }

bool adopt_from(std::uint32_t page_index, int fd, std::uint64_t cookie) {
  lab::RoutePage* page = mapped_page(page_index);
  if (!page) return false;
  for (lab::SocketPage& candidate : page->sockets) {
    const std::uint32_t connection = candidate.connection.load();
    if (connection == 0 || candidate.cookie.load() != cookie) continue;
    return remember(fd, {.page = page, .page_index = page_index, .connection = lab::ConnectionId{connection}});
  }
  return false;
}

}  // namespace

bool lab_is_named() { return socket_path() != nullptr; }

LabSocket connect_to_lab(int flags) {
  const char* path = socket_path();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // No lab, no protocol family: as on a kernel without MCTP.
  if (!path || std::strlen(path) >= sizeof address.sun_path) return {.fd = -EAFNOSUPPORT, .socket = {}};
  std::strcpy(address.sun_path, path);

  const int fd = real().socket(AF_UNIX, SOCK_SEQPACKET | (flags & SOCK_CLOEXEC), 0);
  if (fd < 0) return {.fd = -errno, .socket = {}};
  int error = 0;
  while (real().connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    error = EAFNOSUPPORT;
    break;
  }
  SocketRef socket;
  if (error == 0) error = greet(fd, socket);
  if (error == 0 && (flags & SOCK_NONBLOCK) != 0) {
    const int status = real().fcntl(fd, F_GETFL);
    if (status < 0 || real().fcntl(fd, F_SETFL, status | O_NONBLOCK) != 0) error = errno;
  }
  if (error != 0) {
    real().close(fd);
    return {.fd = -error, .socket = {}};
  }
  socket.shared().cookie.store(cookie_of(fd));
  return {.fd = fd, .socket = socket};
}

int ask_lab(const SocketRef& socket, lab::DatagramPrefix& prefix) {
  const LabSocket lab_socket = connect_to_lab(SOCK_CLOEXEC);
  if (lab_socket.fd < 0) return ENETDOWN;
  // A daemon that was started anew does not know this socket, and may have given its number to another.
  int error = lab_socket.socket.page_index == socket.page_index ? 0 : ENETDOWN;
  const lab::ControlRequest request{.prefix = prefix, .connection = socket.connection.value};
  if (error == 0 && real().send(lab_socket.fd, &request, sizeof request, MSG_NOSIGNAL) < 0) error = ENETDOWN;
  lab::ControlReply reply;
  int no_descriptor = -1;
  if (error == 0 && receive_answer(lab_socket.fd, &reply, sizeof reply, &no_descriptor) != 0) error = ENETDOWN;
  if (no_descriptor >= 0) real().close(no_descriptor);
  real().close(lab_socket.fd);
  if (error != 0) return error;
  prefix = reply.prefix;
  return static_cast<int>(reply.error.value());
}

void adopt(int fd) {
  forget(fd);
  if (!lab_is_named() || !may_be_ours(fd)) return;
  const std::uint64_t cookie = cookie_of(fd);
  if (cookie == 0) return;
  for (std::uint32_t i = 0; mapped_page(i); ++i) {
    if (adopt_from(i, fd, cookie)) return;
  }
  // A connection only to get at the page.
  const LabSocket visit = connect_to_lab(SOCK_CLOEXEC);
  if (visit.fd < 0) return;
  adopt_from(visit.socket.page_index, fd, cookie);
  real().close(visit.fd);
}

void adopt_inherited_sockets() {
  if (!lab_is_named()) return;
  DIR* descriptors = opendir("/proc/self/fd");
  if (!descriptors) return;
  while (const dirent* entry = readdir(descriptors)) {
    char* end = nullptr;
    const long fd = std::strtol(entry->d_name, &end, 10);
    if (end != entry->d_name && *end == '\0' && fd != dirfd(descriptors)) adopt(static_cast<int>(fd));
  }
  closedir(descriptors);
}

}  // namespace cxlemu::shim
