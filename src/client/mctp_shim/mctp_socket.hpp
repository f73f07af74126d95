// What AF_MCTP does: Linux's net/mctp/af_mctp.c as a program sees it, errno for errno. Each function returns what the
// call returns, with errno set.
//
// DEVIATION: no capabilities are asked for (Linux wants CAP_NET_RAW to send and CAP_NET_BIND_SERVICE to bind), because
// the emulated network is the user's own. When the daemon goes away, every call that needs it fails with ENETDOWN, as
// if the MCTP link had gone down; poll() reports POLLHUP as well.
#pragma once

#include "client/mctp_shim/descriptors.hpp"

namespace cxlemu::shim {

int open_socket(int type, int protocol);
int open_socket_pair(int type, int protocol);
int bind_socket(const SocketRef& socket, const sockaddr* address, socklen_t size);
int connect_socket(const SocketRef& socket, const sockaddr* address, socklen_t size);

/// `message.msg_name` null: no address was given. Control data is ignored, as Linux does.
ssize_t send_message(const SocketRef& socket, int fd, const msghdr& message, int flags);
/// Fills name, control and flags of `message` as recvmsg() does.
ssize_t receive_message(const SocketRef& socket, int fd, msghdr& message, int flags);

int set_option(const SocketRef& socket, int fd, int level, int option, const void* value, socklen_t size);
int get_option(const SocketRef& socket, int fd, int level, int option, void* value, socklen_t* size);
int control_socket(const SocketRef& socket, int fd, unsigned long request, void* argument);

/// Sets errno and returns -1.
int fail(int error);

}  // namespace cxlemu::shim
