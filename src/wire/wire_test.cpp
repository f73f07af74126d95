#include <gtest/gtest.h>

#include "wire/le.hpp"
#include "wire/reader_writer.hpp"
#include "wire/return_code.hpp"

namespace cxlemu {
namespace {

TEST(Le, StoresTheLeastSignificantByteFirst) {
  const Le24 value = 0x123456U;
  const auto bytes = bytes_of(value);
  EXPECT_EQ(to_buffer(bytes), (Buffer{std::byte{0x56}, std::byte{0x34}, std::byte{0x12}}));
  EXPECT_EQ(value, 0x123456U);
}

TEST(Bits, GetAndSetTheBitsTheSpecificationPrints) {
  using Middle = Bits<11, 8>;
  EXPECT_EQ(Middle::get(0x0A00U), 0xAU);
  EXPECT_EQ(Middle::set(0xFFFFU, 0x12), 0xF2FFU);
}

TEST(Reader, NeverReadsPastTheEnd) {
  const Buffer bytes(3);
  Reader reader(bytes);
  EXPECT_TRUE(reader.take<Le16>());
  EXPECT_FALSE(reader.take<Le16>());
  EXPECT_EQ(reader.rest().size(), 1U);
}

TEST(Writer, RefusesWholeWhatDoesNotFit) {
  Buffer space(3);
  Writer writer(space);
  EXPECT_TRUE(writer.put(Le16(1)));
  EXPECT_FALSE(writer.put(Le16(2)));
  EXPECT_EQ(writer.size(), 2U);
}

TEST(ReturnCode, NamesEveryCodeAndNoOther) {
  EXPECT_EQ(name_of(ReturnCode::success), "Success");
  EXPECT_EQ(name_of(ReturnCode::request_abort_background_operation_not_supported),
            "Request Abort Background Operation Not Supported");
  EXPECT_EQ(name_of(static_cast<ReturnCode>(0x21)), "Reserved");
}

}  // namespace
}  // namespace cxlemu
