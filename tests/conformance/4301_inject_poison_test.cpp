// CXL r3.2 8.2.10.9.4.2 Inject Poison (Opcode 4301h)
#include "support/media.hpp"

namespace cxlemu {
namespace {

// Fault B15: in the reference emulator poison has no effect on reads, and makes no event.
TEST(InjectPoison, MakesReadsOfTheLineFailAndIsListedAndToldInformationally) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x1000)), success());
  EXPECT_EQ(lab.read_media(0x1000, 1), "poison");
  EXPECT_EQ(lab.read_media(0x103F, 1), "poison");
  EXPECT_EQ(lab.read_media(0x0FFF, 1), "00");
  EXPECT_EQ(lab.read_media(0x1040, 1), "00");
  EXPECT_EQ(poison_list(lab).text(), "1000+1:3");
  // Of both CCIs; the DPA's bit 0 says volatile.
  EXPECT_EQ(media_events(lab, EventLogId::informational), "1001:4:1");
  EXPECT_EQ(media_events(lab, EventLogId::informational, cci::kMctp), "1001:4:1");
}

TEST(InjectPoison, TellsThatPersistentCapacityIsNotVolatile) {
  Lab lab;
  lab.mailbox(0x4301, le64(256 * kMiB));
  EXPECT_EQ(media_events(lab, EventLogId::informational), "10000000:4:1");
}

TEST(InjectPoison, IntoPoisonIsASuccessAndNothingNew) {
  Lab lab([](auto& config) { config.inject_poison_limit = 1; });
  poison_at(lab, 0x1000, 1, {PoisonSource::external});
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x1000)), success());
  EXPECT_EQ(poison_list(lab).text(), "1000+1:1");
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x2000)), success());
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x2000)), success());
  EXPECT_EQ(media_events(lab, EventLogId::informational), "2001:4:1");
}

// Fault B15: poison beside the list is poison all the same. It takes nothing of the limit.
TEST(InjectPoison, IntoPoisonThatDoesNotFitTheListIsNothingNew) {
  Lab lab([](auto& config) {
    config.poison_list_size = 1;
    config.inject_poison_limit = 1;
  });
  poison_at(lab, 0x1000);
  poison_at(lab, 0x2000);
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x2000)), success());
  EXPECT_EQ(media_events(lab, EventLogId::informational), "");
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x3000)), success());
}

TEST(InjectPoison, IgnoresTheReservedBitsOfTheAddress) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x103F)), success());
  EXPECT_EQ(poison_list(lab).text(), "1000+1:3");
}

TEST(InjectPoison, ReachesTheLastLineAndNothingBehindIt) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x4301, le64(512 * kMiB - 64)), success());
  EXPECT_EQ(lab.mailbox(0x4301, le64(512 * kMiB)), refused(ReturnCode::invalid_physical_address));
  EXPECT_EQ(lab.mailbox(0x4301, le64(~0ULL)), refused(ReturnCode::invalid_physical_address));
}

// The limit counts addresses that are injected now, wherever they lie.
TEST(InjectPoison, IsRefusedAtItsLimitUntilOneIsCleared) {
  Lab lab([](auto& config) { config.inject_poison_limit = 2; });
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x1000)), success());
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x1040)), success());
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x1080)), refused(ReturnCode::inject_poison_limit_reached));
  lab.mailbox(0x4302, clear_request(0x1000));
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x1080)), success());
}

// A full list is no reason to refuse (the reference emulator answers 10h).
TEST(InjectPoison, IntoAFullListSucceedsAndOverflows) {
  Lab lab([](auto& config) { config.poison_list_size = 1; });
  lab.mailbox(0x4301, le64(0x1000));
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x2000)), success());
  EXPECT_EQ(lab.read_media(0x2000, 1), "poison");
  EXPECT_EQ(poison_list(lab).text(), "1000+1:3");
  EXPECT_EQ(media_events(lab, EventLogId::informational), "1001:4:1 2001:4:5");
}

TEST(InjectPoison, DuringAScanIsFoundByIt) {
  Lab lab;
  lab.mailbox(0x4304, scan_request(0, kAllLines));
  EXPECT_EQ(lab.mailbox(0x4301, le64(0x1000)).code, ReturnCode::success);
  lab.advance(1s);
  EXPECT_EQ(scan_results(lab).text(), "1000+1:3");
}

TEST(InjectPoison, IsForMailboxesOnly) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x4301, le64(0)), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x4301), "absent");
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x4301), "0400");
}

TEST(InjectPoison, WorksOverMctpForLibcxlmi) {
  Lab lab([](auto& config) { config.profile = Profile::libcxlmi; });
  EXPECT_EQ(lab.mctp(0x4301, le64(0x1000)), success());
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x4301), "0400");
}

TEST(InjectPoison, RefusesAShortPayload) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x4301, zeros(7)), refused(ReturnCode::invalid_payload_length));
}

TEST(InjectPoison, IsRefusedWhileMediaIsDisabled) {
  Lab lab;
  lab.mctp(0x4400);
  EXPECT_EQ(lab.mailbox(0x4301, le64(0)), refused(ReturnCode::media_disabled));
}

TEST(InjectPoisonLimit, IsWhatIdentifyMemoryDeviceTells) {
  Lab lab([](auto& config) { config.inject_poison_limit = 0x1234; });
  EXPECT_EQ(lab.mailbox(0x4000).payload.substr(2 * 0x3F, 4), "3412");
}

// It reads 0 as "poison cannot be injected".
TEST(InjectPoisonLimit, IsALargeNumberForLibcxlmi) {
  Lab lab([](auto& config) { config.profile = Profile::libcxlmi; });
  EXPECT_EQ(lab.mailbox(0x4000).payload.substr(2 * 0x3F, 4), "ffff");
}

}  // namespace
}  // namespace cxlemu
