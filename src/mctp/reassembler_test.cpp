#include "mctp/reassembler.hpp"

#include "mctp/testing.hpp"

namespace cxlemu::mctp {
namespace {

using namespace std::chrono_literals;

/// A reassembler that is given packets as bytes.
struct Assembler {
  explicit Assembler(ReassemblyLimits limits = {}) : reassembler(limits) {}
  std::optional<Message> accept(const Buffer& bytes, PhysicalSource physical = {}) {
    return reassembler.accept(parse_packet(bytes).value(), physical, now, drops);
  }
  Reassembler reassembler;
  DropCounters drops;
  Time now{};
};

const Buffer kMiddle = pattern(64);

// Flags: SOM 80, EOM 40, sequence 10 to 30, TO 08, tag.
TEST(Reassembler, PutsThePacketsTogether) {
  Assembler assembler;
  EXPECT_FALSE(assembler.accept(packet(0x8C, cci_start(64, std::byte{0xAA}))));
  EXPECT_FALSE(assembler.accept(packet(0x1C, kMiddle)));

  const auto message = assembler.accept(packet(0x6C, "bb cc"));

  ASSERT_TRUE(message);
  Buffer want(63, std::byte{0xAA});
  append(want, kMiddle);
  append(want, hex("bb cc"));
  EXPECT_EQ(message->body, want);
  EXPECT_EQ(message->tag, (Tag{4, true}));
}

class StartSequence : public testing::TestWithParam<int> {};

// Third-party vector of pymctp: a single packet with sequence 1.
TEST_P(StartSequence, MayHaveAnyValue) {
  Assembler assembler;
  const auto flags = [](int base, int sequence) { return static_cast<std::uint8_t>(base | (sequence & 3) << 4); };
  const int first = GetParam();

  assembler.accept(packet(flags(0x8C, first), cci_start(64)));
  const auto message = assembler.accept(packet(flags(0x4C, first + 1), "01"));

  EXPECT_TRUE(message);
}
INSTANTIATE_TEST_SUITE_P(Mctp, StartSequence, testing::Values(0, 1, 2, 3));

// Fault 2: packets of another message, with a fitting sequence, are not mixed in. Fault 3: nor do they end the
// assembly.
struct Foreign {
  const char* name;
  std::string_view header;
};
class ForeignPacket : public testing::TestWithParam<Foreign> {};

TEST_P(ForeignPacket, IsDroppedAndTheAssemblyCompletes) {
  Assembler assembler;
  assembler.accept(packet(0x8C, cci_start(64)));
  Buffer foreign = hex(GetParam().header);
  append(foreign, kMiddle);

  EXPECT_FALSE(assembler.accept(foreign));

  EXPECT_EQ(assembler.drops[DropReason::no_assembly], 1U);
  const auto message = assembler.accept(packet(0x5C, "01"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body.size(), 64U);
}
INSTANTIATE_TEST_SUITE_P(Mctp, ForeignPacket,
                         testing::Values(Foreign{"OtherTag", "01 09 08 1d"}, Foreign{"OtherTagOwner", "01 09 08 14"},
                                         Foreign{"OtherSource", "01 09 0a 1c"}),
                         case_name);

TEST(Reassembler, InterleavedMessagesOfOneSourceAreKeptApartByTagAndOwner) {
  Assembler assembler;
  assembler.accept(packet(0x88, cci_start(64, std::byte{1})));
  assembler.accept(packet(0x89, cci_start(64, std::byte{2})));
  assembler.accept(packet(0x80, cci_start(64, std::byte{3})));

  EXPECT_EQ(assembler.accept(packet(0x50, "03"))->body.back(), std::byte{3});
  EXPECT_EQ(assembler.accept(packet(0x58, "01"))->body, Buffer(64, std::byte{1}));
  EXPECT_EQ(assembler.accept(packet(0x59, "02"))->body, Buffer(64, std::byte{2}));
}

TEST(Reassembler, EndpointsWithoutEidAreKeptApartByPhysicalSource) {
  Assembler assembler;
  const auto from_null = [](std::uint8_t flags, const Buffer& payload) {
    Buffer bytes = packet(flags, payload);
    bytes[2] = std::byte{0};
    return bytes;
  };
  assembler.accept(from_null(0x88, cci_start(64, std::byte{1})), PhysicalSource{0x20});
  assembler.accept(from_null(0x88, cci_start(64, std::byte{2})), PhysicalSource{0x22});

  const auto message = assembler.accept(from_null(0x58, hex("01")), PhysicalSource{0x20});

  ASSERT_TRUE(message);
  EXPECT_EQ(message->body, Buffer(64, std::byte{1}));
  EXPECT_EQ(message->physical, PhysicalSource{0x20});
  EXPECT_EQ(assembler.reassembler.assemblies().size(), 1U);
}

TEST(Reassembler, AnEidIsOneSourceWhateverItsPhysicalAddress) {
  Assembler assembler;
  assembler.accept(packet(0x88, cci_start(64)), PhysicalSource{0x20});
  EXPECT_TRUE(assembler.accept(packet(0x58, "01"), PhysicalSource{0x22}));
}

TEST(Reassembler, EndWithoutStartIsDropped) {
  Assembler assembler;
  EXPECT_FALSE(assembler.accept(packet(0x5C, "01")));
  EXPECT_EQ(assembler.drops[DropReason::no_assembly], 1U);
}

TEST(Reassembler, NewStartReplacesTheOldOne) {
  Assembler assembler;
  assembler.accept(packet(0x8C, cci_start(64, std::byte{1})));
  assembler.accept(packet(0x1C, kMiddle));

  assembler.accept(packet(0x8C, cci_start(64, std::byte{2})));
  const auto message = assembler.accept(packet(0x5C, "02"));

  ASSERT_TRUE(message);
  EXPECT_EQ(message->body, Buffer(64, std::byte{2}));
  EXPECT_EQ(assembler.drops[DropReason::assembly_restarted], 1U);
}

TEST(Reassembler, SinglePacketMessageReplacesTheOldOneToo) {
  Assembler assembler;
  assembler.accept(packet(0x8C, cci_start(64)));

  EXPECT_TRUE(assembler.accept(packet(0xCC, "08 01")));

  EXPECT_TRUE(assembler.reassembler.assemblies().empty());
  EXPECT_EQ(assembler.drops[DropReason::assembly_restarted], 1U);
}

// What ends an assembly: DSP0236 8.9. Faults 3, 18 and 36.
struct Ending {
  const char* name;
  std::uint8_t flags;
  std::size_t size;
  DropReason reason;
};
class AssemblyEnding : public testing::TestWithParam<Ending> {};

TEST_P(AssemblyEnding, DropsTheMessageAndItsRest) {
  Assembler assembler;
  assembler.accept(packet(0x8C, cci_start(64)));

  EXPECT_FALSE(assembler.accept(packet(GetParam().flags, pattern(GetParam().size))));

  EXPECT_EQ(assembler.drops[GetParam().reason], 1U);
  EXPECT_TRUE(assembler.reassembler.assemblies().empty());
  EXPECT_FALSE(assembler.accept(packet(0x6C, "01")));
  EXPECT_EQ(assembler.drops[DropReason::no_assembly], 1U);
}
INSTANTIATE_TEST_SUITE_P(Mctp, AssemblyEnding,
                         testing::Values(Ending{"SequenceSkipped", 0x2C, 64, DropReason::sequence_gap},
                                         Ending{"SequenceRepeated", 0x0C, 64, DropReason::sequence_gap},
                                         Ending{"SequenceOfTheLastPacketSkipped", 0x6C, 2, DropReason::sequence_gap},
                                         Ending{"ShorterMiddle", 0x1C, 63, DropReason::packet_size_changed},
                                         Ending{"LongerMiddle", 0x1C, 65, DropReason::packet_size_changed},
                                         Ending{"LongerLast", 0x5C, 65, DropReason::packet_size_changed}),
                         case_name);

struct Last {
  const char* name;
  std::size_t size;
};
class LastPacket : public testing::TestWithParam<Last> {};

TEST_P(LastPacket, MayBeAsLongAsTheOthersOrShorter) {
  Assembler assembler;
  assembler.accept(packet(0x8C, cci_start(64)));
  const auto message = assembler.accept(packet(0x5C, pattern(GetParam().size)));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body.size(), 63 + GetParam().size);
}
INSTANTIATE_TEST_SUITE_P(Mctp, LastPacket, testing::Values(Last{"Empty", 0}, Last{"One", 1}, Last{"Equal", 64}),
                         case_name);

struct Unit {
  const char* name;
  std::size_t size;
};
class ReceivedUnit : public testing::TestWithParam<Unit> {};

TEST_P(ReceivedUnit, MayBeWhateverTheLinkCarries) {
  Assembler assembler;
  assembler.accept(packet(0x8C, cci_start(GetParam().size)));
  assembler.accept(packet(0x1C, pattern(GetParam().size)));
  const auto message = assembler.accept(packet(0x6C, pattern(1)));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body.size(), 2 * GetParam().size);
}
INSTANTIATE_TEST_SUITE_P(Mctp, ReceivedUnit,
                         testing::Values(Unit{"TypeByteOnly", 1}, Unit{"Usb10", 247}, Unit{"Smbus", 250},
                                         Unit{"Usb11", kMaximumTransmissionUnit}),
                         case_name);

TEST(Reassembler, RefusesTheStartOfOneMessageTooMany) {
  Assembler assembler({.assemblies = 2});
  assembler.accept(packet(0x88, cci_start(64)));
  assembler.accept(packet(0x89, cci_start(64)));
  EXPECT_EQ(assembler.drops.total(), 0U);

  assembler.accept(packet(0x8A, cci_start(64)));

  EXPECT_EQ(assembler.drops[DropReason::too_many_assemblies], 1U);
  EXPECT_EQ(assembler.reassembler.assemblies().size(), 2U);
  EXPECT_FALSE(assembler.accept(packet(0x5A, "01")));
  EXPECT_TRUE(assembler.accept(packet(0x58, "01")));
  EXPECT_TRUE(assembler.accept(packet(0x59, "01")));
}

TEST(Reassembler, AtTheLimitStillTakesWhatNeedsNoNewPlace) {
  Assembler assembler({.assemblies = 1});
  assembler.accept(packet(0x88, cci_start(64)));

  EXPECT_TRUE(assembler.accept(packet(0xC9, "08 01"))) << "a message of one packet";
  assembler.accept(packet(0x88, cci_start(64)));
  EXPECT_TRUE(assembler.accept(packet(0x58, "01"))) << "a new start of the message in progress";
  EXPECT_EQ(assembler.drops[DropReason::too_many_assemblies], 0U);
}

TEST(Reassembler, DefaultLimitHoldsForFourTagsOfSixteenSources) {
  Assembler assembler;
  for (int i = 0; i <= static_cast<int>(kMaximumAssemblies); ++i) {
    Buffer start = packet(static_cast<std::uint8_t>(0x88 | (i & 3)), cci_start(64));
    start[2] = static_cast<std::byte>(8 + i / 4);
    assembler.accept(start);
  }
  EXPECT_EQ(assembler.reassembler.assemblies().size(), kMaximumAssemblies);
  EXPECT_EQ(assembler.drops[DropReason::too_many_assemblies], 1U);
}

TEST(Reassembler, KeepsABodyAtTheLimitWhole) {
  Assembler assembler({.kept_body = 100});
  assembler.accept(packet(0x8C, cci_start(64)));
  const auto message = assembler.accept(packet(0x5C, pattern(37)));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body.size(), 100U);
  EXPECT_EQ(message->oversized_length, 0U);
}

