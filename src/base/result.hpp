// Errors are values. On the host side the error says what was attempted; in CCI code it is the wire's return code.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace cxlemu {

/// One line for a person: the place, what is wrong, and the remedy where there is one.
struct Error {
  std::string message;
};

template <typename T, typename E = Error>
using Result = std::expected<T, E>;

inline std::unexpected<Error> failure(std::string message) { return std::unexpected(Error{std::move(message)}); }

}  // namespace cxlemu

/// The value of a Result, or return its error from the enclosing function.
#define TRY(...)                                                 \
  __extension__({                                                \
    auto try_result = (__VA_ARGS__);                             \
    if (!try_result) return std::unexpected(try_result.error()); \
    *std::move(try_result);                                      \
  })

/// As TRY, for a Result<void>.
#define TRY_VOID(...)                                                                                        \
  do {                                                                                                       \
    if (auto try_result = (__VA_ARGS__); !try_result) return std::unexpected(std::move(try_result).error()); \
  } while (false)
