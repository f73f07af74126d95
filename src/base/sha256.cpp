#include "base/sha256.hpp"

#include <sha2.h>

namespace cxlemu {

std::array<std::byte, 32> sha256(std::initializer_list<Bytes> parts) {
  SHA2_CTX context;
  SHA256Init(&context);
  for (const Bytes part : parts) {
    SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
  }
  std::array<std::byte, 32> digest;
  SHA256Final(reinterpret_cast<std::uint8_t*>(digest.data()), &context);
  return digest;
}

}  // namespace cxlemu
