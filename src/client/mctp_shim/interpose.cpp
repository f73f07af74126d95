// The functions that the shim puts in front of the C library's: ours for emulated sockets, the next library's for every
// other descriptor. Nothing else is exported.
//
// poll(), select() and epoll need none: the descriptor is a real socket. sendfile(), splice() and io_uring go past us;
// the daemon drops what they write, as it is no datagram of ours.
#include <sys/select.h>
#include <time.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>

#include "client/mctp_shim/lab_connection.hpp"
#include "client/mctp_shim/linux_mctp.hpp"
#include "client/mctp_shim/mctp_socket.hpp"

#define CXLEMU_INTERPOSE extern "C" [[gnu::visibility("default")]]

namespace {

using namespace cxlemu::shim;

constexpr int kPartsMax = 1024;

/// True where `fd` is no socket at all any more: the number was closed behind our back and given to another file. The
/// call is then the C library's.
bool is_stale(ssize_t result, int fd) {
  if (result >= 0 || errno != ENOTSOCK) return false;
  forget(fd);
  return true;
}

/// A new descriptor that is not ours, whatever its number was before.
int foreign(int fd) {
  if (fd >= 0) forget(fd);
  return fd;
}

msghdr message_of(iovec& part, void* name, socklen_t name_size) {
  msghdr message{};
  message.msg_name = name;
  message.msg_namelen = name_size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return message;
}

ssize_t receive_one(const SocketRef& socket, int fd, void* buffer, std::size_t size, int flags, sockaddr* address,
                    socklen_t* address_size) {
  if (address && !address_size) return fail(EFAULT);
  iovec part{.iov_base = buffer, .iov_len = size};
  msghdr message = message_of(part, address, address ? *address_size : 0);
  const ssize_t result = receive_message(socket, fd, message, flags);
  if (result >= 0 && address) *address_size = message.msg_namelen;
  // A datagram that was cut off: its whole length only where MSG_TRUNC asked for it, and then it is `result` already.
  return result;
}

ssize_t send_one(const SocketRef& socket, int fd, const void* buffer, std::size_t size, int flags,
                 const sockaddr* address, socklen_t address_size) {
  if (address && address_size > sizeof(sockaddr_storage)) return fail(EINVAL);
  iovec part{.iov_base = const_cast<void*>(buffer), .iov_len = size};
  return send_message(socket, fd, message_of(part, const_cast<sockaddr*>(address), address_size), flags);
}

ssize_t send_header(const SocketRef& socket, int fd, const msghdr* message, int flags) {
  if (!message) return fail(EFAULT);
  msghdr checked = *message;
  if (checked.msg_name && static_cast<int>(checked.msg_namelen) < 0) return fail(EINVAL);
  if (checked.msg_namelen == 0) checked.msg_name = nullptr;
  return send_message(socket, fd, checked, flags);
}

ssize_t receive_header(const SocketRef& socket, int fd, msghdr* message, int flags) {
  return message ? receive_message(socket, fd, *message, flags) : fail(EFAULT);
}

/// readv() and writev() refuse a bad list and do nothing for an empty one, before the socket is asked. The call's
/// result, or 1 to go on.
ssize_t check_list(const iovec* list, int count) {
  if (count < 0 || count > kPartsMax) return fail(EINVAL);
  for (int i = 0; i < count; ++i) {
    if (list[i].iov_len != 0) return 1;
  }
  return 0;
}

void adopt_received(const msghdr* message) {
  auto* header = CMSG_FIRSTHDR(message);
  for (; header; header = CMSG_NXTHDR(const_cast<msghdr*>(message), header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
      adopt(fd);
    }
  }
}

/// Time left of recvmmsg()'s timeout, which Linux looks at after each datagram; false when it is over.
bool time_is_left(const timespec& deadline, timespec& left) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  left.tv_sec = deadline.tv_sec - now.tv_sec;
  left.tv_nsec = deadline.tv_nsec - now.tv_nsec;
  if (left.tv_nsec < 0) {
    left.tv_nsec += 1'000'000'000;
    --left.tv_sec;
  }
  if (left.tv_sec < 0) left = {};
  return left.tv_sec != 0 || left.tv_nsec != 0;
}

