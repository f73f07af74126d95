#include "client/mctp_shim/mctp_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "client/mctp_shim/lab_connection.hpp"
#include "client/mctp_shim/linux_mctp.hpp"

namespace cxlemu::shim {
namespace {

/// LIMIT: what Linux takes as one scatter/gather list (UIO_MAXIOV).
constexpr std::size_t kPartsMax = 1024;
/// Lists up to here are handed to the kernel with our prefix in front; longer ones go through a buffer.
constexpr std::size_t kPartsInPlace = 31;

constexpr std::uint8_t kTagBits = lab::kTagValueMask | lab::kTagOwner | lab::kTagPreallocated;
constexpr std::uint8_t kIntegrityCheck = 0x80;
constexpr int kSocketTypeMask = 0xF;
constexpr int kSocketTypes = 11;                          // SOCK_MAX
constexpr unsigned long kIoctlNetworkNamespace = 0x894C;  // SIOCGSKNS

int fail_of_lab(int error) {
  const bool gone = error == EPIPE || error == ECONNRESET || error == ENOTCONN || error == ECONNREFUSED;
  return fail(gone ? ENETDOWN : error);
}

bool pads_are_zero(const SockaddrMctp& address) { return address.pad0 == 0 && address.pad1 == 0; }

/// The checks that bind() and connect() begin with; 0 or an errno.
int take_address(const sockaddr* from, socklen_t size, SockaddrMctp& address) {
  if (size > sizeof(sockaddr_storage)) return EINVAL;
  if (!from) return EFAULT;
  if (size < sizeof address) return EINVAL;
  std::memcpy(&address, from, sizeof address);
  if (address.family != kAddressFamilyMctp) return EAFNOSUPPORT;
  return pads_are_zero(address) ? 0 : EINVAL;
}

lab::DatagramPrefix prefix_of(const SockaddrMctp& address, lab::DatagramKind kind) {
  lab::DatagramPrefix prefix;
  prefix.network = address.network;
  prefix.eid = address.eid;
  prefix.type = address.type;
  prefix.tag = address.tag;
  prefix.kind = kind;
  return prefix;
}

/// Where a message goes to and with which tag.
struct Destination {
  lab::NetworkPage* network = nullptr;
  lab::DatagramPrefix prefix;
  bool tag_taken = false;  ///< to be given back where the message cannot be sent
};

lab::NetworkPage* find_interface(lab::RoutePage& page, std::int32_t index) {
  for (lab::NetworkPage& network : page.networks) {
    const bool exists = network.network.load(std::memory_order_acquire) != 0;
    if (exists && network.interface_index.load() == static_cast<std::uint32_t>(index)) return &network;
  }
  return nullptr;
}

/// Address checks, then the route; 0 or an errno.
int resolve(const SocketRef& socket, const msghdr& message, Destination& destination) {
  if (!message.msg_name) return EDESTADDRREQ;
  SockaddrMctpExt extended{};
  SockaddrMctp& address = extended.base;
  if (message.msg_namelen < sizeof address) return EINVAL;
  std::memcpy(&extended, message.msg_name, std::min<std::size_t>(message.msg_namelen, sizeof extended));
  if (address.family != kAddressFamilyMctp || !pads_are_zero(address)) return EINVAL;
  if ((address.tag & ~kTagBits) != 0) return EINVAL;
  // Only a tag of one's own can be preallocated.
  if ((address.tag & lab::kTagPreallocated) != 0 && (address.tag & lab::kTagOwner) == 0) return EINVAL;

  if (address.network == 0) address.network = socket.page->default_network.load(std::memory_order_relaxed);
  if (message.msg_namelen >= sizeof extended && socket.shared().extended_address.load(std::memory_order_relaxed) != 0) {
    // Direct addressing: the link is named, and no route is asked for.
    if (extended.pad0[0] != 0 || extended.pad0[1] != 0 || extended.pad0[2] != 0) return EINVAL;
    if (extended.hardware_address_length > kHardwareAddressMax) return EINVAL;
    destination.network = find_interface(*socket.page, extended.interface_index);
    if (!destination.network) return ENOENT;
    if (extended.hardware_address_length != 0) return EINVAL;
    address.network = destination.network->network.load();
  } else {
    destination.network = lab::find_network(*socket.page, address.network);
    if (!destination.network || !lab::is_reachable(*destination.network, address.eid)) return EHOSTUNREACH;
  }
  destination.prefix = prefix_of(address, lab::DatagramKind::message);
  return 0;
}

/// The tag of a request; 0 or an errno.
int choose_tag(const SocketRef& socket, Destination& destination) {
  lab::DatagramPrefix& prefix = destination.prefix;
  if ((prefix.tag & lab::kTagOwner) == 0) return 0;
  if ((prefix.tag & lab::kTagPreallocated) != 0) {
    // Anybody's preallocated tag will do, as on Linux; the response goes to the socket that allocated it.
    const std::uint8_t tag = prefix.tag & lab::kTagValueMask;
    const auto& tags = destination.network->tags;
    const std::uint32_t slots = tags[lab::tag_row(prefix.eid)][tag].load() | tags[kAddressAny][tag].load();
    return (slots & lab::kSlotPreallocated) != 0 ? 0 : ENOENT;
  }
  const auto tag = lab::take_tag(*destination.network, prefix.eid, socket.connection.value);
  if (!tag) return EBUSY;
  prefix.tag = static_cast<std::uint8_t>(*tag | lab::kTagOwner);
  destination.tag_taken = true;
  return 0;
}

/// A program's scatter/gather list behind our prefix.
class Parts {
 public:
  Parts(lab::DatagramPrefix& prefix, const msghdr& message) : user_(message.msg_iov), count_(message.msg_iovlen) {
    list_[0] = {.iov_base = &prefix, .iov_len = sizeof prefix};
    if (count_ > kPartsInPlace) return;
    // memcpy() of nothing from null is undefined.
    if (count_ != 0) std::memcpy(&list_[1], user_, count_ * sizeof(iovec));
    used_ = count_ + 1;
  }
  ~Parts() { std::free(buffer_); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  [[nodiscard]] bool in_place() const { return count_ <= kPartsInPlace; }
  /// Room of the whole list; false where a length is negative to the kernel.
  bool measure(std::size_t& room) const {
    room = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (user_[i].iov_len > SSIZE_MAX) return false;
      room = std::min<std::size_t>(SSIZE_MAX, room + user_[i].iov_len);
    }
    return true;
  }
  bool use_buffer(std::size_t size) {
    buffer_ = static_cast<std::byte*>(std::malloc(size != 0 ? size : 1));
    list_[1] = {.iov_base = buffer_, .iov_len = size};
    used_ = 2;
    return buffer_ != nullptr;
  }
  void gather() {
    std::size_t at = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (user_[i].iov_len != 0) std::memcpy(buffer_ + at, user_[i].iov_base, user_[i].iov_len);
      at += user_[i].iov_len;
    }
  }
  void scatter(std::size_t size) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < count_ && at < size; ++i) {
      const std::size_t part = std::min(size - at, user_[i].iov_len);
      if (part != 0) std::memcpy(user_[i].iov_base, buffer_ + at, part);
      at += part;
    }
  }
  void put_into(msghdr& message) {
    message.msg_iov = list_.data();
    message.msg_iovlen = used_;
  }

 private:
  const iovec* user_;
  std::size_t count_;
  std::array<iovec, kPartsInPlace + 1> list_;
  std::size_t used_ = 0;
  std::byte* buffer_ = nullptr;
};

