// What the files of this folder share about system calls. Private to the folder.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/result.hpp"

namespace cxlemu::os {

/// "WHAT: the text of the error number". The number is the first argument so that formatting cannot change errno first.
template <typename... Args>
std::unexpected<Error> system_failure(int error, fmt::format_string<Args...> what, Args&&... args) {
  return failure(fmt::format(what, std::forward<Args>(args)...) + ": " + std::generic_category().message(error));
}

/// Calls again for as long as a signal interrupts the call.
template <typename Call>
auto retry(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace cxlemu::os
