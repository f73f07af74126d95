#include "os/vfio_user/session.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "os/vfio_user/device_fixture.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu::os::vfio_user {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What QEMU 11.1.3 proposes.
constexpr std::string_view kQemuCapabilities =
    R"({"capabilities":{"pgsizes":4096,"max_msg_fds":16,"max_dma_maps":65535,"max_data_xfer_size":1048576,)"
    R"("migration":{"max_bitmap_size":268435456,"pgsize":4096},"write_multiple":true}})";

// A version message of id 0 with that text and its NUL.
Buffer version(std::string_view json, std::string_view numbers = "0000 0000") {
  Buffer message = hex("0000 0100 00000000 00000000 00000000");
  append(message, hex(numbers));
  append(message, bytes_of(json));
  message.push_back({});
  const auto size = message.size();
  message[4] = static_cast<std::byte>(size);
  message[5] = static_cast<std::byte>(size >> 8);
  message[6] = static_cast<std::byte>(size >> 16);
  return message;
}

// A command of id 7, with the size of what there is.
Buffer command(unsigned number, std::string_view payload, std::string_view flags = "00000000") {
  const auto body = hex(payload);
  Buffer message = hex("0700 0000 00000000");
  message[2] = static_cast<std::byte>(number);
  message[4] = static_cast<std::byte>(16 + body.size());
  append(message, hex(flags));
  append(message, hex("00000000"));
  append(message, body);
  return message;
}

class SessionTest : public testing::Test {
 protected:
  SessionTest() { agree(session); }
  static void agree(Session& with) { ASSERT_TRUE(with.handle(version(kQemuCapabilities), {}).ends.empty()); }
  Outcome handle(unsigned number, std::string_view payload, Attached attached = {}) {
    return session.handle(command(number, payload), attached);
  }
  // The payload of a reply that is no error, as hexadecimal digits.
  std::string ask(unsigned number, std::string_view payload, Attached attached = {}) {
    return payload_of(handle(number, payload, attached));
  }
  static std::string payload_of(const Outcome& outcome) {
    if (outcome.is_refused || outcome.reply.size() < 16) return "refused";
    return to_hex(outcome.reply.subspan(16));
  }
  // The errno of a reply; 0 where it succeeds.
  int error(unsigned number, std::string_view payload, Attached attached = {}) {
    const auto outcome = handle(number, payload, attached);
    EXPECT_TRUE(outcome.ends.empty());
    EXPECT_EQ(outcome.is_refused, outcome.reply[8] == std::byte{0x21});
    if (!outcome.is_refused) return 0;
    EXPECT_EQ(outcome.reply.size(), 16U);
    EXPECT_EQ(outcome.interrupts, InterruptAction{});
    return std::to_integer<int>(outcome.reply[12]);
  }

  TestDevice test;
  Session session{test.device};
};

// ---------------------------------------------------------------------------------------------- the start of QEMU

struct Exchange {
  std::string_view what;
  std::string_view request;
  std::size_t descriptors;
  std::string_view reply;
};