TEST(Reassembler, CutsALongerBodyAndTellsItsLength) {
  Assembler assembler({.kept_body = 100});
  assembler.accept(packet(0x8C, cci_start(64, std::byte{5})));
  assembler.accept(packet(0x1C, kMiddle));
  const auto message = assembler.accept(packet(0x6C, pattern(10)));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body.size(), 100U);
  EXPECT_EQ(message->body.front(), std::byte{5});
  EXPECT_EQ(message->oversized_length, 63U + 64 + 10);
}

TEST(Reassembler, CutsASinglePacketToo) {
  Assembler assembler({.kept_body = 4});
  const auto message = assembler.accept(packet(0xCC, "08 01 02 03 04 05"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body, hex("01 02 03 04"));
  EXPECT_EQ(message->oversized_length, 5U);
}

/// Feeds a message of `size` body bytes that keeps only its first 16.
std::optional<Message> feed(Assembler& assembler, std::size_t size) {
  std::optional<Message> message;
  assembler.accept(packet(0x8C, cci_start(4096)));
  std::size_t rest = size - 4095;
  for (std::uint8_t sequence = 1; rest != 0; ++sequence) {
    const std::size_t part = std::min<std::size_t>(rest, 4096);
    rest -= part;
    message = assembler.accept(
        packet(static_cast<std::uint8_t>((rest == 0 ? 0x4C : 0x0C) | (sequence & 3) << 4), pattern(part)));
  }
  return message;
}

// Faults 26, 35 and 51: lengths neither wrap nor reserve memory for what did not come.
TEST(Reassembler, DeliversTheLongestMessage) {
  Assembler assembler({.kept_body = 16});
  const auto message = feed(assembler, kMaximumMessageBody);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->oversized_length, kMaximumMessageBody);
}