int fcntl_any(decltype(&::fcntl) call, int fd, int command, void* argument) {
  const int result = call(fd, command, argument);
  if (result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC)) copy(fd, result);
  return result;
}

}  // namespace

// ----------------------------------------------------------------------------------------------------- new sockets

CXLEMU_INTERPOSE int socket(int domain, int type, int protocol) noexcept {
  if (domain == kAddressFamilyMctp && lab_is_named()) return open_socket(type, protocol);
  return foreign(real().socket(domain, type, protocol));
}

CXLEMU_INTERPOSE int socketpair(int domain, int type, int protocol, int pair[2]) noexcept {
  if (domain == kAddressFamilyMctp && lab_is_named()) return open_socket_pair(type, protocol);
  const int result = real().socketpair(domain, type, protocol, pair);
  if (result == 0) {
    forget(pair[0]);
    forget(pair[1]);
  }
  return result;
}

CXLEMU_INTERPOSE int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
  if (const SocketRef socket = find(fd)) return bind_socket(socket, address, size);
  return real().bind(fd, address, size);
}

CXLEMU_INTERPOSE int connect(int fd, const sockaddr* address, socklen_t size) {
  if (const SocketRef socket = find(fd)) return connect_socket(socket, address, size);
  return real().connect(fd, address, size);
}

CXLEMU_INTERPOSE int listen(int fd, int backlog) noexcept {
  if (find(fd)) return fail(EOPNOTSUPP);
  return real().listen(fd, backlog);
}

CXLEMU_INTERPOSE int accept(int fd, sockaddr* address, socklen_t* size) {
  if (find(fd)) return fail(EOPNOTSUPP);
  return foreign(real().accept(fd, address, size));
}

CXLEMU_INTERPOSE int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  if (find(fd)) return fail((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0 ? EINVAL : EOPNOTSUPP);
  return foreign(real().accept4(fd, address, size, flags));
}

CXLEMU_INTERPOSE int shutdown(int fd, int how) noexcept {
  if (find(fd)) return fail(EOPNOTSUPP);
  return real().shutdown(fd, how);
}

CXLEMU_INTERPOSE int getsockname(int fd, sockaddr* address, socklen_t* size) noexcept {
  if (find(fd)) return fail(EOPNOTSUPP);
  return real().getsockname(fd, address, size);
}

CXLEMU_INTERPOSE int getpeername(int fd, sockaddr* address, socklen_t* size) noexcept {
  if (find(fd)) return fail(EOPNOTSUPP);
  return real().getpeername(fd, address, size);
}

CXLEMU_INTERPOSE int setsockopt(int fd, int level, int option, const void* value, socklen_t size) noexcept {
  if (const SocketRef socket = find(fd)) return set_option(socket, fd, level, option, value, size);
  return real().setsockopt(fd, level, option, value, size);
}

CXLEMU_INTERPOSE int getsockopt(int fd, int level, int option, void* value, socklen_t* size) noexcept {
  if (const SocketRef socket = find(fd)) return get_option(socket, fd, level, option, value, size);
  return real().getsockopt(fd, level, option, value, size);
}

CXLEMU_INTERPOSE int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (const SocketRef socket = find(fd)) return control_socket(socket, fd, request, argument);
  return real().ioctl(fd, request, argument);
}

// --------------------------------------------------------------------------------------------------------- sending

CXLEMU_INTERPOSE ssize_t send(int fd, const void* buffer, std::size_t size, int flags) {
  if (find(fd)) return fail(EDESTADDRREQ);
  return real().send(fd, buffer, size, flags);
}