// What QEMU 11.1.3 sends behind its version message until a driver has enabled MSI and disabled it again.
constexpr Exchange kStart[] = {
    {"RAM of 1 GiB with its descriptor",
     "0100 0200 30000000 00000000 00000000 "
     "20000000 03000000 00000000 00000000 00000000 00000000 00000040 00000000",
     1, "0100 0200 10000000 01000000 00000000"},
    {"BIOS, read-only",
     "0200 0200 30000000 00000000 00000000 "
     "20000000 01000000 00000000 00000000 0000fcff 00000000 00000400 00000000",
     0, "0200 0200 10000000 01000000 00000000"},
    {"device info",
     "0300 0400 20000000 00000000 00000000 "
     "10000000 00000000 00000000 00000000",
     0,
     "0300 0400 20000000 01000000 00000000 "
     "10000000 03000000 09000000 05000000"},
    {"BAR0",
     "0400 0500 30000000 00000000 00000000 "
     "20000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
     0,
     "0400 0500 30000000 01000000 00000000 "
     "20000000 03000000 00000000 00000000 00000100 00000000 00000000 00000000"},
    {"BAR1",
     "0500 0500 30000000 00000000 00000000 "
     "20000000 00000000 01000000 00000000 00000000 00000000 00000000 00000000",
     0,
     "0500 0500 30000000 01000000 00000000 "
     "20000000 00000000 01000000 00000000 00000000 00000000 00000000 00000000"},
    {"BAR2",
     "0600 0500 30000000 00000000 00000000 "
     "20000000 00000000 02000000 00000000 00000000 00000000 00000000 00000000",
     0,
     "0600 0500 30000000 01000000 00000000 "
     "40000000 07000000 02000000 00000000 00000100 00000000 00000000 00000000"},
    {"BAR2 with room for the capability",
     "0700 0500 30000000 00000000 00000000 "
     "40000000 00000000 02000000 00000000 00000000 00000000 00000000 00000000",
     0,
     "0700 0500 50000000 01000000 00000000 "
     "40000000 0f000000 02000000 20000000 00000100 00000000 00000000 00000000 "
     "01000100 00000000 01000000 00000000 00200000 00000000 00100000 00000000"},
    {"BAR3",
     "0800 0500 30000000 00000000 00000000 "
     "20000000 00000000 03000000 00000000 00000000 00000000 00000000 00000000",
     0,
     "0800 0500 30000000 01000000 00000000 "
     "20000000 00000000 03000000 00000000 00000000 00000000 00000000 00000000"},
    {"BAR4",
     "0900 0500 30000000 00000000 00000000 "
     "20000000 00000000 04000000 00000000 00000000 00000000 00000000 00000000",
     0,
     "0900 0500 30000000 01000000 00000000 "
     "20000000 00000000 04000000 00000000 00000000 00000000 00000000 00000000"},
    {"BAR5",
     "0a00 0500 30000000 00000000 00000000 "
     "20000000 00000000 05000000 00000000 00000000 00000000 00000000 00000000",
     0,
     "0a00 0500 30000000 01000000 00000000 "
     "20000000 00000000 05000000 00000000 00000000 00000000 00000000 00000000"},
    {"configuration space",
     "0b00 0500 30000000 00000000 00000000 "
     "20000000 00000000 07000000 00000000 00000000 00000000 00000000 00000000",
     0,
     "0b00 0500 30000000 01000000 00000000 "
     "20000000 03000000 07000000 00000000 00100000 00000000 00000000 00000000"},
    {"error interrupt: none",
     "0c00 0700 20000000 00000000 00000000 "
     "10000000 00000000 03000000 00000000",
     0,
     "0c00 0700 20000000 01000000 00000000 "
     "10000000 00000000 03000000 00000000"},
    {"all of configuration space",
     "0d00 0900 20000000 00000000 00000000 "
     "00000000 00000000 07000000 00100000",
     0, ""},
    {"writes 30h",
     "0e00 0a00 24000000 00000000 00000000 "
     "30000000 00000000 07000000 04000000 00f8ffff",
     0,
     "0e00 0a00 20000000 01000000 00000000 "
     "30000000 00000000 07000000 04000000"},
    {"reads 30h",
     "0f00 0900 20000000 00000000 00000000 "
     "30000000 00000000 07000000 04000000",
     0,
     "0f00 0900 24000000 01000000 00000000 "
     "30000000 00000000 07000000 04000000 00f8ffff"},
    {"writes 30h",
     "1000 0a00 24000000 00000000 00000000 "
     "30000000 00000000 07000000 04000000 00000000",
     0,
     "1000 0a00 20000000 01000000 00000000 "
     "30000000 00000000 07000000 04000000"},
    {"reads 10h",
     "1100 0900 20000000 00000000 00000000 "
     "10000000 00000000 07000000 04000000",
     0,
     "1100 0900 24000000 01000000 00000000 "
     "10000000 00000000 07000000 04000000 04000000"},
    {"reads 18h",
     "1200 0900 20000000 00000000 00000000 "
     "18000000 00000000 07000000 04000000",
     0,
     "1200 0900 24000000 01000000 00000000 "
     "18000000 00000000 07000000 04000000 04000000"},
    {"MSI: one",
     "1300 0700 20000000 00000000 00000000 "
     "10000000 00000000 01000000 00000000",
     0,
     "1300 0700 20000000 01000000 00000000 "
     "10000000 01000000 01000000 01000000"},
    {"reads 3dh",
     "1400 0900 20000000 00000000 00000000 "
     "3d000000 00000000 07000000 01000000",
     0,
     "1400 0900 21000000 01000000 00000000 "
     "3d000000 00000000 07000000 01000000 00"},
    {"writes 4h",
     "1500 0a00 22000000 00000000 00000000 "
     "04000000 00000000 07000000 02000000 0000",
     0,
     "1500 0a00 20000000 01000000 00000000 "
     "04000000 00000000 07000000 02000000"},
    {"reads 4h",
     "1600 0900 20000000 00000000 00000000 "
     "04000000 00000000 07000000 02000000",
     0,
     "1600 0900 22000000 01000000 00000000 "
     "04000000 00000000 07000000 02000000 0000"},
    {"reads 44h",
     "1700 0900 20000000 00000000 00000000 "
     "44000000 00000000 07000000 02000000",
     0,
     "1700 0900 22000000 01000000 00000000 "
     "44000000 00000000 07000000 02000000 0800"},
    {"machine reset", "1800 0d00 10000000 00000000 00000000", 0, "1800 0d00 10000000 01000000 00000000"},
    {"writes 10h",
     "1900 0a00 24000000 00000000 00000000 "
     "10000000 00000000 07000000 04000000 00000000",
     0,
     "1900 0a00 20000000 01000000 00000000 "
     "10000000 00000000 07000000 04000000"},
    {"writes 14h",
     "1a00 0a00 24000000 00000000 00000000 "
     "14000000 00000000 07000000 04000000 00000000",
     0,
     "1a00 0a00 20000000 01000000 00000000 "
     "14000000 00000000 07000000 04000000"},
    {"writes 18h",
     "1b00 0a00 24000000 00000000 00000000 "
     "18000000 00000000 07000000 04000000 00000000",
     0,
     "1b00 0a00 20000000 01000000 00000000 "
     "18000000 00000000 07000000 04000000"},
    {"writes 1ch",
     "1c00 0a00 24000000 00000000 00000000 "
     "1c000000 00000000 07000000 04000000 00000000",
     0,
     "1c00 0a00 20000000 01000000 00000000 "
     "1c000000 00000000 07000000 04000000"},
    {"writes 20h",
     "1d00 0a00 24000000 00000000 00000000 "
     "20000000 00000000 07000000 04000000 00000000",
     0,
     "1d00 0a00 20000000 01000000 00000000 "
     "20000000 00000000 07000000 04000000"},
    {"writes 24h",
     "1e00 0a00 24000000 00000000 00000000 "
     "24000000 00000000 07000000 04000000 00000000",
     0,
     "1e00 0a00 20000000 01000000 00000000 "
     "24000000 00000000 07000000 04000000"},
    {"the firmware switches shadow RAM",
     "1f00 0300 28000000 00000000 00000000 "
     "18000000 00000000 0000fcff 00000000 00000400 00000000",
     0,
     "1f00 0300 28000000 01000000 00000000 "
     "18000000 00000000 0000fcff 00000000 00000400 00000000"},
    {"the mapped page of BAR2",
     "2000 0200 30000000 00000000 00000000 "
     "20000000 03000000 00000000 00000000 002000fe 00000000 00100000 00000000",
     0, "2000 0200 10000000 01000000 00000000"},
    {"writes 52h",
     "2100 0a00 22000000 00000000 00000000 "
     "52000000 00000000 07000000 02000000 0100",
     0,
     "2100 0a00 20000000 01000000 00000000 "
     "52000000 00000000 07000000 02000000"},
    {"MSI enabled",
     "2200 0800 24000000 00000000 00000000 "
     "14000000 24000000 01000000 00000000 01000000",
     1, "2200 0800 10000000 01000000 00000000"},
    {"MSI disabled",
     "2400 0800 24000000 00000000 00000000 "
     "14000000 21000000 01000000 00000000 00000000",
     0, "2400 0800 10000000 01000000 00000000"},
};