TEST(Reassembler, DropsAMessageOneByteLonger) {
  Assembler assembler({.kept_body = 16});
  EXPECT_FALSE(feed(assembler, kMaximumMessageBody + 1));
  EXPECT_EQ(assembler.drops[DropReason::message_too_long], 1U);
  EXPECT_TRUE(assembler.reassembler.assemblies().empty());
}

TEST(Reassembler, WaitsForTheNextPacketAsLongAsTheTimeoutAndNoLonger) {
  Assembler assembler;
  assembler.accept(packet(0x8C, cci_start(64)));
  assembler.now = 5s;
  assembler.accept(packet(0x1C, kMiddle));
  EXPECT_EQ(assembler.reassembler.next_deadline(), 11s);

  assembler.reassembler.expire(11s - 1ns, assembler.drops);
  EXPECT_EQ(assembler.reassembler.assemblies().size(), 1U);
  assembler.reassembler.expire(11s, assembler.drops);

  EXPECT_TRUE(assembler.reassembler.assemblies().empty());
  EXPECT_EQ(assembler.drops[DropReason::assembly_timed_out], 1U);
  EXPECT_EQ(assembler.reassembler.next_deadline(), std::nullopt);
}

TEST(Reassembler, ACopyGoesOnByItself) {
  Assembler assembler;
  assembler.accept(packet(0x8C, cci_start(64)));
  Assembler copy = assembler;

  EXPECT_TRUE(assembler.accept(packet(0x5C, "01")));
  EXPECT_TRUE(copy.accept(packet(0x5C, "02")));
}

TEST(Reassembler, ARecycledBodyServesTheNextMessage) {
  Assembler assembler;
  auto first = assembler.accept(packet(0xCC, "08 01 02"));
  const auto* place = first->body.data();
  assembler.reassembler.recycle(std::move(first->body));

  const auto second = assembler.accept(packet(0xCC, "08 03"));

  EXPECT_EQ(second->body.data(), place);
  EXPECT_EQ(second->body, hex("03"));
}

}  // namespace
}  // namespace cxlemu::mctp