CXLEMU_INTERPOSE ssize_t sendto(int fd, const void* buffer, std::size_t size, int flags, const sockaddr* address,
                                socklen_t address_size) {
  if (const SocketRef socket = find(fd)) {
    const ssize_t result = send_one(socket, fd, buffer, size, flags, address, address_size);
    if (!is_stale(result, fd)) return result;
  }
  return real().sendto(fd, buffer, size, flags, address, address_size);
}

CXLEMU_INTERPOSE ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  if (const SocketRef socket = find(fd)) {
    const ssize_t result = send_header(socket, fd, message, flags);
    if (!is_stale(result, fd)) return result;
  }
  return real().sendmsg(fd, message, flags);
}

CXLEMU_INTERPOSE int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  const SocketRef socket = find(fd);
  if (!socket) return real().sendmmsg(fd, messages, count, flags);
  if (count > kPartsMax) count = kPartsMax;
  for (unsigned i = 0; i < count; ++i) {
    const ssize_t sent = send_header(socket, fd, &messages[i].msg_hdr, flags);
    // What was sent counts; the error comes again with the next call.
    if (sent < 0) return i != 0 ? static_cast<int>(i) : -1;
    messages[i].msg_len = static_cast<unsigned>(sent);
  }
  return static_cast<int>(count);
}

CXLEMU_INTERPOSE ssize_t write(int fd, const void* buffer, std::size_t size) {
  if (find(fd)) return fail(EDESTADDRREQ);
  return real().write(fd, buffer, size);
}

CXLEMU_INTERPOSE ssize_t writev(int fd, const iovec* list, int count) {
  if (!find(fd)) return real().writev(fd, list, count);
  const ssize_t result = check_list(list, count);
  return result == 1 ? fail(EDESTADDRREQ) : result;
}

// ------------------------------------------------------------------------------------------------------- receiving

CXLEMU_INTERPOSE ssize_t recv(int fd, void* buffer, std::size_t size, int flags) {
  if (const SocketRef socket = find(fd)) {
    const ssize_t result = receive_one(socket, fd, buffer, size, flags, nullptr, nullptr);
    if (!is_stale(result, fd)) return result;
  }
  return real().recv(fd, buffer, size, flags);
}

CXLEMU_INTERPOSE ssize_t recvfrom(int fd, void* buffer, std::size_t size, int flags, sockaddr* address,
                                  socklen_t* address_size) {
  if (const SocketRef socket = find(fd)) {
    const ssize_t result = receive_one(socket, fd, buffer, size, flags, address, address_size);
    if (!is_stale(result, fd)) return result;
  }
  return real().recvfrom(fd, buffer, size, flags, address, address_size);
}

CXLEMU_INTERPOSE ssize_t recvmsg(int fd, msghdr* message, int flags) {
  if (const SocketRef socket = find(fd)) {
    const ssize_t result = receive_header(socket, fd, message, flags);
    if (!is_stale(result, fd)) return result;
  }
  const ssize_t result = real().recvmsg(fd, message, flags);
  if (result >= 0) adopt_received(message);
  return result;
}

CXLEMU_INTERPOSE int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  const SocketRef socket = find(fd);
  if (!socket) {
    const int result = real().recvmmsg(fd, messages, count, flags, timeout);
    for (int i = 0; i < result; ++i) adopt_received(&messages[i].msg_hdr);
    return result;
  }
  timespec deadline{};
  if (timeout) {
    if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1'000'000'000) return fail(EINVAL);
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout->tv_sec;
    deadline.tv_nsec += timeout->tv_nsec;
    if (deadline.tv_nsec >= 1'000'000'000) {
      deadline.tv_nsec -= 1'000'000'000;
      ++deadline.tv_sec;
    }
  }
  unsigned received = 0;
  while (received < count) {
    msghdr& message = messages[received].msg_hdr;
    const ssize_t size = receive_header(socket, fd, &message, flags & ~MSG_WAITFORONE);
    if (size < 0) return received != 0 ? static_cast<int>(received) : -1;
    messages[received].msg_len = static_cast<unsigned>(size);
    ++received;
    if ((flags & MSG_WAITFORONE) != 0) flags |= MSG_DONTWAIT;
    if (timeout && !time_is_left(deadline, *timeout)) break;
  }
  return static_cast<int>(received);
}

