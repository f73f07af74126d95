// How long the path of an AF_UNIX socket is: os/ makes the addresses, options/ checks the paths that it is told.
#pragma once

#include <cstddef>

namespace cxlemu {

/// LIMIT: characters that an address takes: sun_path without its final zero.
inline constexpr std::size_t kMaximumSocketPath = 107;

}  // namespace cxlemu