void put_address(const SocketRef& socket, const lab::DatagramPrefix& prefix, msghdr& message) {
  SockaddrMctpExt extended{};
  extended.base = {.family = kAddressFamilyMctp,
                   .pad0 = 0,
                   .network = prefix.network,
                   .eid = prefix.eid,
                   .type = prefix.type,
                   .tag = prefix.tag,
                   .pad1 = 0};
  socklen_t size = sizeof extended.base;
  if (socket.shared().extended_address.load(std::memory_order_relaxed) != 0) {
    size = sizeof extended;
    if (const lab::NetworkPage* network = lab::find_network(*socket.page, prefix.network)) {
      extended.interface_index = static_cast<std::int32_t>(network->interface_index.load());
    }
  }
  std::memcpy(message.msg_name, &extended, std::min(size, message.msg_namelen));
  // The whole length, also where it did not fit.
  message.msg_namelen = size;
}

int put_number(void* value, socklen_t* size, int number) {
  if (!size || !value) return fail(EFAULT);
  if (static_cast<int>(*size) < 0) return fail(EINVAL);
  *size = std::min<socklen_t>(*size, sizeof number);
  std::memcpy(value, &number, *size);
  return 0;
}

template <typename Control>
int control_tag(const SocketRef& socket, lab::DatagramKind kind, void* argument) {
  if (!argument) return fail(EFAULT);
  Control control;
  std::memcpy(&control, argument, sizeof control);
  std::uint32_t network = kInitialDefaultNetwork;
  std::uint8_t local = kAddressAny;
  if constexpr (sizeof(Control) == sizeof(TagControl2)) {
    network = control.network;
    local = control.local;
  }
  if (control.flags != 0 || (local != kAddressAny && local != kAddressNull)) return fail(EINVAL);
  if (kind == lab::DatagramKind::allocate_tag && control.tag != 0) return fail(EINVAL);

  lab::DatagramPrefix prefix;
  prefix.network = network;
  prefix.eid = control.peer;
  prefix.tag = control.tag;
  prefix.kind = kind;
  if (const int error = ask_lab(socket, prefix); error != 0) return fail(error);
  if (kind == lab::DatagramKind::allocate_tag) {
    control.tag = prefix.tag;
    std::memcpy(argument, &control, sizeof control);
  }
  return 0;
}

}  // namespace

