// Which descriptors of this process are emulated AF_MCTP sockets, and the C library's functions behind ours.
//
// The table is memory of the process: fork() copies it, dup() and close() keep it up to date. After execve() it is
// rebuilt from the open descriptors, by the socket cookies in the route page. No locks, so that fork() in a threaded
// program finds it whole.
#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "wire/lab_socket.hpp"

namespace cxlemu::shim {

struct RealCalls {
  decltype(&::socket) socket;
  decltype(&::socketpair) socketpair;
  decltype(&::bind) bind;
  decltype(&::connect) connect;
  decltype(&::listen) listen;
  decltype(&::accept) accept;
  decltype(&::accept4) accept4;
  decltype(&::shutdown) shutdown;
  decltype(&::getsockname) getsockname;
  decltype(&::getpeername) getpeername;
  decltype(&::setsockopt) setsockopt;
  decltype(&::getsockopt) getsockopt;
  decltype(&::send) send;
  decltype(&::sendto) sendto;
  decltype(&::sendmsg) sendmsg;
  decltype(&::sendmmsg) sendmmsg;
  decltype(&::recv) recv;
  decltype(&::recvfrom) recvfrom;
  decltype(&::recvmsg) recvmsg;
  decltype(&::recvmmsg) recvmmsg;
  decltype(&::read) read;
  decltype(&::readv) readv;
  decltype(&::write) write;
  decltype(&::writev) writev;
  decltype(&::ioctl) ioctl;
  decltype(&::fcntl) fcntl;
  decltype(&::fcntl) fcntl64;
  decltype(&::dup) dup;
  decltype(&::dup2) dup2;
  decltype(&::dup3) dup3;
  decltype(&::close) close;
  int (*close_range)(unsigned, unsigned, int) noexcept;
  void (*closefrom)(int) noexcept;
  ssize_t (*read_chk)(int, void*, std::size_t, std::size_t);
  ssize_t (*recv_chk)(int, void*, std::size_t, std::size_t, int);
  ssize_t (*recvfrom_chk)(int, void*, std::size_t, std::size_t, int, sockaddr*, socklen_t*);
};

/// The C library's functions; loads them, and finds inherited sockets, at the first call.
const RealCalls& real();

/// One of our sockets, or none.
struct SocketRef {
  lab::RoutePage* page = nullptr;
  std::uint32_t page_index = 0;  ///< which of the pages that this process has mapped
  lab::ConnectionId connection{};
  explicit operator bool() const { return page != nullptr; }
  [[nodiscard]] lab::SocketPage& shared() const { return page->sockets[lab::socket_place(connection)]; }
};

SocketRef find(int fd);
/// False: the descriptor is above what the table can hold.
bool remember(int fd, const SocketRef& socket);
/// `to` is now what `from` is. Nothing in the child of a vfork(): its descriptors are its own, but its memory is not.
void copy(int from, int to);
void forget(int fd);
void forget_range(unsigned first, unsigned last);

/// A page that this process has mapped, by its number; null if there is none.
lab::RoutePage* mapped_page(std::uint32_t index);
/// Maps the page behind `fd`, or finds it among the mapped ones. Negative errno on failure.
int map_page(int fd);

}  // namespace cxlemu::shim
