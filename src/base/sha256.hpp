// SHA-256 (FIPS 180-4), from libmd.
#pragma once

#include <array>
#include <initializer_list>

#include "base/bytes.hpp"

namespace cxlemu {

/// The digest of these bytes, one part after the other.
std::array<std::byte, 32> sha256(std::initializer_list<Bytes> parts);

}  // namespace cxlemu