int fail(int error) {
  errno = error;
  return -1;
}

int open_socket(int type, int protocol) {
  const int flags = type & ~kSocketTypeMask;
  if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0) return fail(EINVAL);
  if ((type & kSocketTypeMask) >= kSocketTypes) return fail(EINVAL);
  if (protocol != 0) return fail(EPROTONOSUPPORT);
  if ((type & kSocketTypeMask) != SOCK_DGRAM) return fail(ESOCKTNOSUPPORT);

  const LabSocket opened = connect_to_lab(flags);
  if (opened.fd < 0) return fail(-opened.fd);
  if (!remember(opened.fd, opened.socket)) {
    real().close(opened.fd);
    return fail(EMFILE);
  }
  return opened.fd;
}

int open_socket_pair(int type, int protocol) {
  const int first = open_socket(type, protocol);
  if (first < 0) return -1;
  forget(first);
  real().close(first);
  return fail(EOPNOTSUPP);
}

int bind_socket(const SocketRef& socket, const sockaddr* address, socklen_t size) {
  SockaddrMctp mctp;
  if (const int error = take_address(address, size, mctp); error != 0) return fail(error);
  lab::DatagramPrefix prefix = prefix_of(mctp, lab::DatagramKind::bind);
  const int error = ask_lab(socket, prefix);
  return error == 0 ? 0 : fail(error);
}

int connect_socket(const SocketRef& socket, const sockaddr* address, socklen_t size) {
  SockaddrMctp mctp;
  if (const int error = take_address(address, size, mctp); error != 0) return fail(error);
  if (size != sizeof mctp || mctp.tag != 0 || (mctp.type & kIntegrityCheck) != 0) return fail(EINVAL);
  lab::DatagramPrefix prefix = prefix_of(mctp, lab::DatagramKind::connect);
  const int error = ask_lab(socket, prefix);
  return error == 0 ? 0 : fail(error);
}

