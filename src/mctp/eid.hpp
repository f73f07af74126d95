// Endpoint IDs that a lab gives out. What DSP0236 8.2 gives a meaning to stands in base/ids.hpp (null, broadcast).
#pragma once

#include <cstddef>

#include "base/ids.hpp"

namespace cxlemu {

/// EIDs that a component may have: 1 to 7 are reserved (DSP0236 8.2), and 254 belongs to the requesters.
inline constexpr Eid kFirstEid{8};
inline constexpr Eid kLastEid{253};
/// EID of the endpoint that the programs behind the shim share on each network.
inline constexpr Eid kHostEid{254};
/// LIMIT: EIDs from the first to the last.
inline constexpr std::size_t kMaximumEndpointsOfNetwork = kLastEid.value - kFirstEid.value + 1;

}  // namespace cxlemu