TEST(QemuStart, IsAnsweredMessageByMessage) {
  TestDevice test;
  Session session(test.device);
  auto& configuration = test.memory[kConfigurationSpace];
  configuration[0x10] = configuration[0x18] = std::byte{0x04};
  configuration[0x44] = std::byte{0x08};

  const auto agreed = session.handle(version(kQemuCapabilities), {});
  EXPECT_EQ(to_hex(agreed.reply.first(20)),
            "00000100"
            "6a000000"
            "01000000"
            "00000000"
            "00000000");
  EXPECT_EQ(
      text_of(agreed.reply.subspan(20)),
      std::string(R"({"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576,"max_dma_maps":65535}})") + '\0');
  for (const auto& exchange : kStart) {
    SCOPED_TRACE(exchange.what);
    const auto outcome = session.handle(hex(exchange.request), {.count = exchange.descriptors});
    EXPECT_TRUE(outcome.ends.empty());
    EXPECT_FALSE(outcome.is_refused);
    if (exchange.reply.empty()) {
      EXPECT_EQ(to_hex(outcome.reply.first(32)),
                "0d000900"
                "20100000"
                "01000000"
                "00000000"
                "00000000"
                "00000000"
                "07000000"
                "00100000");
      EXPECT_EQ(to_hex(outcome.reply.subspan(32)), to_hex(configuration));
    } else {
      EXPECT_EQ(to_hex(outcome.reply), to_hex(hex(exchange.reply)));
    }
    EXPECT_EQ(outcome.descriptor, exchange.what == "BAR2 with room for the capability" ? 1000 : -1);
  }
  EXPECT_EQ(session.dma_ranges(), 2U);
  EXPECT_THAT(test.calls,
              ElementsAre("map 0x0+0x40000000 r w", "map 0xfffc0000+0x40000 r", "read 7 0x0 4096",
                          "write 7 0x30 00f8ffff", "read 7 0x30 4", "write 7 0x30 00000000", "read 7 0x10 4",
                          "read 7 0x18 4", "read 7 0x3d 1", "write 7 0x4 0000", "read 7 0x4 2", "read 7 0x44 2",
                          "reset", "write 7 0x10 00000000", "write 7 0x14 00000000", "write 7 0x18 00000000",
                          "write 7 0x1c 00000000", "write 7 0x20 00000000", "write 7 0x24 00000000",
                          "unmap 0xfffc0000+0x40000 r", "map 0xfe002000+0x1000 r w", "write 7 0x52 0100"));
}

TEST_F(SessionTest, APostedWriteIsDoneAndNotAnswered) {
  const auto outcome =
      session.handle(hex("0900 0a00 24000000 10000000 00000000  e41f0000 00000000 02000000 04000000 01000000"), {});
  EXPECT_FALSE(outcome.is_refused);
  EXPECT_THAT(outcome.reply, IsEmpty());
  EXPECT_THAT(test.calls, ElementsAre("write 2 0x1fe4 01000000"));
}

