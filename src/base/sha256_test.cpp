#include "base/sha256.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"

namespace cxlemu {
namespace {

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(to_hex(sha256({bytes_of("abc")})), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({bytes_of("a"), bytes_of("bc")}), sha256({bytes_of("abc")}));
}

}  // namespace
}  // namespace cxlemu
