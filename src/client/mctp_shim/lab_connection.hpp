// How a socket comes to the daemon: connect, Hello, page; and the short connections for what needs an answer.
#pragma once

#include "client/mctp_shim/descriptors.hpp"

namespace cxlemu::shim {

/// Is there a lab for this process (CXLEMU_MCTP_SOCKET)?
bool lab_is_named();

struct LabSocket {
  int fd = -1;  ///< negative errno where there is no socket
  SocketRef socket;
};
/// A new connection; `flags` are those of socket(): SOCK_CLOEXEC, SOCK_NONBLOCK.
LabSocket connect_to_lab(int flags);

/// Asks the daemon about `socket`; the prefix says what, and has the answer's tag afterwards. An errno, 0 for success.
int ask_lab(const SocketRef& socket, lab::DatagramPrefix& prefix);

/// Looks among the open descriptors for sockets that came over execve().
void adopt_inherited_sockets();
/// The same for a descriptor that came over SCM_RIGHTS.
void adopt(int fd);

}  // namespace cxlemu::shim