TEST_F(SessionTest, ARefusedPostedWriteIsNotAnsweredEither) {
  const auto outcome =
      session.handle(hex("0900 0a00 24000000 10000000 00000000  00000100 00000000 02000000 04000000 01000000"), {});
  EXPECT_TRUE(outcome.is_refused);
  EXPECT_THAT(outcome.reply, IsEmpty());
  EXPECT_THAT(test.calls, IsEmpty());
}

// -------------------------------------------------------------------------------------------------------- version

class VersionTest : public testing::Test {
 protected:
  // What is answered behind the numbers; nothing where the client is sent away.
  std::string answer(const Buffer& message) {
    Session session(test.device);
    const auto outcome = session.handle(message, {});
    EXPECT_EQ(outcome.is_refused, !outcome.ends.empty());
    if (!outcome.is_refused) return std::string(text_of(outcome.reply.subspan(20)));
    EXPECT_EQ(to_hex(outcome.reply),
              "00000100"
              "10000000"
              "21000000"
              "16000000");
    EXPECT_EQ(outcome.ends, "its first message agrees on no version");
    return "";
  }
  std::string answer(std::string_view json) { return answer(version(json)); }
  static std::string text(std::string_view json) { return std::string(json) + '\0'; }

  TestDevice test;
};

TEST_F(VersionTest, AnswersOnlyCapabilitiesThatWereProposed) {
  EXPECT_EQ(answer(R"({"capabilities":{"max_msg_fds":1}})"), text(R"({"capabilities":{"max_msg_fds":16}})"));
  EXPECT_EQ(answer(R"({"capabilities":{}})"), text(R"({"capabilities":{}})"));
  EXPECT_EQ(answer("{}"), text(R"({"capabilities":{}})"));
  EXPECT_EQ(answer(hex("0000 0100 14000000 00000000 00000000 0000 0000")), text(R"({"capabilities":{}})"));
}

TEST_F(VersionTest, IgnoresCapabilitiesItDoesNotKnow) {
  EXPECT_EQ(answer(R"({"capabilities":{"twin_socket":{"supported":true},"write_multiple":true,"x":[1]},"y":2})"),
            text(R"({"capabilities":{}})"));
}

TEST_F(VersionTest, AnswersALaterMinorVersionWithItsOwn) {
  Session session(test.device);
  const auto outcome = session.handle(version("{}", "0000 0300"), {});
  EXPECT_FALSE(outcome.is_refused);
  EXPECT_EQ(to_hex(outcome.reply.subspan(16, 4)), "00000000");
}

TEST_F(VersionTest, SendsAClientOfAnotherMajorVersionAway) { EXPECT_EQ(answer(version("{}", "0100 0000")), ""); }

TEST_F(VersionTest, SendsAClientAwayThatIsNotUnderstood) {
  for (const auto* json : {"{", "[]", "7", "", R"({"capabilities":[]})", R"({"capabilities":{"max_msg_fds":"1"}})",
                           R"({"capabilities":{"max_msg_fds":-1}})"}) {
    EXPECT_EQ(answer(json), "") << json;
  }
  // Text without its NUL, and a message that ends in the numbers.
  EXPECT_EQ(answer(hex("0000 0100 16000000 00000000 00000000 0000 0000 7b7d")), "");
  EXPECT_EQ(answer(hex("0000 0100 12000000 00000000 00000000 0000")), "");
  EXPECT_EQ(answer(std::string(1000, '[')), "");
}

TEST_F(VersionTest, TakesTextToItsLimit) {
  const auto of_size = [](std::size_t size) { return "{}" + std::string(size - 3, ' '); };
  EXPECT_NE(answer(of_size(kVersionDataLimit)), "");
  EXPECT_EQ(answer(of_size(kVersionDataLimit + 1)), "");
}

TEST_F(VersionTest, ComesFirst) {
  Session session(test.device);
  const auto outcome = session.handle(command(13, ""), {});
  EXPECT_EQ(to_hex(outcome.reply),
            "07000d00"
            "10000000"
            "21000000"
            "16000000");
  EXPECT_EQ(outcome.ends, "its first message agrees on no version");
  EXPECT_THAT(test.calls, IsEmpty());
}

TEST_F(SessionTest, RefusesASecondVersionAndGoesOn) {
  const auto outcome = session.handle(version(kQemuCapabilities), {});
  EXPECT_TRUE(outcome.is_refused);
  EXPECT_TRUE(outcome.ends.empty());
  EXPECT_EQ(error(13, ""), 0);
}

// ------------------------------------------------------------------------------------------------- any command

TEST_F(SessionTest, AnswersWhatItDoesNotKnowWithNotSupported) {
  // Region I/O descriptors, DMA read and write (a server's), 14, joined writes, features, migration, and further.
  for (const unsigned number : {0U, 6U, 11U, 12U, 14U, 15U, 16U, 17U, 18U, 19U, 255U}) {
    EXPECT_EQ(error(number, "00000000 00000000 00000000 00000000"), ENOTSUP) << number;
  }
}

