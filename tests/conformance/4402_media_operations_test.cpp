// CXL r3.2 8.2.10.9.5.3 Media Operations (Opcode 4402h)
#include "support/media.hpp"

namespace cxlemu {
namespace {

constexpr std::string_view kSanitize = "0100";
constexpr std::string_view kZero = "0101";
void takes_100ms(MemoryDeviceConfig& config) { config.media_operation_duration = 100ms; }

std::string discovery(std::string_view start_and_count, std::uint32_t ranges = 0) {
  return "00000000" + le32(ranges) + std::string(start_and_count);
}

TEST(MediaOperationsDiscovery, ListsWhatThereIs) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x4402, discovery("0000 ffff")), success("4000000000000000 0200 0200 0100 0101"));
  EXPECT_EQ(lab.mailbox(0x4402, discovery("0100 ffff")), success("4000000000000000 0200 0100 0101"));
  EXPECT_EQ(lab.mailbox(0x4402, discovery("0000 0100")), success("4000000000000000 0200 0100 0100"));
  EXPECT_EQ(lab.mailbox(0x4402, discovery("0000 0000")), success("4000000000000000 0200 0000"));
}

TEST(MediaOperationsDiscovery, RefusesAnIndexBehindTheListAndDpaRanges) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x4402, discovery("0200 ffff")), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.mailbox(0x4402, discovery("0000 ffff", 1)), refused(ReturnCode::invalid_input));
  EXPECT_EQ(lab.mailbox(0x4402, discovery("0000 ff")), refused(ReturnCode::invalid_payload_length));
}

TEST(MediaOperationsDiscovery, IsAnsweredWhileMediaIsDisabledAndBesideAnotherOperation) {
  Lab lab;
  lab.mctp(0x4400);
  EXPECT_EQ(lab.mailbox(0x4402, discovery("0000 ffff")).code, ReturnCode::success);
  lab.advance(1s);
  lab.mailbox(0x4402, media_operation(kZero, {{0, 64}}));
  EXPECT_EQ(lab.mailbox(0x4402, discovery("0000 ffff")).code, ReturnCode::success);
}

class MediaOperation : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Subclass, MediaOperation, testing::Values(kSanitize, kZero), [](const auto& tested) {
  return tested.param == kSanitize ? std::string("Sanitize") : std::string("Zero");
});

// Fault B16: in the reference emulator nothing of persistent capacity is wiped, or the wrong place.
TEST_P(MediaOperation, OverwritesItsRangesInBothPartitionsAndNothingElse) {
  Lab lab(takes_100ms);
  const std::string data = repeated("a5", 192);
  for (const std::uint64_t dpa : {0x1000UL, 256 * kMiB - 64, 400 * kMiB}) lab.write_media(dpa, data);
  EXPECT_EQ(lab.mailbox(0x4402, media_operation(GetParam(), {{0x1040, 64}, {256 * kMiB - 64, 128}})), kStarted);
  lab.advance(100ms - 1ns);
  EXPECT_EQ(lab.read_media(0x1040, 1), "a5");
  lab.advance(1ns);
  EXPECT_EQ(lab.background(cci::kMailbox).return_code, ReturnCode::success);
  EXPECT_EQ(lab.read_media(0x1000, 192), repeated("a5", 64) + zeros(64) + repeated("a5", 64));
  EXPECT_EQ(lab.read_media(256 * kMiB - 64, 192), zeros(128) + repeated("a5", 64));
  EXPECT_EQ(lab.read_media(400 * kMiB, 192), data);
}

TEST_P(MediaOperation, DoesNotDisableMediaAndLeavesLabelsAndEvents) {
  Lab lab(takes_100ms);
  lab.mailbox(0x4103, zeros(8) + "0102");
  lab.log_event(EventLogId::warning);
  lab.mailbox(0x4402, media_operation(GetParam(), {{0, 512 * kMiB}}));
  EXPECT_EQ(lab.read_media(0, 1), "00");
  lab.advance(100ms);
  EXPECT_EQ(lab.mailbox(0x4102, "0000000002000000"), success("0102"));
  EXPECT_EQ(lab.events(EventLogId::warning).size(), 1U);
}

TEST_P(MediaOperation, ClearsThePoisonOfItsRanges) {
  Lab lab(takes_100ms);
  poison_at(lab, 0x1000, 4);
  poison_at(lab, 0x2000, 1, kPermanent);
  lab.mailbox(0x4402, media_operation(GetParam(), {{0x1040, 128}, {0x2000, 64}}));
  lab.advance(100ms);
  EXPECT_EQ(poison_list(lab).text(), "1000+1:2 10c0+1:2 2000+1:2");
}

// cci-wire A4, spec-check c4: neither the effect nor the return code Aborted stand in its lists.
TEST_P(MediaOperation, CannotBeAborted) {
  Lab lab(takes_100ms);
  lab.mailbox(0x4402, media_operation(GetParam(), {{0, 64}}));
  EXPECT_EQ(lab.mailbox(0x0005).code, ReturnCode::request_abort_background_operation_not_supported);
  EXPECT_TRUE(lab.background(cci::kMailbox).running);
}

TEST_P(MediaOperation, OnNoRangeIsDoneAtOnce) {
  Lab lab(takes_100ms);
  EXPECT_EQ(lab.mailbox(0x4402, media_operation(GetParam(), {})), success());
}

