#include "pci/component_registers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/hex.hpp"

namespace cxlemu::pci {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::uint64_t kRas = 0x1080, kLink = 0x10E0, kHdm = 0x1140;
constexpr std::uint64_t kDecoder0 = kHdm + 0x10, kDecoder1 = kHdm + 0x30;
constexpr std::uint64_t kBase = 0x00, kSize = 0x08, kControl = 0x10, kSkip = 0x14;

class Component {
 public:
  explicit Component(ComponentRegistersConfig config = {})
      : registers(config, {.read = [this](std::uint32_t offset) { return ras[offset]; },
                           .write = [this](std::uint32_t offset,
                                           std::uint32_t value) { ras_writes.emplace_back(offset, value); }}) {}
  std::string read(std::uint64_t offset, std::size_t size = 4) {
    Buffer bytes(size);
    registers.read(offset, bytes);
    return to_hex(bytes);
  }
  void write(std::uint64_t offset, std::string_view hex) { registers.write(offset, from_hex(hex).value()); }
  /// Base and size in units of 256 MiB, as Linux writes them, then the control.
  void program(std::uint64_t decoder, std::uint64_t base, std::uint64_t size, std::string_view control) {
    write64(decoder + kBase, base << 28);
    write64(decoder + kSize, size << 28);
    write(decoder + kControl, control);
  }
  void write64(std::uint64_t offset, std::uint64_t value) {
    registers.write(offset, std::as_bytes(std::span(&value, 1)));
  }