TEST_F(SessionTest, RefusesACommandThatEndsInItsFixedPart) {
  const std::pair<unsigned, std::size_t> sizes[] = {{2, 32}, {3, 24}, {4, 16}, {5, 32},
                                                    {7, 16}, {8, 20}, {9, 16}, {10, 16}};
  for (const auto& [number, size] : sizes) {
    EXPECT_EQ(error(number, ""), EINVAL) << number;
    EXPECT_EQ(error(number, std::string(2 * (size - 1), '0')), EINVAL) << number;
  }
  EXPECT_THAT(test.calls, IsEmpty());
}

TEST_F(SessionTest, IgnoresBytesBehindAFixedPart) {
  EXPECT_EQ(ask(4, "10000000 00000000 00000000 00000000 ffffffff"),
            "10000000"
            "03000000"
            "09000000"
            "05000000");
}

TEST_F(SessionTest, RefusesAnArgszThatIsTooSmall) {
  EXPECT_EQ(error(2, "1f000000 03000000 00000000 00000000 00000000 00000000 00100000 00000000"), EINVAL);
  EXPECT_EQ(error(3, "17000000 00000000 00000000 00000000 00100000 00000000"), EINVAL);
  EXPECT_EQ(error(4, "0f000000 00000000 00000000 00000000"), EINVAL);
  EXPECT_EQ(error(5, "1f000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"), EINVAL);
  EXPECT_EQ(error(7, "0f000000 00000000 01000000 00000000"), EINVAL);
  EXPECT_EQ(error(8, "13000000 21000000 01000000 00000000 00000000"), EINVAL);
}

TEST_F(SessionTest, RefusesDescriptorsWhereNoneBelong) {
  EXPECT_EQ(error(13, "", {.count = 1}), EINVAL);
  EXPECT_EQ(error(2, "20000000 03000000 00000000 00000000 00000000 00000000 00100000 00000000", {.count = 2}), EINVAL);
  EXPECT_THAT(test.calls, IsEmpty());
}

TEST_F(SessionTest, RefusesAMessageWhoseDescriptorsWereLost) {
  EXPECT_EQ(error(8, "14000000 24000000 02000000 00000000 01000000", {.count = 1, .some_lost = true}), EINVAL);
}

TEST_F(SessionTest, EndsAtAMessageWithoutAHeader) {
  const auto outcome = session.handle(hex("0000 0100"), {});
  EXPECT_THAT(outcome.reply, IsEmpty());
  EXPECT_EQ(outcome.ends, "a message without a header");
}

// ------------------------------------------------------------------------------------------------------------- DMA

TEST_F(SessionTest, RefusesToMapOverARangeThatIsThere) {
  ASSERT_EQ(error(2, "20000000 03000000 00000000 00000000 00100000 00000000 00200000 00000000"), 0);
  // The same, one that ends in it, one that begins in it, one inside, one around it.
  EXPECT_EQ(error(2, "20000000 03000000 00000000 00000000 00100000 00000000 00200000 00000000"), EEXIST);
  EXPECT_EQ(error(2, "20000000 03000000 00000000 00000000 00000000 00000000 01100000 00000000"), EEXIST);
  EXPECT_EQ(error(2, "20000000 03000000 00000000 00000000 ff2f0000 00000000 00100000 00000000"), EEXIST);
  EXPECT_EQ(error(2, "20000000 03000000 00000000 00000000 00180000 00000000 01000000 00000000"), EEXIST);
  EXPECT_EQ(error(2, "20000000 03000000 00000000 00000000 00000000 00000000 00000001 00000000"), EEXIST);
  // The neighbours.
  EXPECT_EQ(error(2, "20000000 00000000 00000000 00000000 00000000 00000000 00100000 00000000"), 0);
  EXPECT_EQ(error(2, "20000000 02000000 00000000 00000000 00300000 00000000 00100000 00000000"), 0);
  EXPECT_THAT(test.calls, ElementsAre("map 0x1000+0x2000 r w", "map 0x0+0x1000", "map 0x3000+0x1000 w"));
}

TEST_F(SessionTest, MapsUpToTheEndOfTheAddressesAndNoFurther) {
  EXPECT_EQ(error(2, "20000000 01000000 00000000 00000000 00f0ffff ffffffff 01100000 00000000"), EINVAL);
  EXPECT_EQ(error(2, "20000000 01000000 00000000 00000000 00f0ffff ffffffff 00100000 00000000"), 0);
  EXPECT_EQ(error(2, "20000000 01000000 00000000 00000000 00000000 00000000 00000000 00000000"), EINVAL);
  EXPECT_EQ(error(2, "20000000 05000000 00000000 00000000 00000000 00000000 00100000 00000000"), EINVAL);
  EXPECT_EQ(session.dma_ranges(), 1U);
}

TEST_F(SessionTest, UnmapsExactlyWhatWasMapped) {
  ASSERT_EQ(error(2, "20000000 03000000 00000000 00000000 00100000 00000000 00200000 00000000"), 0);
  EXPECT_EQ(error(3, "18000000 00000000 00100000 00000000 00100000 00000000"), ENOENT);
  EXPECT_EQ(error(3, "18000000 00000000 00180000 00000000 00200000 00000000"), ENOENT);
  EXPECT_EQ(error(3, "18000000 01000000 00100000 00000000 00200000 00000000"), EINVAL);
  EXPECT_EQ(ask(3, "ff000000 00000000 00100000 00000000 00200000 00000000"),
            "18000000"
            "00000000"
            "00100000"
            "00000000"
            "00200000"
            "00000000");
  EXPECT_EQ(error(3, "18000000 00000000 00100000 00000000 00200000 00000000"), ENOENT);
  EXPECT_THAT(test.calls, ElementsAre("map 0x1000+0x2000 r w", "unmap 0x1000+0x2000 r w"));
}

