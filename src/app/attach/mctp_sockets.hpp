// Attaches programs behind the AF_MCTP shim to a lab: `mctp.sock` in its directory and the route page they share.
#pragma once

#include <map>
#include <memory>

#include "app/clock.hpp"
#include "os/memory.hpp"
#include "os/unix_socket.hpp"

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

class AttachMctpSockets {
 public:
  static Result<std::unique_ptr<AttachMctpSockets>> open(os::EventLoop& loop, Machine& machine, Clock& clock,
                                                         const SharedRoutePage& page,
                                                         const std::filesystem::path& directory);
  void output(Output&& output);

 private:
  AttachMctpSockets(Machine& machine, Clock& clock, const SharedRoutePage& page)
      : machine_(machine), clock_(clock), page_(page) {}
  void accepted(os::Connection connection);

  Machine& machine_;
  Clock& clock_;
  const SharedRoutePage& page_;
  std::optional<os::Listener> listener_;
  std::map<std::uint32_t, os::Connection> connections_;
  std::uint32_t next_id_ = 0;
};

}  // namespace cxlemu::app
