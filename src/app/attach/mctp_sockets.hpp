// Attaches programs behind the AF_MCTP shim to a lab: `mctp.sock` in its directory and the route page they share.
#pragma once

#include "app/attach/connections.hpp"
#include "os/memory.hpp"

namespace cxlemu::app {

/// The memory that the programs and the machine share.
class SharedRoutePage {
 public:
  static Result<SharedRoutePage> create();
  [[nodiscard]] lab::RoutePage* page() const { return page_; }
  [[nodiscard]] int descriptor() const { return memory_.descriptor(); }

 private:
  SharedRoutePage(os::SharedMemory memory, lab::RoutePage* page) : memory_(std::move(memory)), page_(page) {}

  os::SharedMemory memory_;
  lab::RoutePage* page_;
};

/// `sockets` counts what does not arrive. All of them must outlive what comes back.
Result<std::unique_ptr<Connections>> attach_mctp_sockets(os::EventLoop& loop, Gate& gate, SocketTable& sockets,
                                                         const SharedRoutePage& page,
                                                         const std::filesystem::path& directory);

}  // namespace cxlemu::app
