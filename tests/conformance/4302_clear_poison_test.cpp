// CXL r3.2 8.2.10.9.4.3 Clear Poison (Opcode 4302h)
#include "support/media.hpp"

namespace cxlemu {
namespace {

class ClearPoison : public OnEveryCci {};
ON_EVERY_CCI(ClearPoison);

TEST_P(ClearPoison, WritesTheDataAndTakesTheAddressOffTheList) {
  Lab lab;
  poison_at(lab, 0x1000, 3);
  EXPECT_EQ(lab.send(GetParam(), 0x4302, clear_request(0x1040, "a5")), success());
  EXPECT_EQ(lab.read_media(0x1040, 64), repeated("a5", 64));
  EXPECT_EQ(lab.read_media(0x1000, 1), "poison");
  EXPECT_EQ(poison_list(lab, GetParam()).text(), "1000+1:2 1080+1:2");
}

TEST_P(ClearPoison, OfACleanAddressWritesItsDataAllTheSame) {
  Lab lab;
  lab.write_media(0x1000, repeated("11", 64));
  EXPECT_EQ(lab.send(GetParam(), 0x4302, clear_request(0x1000, "22")), success());
  EXPECT_EQ(lab.read_media(0x1000, 64), repeated("22", 64));
}

TEST_P(ClearPoison, IgnoresTheReservedBitsOfTheAddress) {
  Lab lab;
  poison_at(lab, 0x1000);
  EXPECT_EQ(lab.send(GetParam(), 0x4302, clear_request(0x103F, "33")), success());
  EXPECT_EQ(lab.read_media(0x1000, 64), repeated("33", 64));
  EXPECT_EQ(lab.read_media(0x1040, 1), "00");
}

TEST_P(ClearPoison, ReachesTheLastLineAndNothingBehindIt) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4302, clear_request(512 * kMiB - 64)), success());
  EXPECT_EQ(lab.send(GetParam(), 0x4302, clear_request(512 * kMiB)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(lab.send(GetParam(), 0x4302, clear_request(~0ULL)), refused(ReturnCode::invalid_physical_address));
}

TEST_P(ClearPoison, CannotMendMediaThatIsBroken) {
  Lab lab;
  poison_at(lab, 0x1000, 1, kPermanent);
  EXPECT_EQ(lab.send(GetParam(), 0x4302, clear_request(0x1000, "a5")), refused(ReturnCode::permanent_media_failure));
  EXPECT_EQ(lab.read_media(0x1000, 1), "poison");
  EXPECT_EQ(poison_list(lab, GetParam()).text(), "1000+1:2");
}

// Fault B15: poison beside the list is cleared like any other.
TEST_P(ClearPoison, ReachesPoisonThatDoesNotFitTheList) {
  Lab lab([](auto& config) {
    config.poison_list_size = 1;
    config.scan_duration = 100ms;
  });
  poison_at(lab, 0x1000);
  poison_at(lab, 0x2000);
  EXPECT_EQ(lab.send(GetParam(), 0x4302, clear_request(0x2000, "a5")), success());
  EXPECT_EQ(lab.read_media(0x2000, 64), repeated("a5", 64));
  lab.send(GetParam(), 0x4304, scan_request(0, kAllLines));
  lab.advance(100ms);
  EXPECT_EQ(poison_list(lab, GetParam()).text(), "1000+1:2");
  EXPECT_EQ(poison_list(lab, GetParam()).head.poison_list_flags, 0);
}

// Fault B15: the same as a host that writes new data.
TEST(HostWrite, ClearsThePoisonOfWholeLinesOnly) {
  Lab lab;
  poison_at(lab, 0x1000, 4);
  lab.write_media(0x1020, repeated("77", 128));  // the end of one line, all of the next, the start of a third
  EXPECT_EQ(poison_list(lab).text(), "1000+1:2 1080+2:2");
  EXPECT_EQ(lab.read_media(0x1040, 64), repeated("77", 64));
  EXPECT_EQ(lab.read_media(0x1000, 1), "poison");
}

TEST(HostWrite, DoesNotMendMediaThatIsBroken) {
  Lab lab;
  poison_at(lab, 0x1000, 2, kPermanent);
  lab.write_media(0x1000, repeated("77", 128));
  EXPECT_EQ(lab.read_media(0x1000, 64), "poison");
}

// SILENT in the text: what the media holds changes at once, the scan tells of it at its end.
TEST(ClearPoisonDuringAScan, IsNotFoundByIt) {
  Lab lab;
  poison_at(lab, 0x1000);
  lab.mailbox(0x4304, scan_request(0, kAllLines));
  EXPECT_EQ(lab.mailbox(0x4302, clear_request(0x1000)).code, ReturnCode::success);
  lab.advance(1s);
  EXPECT_EQ(scan_results(lab).text(), "");
}

TEST_P(ClearPoison, RefusesAShortPayload) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4302, zeros(71)), refused(ReturnCode::invalid_payload_length));
}

TEST_P(ClearPoison, IsRefusedWhileMediaIsDisabled) {
  Lab lab;
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  EXPECT_EQ(lab.send(GetParam(), 0x4302, clear_request(0)), refused(ReturnCode::media_disabled));
}

TEST_P(ClearPoison, IsInTheCelAsADataChange) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4302), "0400");
}

}  // namespace
}  // namespace cxlemu