CXLEMU_INTERPOSE ssize_t read(int fd, void* buffer, std::size_t size) {
  if (const SocketRef socket = find(fd)) {
    if (size == 0) return 0;
    const ssize_t result = receive_one(socket, fd, buffer, size, 0, nullptr, nullptr);
    if (!is_stale(result, fd)) return result;
  }
  return real().read(fd, buffer, size);
}

CXLEMU_INTERPOSE ssize_t readv(int fd, const iovec* list, int count) {
  if (const SocketRef socket = find(fd)) {
    if (const ssize_t checked = check_list(list, count); checked != 1) return checked;
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(list);
    message.msg_iovlen = static_cast<std::size_t>(count);
    const ssize_t result = receive_message(socket, fd, message, 0);
    if (!is_stale(result, fd)) return result;
  }
  return real().readv(fd, list, count);
}

// What _FORTIFY_SOURCE makes of read() and recv(): too large a size ends the program, in the C library's own way.

CXLEMU_INTERPOSE ssize_t __read_chk(int fd, void* buffer, std::size_t size, std::size_t room) {
  if (size > room || !find(fd)) return real().read_chk(fd, buffer, size, room);
  return read(fd, buffer, size);
}

CXLEMU_INTERPOSE ssize_t __recv_chk(int fd, void* buffer, std::size_t size, std::size_t room, int flags) {
  if (size > room || !find(fd)) return real().recv_chk(fd, buffer, size, room, flags);
  return recv(fd, buffer, size, flags);
}

CXLEMU_INTERPOSE ssize_t __recvfrom_chk(int fd, void* buffer, std::size_t size, std::size_t room, int flags,
                                        sockaddr* address, socklen_t* address_size) {
  if (size > room || !find(fd)) return real().recvfrom_chk(fd, buffer, size, room, flags, address, address_size);
  return recvfrom(fd, buffer, size, flags, address, address_size);
}

// ----------------------------------------------------------------------------------------------------- descriptors

CXLEMU_INTERPOSE int dup(int fd) noexcept {
  const int result = real().dup(fd);
  if (result >= 0) copy(fd, result);
  return result;
}

CXLEMU_INTERPOSE int dup2(int fd, int wanted) noexcept {
  const int result = real().dup2(fd, wanted);
  if (result >= 0) copy(fd, result);
  return result;
}

CXLEMU_INTERPOSE int dup3(int fd, int wanted, int flags) noexcept {
  const int result = real().dup3(fd, wanted, flags);
  if (result >= 0) copy(fd, result);
  return result;
}

CXLEMU_INTERPOSE int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  return fcntl_any(real().fcntl, fd, command, argument);
}

CXLEMU_INTERPOSE int fcntl64(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  return fcntl_any(real().fcntl64, fd, command, argument);
}

// The table forgets before the kernel does: afterwards the number may already be another thread's new socket.

CXLEMU_INTERPOSE int close(int fd) {
  // Loads the table where this is the first call of all.
  const auto call = real().close;
  forget(fd);
  return call(fd);
}

CXLEMU_INTERPOSE int close_range(unsigned first, unsigned last, int flags) noexcept {
  const auto call = real().close_range;
  if (!call) return fail(ENOSYS);
  if (first <= last && (flags & static_cast<int>(CLOSE_RANGE_CLOEXEC)) == 0) forget_range(first, last);
  return call(first, last, flags);
}

CXLEMU_INTERPOSE void closefrom(int first) noexcept {
  const auto call = real().closefrom;
  forget_range(first < 0 ? 0 : static_cast<unsigned>(first), ~0U);
  if (call) call(first);
}
