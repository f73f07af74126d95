#include "decode/names.hpp"

#include <gtest/gtest.h>

#include "component/memory_device/memory_device.hpp"

namespace cxlemu::decode {
namespace {

TEST(Names, OfCommandsAreReadAsTheirOpcodes) {
  for (const cci::Command& row : memory_device_commands()) EXPECT_EQ(parse_opcode(row.title), row.opcode) << row.title;
  EXPECT_EQ(parse_opcode("GET-LSA"), Opcode{0x4102});
  EXPECT_EQ(parse_opcode("16642"), Opcode{0x4102});
  EXPECT_EQ(parse_opcode("0xffff"), Opcode{0xFFFF});
  EXPECT_EQ(parse_opcode("0x10000"), std::nullopt);
  EXPECT_EQ(parse_opcode("get_lsa"), std::nullopt);
}

TEST(Names, OfReturnCodesAreReadAsTheirNumbers) {
  for (const auto& [value, name] : kReturnCodes)
    EXPECT_EQ(parse_return_code(name), static_cast<ReturnCode>(value)) << name;
  EXPECT_EQ(parse_return_code("media-disabled"), ReturnCode::media_disabled);
  EXPECT_EQ(parse_return_code("0x0f"), ReturnCode::invalid_physical_address);
  EXPECT_EQ(parse_return_code("65535"), static_cast<ReturnCode>(0xFFFF));
  EXPECT_EQ(parse_return_code("65536"), std::nullopt);
  EXPECT_EQ(parse_return_code("-1"), std::nullopt);
  EXPECT_EQ(parse_return_code(""), std::nullopt);
}

}  // namespace
}  // namespace cxlemu::decode
