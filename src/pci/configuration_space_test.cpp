#include "pci/configuration_space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "wire/le.hpp"

namespace cxlemu::pci {
namespace {

using testing::ElementsAre;
using testing::Optional;
using testing::Pair;

FunctionConfig config() {
  return {.serial_number = 0x1122'3344'5566'7788, .hdm_count = 2, .memory_ranges = {0x1'1000'0000, 0x2'0000'0000}};
}

std::string read(const ConfigurationSpace& space, std::uint64_t offset, std::size_t size) {
  Buffer bytes(size);
  space.read(offset, bytes);
  return to_hex(bytes);
}

std::uint32_t dword(const ConfigurationSpace& space, std::uint64_t offset) {
  Le32 value;
  space.read(offset, std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

void write(ConfigurationSpace& space, std::uint64_t offset, std::string_view hex) {
  space.write(offset, from_hex(hex).value());
}

/// IDs and places of capabilities, as software finds them.
std::vector<std::pair<unsigned, unsigned>> conventional_chain(const ConfigurationSpace& space) {
  std::vector<std::pair<unsigned, unsigned>> found;
  for (unsigned at = dword(space, 0x34) & 0xFC; at >= 0x40 && found.size() < 50; at = dword(space, at) >> 8 & 0xFC) {
    found.emplace_back(dword(space, at) & 0xFF, at);
  }
  return found;
}

std::vector<std::pair<unsigned, unsigned>> extended_chain(const ConfigurationSpace& space) {
  std::vector<std::pair<unsigned, unsigned>> found;
  for (unsigned at = 0x100; at >= 0x100 && found.size() < 50; at = dword(space, at) >> 20) {
    found.emplace_back(dword(space, at) & 0xFFFF, at);
  }
  return found;
}

/// IDs, revisions, lengths and places of the DVSECs of CXL.
std::vector<std::array<unsigned, 4>> cxl_dvsecs(const ConfigurationSpace& space) {
  std::vector<std::array<unsigned, 4>> found;
  for (const auto& [id, at] : extended_chain(space)) {
    const std::uint32_t header = dword(space, at + 4);
    if (id != 0x23 || (header & 0xFFFF) != 0x1E98) continue;
    found.push_back({dword(space, at + 8) & 0xFFFF, header >> 16 & 0xF, header >> 20, at});
  }
  return found;
}

constexpr unsigned kPm = 0x40, kInterrupts = 0x48, kPcie = 0x58, kAer = 0x100, kCxl = 0x148, kLocator = 0x184,
                   kGpf = 0x1A0, kFlexBus = 0x1B0, kDsn = 0x1D0;

TEST(ConfigurationSpace, HasSoundRows) {
  EXPECT_EQ(ConfigurationSpace(config()).table().fault(), std::nullopt);
  FunctionConfig msi_x = config();
  msi_x.interrupts = InterruptStyle::msi_x;
  msi_x.hdm_count = 1;
  EXPECT_EQ(ConfigurationSpace(msi_x).table().fault(), std::nullopt);
}

TEST(ConfigurationSpace, IsACxlMemoryDevice) {
  const ConfigurationSpace space(config());
  EXPECT_EQ(read(space, 0, 64),
            "f41a810c00001000011002050000000004000000000000000c00000000000000"
            "000000000000000000000000f41a001100000000400000000000000000000000");
}

TEST(ConfigurationSpace, LinksItsCapabilities) {
  const ConfigurationSpace space(config());
  EXPECT_THAT(conventional_chain(space), ElementsAre(Pair(0x01, kPm), Pair(0x05, kInterrupts), Pair(0x10, kPcie)));
  EXPECT_THAT(extended_chain(space), ElementsAre(Pair(0x0001, kAer), Pair(0x0023, kCxl), Pair(0x0023, kLocator),
                                                 Pair(0x0023, kGpf), Pair(0x0023, kFlexBus), Pair(0x0003, kDsn)));
}

// CXL r3.2 Table 8-2: what an SLD must have, and neither 2, 3, 4 nor 9.
TEST(ConfigurationSpace, HasTheDvsecsOfAnSld) {
  using Dvsec = std::array<unsigned, 4>;
  EXPECT_THAT(cxl_dvsecs(ConfigurationSpace(config())),
              ElementsAre(Dvsec{0, 3, 0x3C, kCxl}, Dvsec{8, 0, 0x1C, kLocator}, Dvsec{5, 0, 0x10, kGpf},
                          Dvsec{7, 2, 0x20, kFlexBus}));
}

TEST(ConfigurationSpace, TellsTheSizesOfItsBars) {
  FunctionConfig larger = config();
  larger.device_registers_size = 0x20'0000;
  ConfigurationSpace space(larger);
  write(space, 0x10, "FFFFFFFF");
  write(space, 0x14, "FFFFFFFF");
  EXPECT_EQ(read(space, 0x10, 8), "0400ffffffffffff");
  write(space, 0x18, "FFFFFFFFFFFFFFFF");
  EXPECT_EQ(read(space, 0x18, 8), "0c00e0ffffffffff");
  write(space, 0x20, "FFFFFFFF");
  write(space, 0x24, "FFFFFFFF");
  write(space, 0x30, "FFFFFFFF");
  EXPECT_EQ(read(space, 0x20, 20), "000000000000000000000000f41a001100000000");
  write(space, 0x18, "0000C0FE");
  EXPECT_EQ(read(space, 0x18, 8), "0c00c0feffffffff");
}

TEST(ConfigurationSpace, AnswersAccessesOfEverySize) {
  ConfigurationSpace space(config());
  EXPECT_EQ(read(space, 0, 4096).size(), 8192U);
  EXPECT_EQ(read(space, 0xFFE, 4), "0000ffff");
  EXPECT_EQ(read(space, 0x09, 3), "100205");
  write(space, 0xFFE, "FFFFFFFF");
  write(space, 0x00, "FFFFFFFF");
  EXPECT_EQ(read(space, 0x00, 4), "f41a810c");
}

TEST(ConfigurationSpace, TakesBarsWhileMemorySpaceIsEnabledInD0) {
  ConfigurationSpace space(config());
  EXPECT_FALSE(space.bars_enabled());
  write(space, 0x04, "0200");
  EXPECT_TRUE(space.bars_enabled());
  write(space, kPm + 4, "0300");
  EXPECT_FALSE(space.bars_enabled());
  EXPECT_EQ(read(space, kPm + 2, 4), "03000b00");
}

TEST(PowerManagement, StaysWhereAStateDoesNotExist) {
  ConfigurationSpace space(config());
  write(space, kPm + 4, "0100");
  EXPECT_EQ(read(space, kPm + 4, 2), "0800");
  write(space, kPm + 4, "0300");
  write(space, kPm + 4, "0200");
  EXPECT_EQ(read(space, kPm + 4, 2), "0b00");
}

TEST(Msi, OffersEightMessages) {
  ConfigurationSpace space(config());
  EXPECT_EQ(read(space, kInterrupts, 14), "0558860000000000000000000000");
  EXPECT_FALSE(space.interrupts_enabled());
  write(space, kInterrupts + 2, "FFFF");
  EXPECT_EQ(read(space, kInterrupts + 2, 2), "f700");
  EXPECT_TRUE(space.interrupts_enabled());
  write(space, kInterrupts + 4, "FFFFFFFFFFFFFFFFFFFF");
  EXPECT_EQ(read(space, kInterrupts + 4, 12), "fcffffffffffffffffff0000");
}

// CXL r3.2 8.2.9.4.3: hardware keeps the message number right when fewer messages are assigned than were asked for.
TEST(Msi, FoldsMessageNumbersIntoWhatIsAssigned) {
  ConfigurationSpace space(config());
  EXPECT_EQ(space.message_number(5), 0);
  write(space, kInterrupts + 2, "2100");
  EXPECT_EQ(space.message_number(5), 1);
  write(space, kInterrupts + 2, "3100");
  EXPECT_EQ(space.message_number(5), 5);
  EXPECT_EQ(space.message_number(9), 1);
  write(space, kInterrupts + 2, "7100");  // more than there are: reserved
  EXPECT_EQ(space.message_number(5), 5);
  EXPECT_EQ(space.message_number(9), 1);
}

TEST(MsiX, HasItsTableInBar4) {
  FunctionConfig msi_x = config();
  msi_x.interrupts = InterruptStyle::msi_x;
  ConfigurationSpace space(msi_x);
  EXPECT_THAT(conventional_chain(space), ElementsAre(Pair(0x01, kPm), Pair(0x11, kInterrupts), Pair(0x10, 0x54)));
  EXPECT_EQ(read(space, kInterrupts, 12), "115407000400000004080000");
  write(space, 0x20, "FFFFFFFF");
  EXPECT_EQ(read(space, 0x20, 8), "00f0ffff00000000");
  EXPECT_EQ(space.message_number(5), 5);
  EXPECT_FALSE(space.interrupts_enabled());
  write(space, kInterrupts + 2, "FFFF");
  EXPECT_EQ(read(space, kInterrupts + 2, 2), "07c0");
  EXPECT_TRUE(space.interrupts_enabled());
}

TEST(MsiX, HasAtMostSixteenMessages) {
  FunctionConfig msi_x = config();
  msi_x.interrupts = InterruptStyle::msi_x;
  msi_x.messages = 16;
  EXPECT_EQ(read(ConfigurationSpace(msi_x), kInterrupts + 2, 2), "0f00");
  msi_x.messages = 17;
  EXPECT_EQ(read(ConfigurationSpace(msi_x), kInterrupts + 2, 2), "0f00");
}

TEST(PciExpress, IsAnEndpoint) {
  const ConfigurationSpace space(config());
  EXPECT_EQ(read(space, kPcie, 0x3C),
            "10000200008000101028000005014000000005110000000000000000"
            "00000000000000001000000000000000"
            "3e000000"
            "05001e00"
            "0000000000000000");
}

TEST(FunctionLevelReset, IsAskedForByItsBitWhichReadsZero) {
  ConfigurationSpace space(config());
  std::vector<Reset> resets;
  space.on_reset([&](Reset kind) {
    resets.push_back(kind);
    space.reset(kind);
  });
  write(space, 0x04, "0600");
  write(space, 0x18, "0000C0FE");
  write(space, kCxl + 0x0C, "0400");
  write(space, kPcie + 0x10, "4000");
  write(space, kPcie + 0x08, "1028");
  EXPECT_THAT(resets, ElementsAre());
  write(space, kPcie + 0x08, "0FA8");
  EXPECT_THAT(resets, ElementsAre(Reset::flr));
  EXPECT_EQ(read(space, kPcie + 0x08, 2), "1028");
  EXPECT_EQ(read(space, 0x04, 2), "0000");
  EXPECT_EQ(read(space, 0x18, 8), "0c00000000000000");
  EXPECT_EQ(read(space, kPcie + 0x10, 2), "4000");  // the link is not the function's
  EXPECT_TRUE(space.memory_enabled());              // CXL r3.2 9.5: the CXL DVSECs are not affected
}

// The write of a byte that does not hold the bit asks for nothing.
TEST(FunctionLevelReset, NeedsItsByte) {
  ConfigurationSpace space(config());
  int resets = 0;
  space.on_reset([&](Reset) { ++resets; });
  write(space, kPcie + 0x08, "FF");
  EXPECT_EQ(resets, 0);
  write(space, kPcie + 0x09, "80");
  EXPECT_EQ(resets, 1);
}

// CXL r3.2 8.1.3. Fault B32: as many HDM ranges are counted as there are.
TEST(CxlDvsec, TellsOfTwoRanges) {
  const ConfigurationSpace space(config());
  EXPECT_EQ(read(space, kCxl + 0x0A, 0x32),
            "aec0"
            "0200"
            "0000"
            "0000"
            "0080"
            "0000"
            "8000"
            "01000000"
            "4b000010"
            "00000000"
            "00000000"
            "02000000"
            "4b000000"
            "00000000"
            "00000000"
            "0100"
            "0000");
}

TEST(CxlDvsec, TellsOfOneRange) {
  FunctionConfig one = config();
  one.hdm_count = 1;
  ConfigurationSpace space(one);
  write(space, kCxl + 0x30, "FFFFFFFFFFFFFFFF");
  EXPECT_EQ(read(space, kCxl + 0x0A, 2), "9ec0");
  EXPECT_EQ(read(space, kCxl + 0x18, 32),
            "03000000"
            "4b000010"
            "00000000"
            "00000000"
            "00000000000000000000000000000000");
}

TEST(CxlDvsec, TellsOfNewSizesAfterAPartitioning) {
  ConfigurationSpace space(config());
  space.set_memory_ranges({0x0, 0x3'1000'0000});
  space.reset(Reset::cold);
  EXPECT_EQ(read(space, kCxl + 0x18, 8), "000000004b000000");
  EXPECT_EQ(read(space, kCxl + 0x28, 8), "030000004b000010");
}

TEST(CxlDvsec, LocksItsFieldsUntilAConventionalReset) {
  ConfigurationSpace space(config());
  write(space, kCxl + 0x0C, "FFFF");
  write(space, kCxl + 0x20, "01000000FFFFFFFF");
  EXPECT_EQ(read(space, kCxl + 0x0C, 2), "ff4f");
  EXPECT_EQ(read(space, kCxl + 0x20, 8), "01000000000000f0");
  write(space, kCxl + 0x14, "0100");
  write(space, kCxl + 0x14, "0000");
  write(space, kCxl + 0x0C, "0000");
  write(space, kCxl + 0x20, "0000000000000000");
  space.reset(Reset::cxl);
  EXPECT_EQ(read(space, kCxl + 0x0C, 2), "ff4f");
  EXPECT_EQ(read(space, kCxl + 0x14, 2), "0100");
  EXPECT_EQ(read(space, kCxl + 0x20, 8), "01000000000000f0");
  space.reset(Reset::conventional);
  EXPECT_EQ(read(space, kCxl + 0x0C, 2), "0200");
  EXPECT_EQ(read(space, kCxl + 0x14, 2), "0000");
  EXPECT_EQ(read(space, kCxl + 0x20, 8), "0000000000000000");
}

TEST(CxlDvsec, ForgetsWhatIsNotLockedAtACxlReset) {
  ConfigurationSpace space(config());
  write(space, kCxl + 0x0C, "FFFF");
  space.reset(Reset::cxl);
  EXPECT_EQ(read(space, kCxl + 0x0C, 2), "0200");
}

TEST(CxlReset, CompletesAndSaysSo) {
  ConfigurationSpace space(config());
  std::vector<std::string> seen;
  space.on_reset([&](Reset kind) {
    seen.push_back(kind == Reset::cxl ? read(space, kCxl + 0x12, 2) : "another reset");
    space.reset(kind);
  });
  write(space, kCxl + 0x10, "0C00");
  EXPECT_EQ(read(space, kCxl + 0x10, 4), "00000280");  // Control2, Status2
  write(space, kCxl + 0x10, "0800");
  EXPECT_EQ(read(space, kCxl + 0x10, 4), "08000280");
  write(space, kCxl + 0x10, "0400");
  EXPECT_THAT(seen, ElementsAre("0080", "0080"));  // Complete is clear while it goes on
  space.reset(Reset::conventional);
  EXPECT_EQ(read(space, kCxl + 0x12, 2), "0080");
}

TEST(RegisterLocator, NamesTheBlocksOfBothBars) {
  EXPECT_EQ(read(ConfigurationSpace(config()), kLocator + 0x0C, 16), "00010000000000000203000000000000");
}

TEST(Gpf, TellsOfPhase2) { EXPECT_EQ(read(ConfigurationSpace(config()), kGpf + 0x08, 8), "05000103e8030000"); }

TEST(FlexBus, TellsOfAVirtualHierarchyWithCxlMem) {
  ConfigurationSpace space(config());
  write(space, kFlexBus + 0x0C, "FFFFFFFF");
  write(space, kFlexBus + 0x18, "FFFFFFFF");
  EXPECT_EQ(read(space, kFlexBus + 0x08, 0x18),
            "0700"
            "2600"
            "2600"
            "2600"
            "00000000"
            "00000000"
            "01000000"
            "00000000");
}

TEST(SerialNumber, IsTheDevices) {
  EXPECT_EQ(read(ConfigurationSpace(config()), kDsn, 12), "030001008877665544332211");
}

TEST(AdvancedErrorReporting, MasksInternalErrorsAfterAColdReset) {
  ConfigurationSpace space(config());
  EXPECT_EQ(read(space, kAer + 4, 0x28),
            "00000000"
            "00004000"
            "10204600"
            "00000000"
            "00600000"
            "00000000"
            "00000000000000000000000000000000");
  write(space, kPcie + 8, "0F28");
  EXPECT_EQ(space.record_uncorrectable_internal_error({1, 2, 3, 4}), ErrorMessage::none);
  EXPECT_EQ(space.record_correctable_internal_error(), ErrorMessage::none);
  // The status bits are set all the same; no header is logged.
  EXPECT_EQ(read(space, kAer + 4, 0x28),
            "00004000"
            "00004000"
            "10204600"
            "00400000"
            "00600000"
            "00000000"
            "00000000000000000000000000000000");
  EXPECT_EQ(read(space, kPcie + 0x0A, 2), "0500");
}

TEST(AdvancedErrorReporting, SendsTheMessageThatIsEnabled) {
  FunctionConfig unmasked = config();
  unmasked.internal_errors_unmasked = true;
  ConfigurationSpace space(unmasked);
  EXPECT_EQ(space.record_correctable_internal_error(), ErrorMessage::none);
  EXPECT_EQ(space.record_uncorrectable_internal_error({}), ErrorMessage::none);
  write(space, kPcie + 8, "0F28");
  EXPECT_EQ(space.record_correctable_internal_error(), ErrorMessage::correctable);
  EXPECT_EQ(space.record_uncorrectable_internal_error({}), ErrorMessage::fatal);
  write(space, kAer + 0x0C, "00000000");
  EXPECT_EQ(space.record_uncorrectable_internal_error({}), ErrorMessage::non_fatal);
  write(space, kPcie + 8, "0028");
  write(space, 0x04, "0001");  // SERR# Enable
  EXPECT_EQ(space.record_uncorrectable_internal_error({}), ErrorMessage::non_fatal);
  EXPECT_EQ(space.record_correctable_internal_error(), ErrorMessage::none);
}

TEST(AdvancedErrorReporting, KeepsTheHeaderOfTheFirstErrorUntilItIsCleared) {
  FunctionConfig unmasked = config();
  unmasked.internal_errors_unmasked = true;
  ConfigurationSpace space(unmasked);
  space.record_uncorrectable_internal_error({0x11, 0x22, 0x33, 0x44});
  space.record_uncorrectable_internal_error({0x55, 0x66, 0x77, 0x88});
  EXPECT_EQ(read(space, kAer + 0x18, 20),
            "16000000"
            "11000000"
            "22000000"
            "33000000"
            "44000000");
  write(space, kAer + 0x04, "FFFFFFFF");
  EXPECT_EQ(read(space, kAer + 0x04, 4), "00000000");
  space.record_uncorrectable_internal_error({0x55, 0x66, 0x77, 0x88});
  EXPECT_EQ(read(space, kAer + 0x18, 20),
            "16000000"
            "55000000"
            "66000000"
            "77000000"
            "88000000");
  for (const Reset kind : {Reset::flr, Reset::cxl, Reset::conventional}) space.reset(kind);
  EXPECT_EQ(read(space, kAer + 0x04, 4), "00004000");
  space.reset(Reset::cold);
  EXPECT_EQ(read(space, kAer + 0x04, 4), "00000000");
}

}  // namespace
}  // namespace cxlemu::pci