ssize_t send_message(const SocketRef& socket, int fd, const msghdr& message, int flags) {
  if (message.msg_iovlen > kPartsMax) return fail(EMSGSIZE);
  Destination destination;
  Parts parts(destination.prefix, message);
  std::size_t size = 0;
  if (!parts.measure(size)) return fail(EINVAL);
  if (const int error = resolve(socket, message, destination); error != 0) return fail(error);
  if (size > lab::kMessageBodyMax) return fail(EMSGSIZE);
  if (!parts.in_place()) {
    if (!parts.use_buffer(size)) return fail(ENOBUFS);
    parts.gather();
  }
  if (const int error = choose_tag(socket, destination); error != 0) return fail(error);

  msghdr datagram{};
  parts.put_into(datagram);
  // Linux looks at no other flag; a program must never get SIGPIPE from a datagram socket.
  const ssize_t sent = real().sendmsg(fd, &datagram, (flags & MSG_DONTWAIT) | MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<ssize_t>(size);
  const int error = errno;
  if (destination.tag_taken) {
    lab::give_back_tag(*destination.network, destination.prefix.eid, destination.prefix.tag & lab::kTagValueMask,
                       socket.connection.value);
  }
  return fail_of_lab(error);
}

ssize_t receive_message(const SocketRef& socket, int fd, msghdr& message, int flags) {
  if (message.msg_iovlen > kPartsMax) return fail(EMSGSIZE);
  if (message.msg_name && static_cast<int>(message.msg_namelen) < 0) return fail(EINVAL);
  if ((flags & ~(MSG_DONTWAIT | MSG_TRUNC | MSG_PEEK)) != 0) return fail(EOPNOTSUPP);
  lab::DatagramPrefix prefix;
  Parts parts(prefix, message);
  std::size_t room = 0;
  if (!parts.measure(room)) return fail(EINVAL);
  if (!parts.in_place() && !parts.use_buffer(std::min(room, lab::kMessageBodyMax))) return fail(ENOBUFS);

  msghdr datagram{};
  parts.put_into(datagram);
  datagram.msg_control = message.msg_control;
  datagram.msg_controllen = message.msg_controllen;
  const ssize_t received = real().recvmsg(fd, &datagram, flags);
  if (received < 0) return fail_of_lab(errno);
  // The end of the connection: our datagrams are never empty.
  if (received < static_cast<ssize_t>(sizeof prefix)) return fail(ENETDOWN);

  const auto length = static_cast<std::size_t>(received) - sizeof prefix;
  if (!parts.in_place()) parts.scatter(std::min(length, room));
  if (message.msg_name) put_address(socket, prefix, message);
  message.msg_controllen = datagram.msg_controllen;
  message.msg_flags = datagram.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
  return static_cast<ssize_t>(length);
}

int set_option(const SocketRef& socket, int fd, int level, int option, const void* value, socklen_t size) {
  if (static_cast<int>(size) < 0) return fail(EINVAL);
  if (level == SOL_SOCKET) {
    switch (option) {
      // What Linux has for AF_UNIX only.
      case SO_PASSCRED:
      case SO_PASSSEC:
      case SO_PEEK_OFF:
        return fail(EOPNOTSUPP);
      default:
        return real().setsockopt(fd, level, option, value, size);
    }
  }
  if (level != kLevelMctp) return fail(EINVAL);
  if (option != kOptionExtendedAddress) return fail(ENOPROTOOPT);
  if (size != sizeof(int)) return fail(EINVAL);
  if (!value) return fail(EFAULT);
  int number = 0;
  std::memcpy(&number, value, sizeof number);
  socket.shared().extended_address.store(number != 0 ? 1 : 0);
  return 0;
}

int get_option(const SocketRef& socket, int fd, int level, int option, void* value, socklen_t* size) {
  if (level == SOL_SOCKET) {
    switch (option) {
      case SO_DOMAIN:
        return put_number(value, size, kAddressFamilyMctp);
      case SO_TYPE:
        return put_number(value, size, SOCK_DGRAM);
      case SO_PROTOCOL:
        return put_number(value, size, 0);
      case SO_PEERNAME:
        return fail(ENOTCONN);
      default:
        return real().getsockopt(fd, level, option, value, size);
    }
  }
  if (level != kLevelMctp) return fail(EINVAL);
  if (!size) return fail(EFAULT);
  if (option != kOptionExtendedAddress || *size != sizeof(int)) return fail(EINVAL);
  return put_number(value, size, socket.shared().extended_address.load() != 0 ? 1 : 0);
}

int control_socket(const SocketRef& socket, int fd, unsigned long request, void* argument) {
  switch (request) {
    case kIoctlAllocateTag:
      return control_tag<TagControl>(socket, lab::DatagramKind::allocate_tag, argument);
    case kIoctlAllocateTag2:
      return control_tag<TagControl2>(socket, lab::DatagramKind::allocate_tag, argument);
    case kIoctlDropTag:
      return control_tag<TagControl>(socket, lab::DatagramKind::drop_tag, argument);
    case kIoctlDropTag2:
      return control_tag<TagControl2>(socket, lab::DatagramKind::drop_tag, argument);
    // What the kernel does for any file or socket before it asks the protocol.
    case FIONBIO:
    case FIOASYNC:
    case FIOCLEX:
    case FIONCLEX:
    case FIOSETOWN:
    case SIOCSPGRP:
    case FIOGETOWN:
    case SIOCGPGRP:
    case kIoctlNetworkNamespace:
      return real().ioctl(fd, request, argument);
    // Linux's AF_MCTP knows no other, not even FIONREAD.
    default:
      return fail(EINVAL);
  }
}

}  // namespace cxlemu::shim
