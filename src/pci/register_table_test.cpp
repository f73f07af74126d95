#include "pci/register_table.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/hex.hpp"

namespace cxlemu::pci {
namespace {

std::string read(const RegisterTable& table, std::uint64_t offset, std::size_t size) {
  Buffer bytes(size, std::byte{0xEE});
  table.read(offset, bytes);
  return to_hex(bytes);
}

void write(RegisterTable& table, std::uint64_t offset, std::string_view hex) {
  table.write(offset, from_hex(hex).value());
}

/// A row of each attribute at 0x10, and neighbours without a gap.
std::vector<Register> attributes() {
  std::vector<Register> rows;
  rows.push_back({.offset = 0x10, .name = "Rw", .section = "0", .reset = 0x11223344, .rw = 0x00FF'FF00});
  rows.push_back({.offset = 0x14, .width = 2, .name = "Status", .section = "0", .reset = 0xF00F, .rw1c = 0xFF00});
  rows.push_back({.offset = 0x16, .width = 1, .name = "Byte", .section = "0", .reset = 0x5A});
  rows.push_back({.offset = 0x20, .width = 8, .name = "Wide", .section = "0", .rw = ~std::uint64_t{0}});
  return rows;
}

TEST(RegisterTable, DropsWritesToReadOnlyBits) {
  RegisterTable table(0x100, attributes());
  write(table, 0x10, "FFFFFFFF");
  EXPECT_EQ(read(table, 0x10, 4), "44ffff11");
  write(table, 0x16, "00");
  EXPECT_EQ(read(table, 0x16, 1), "5a");
}

TEST(RegisterTable, ClearsBitsByWritingOneAndNoOthers) {
  RegisterTable table(0x100, attributes());
  write(table, 0x14, "FF10");
  EXPECT_EQ(read(table, 0x14, 2), "0fe0");
  write(table, 0x14, "0000");
  EXPECT_EQ(read(table, 0x14, 2), "0fe0");
}

// Fault B10: an access of any width is answered, wherever it begins.
TEST(RegisterTable, ReadsAnySizeAtAnyOffset) {
  RegisterTable table(0x100, attributes());
  EXPECT_EQ(read(table, 0x11, 1), "33");
  EXPECT_EQ(read(table, 0x11, 2), "3322");
  EXPECT_EQ(read(table, 0x13, 3), "110ff0");
  EXPECT_EQ(read(table, 0x0E, 12), "0000443322110ff05a000000");
  EXPECT_EQ(read(table, 0x12, 0), "");
}

TEST(RegisterTable, WritesOnlyTheBytesThatAnAccessNames) {
  RegisterTable table(0x100, attributes());
  write(table, 0x12, "AA");
  EXPECT_EQ(read(table, 0x10, 4), "4433aa11");
  write(table, 0x0F, "CCCCDDCCCCFFFF");
  EXPECT_EQ(read(table, 0x10, 7), "44ddcc110f005a");
}

TEST(RegisterTable, TakesAWideRegisterInHalves) {
  RegisterTable table(0x100, attributes());
  write(table, 0x24, "11223344");
  EXPECT_EQ(read(table, 0x20, 8), "0000000011223344");
  write(table, 0x20, "55667788");
  EXPECT_EQ(read(table, 0x20, 8), "5566778811223344");
  EXPECT_EQ(read(table, 0x24, 4), "11223344");
  EXPECT_EQ(table.value(0x20), 0x44332211'88776655ULL);
}

TEST(RegisterTable, ReadsZerosWhereThereIsNoRegister) {
  RegisterTable table(0x100, attributes());
  write(table, 0x00, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
  EXPECT_EQ(read(table, 0x00, 16), "00000000000000000000000000000000");
}

TEST(RegisterTable, ReadsOnesBehindTheEnd) {
  RegisterTable table(0x28, attributes());
  write(table, 0x26, "AABBCCDD");
  EXPECT_EQ(read(table, 0x24, 8), "0000aabbffffffff");
  EXPECT_EQ(read(table, 0x28, 2), "ffff");
  EXPECT_EQ(read(table, std::numeric_limits<std::uint64_t>::max(), 4), "ffffffff");
  write(table, std::numeric_limits<std::uint64_t>::max(), "00000000");
  EXPECT_EQ(read(table, 0x26, 2), "aabb");
}

TEST(RegisterTable, TellsAnActionWhatWasWritten) {
  std::vector<RegisterWrite> seen;
  std::vector<Register> rows = attributes();
  rows[0].written = [&](const RegisterWrite& write) { seen.push_back(write); };
  RegisterTable table(0x100, std::move(rows));
  write(table, 0x11, "99AA");
  write(table, 0x14, "FFFF");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].before, 0x11223344U);
  EXPECT_EQ(seen[0].after, 0x11AA9944U);
  EXPECT_EQ(seen[0].value, 0x00AA9900U);
  EXPECT_EQ(seen[0].enabled, 0x00FFFF00U);
}

TEST(RegisterTable, ComputesARegister) {
  std::uint64_t kept = 0x1'8765'4321;
  std::vector<Register> rows;
  rows.push_back({.offset = 4,
                  .name = "Computed",
                  .section = "0",
                  .read = [&] { return kept; },
                  .written = [&](const RegisterWrite& write) { kept = write.after; }});
  RegisterTable table(8, std::move(rows));
  EXPECT_EQ(read(table, 4, 4), "21436587");
  write(table, 5, "00");
  EXPECT_EQ(kept, 0x87650021U);
  table.reset(Reset::cold);
  EXPECT_EQ(read(table, 4, 4), "21006587");
}

TEST(RegisterTable, WritesRegistersInTheOrderOfTheirOffsets) {
  std::string order;
  std::vector<Register> rows;
  for (const std::uint32_t offset : {8U, 0U, 4U}) {
    rows.push_back({.offset = offset, .name = "R", .section = "0", .written = [&order, offset](const RegisterWrite&) {
                      order += static_cast<char>('0' + offset);
                    }});
  }
  RegisterTable table(12, std::move(rows));
  write(table, 0, "000000000000000000000000");
  EXPECT_EQ(order, "048");
}

TEST(RegisterTable, HoldsMemoryBetweenRegisters) {
  Buffer payload(4);
  bool writable = true;
  std::vector<RegisterMemory> memory;
  memory.push_back(
      {.offset = 0x18, .bytes = payload, .name = "Payload", .section = "0", .writable = [&] { return writable; }});
  RegisterTable table(0x100, attributes(), std::move(memory));
  EXPECT_FALSE(table.fault().has_value());
  write(table, 0x17, "0102030405060708090A");
  EXPECT_EQ(to_hex(payload), "02030405");
  EXPECT_EQ(read(table, 0x15, 13), "f05a0002030405000000000a00");
  writable = false;
  write(table, 0x18, "FFFFFFFF");
  EXPECT_EQ(read(table, 0x19, 2), "0304");
}

// CXL r3.2 Table 8-1.
class ResetOfAttributes : public testing::TestWithParam<std::tuple<Reset, std::string>> {};

TEST_P(ResetOfAttributes, RestoresWhatTheTableSays) {
  std::vector<Register> rows;
  rows.push_back({.offset = 0, .width = 1, .name = "Rw", .section = "0", .rw = 0xFF});
  rows.push_back({.offset = 1, .width = 1, .name = "Cxl", .section = "0", .rw = 0xFF, .restored_by = kAllButFlr});
  rows.push_back({.offset = 2, .width = 1, .name = "Rws", .section = "0", .rws = 0xFF});
  rows.push_back({.offset = 3, .width = 1, .name = "Rw1cs", .section = "0", .rw1cs = 0xFF});
  rows.push_back({.offset = 4, .width = 1, .name = "Ros", .section = "0", .ros = 0xFF});
  rows.push_back({.offset = 5, .width = 1, .name = "Rwo", .section = "0", .rwo = 0x01, .restored_by = kAllButFlr});
  rows.push_back({.offset = 6,
                  .width = 1,
                  .name = "Locked",
                  .section = "0",
                  .rwl = 0xFF,
                  .restored_by = kAllButFlr,
                  .lock = {.offset = 5, .bits = 1}});
  rows.push_back({.offset = 7,
                  .width = 1,
                  .name = "Unlocked",
                  .section = "0",
                  .rwl = 0xFF,
                  .restored_by = kAllButFlr,
                  .lock = {.offset = 5, .bits = 3}});
  rows.push_back({.offset = 8, .width = 1, .name = "Kept", .section = "0", .rw = 0xFF, .restored_by = kNoReset});
  rows.push_back({.offset = 9,
                  .width = 1,
                  .name = "Rol",
                  .section = "0",
                  .rol = 0xF0,
                  .restored_by = kAllButFlr,
                  .lock = {.offset = 5, .bits = 1}});
  RegisterTable table(10, std::move(rows));
  for (std::uint32_t offset = 0; offset < 10; ++offset) table.set(offset, 0x11);
  table.reset(std::get<0>(GetParam()));
  EXPECT_EQ(read(table, 0, 10), std::get<1>(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Every, ResetOfAttributes,
                         testing::Values(std::tuple(Reset::flr, "00111111111111111111"),
                                         std::tuple(Reset::cxl, "00001111110111001110"),
                                         std::tuple(Reset::conventional, "00001111110000001100"),
                                         std::tuple(Reset::cold, "00000000000000001100")));

TEST(RegisterTable, LocksABitByWritingOneOnceAndWhatIsLockedByIt) {
  std::vector<Register> rows;
  rows.push_back({.offset = 0, .width = 2, .name = "Lock", .section = "0", .rwo = 0x0001});
  rows.push_back({.offset = 2,
                  .width = 2,
                  .name = "Locked",
                  .section = "0",
                  .rw = 0xFF00,
                  .rwl = 0x00FF,
                  .lock = {.offset = 0, .bits = 1}});
  RegisterTable table(4, std::move(rows));
  write(table, 2, "1122");
  write(table, 0, "0100");
  write(table, 0, "0000");
  write(table, 2, "3344");
  EXPECT_EQ(read(table, 0, 4), "01001144");
  table.reset(Reset::conventional);
  write(table, 2, "3344");
  EXPECT_EQ(read(table, 0, 4), "00003344");
}

TEST(RegisterTable, SaysWhatIsWrongWithItsRows) {
  const auto fault_of = [](Register row) {
    std::vector<Register> rows = attributes();
    rows.push_back(std::move(row));
    return RegisterTable(0x100, std::move(rows)).fault().value_or("sound");
  };
  EXPECT_EQ(fault_of({.offset = 0x28, .name = "A", .section = "0"}), "sound");
  EXPECT_EQ(fault_of({.offset = 0x27, .name = "A", .section = "0"}), "A: overlaps the register before it");
  EXPECT_EQ(fault_of({.offset = 0xFD, .name = "A", .section = "0"}), "A: reaches behind the end");
  EXPECT_EQ(fault_of({.offset = 0x28, .width = 9, .name = "A", .section = "0"}), "A: width");
  EXPECT_EQ(fault_of({.offset = 0x28, .name = "A", .section = "0", .rw = 1, .rws = 1}), "A: a bit has two attributes");
  EXPECT_EQ(fault_of({.offset = 0x28, .width = 2, .name = "A", .section = "0", .reset = 0x10000}),
            "A: a bit outside its width");
  EXPECT_EQ(fault_of({.offset = 0x28, .name = "A", .section = "0", .lock = {.offset = 0x29, .bits = 1}}),
            "A: no such lock");
  EXPECT_EQ(fault_of({.offset = 0x28, .name = "A", .section = ""}), "A: without a name or a section");
}

}  // namespace
}  // namespace cxlemu::pci