TEST_F(SessionTest, UnmapsEverythingAtOnce) {
  ASSERT_EQ(error(2, "20000000 03000000 00000000 00000000 00100000 00000000 00200000 00000000"), 0);
  ASSERT_EQ(error(2, "20000000 01000000 00000000 00000000 00000000 00000000 00100000 00000000"), 0);
  test.calls.clear();
  EXPECT_EQ(ask(3, "18000000 02000000 00000000 00000000 00000000 00000000"),
            "18000000"
            "02000000"
            "00000000"
            "00000000"
            "00000000"
            "00000000");
  EXPECT_THAT(test.calls, ElementsAre("unmap 0x0+0x1000 r", "unmap 0x1000+0x2000 r w"));
  EXPECT_EQ(error(3, "18000000 02000000 00000000 00000000 00000000 00000000"), 0);
}

TEST_F(SessionTest, UnmapsWhatIsLeftAtItsEnd) {
  {
    Session other(test.device);
    agree(other);
    other.handle(command(2, "20000000 03000000 00000000 00000000 00100000 00000000 00200000 00000000"), {});
  }
  EXPECT_THAT(test.calls, ElementsAre("map 0x1000+0x2000 r w", "unmap 0x1000+0x2000 r w"));
}

TEST_F(SessionTest, HoldsDmaRangesToTheirLimit) {
  test.device.dma_mapped = {};
  test.device.dma_unmapped = {};
  const auto map = [&](std::uint32_t page) {
    Buffer message = command(2, "20000000 03000000 00000000 00000000 00000000 00000000 00100000 00000000");
    const Le64 address = std::uint64_t{page} << 12;
    std::ranges::copy(cxlemu::bytes_of(address), message.begin() + 32);
    return session.handle(message, {});
  };
  for (std::uint32_t page = 0; page < kDmaRangeLimit; ++page) ASSERT_FALSE(map(page).is_refused);
  EXPECT_EQ(to_hex(map(kDmaRangeLimit).reply),
            "07000200"
            "10000000"
            "21000000"
            "1c000000");
  EXPECT_EQ(session.dma_ranges(), kDmaRangeLimit);
  EXPECT_EQ(error(3, "18000000 00000000 00000000 00000000 00100000 00000000"), 0);
  EXPECT_FALSE(map(kDmaRangeLimit).is_refused);
}

// --------------------------------------------------------------------------------------------------------- regions

TEST_F(SessionTest, TellsAboutRegionsThatQemuNeverAsksFor) {
  EXPECT_EQ(ask(5, "20000000 00000000 06000000 00000000 00000000 00000000 00000000 00000000"),
            "20000000"
            "00000000"
            "06000000"
            "00000000"
            "0000000000000000"
            "0000000000000000");
  EXPECT_EQ(error(5, "20000000 00000000 08000000 00000000 00000000 00000000 00000000 00000000"), 0);
  EXPECT_EQ(error(5, "20000000 00000000 09000000 00000000 00000000 00000000 00000000 00000000"), EINVAL);
  EXPECT_EQ(error(5, "20000000 00000000 ffffffff 00000000 00000000 00000000 00000000 00000000"), EINVAL);
}

