// The command line's side of QMP: one connection to a running lab, one command after another.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "os/descriptor.hpp"
#include "qmp/splitter.hpp"

namespace cxlemu::app {

class QmpClient {
 public:
  /// Connects to the lab of this name and negotiates. The error says which labs run.
  static Result<QmpClient> connect(const std::string& lab);

  /// What the command returns. The error is the lab's own words.
  Result<Json> call(std::string_view command, const Json& arguments = Json::object());

 private:
  explicit QmpClient(os::OwnedDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
  Result<Json> receive();

  /// LIMIT: bytes of one answer: 1 MiB of media is 2 MiB of text, and so is a lab of thousands of devices.
  static constexpr std::size_t kMaximumAnswer = 64 << 20;

  os::OwnedDescriptor descriptor_;
  qmp::Splitter splitter_{kMaximumAnswer};
  std::vector<Result<std::string>> received_;
};

}  // namespace cxlemu::app
