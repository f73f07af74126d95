#include "base/uuid.hpp"

#include "base/hex.hpp"

namespace cxlemu {

std::string Uuid::text() const {
  std::string hex = to_hex(bytes);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) hex.insert(dash, 1, '-');
  return hex;
}

}  // namespace cxlemu
