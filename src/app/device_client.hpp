// One device of a running lab, as the command line talks to it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/qmp_client.hpp"
#include "base/bytes.hpp"
#include "cci/command.hpp"

namespace cxlemu::app {

class Device {
 public:
  /// `via`: by which CCI; empty: the lab chooses.
  Device(QmpClient client, std::string id, std::string via)
      : client_(std::move(client)), id_(std::move(id)), via_(std::move(via)) {}

  /// The answer of cxlemu-send-command.
  Result<Json> send(Opcode opcode, Bytes payload);
  /// What the lab says of the CCI that answered by `via`.
  Result<Json> cci(std::string_view via);
  /// What cxlemu-query-commands says.
  Result<Json> commands();
  /// Follows the background operation of this row to its end; `show` gets its percentage.
  Result<Json> wait(std::string_view via, const cci::Command& row, const std::function<void(unsigned)>& show);

 private:
  QmpClient client_;
  std::string id_;
  std::string via_;
  bool clock_was_checked_ = false;
};

bool succeeded(const Json& answer);
/// It runs in the background.
bool started(const Json& answer);
Buffer payload_of(const Json& answer);

}  // namespace cxlemu::app
