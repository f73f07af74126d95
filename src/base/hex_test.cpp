#include "base/hex.hpp"

#include <gtest/gtest.h>

namespace cxlemu {
namespace {

TEST(Hex, ReadsWhatItWrites) {
  const Buffer bytes = {std::byte{0x00}, std::byte{0xFF}, std::byte{0x1A}};
  EXPECT_EQ(to_hex(bytes), "00ff1a");
  EXPECT_EQ(from_hex("00ff1a"), bytes);
}

TEST(Hex, AcceptsSeparatorsBetweenBytesOnly) {
  EXPECT_EQ(from_hex("00 FF:1a\n"), from_hex("00ff1a"));
  EXPECT_EQ(from_hex("0 0"), std::nullopt);
}

TEST(Hex, RefusesOddAndForeignDigits) {
  EXPECT_EQ(from_hex("abc"), std::nullopt);
  EXPECT_EQ(from_hex("zz"), std::nullopt);
}

TEST(Hexdump, ShowsOffsetBytesAndText) {
  EXPECT_EQ(hexdump(bytes_of("CXL\x01")), "00000000  43 58 4c 01                                       |CXL.|\n");
}

}  // namespace
}  // namespace cxlemu
