#include "component/memory_device/firmware_package.hpp"

#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "base/sha256.hpp"

namespace cxlemu {
namespace {

FwRevision revision(std::string_view text) { return parse_revision(text).value(); }

std::string error_of(Bytes package) {
  const auto parsed = parse_firmware_package(package);
  return parsed ? "" : parsed.error().message;
}

// A package with this byte changed.
Buffer changed(std::size_t at) {
  Buffer package = pack_firmware(revision("2.0"), bytes_of("hello"));
  package[at] ^= std::byte{1};
  return package;
}

// The digests were made with another program.
TEST(FirmwarePackage, IsAHeaderOf128BytesAndThePaddedPayload) {
  EXPECT_EQ(to_hex(pack_firmware(revision("2.0"), bytes_of("hello"))),
            "43584c454d554657"                                                  // CXLEMUFW
            "0100"                                                              // format version
            "8000"                                                              // header size
            "00000000"                                                          // reserved
            "0500000000000000"                                                  // payload size
            "322e3000000000000000000000000000"                                  // revision
            "0fec61ad262cf5294359f671f926d898a60b09a35c4f7e1baeeefee73258bcae"  // SHA-256 of revision and payload
                + std::string(112, '0') + "68656c6c6f" + std::string(246, '0'));
}

TEST(FirmwarePackage, MayHaveAnEmptyPayload) {
  const Buffer package = pack_firmware(revision("2.0"), {});
  EXPECT_EQ(package.size(), 128);
  EXPECT_EQ(to_hex(Bytes(package).subspan(40, 32)), "3e308d16c4d0999a9b4565902947cab8ad1808c1a80f0e5fa17fc4265bed6cab");
  EXPECT_TRUE(parse_firmware_package(package)->payload.empty());
}

class FirmwarePayload : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Size, FirmwarePayload, testing::Values(0, 1, 127, 128, 129, 255, 256, 100'000));

TEST_P(FirmwarePayload, IsWhatWasPackedAndThePackageAMultipleOf128Bytes) {
  Buffer payload(GetParam());
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(i + 1);
  const Buffer package = pack_firmware(revision("a revision of 16"), payload);
  EXPECT_EQ(package.size() % 128, 0);
  EXPECT_LT(package.size(), 128 + payload.size() + 128);
  const auto parsed = parse_firmware_package(package);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->payload, payload);
  EXPECT_EQ(revision_text(parsed->revision), "a revision of 16");
}

TEST_P(FirmwarePayload, MayComeWithoutItsPadding) {
  const Buffer package = pack_firmware(revision("2.0"), Buffer(GetParam(), std::byte{0xA5}));
  EXPECT_EQ(error_of(Bytes(package).first(128 + GetParam())), "");
}

TEST(FirmwarePackage, IsNoneWithoutItsMagic) {
  const std::string none = "this is no firmware package: it does not begin with CXLEMUFW";
  EXPECT_EQ(error_of({}), none);
  EXPECT_EQ(error_of(Bytes(changed(0)).first(127)), none);
  EXPECT_EQ(error_of(Buffer(256)), none);
  EXPECT_EQ(error_of(changed(0)), none);
  EXPECT_EQ(error_of(changed(7)), none);
}

TEST(FirmwarePackage, HasAFormatThatIsKnown) {
  const std::string unknown = "the firmware package has a format that this version does not know";
  EXPECT_EQ(error_of(changed(8)), unknown);
  EXPECT_EQ(error_of(changed(10)), unknown);
}

TEST(FirmwarePackage, IsAsLongAsItSays) {
  const Buffer package = pack_firmware(revision("2.0"), Buffer(200, std::byte{0xA5}));
  EXPECT_EQ(error_of(Bytes(package).first(327)), "the firmware package is cut short");
  EXPECT_EQ(error_of(changed(23)), "the firmware package is cut short");
  Buffer longer = package;
  longer.resize(package.size() + 72);  // 128 bytes behind the payload
  EXPECT_EQ(error_of(longer), "the firmware package goes on behind its payload");
  longer.resize(package.size() + 71);
  EXPECT_EQ(error_of(longer), "");
  EXPECT_EQ(error_of(changed(133)), "the firmware package goes on behind its payload");
  EXPECT_EQ(error_of(changed(255)), "the firmware package goes on behind its payload");
}

TEST(FirmwarePackage, IsWhatItsDigestSays) {
  const std::string corrupt = "the firmware package is corrupt: its SHA-256 does not fit";
  EXPECT_EQ(error_of(changed(24)), corrupt);  // revision
  EXPECT_EQ(error_of(changed(40)), corrupt);  // digest
  EXPECT_EQ(error_of(changed(71)), corrupt);
  EXPECT_EQ(error_of(changed(128)), corrupt);  // payload
  EXPECT_EQ(error_of(changed(132)), corrupt);
}

// Reserved bytes are ignored.
TEST(FirmwarePackage, MayHaveAnythingInReservedBytes) {
  EXPECT_EQ(error_of(changed(12)), "");
  EXPECT_EQ(error_of(changed(72)), "");
  EXPECT_EQ(error_of(changed(127)), "");
}

// Get FW Info shows the field as it is, so that a digest that fits is not enough.
TEST(FirmwarePackage, HasARevisionOfPrintableAsciiAndZerosBehindIt) {
  const std::string none = "the firmware package has no revision of printable ASCII";
  FwRevision wrong{};
  EXPECT_EQ(error_of(pack_firmware(wrong, {})), none);
  wrong[0] = std::byte{0x1F};
  EXPECT_EQ(error_of(pack_firmware(wrong, {})), none);
  wrong[0] = std::byte{0x7F};
  EXPECT_EQ(error_of(pack_firmware(wrong, {})), none);
  wrong = revision("2.0");
  wrong[15] = std::byte{'x'};
  EXPECT_EQ(error_of(pack_firmware(wrong, {})), none);
}

TEST(FirmwareRevision, IsOneToSixteenPrintableCharacters) {
  EXPECT_FALSE(parse_revision(""));
  EXPECT_FALSE(parse_revision("seventeen letters"));
  EXPECT_FALSE(parse_revision("a\tb"));
  EXPECT_FALSE(parse_revision("\xC3\xA4"));
  EXPECT_FALSE(parse_revision(std::string_view("\0", 1)));
  EXPECT_EQ(revision_text(*parse_revision(" ")), " ");
  EXPECT_EQ(revision_text(*parse_revision("~")), "~");
  EXPECT_EQ(revision_text(*parse_revision("sixteen letters.")), "sixteen letters.");
}

}  // namespace
}  // namespace cxlemu
