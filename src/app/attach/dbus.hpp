// Shows the endpoints of a lab on a D-Bus as mctpd does, so that programs find them that look for them there.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "machine/machine.hpp"
#include "os/dbus.hpp"

namespace cxlemu::app {

class AttachDbus {
 public:
  /// `where` is "private", "system", "session" or a D-Bus address. The machine must outlive it. Errors name the option
  /// and what helps.
  static Result<std::unique_ptr<AttachDbus>> open(os::EventLoop& loop, Machine& machine, const std::string& where,
                                                  const std::filesystem::path& lab_directory);
  /// The bus that programs are told to use as the system bus; nothing where it is that one already.
  [[nodiscard]] const std::optional<std::string>& address() const { return address_; }

 private:
  AttachDbus() = default;

  std::optional<os::PrivateBus> bus_;
  std::unique_ptr<os::DbusExport> export_;
  std::optional<std::string> address_;
};

}  // namespace cxlemu::app