TEST_P(MediaOperation, RefusesAnInvalidRangeAndTouchesNothing) {
  Lab lab(takes_100ms);
  lab.write_media(0, "a5");
  const std::vector<ByteRange> wrong = {
      {0, 0}, {0, 32}, {0, 65}, {512 * kMiB, 64}, {512 * kMiB - 64, 128}, {64, 512 * kMiB}, {~63ULL, 128}, {0, ~63ULL}};
  for (const ByteRange& range : wrong) {
    EXPECT_EQ(lab.mailbox(0x4402, media_operation(GetParam(), {{0, 64}, range})), refused(ReturnCode::invalid_input))
        << range.dpa << "+" << range.length;
  }
  lab.advance(1s);
  EXPECT_EQ(lab.read_media(0, 1), "a5");
}

TEST_P(MediaOperation, IgnoresTheReservedBitsOfAStart) {
  Lab lab(takes_100ms);
  lab.write_media(0x1000, repeated("a5", 128));
  EXPECT_EQ(lab.mailbox(0x4402, media_operation(GetParam(), {{0x103F, 64}})), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(lab.read_media(0x1000, 128), zeros(64) + repeated("a5", 64));
}

// Fault B43: a count that the payload does not hold.
TEST_P(MediaOperation, RefusesMoreRangesThanCame) {
  Lab lab;
  std::string request = media_operation(GetParam(), {{0, 64}, {64, 64}});
  request.resize(request.size() - 2);
  EXPECT_EQ(lab.mailbox(0x4402, request), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.mailbox(0x4402, std::string(GetParam()) + "0000 ffffffff"),
            refused(ReturnCode::invalid_payload_length));
}

TEST_P(MediaOperation, TakesAsManyRangesAsTheMailboxHolds) {
  Lab lab(takes_100ms);
  std::vector<ByteRange> ranges;
  for (std::uint64_t i = 0; i < (8192 - 8) / 16; ++i) ranges.push_back({i * 128, 64});
  lab.write_media(0, repeated("a5", 128 * ranges.size()));
  EXPECT_EQ(lab.mailbox(0x4402, media_operation(GetParam(), ranges)), kStarted);
  lab.advance(100ms);
  EXPECT_EQ(lab.read_media(128 * 510, 128), zeros(64) + repeated("a5", 64));
}

TEST_P(MediaOperation, IsRefusedWhileMediaIsDisabled) {
  Lab lab;
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  EXPECT_EQ(lab.mailbox(0x4402, media_operation(GetParam(), {{0, 64}})), refused(ReturnCode::media_disabled));
}

TEST_P(MediaOperation, IsBusyBesideAnotherOneOnTheMedia) {
  Lab lab(takes_100ms);
  lab.mctp(0x4304, scan_request(0, kAllLines));
  EXPECT_EQ(lab.mailbox(0x4402, media_operation(GetParam(), {{0, 64}})), refused(ReturnCode::busy));
  lab.advance(1s);
  lab.mailbox(0x4402, media_operation(GetParam(), {{0, 64}}));
  EXPECT_EQ(lab.mailbox(0x4402, media_operation(GetParam(), {{0, 64}})).code, ReturnCode::busy);
  EXPECT_EQ(lab.mctp(0x4304, scan_request(0, 1)), refused(ReturnCode::busy));
  EXPECT_EQ(lab.mctp(0x4400), refused(ReturnCode::busy));
}

// What had been reached is overwritten; media stays enabled, as nothing promised that all of it was sanitized.
TEST_P(MediaOperation, InterruptedByAResetHasDoneAPart) {
  Lab lab(takes_100ms);
  lab.write_media(0, repeated("a5", 6400));
  lab.mailbox(0x4402, media_operation(GetParam(), {{0, 6400}}));
  lab.advance(50ms);
  lab.reset(ResetKind::conventional);
  EXPECT_EQ(lab.read_media(0, 6400), zeros(3200) + repeated("a5", 3200));
  lab.advance(24h);
  EXPECT_EQ(lab.read_media(3200, 64), repeated("a5", 64));
}

TEST(MediaOperations, RefuseAnUnknownOneAsInvalidInput) {
  Lab lab;
  for (const std::string_view unknown : {"0001", "0102", "0200", "ffff"}) {
    EXPECT_EQ(lab.mailbox(0x4402, media_operation(unknown, {{0, 64}})), refused(ReturnCode::invalid_input)) << unknown;
  }
}

TEST(MediaOperations, RefuseAShortPayload) {
  Lab lab;
  EXPECT_EQ(lab.mailbox(0x4402, zeros(7)), refused(ReturnCode::invalid_payload_length));
}

TEST(MediaOperations, AreForMailboxesOnly) {
  Lab lab;
  EXPECT_EQ(lab.mctp(0x4402, discovery("0000 ffff")), refused(ReturnCode::unsupported_mailbox_or_cci));
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0x4402), "absent");
}

TEST(MediaOperations, AreInTheCelWithoutAbort) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0x4402), "4400");
}

struct Duration {
  std::string_view name;
  Timing timing;
  Nanoseconds takes;
};
class MediaOperationDuration : public testing::TestWithParam<Duration> {};
INSTANTIATE_TEST_SUITE_P(Timing, MediaOperationDuration,
                         testing::Values(Duration{"Instant", Timing::instant, 64ms}, Duration{"Qemu", Timing::qemu, 4s},
                                         Duration{"Real", Timing::real, 512ms}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(MediaOperationDuration, FollowsTheTimingAndTheBytesOfAllRanges) {
  Lab lab([](auto& config) { config.timing = GetParam().timing; });
  lab.mailbox(0x4402, media_operation(kZero, {{0, 256 * kMiB}, {256 * kMiB, 256 * kMiB}}));
  lab.advance(GetParam().takes - 1ns);
  EXPECT_TRUE(lab.background(cci::kMailbox).running);
  lab.advance(1ns);
  EXPECT_FALSE(lab.background(cci::kMailbox).running);
}

}  // namespace
}  // namespace cxlemu