TEST_F(SessionTest, GivesTheDescriptorOnlyWithTheWholeCapability) {
  const auto short_by_one = handle(5, "3f000000 00000000 02000000 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(short_by_one.descriptor, -1);
  EXPECT_EQ(payload_of(short_by_one),
            "40000000"
            "07000000"
            "02000000"
            "00000000"
            "0000010000000000"
            "0000000000000000");
  const auto roomy = handle(5, "ffff0000 00000000 02000000 00000000 00000000 00000000 00000000 00000000");
  EXPECT_EQ(roomy.descriptor, 1000);
  EXPECT_EQ(payload_of(roomy),
            "40000000"
            "0f000000"
            "02000000"
            "20000000"
            "0000010000000000"
            "0000000000000000"
            "0100010000000000"
            "0100000000000000"
            "0020000000000000"
            "0010000000000000");
}

TEST_F(SessionTest, TellsWhereInTheDescriptorARegionIs) {
  test.device.regions[2].descriptor_offset = 0x8000;
  test.device.regions[2].mappable.push_back({.offset = 0x4000, .size = 0x2000});
  EXPECT_EQ(ask(5, "50000000 00000000 02000000 00000000 00000000 00000000 00000000 00000000"),
            "50000000"
            "0f000000"
            "02000000"
            "20000000"
            "0000010000000000"
            "0080000000000000"
            "0100010000000000"
            "0200000000000000"
            "0020000000000000"
            "0010000000000000"
            "0040000000000000"
            "0020000000000000");
}

TEST_F(SessionTest, OffersNothingToMapToAClientThatTakesNoDescriptors) {
  Session other(test.device);
  other.handle(version(R"({"capabilities":{"max_msg_fds":0}})"), {});
  const auto outcome =
      other.handle(command(5, "40000000 00000000 02000000 00000000 00000000 00000000 00000000 00000000"), {});
  EXPECT_EQ(outcome.descriptor, -1);
  EXPECT_EQ(payload_of(outcome),
            "20000000"
            "03000000"
            "02000000"
            "00000000"
            "0000010000000000"
            "0000000000000000");
}

TEST_F(SessionTest, ReadsAndWritesAtAnySizeAndAlignment) {
  EXPECT_EQ(ask(10, "01000000 00000000 00000000 03000000 aabbcc"),
            "01000000"
            "00000000"
            "00000000"
            "03000000");
  EXPECT_EQ(ask(9, "00000000 00000000 00000000 05000000"),
            "00000000"
            "00000000"
            "00000000"
            "05000000"
            "00aabbcc00");
  EXPECT_EQ(ask(9, "00000000 00000000 00000000 00000000"),
            "00000000"
            "00000000"
            "00000000"
            "00000000");
  EXPECT_EQ(ask(10, "00000000 00000000 00000000 00000000"),
            "00000000"
            "00000000"
            "00000000"
            "00000000");
  EXPECT_THAT(test.calls, ElementsAre("write 0 0x1 aabbcc", "read 0 0x0 5"));
}

TEST_F(SessionTest, RefusesAccessesBehindTheEndOfARegion) {
  EXPECT_EQ(error(9, "ffff0000 00000000 00000000 01000000"), 0);
  EXPECT_EQ(error(9, "ffff0000 00000000 00000000 02000000"), EINVAL);
  EXPECT_EQ(error(9, "00000100 00000000 00000000 01000000"), EINVAL);
  EXPECT_EQ(error(9, "ffffffff ffffffff 00000000 02000000"), EINVAL);
  EXPECT_EQ(error(9, "00000000 00000000 01000000 01000000"), EINVAL);
  EXPECT_EQ(error(9, "00000000 00000000 09000000 01000000"), EINVAL);
  test.calls.clear();
  EXPECT_EQ(error(10, "ffff0000 00000000 00000000 02000000 0000"), EINVAL);
  EXPECT_EQ(error(10, "00000000 00000000 08000000 01000000 00"), EINVAL);
  EXPECT_THAT(test.calls, IsEmpty());
}

TEST_F(SessionTest, RefusesAWriteWhoseCountIsNotThatOfItsData) {
  EXPECT_EQ(error(10, "00000000 00000000 00000000 04000000 000000"), EINVAL);
  EXPECT_EQ(error(10, "00000000 00000000 00000000 04000000 0000000000"), EINVAL);
  EXPECT_EQ(error(10, "00000000 00000000 00000000 ffffffff 00000000"), EINVAL);
  EXPECT_THAT(test.calls, IsEmpty());
}

TEST_F(SessionTest, RefusesWhatARegionDoesNotAllow) {
  test.device.regions[0].is_writable = false;
  test.device.regions[2].is_readable = false;
  EXPECT_EQ(ask(5, "20000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000").substr(8, 8), "01000000");
  EXPECT_EQ(error(10, "00000000 00000000 00000000 01000000 00"), EPERM);
  EXPECT_EQ(error(9, "00000000 00000000 00000000 01000000"), 0);
  EXPECT_EQ(error(9, "00000000 00000000 02000000 01000000"), EPERM);
  EXPECT_EQ(error(10, "00000000 00000000 02000000 01000000 00"), 0);
}

TEST_F(SessionTest, TransfersOneMebibyteAtATimeAndNoMore) {
  test.device.regions[4].size = 2 * kTransferLimit;
  test.memory[4].resize(2 * kTransferLimit);
  const auto most = handle(9, "00000000 00000000 04000000 00001000");
  EXPECT_EQ(most.reply.size(), kMessageLimit);
  EXPECT_EQ(error(9, "00000000 00000000 04000000 01001000"), EINVAL);
  Buffer message = command(10, "00000000 00000000 04000000 00001000");
  message.resize(kMessageLimit, std::byte{0x5A});
  EXPECT_EQ(payload_of(session.handle(message, {})),
            "00000000"
            "00000000"
            "04000000"
            "00001000");
  EXPECT_EQ(test.memory[4][kTransferLimit - 1], std::byte{0x5A});
  EXPECT_EQ(test.memory[4][kTransferLimit], std::byte{0});
}

// ------------------------------------------------------------------------------------------------------ interrupts

TEST_F(SessionTest, TellsHowManyInterruptsThereAre) {
  EXPECT_EQ(ask(7, "10000000 00000000 00000000 00000000"),
            "10000000"
            "00000000"
            "00000000"
            "00000000");
  EXPECT_EQ(ask(7, "10000000 00000000 02000000 00000000"),
            "10000000"
            "01000000"
            "02000000"
            "04000000");
  EXPECT_EQ(error(7, "10000000 00000000 04000000 00000000"), 0);
  EXPECT_EQ(error(7, "10000000 00000000 05000000 00000000"), EINVAL);
}

// The order in which QEMU does it for MSI-X: a first one without a descriptor, all off, then vector by vector.
TEST_F(SessionTest, SetsMsiXUpAsQemuDoes) {
  EXPECT_EQ(handle(8, "14000000 24000000 02000000 00000000 01000000").interrupts,
            InterruptAction(ReleaseInterrupts{{Interrupt::msi_x, 0, 1}}));
  EXPECT_EQ(handle(8, "14000000 21000000 02000000 00000000 00000000").interrupts,
            InterruptAction(ReleaseInterrupts{{Interrupt::msi_x, 0, 4}}));
  EXPECT_EQ(handle(8, "14000000 24000000 02000000 00000000 01000000", {.count = 1}).interrupts,
            InterruptAction(AssignInterrupts{{Interrupt::msi_x, 0, 1}}));
  EXPECT_EQ(handle(8, "14000000 24000000 02000000 01000000 03000000", {.count = 3}).interrupts,
            InterruptAction(AssignInterrupts{{Interrupt::msi_x, 1, 3}}));
  EXPECT_EQ(ask(8, "14000000 21000000 02000000 00000000 00000000"), "");
}

TEST_F(SessionTest, LetsAClientTriggerInterruptsItself) {
  EXPECT_EQ(handle(8, "14000000 21000000 02000000 01000000 02000000").interrupts,
            InterruptAction(TriggerInterrupts{Interrupt::msi_x, {1, 2}}));
  EXPECT_EQ(handle(8, "14000000 22000000 02000000 00000000 04000000 00010002").interrupts,
            InterruptAction(TriggerInterrupts{Interrupt::msi_x, {1, 3}}));
}

TEST_F(SessionTest, DisablesAKindOfWhichThereIsNone) {
  EXPECT_EQ(handle(8, "14000000 21000000 00000000 00000000 00000000").interrupts,
            InterruptAction(ReleaseInterrupts{{Interrupt::intx, 0, 0}}));
}

TEST_F(SessionTest, RefusesInterruptsThatAreNotThere) {
  EXPECT_EQ(error(8, "14000000 24000000 01000000 00000000 02000000", {.count = 2}), EINVAL);
  EXPECT_EQ(error(8, "14000000 24000000 02000000 04000000 01000000", {.count = 1}), EINVAL);
  EXPECT_EQ(error(8, "14000000 24000000 02000000 05000000 01000000", {.count = 1}), EINVAL);
  EXPECT_EQ(error(8, "14000000 24000000 02000000 01000000 ffffffff", {.count = 1}), EINVAL);
  EXPECT_EQ(error(8, "14000000 24000000 00000000 00000000 01000000", {.count = 1}), EINVAL);
  EXPECT_EQ(error(8, "14000000 24000000 05000000 00000000 01000000", {.count = 1}), EINVAL);
}

TEST_F(SessionTest, RefusesInterruptsWhoseDataDoNotFit) {
  // Descriptors: another number of them, none that can be signalled, with data of another kind.
  EXPECT_EQ(error(8, "14000000 24000000 02000000 00000000 02000000", {.count = 1}), EINVAL);
  EXPECT_EQ(error(8, "14000000 24000000 02000000 00000000 01000000", {.count = 2}), EINVAL);
  EXPECT_EQ(error(8, "14000000 24000000 02000000 00000000 01000000", {.count = 1, .are_events = false}), EINVAL);
  EXPECT_EQ(error(8, "14000000 21000000 02000000 00000000 01000000", {.count = 1}), EINVAL);
  EXPECT_EQ(error(8, "14000000 22000000 02000000 00000000 01000000 01", {.count = 1}), EINVAL);
  // Bytes: too few, too many.
  EXPECT_EQ(error(8, "14000000 22000000 02000000 00000000 02000000 01"), EINVAL);
  EXPECT_EQ(error(8, "14000000 22000000 02000000 00000000 02000000 010101"), EINVAL);
  // A count of 0 is for all, without data.
  EXPECT_EQ(error(8, "14000000 21000000 02000000 01000000 00000000"), EINVAL);
  EXPECT_EQ(error(8, "14000000 22000000 02000000 00000000 00000000"), EINVAL);
  EXPECT_EQ(error(8, "14000000 24000000 02000000 00000000 00000000"), EINVAL);
}

TEST_F(SessionTest, RefusesFlagsOfInterruptsThatHaveNoMeaning) {
  // No data or two kinds, no action or two, mask and unmask where nothing is maskable, a bit that is not there.
  for (const auto* flags : {"20000000", "23000000", "27000000", "01000000", "31000000", "29000000", "09000000",
                            "11000000", "61000000", "210000ff"}) {
    EXPECT_EQ(error(8, fmt::format("14000000 {} 02000000 00000000 01000000", flags)), EINVAL) << flags;
  }
}

TEST_F(SessionTest, AResetOfTheDeviceIsToldAndAnswered) {
  EXPECT_EQ(ask(13, ""), "");
  EXPECT_THAT(test.calls, ElementsAre("reset"));
}

}  // namespace
}  // namespace cxlemu::os::vfio_user