  mutable std::map<std::uint32_t, std::uint32_t> ras;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ras_writes;
  ComponentRegisters registers;
};

class DecoderCounts : public testing::TestWithParam<std::tuple<unsigned, unsigned, std::string>> {};
TEST_P(DecoderCounts, AreWhatADeviceMayHave) {
  const auto& [asked, made, capability] = GetParam();
  Component component({.hdm_decoders = asked});
  EXPECT_EQ(component.registers.table().fault(), std::nullopt);
  EXPECT_EQ(component.registers.hdm_decoders(), made);
  EXPECT_EQ(component.read(kHdm), capability);
  component.write(kDecoder0 + 0x20 * (made - 1) + kBase, "FFFFFFFF");
  EXPECT_EQ(component.read(kDecoder0 + 0x20 * (made - 1) + kBase), "000000f0");
  component.write(kDecoder0 + 0x20 * made + kBase, "FFFFFFFF");
  EXPECT_EQ(component.read(kDecoder0 + 0x20 * made + kBase), "00000000");
}
INSTANTIATE_TEST_SUITE_P(Every, DecoderCounts,
                         testing::Values(std::tuple(0U, 1U, "001f4000"), std::tuple(1U, 1U, "001f4000"),
                                         std::tuple(2U, 2U, "011f4000"), std::tuple(3U, 2U, "011f4000"),
                                         std::tuple(4U, 4U, "021f4000"), std::tuple(6U, 6U, "031f4000"),
                                         std::tuple(8U, 8U, "041f4000"), std::tuple(10U, 10U, "051f4000"),
                                         std::tuple(11U, 10U, "051f4000")));

// CXL r3.2 Table 8-22: RAS (version 3), Link (4), HDM Decoder (3); no Security Capability.
TEST(ComponentRegisters, ListTheirCapabilities) {
  Component component;
  EXPECT_EQ(component.read(0x1000, 20),
            "0100110302000308040004"
            "0e05000314"
            "00000000");
  EXPECT_EQ(component.read(0, 0x1000), std::string(0x2000, '0'));
  EXPECT_EQ(component.read(0xFFFE), "0000ffff");
}

TEST(Ras, IsReadThroughItsKeeper) {
  Component component;
  component.ras = {{0x00, 0x4000}, {0x14, 0x223F}, {0x54, 0xA5A5A5A5}, {0x58, 0xEEEEEEEE}};
  EXPECT_EQ(component.read(kRas), "00400000");
  EXPECT_EQ(component.read(kRas + 0x14, 2), "3f22");
  // Fault B32: behind the sixteenth dword of the header log there is nothing.
  EXPECT_EQ(component.read(kRas + 0x54, 8), "a5a5a5a500000000");
}

TEST(Ras, IsWrittenThroughItsKeeper) {
  Component component;
  component.ras = {{0x00, 0xFFFF}, {0x04, 0x11223344}};
  component.write(kRas + 1, "40");     // ones that clear: nothing but what was written
  component.write(kRas + 0x05, "99");  // a mask: the other bytes stay
  component.write(kRas + 0x0C, "7F000000");
  component.write(kRas + 0x18, "FFFFFFFF");
  EXPECT_THAT(component.ras_writes, ElementsAre(Pair(0x00, 0x4000), Pair(0x04, 0x11229944), Pair(0x0C, 0x7F)));
}

// Fault B32: what is written behind the sixteenth dword of the header log reaches nobody, and the link lies apart.
TEST(Ras, EndsWithItsHeaderLog) {
  Component component;
  for (std::uint64_t at = 0x58; at < kLink - kRas; at += 4) component.write(kRas + at, "FFFFFFFF");
  EXPECT_THAT(component.ras_writes, testing::IsEmpty());
  EXPECT_EQ(component.read(kRas + 0x58, kLink - kRas - 0x58), std::string(2 * (kLink - kRas - 0x58), '0'));
  component.ras = {{0x60, 0xEEEEEEEE}};
  EXPECT_EQ(component.read(kLink, 8), "0000000000000004");
}

TEST(Link, IsUp) {
  Component component;
  EXPECT_EQ(component.read(kLink, 0x50),
            "0000000000000004"
            "1800000000000000"
            "0000000010400000"
            "0000000000000000"
            "0000000000000000"
            "1020000000000000"
            "0000000000000000"
            "0000000000000000"
            "0000000000000000"
            "0000000000000000");
}

TEST(Link, KeepsItsSettingsUntilAColdReset) {
  Component component;
  component.write(kLink, std::string(0xA0, 'F'));
  const std::string written =
      "0fff000000000004"
      "1e00000000000000"
      "ffffffffffff0300"
      "0000000000000000"
      "0000000000000000"
      "ffff030000000000"
      "0100000000000000"
      "0000000000000000"
      "0000000000000000"
      "0000000000000000";
  EXPECT_EQ(component.read(kLink, 0x50), written);
  component.registers.reset(Reset::conventional);
  EXPECT_EQ(component.read(kLink, 0x50), written);
  component.registers.reset(Reset::cold);
  EXPECT_EQ(component.read(kLink + 0x28, 4), "10200000");
}

TEST(HdmDecoder, IsProgrammedByWordsOrWhole) {
  Component component;
  component.write(kDecoder0 + kBase, "FFFFFFFF44332211");
  component.write(kDecoder0 + kSize, "00000020");
  component.write(kDecoder0 + kSize + 4, "01000000");
  component.write(kDecoder0 + kSkip, "0000001002000000");
  component.write(kDecoder0 + kControl, "3902");
  EXPECT_EQ(component.registers.hdm_decoder(0), (HdmDecoder{.base = 0x1122'3344'F000'0000,
                                                            .size = 0x1'2000'0000,
                                                            .dpa_skip = 0x2'1000'0000,
                                                            .interleave_granularity = 9,
                                                            .interleave_ways = 3}));
}

// 8.2.4.20.3, .5, .9. Fault B32: addresses and sizes are multiples of 256 MiB.
TEST(HdmDecoder, IsAlignedTo256MiB) {
  Component component;
  for (const std::uint64_t at : {kBase, kSize, kSkip}) component.write(kDecoder0 + at, "FFFFFF1F");
  EXPECT_EQ(component.registers.hdm_decoder(0),
            (HdmDecoder{.base = 0x1000'0000, .size = 0x1000'0000, .dpa_skip = 0x1000'0000}));
}

// As Linux commits it: bit 9, then COMMITTED within 10 ms.
TEST(HdmDecoder, IsCommittedAndTakenBack) {
  Component component;
  component.program(kDecoder0, 1, 2, "00020000");
  EXPECT_EQ(component.read(kDecoder0 + kControl), "00160000");
  EXPECT_TRUE(component.registers.hdm_decoder(0).committed);
  component.write(kDecoder0 + kControl, "00020000");
  EXPECT_EQ(component.read(kDecoder0 + kControl), "00160000");
  component.write(kDecoder0 + kControl, "00000000");
  EXPECT_EQ(component.read(kDecoder0 + kControl), "00100000");
}

TEST(HdmDecoder, HasReadOnlyBitsInItsControl) {
  Component component;
  component.write(kDecoder0 + kControl, "00FCFFFF");
  EXPECT_EQ(component.read(kDecoder0 + kControl), "00100000");
}

// 8.2.4.20.12: a decoder of size 0 may be committed; without Lock On Commit nothing of its addresses is checked.
TEST(HdmDecoder, IsNotCheckedWithoutLockOnCommit) {
  Component component;
  component.program(kDecoder1, 0, 0, "00020000");
  EXPECT_EQ(component.read(kDecoder1 + kControl), "00160000");
  component.program(kDecoder0, 0xF'FFFF'FFFF, 1, "00020000");
  EXPECT_EQ(component.read(kDecoder0 + kControl), "00160000");
}

// Fault B32: order, overlap and wrap-around are refused, and said so.
TEST(HdmDecoder, IsCheckedWithLockOnCommit) {
  Component component;
  component.program(kDecoder1, 8, 1, "00030000");
  EXPECT_EQ(component.read(kDecoder1 + kControl), "001b0000");  // decoder 0 is not committed
  component.program(kDecoder0, 4, 4, "00030000");
  EXPECT_EQ(component.read(kDecoder0 + kControl), "00170000");
  component.write(kDecoder1 + kControl, "00030000");
  EXPECT_EQ(component.read(kDecoder1 + kControl), "001b0000");  // Commit did not change
  component.program(kDecoder1, 7, 1, "00010000");
  EXPECT_EQ(component.read(kDecoder1 + kControl), "00110000");
  component.write(kDecoder1 + kControl, "00030000");
  EXPECT_EQ(component.read(kDecoder1 + kControl), "001b0000");  // overlaps decoder 0
  component.write(kDecoder1 + kControl, "00010000");
  component.program(kDecoder1, 0xF'FFFF'FFFF, 1, "00030000");
  EXPECT_EQ(component.read(kDecoder1 + kControl), "001b0000");  // wraps around
  component.write(kDecoder1 + kControl, "00010000");
  component.program(kDecoder1, 8, 4, "80030000");
  EXPECT_EQ(component.read(kDecoder1 + kControl), "801b0000");  // three ways, size no multiple of 3
  component.write(kDecoder1 + kControl, "00010000");
  component.program(kDecoder1, 8, 6, "80030000");
  EXPECT_EQ(component.read(kDecoder1 + kControl), "80170000");
}

class Interleaving : public testing::TestWithParam<std::pair<std::string, std::string>> {};
TEST_P(Interleaving, IsCommittedWhereItsEncodingIsNotReserved) {
  Component component;
  component.program(kDecoder0, 1, 6, GetParam().first);
  EXPECT_EQ(component.read(kDecoder0 + kControl, 2), GetParam().second);
}
INSTANTIATE_TEST_SUITE_P(Bounds, Interleaving,
                         testing::Values(std::pair("06020000", "0616"), std::pair("07020000", "071a"),
                                         std::pair("40020000", "4016"), std::pair("50020000", "501a"),
                                         std::pair("70020000", "701a"), std::pair("80020000", "8016"),
                                         std::pair("A0020000", "a016"), std::pair("B0020000", "b01a"),
                                         std::pair("F0020000", "f01a")));

// 8.2.4.20.13, Table 8-1. Fault B32: what is locked stays, through a CXL Reset too.
TEST(HdmDecoder, IsLockedUntilAConventionalReset) {
  Component component;
  component.program(kDecoder0, 4, 4, "00030000");
  component.program(kDecoder0, 8, 8, "00000000");
  component.write(kDecoder0 + kSkip, "FFFFFFFFFFFFFFFF");
  const std::string locked =
      "00000040000000000000004000000000"
      "00170000"
      "0000000000000000"
      "00000000";
  EXPECT_EQ(component.read(kDecoder0, 32), locked);
  component.registers.reset(Reset::flr);
  component.registers.reset(Reset::cxl);
  EXPECT_EQ(component.read(kDecoder0, 32), locked);
  component.registers.reset(Reset::conventional);
  EXPECT_EQ(component.read(kDecoder0, 32), std::string(32, '0') + "00100000" + std::string(24, '0'));
}

// CXL r3.2 9.5: Linux taints itself where an FLR has lost a committed decoder.
TEST(HdmDecoder, OutlastsAFunctionLevelResetButNoCxlReset) {
  Component component;
  component.write(kHdm + 4, "FFFFFFFF");
  component.program(kDecoder0, 4, 4, "00020000");
  component.registers.reset(Reset::flr);
  EXPECT_EQ(component.read(kHdm + 4), "03000000");
  EXPECT_TRUE(component.registers.hdm_decoders_enabled());
  EXPECT_TRUE(component.registers.hdm_decoder(0).committed);
  component.registers.reset(Reset::cxl);
  EXPECT_EQ(component.read(kHdm + 4), "00000000");
  EXPECT_EQ(component.registers.hdm_decoder(0), HdmDecoder{});
}

}  // namespace
}  // namespace cxlemu::pci
