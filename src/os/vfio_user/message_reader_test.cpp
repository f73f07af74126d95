#include "os/vfio_user/message_reader.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "os/vfio_user/device_fixture.hpp"

namespace cxlemu::os::vfio_user {
namespace {

using Progress = MessageReader::Progress;

TEST(MessageReader, AsksForTheHeaderThenForTheRest) {
  MessageReader reader;
  EXPECT_EQ(reader.missing(), 16U);
  EXPECT_EQ(reader.take(hex("0100 0900 20000000 00000000 00000000")), Progress::incomplete);
  EXPECT_EQ(reader.missing(), 16U);
  EXPECT_EQ(reader.take(hex("0000000000000000 07000000 04000000")), Progress::complete);
  EXPECT_EQ(to_hex(reader.message()),
            "01000900"
            "20000000"
            "00000000"
            "00000000"
            "00000000"
            "00000000"
            "07000000"
            "04000000");
  reader.next();
  EXPECT_EQ(reader.missing(), 16U);
}

TEST(MessageReader, IsCompleteWithAHeaderAlone) {
  MessageReader reader;
  EXPECT_EQ(reader.take(hex("0100 0d00 10000000 00000000 00000000")), Progress::complete);
  EXPECT_EQ(reader.message().size(), 16U);
}

TEST(MessageReader, TakesAMessageByteByByte) {
  const Buffer message = hex("0100 0900 20000000 00000000 00000000 0000000000000000 07000000 04000000");
  MessageReader reader;
  for (std::size_t i = 0; i + 1 < message.size(); ++i) {
    ASSERT_EQ(reader.take(Bytes(message).subspan(i, 1)), Progress::incomplete) << i;
    ASSERT_GE(reader.missing(), 1U);
  }
  EXPECT_EQ(reader.take(Bytes(message).last(1)), Progress::complete);
  EXPECT_EQ(to_hex(reader.message()), to_hex(message));
}

TEST(MessageReader, TakesNothingOfTheMessageBehind) {
  MessageReader reader;
  EXPECT_EQ(reader.take(hex("0100 0d00 10000000 00000000 00000000 ffff")), Progress::complete);
  EXPECT_EQ(reader.message().size(), 16U);
}

TEST(MessageReader, IsBrokenByASizeBelowTheHeaders) {
  MessageReader reader;
  EXPECT_EQ(reader.take(hex("0100 0d00 0f000000 00000000 00000000")), Progress::broken);
  EXPECT_EQ(reader.reason(), "a message of 15 bytes; they have 16 to 1048608");
}

TEST(MessageReader, TakesAMessageToItsLimit) {
  MessageReader reader;
  // 1048608 bytes.
  EXPECT_EQ(reader.take(hex("0100 0a00 20001000 00000000 00000000")), Progress::incomplete);
  EXPECT_EQ(reader.missing(), kMessageLimit - 16);
  const Buffer part(64 * 1024);
  while (reader.missing() > part.size()) ASSERT_EQ(reader.take(part), Progress::incomplete);
  EXPECT_EQ(reader.take(Bytes(part).first(reader.missing())), Progress::complete);
  EXPECT_EQ(reader.message().size(), kMessageLimit);
  reader.next();
  EXPECT_EQ(reader.missing(), 16U);

  EXPECT_EQ(reader.take(hex("0100 0a00 21001000 00000000 00000000")), Progress::broken);
  EXPECT_EQ(reader.reason(), "a message of 1048609 bytes; they have 16 to 1048608");
}

TEST(MessageReader, IsBrokenByAReply) {
  MessageReader reader;
  EXPECT_EQ(reader.take(hex("0100 0d00 10000000 01000000 00000000")), Progress::broken);
  EXPECT_EQ(reader.reason(), "a message of type 1 where commands come");
}

TEST(MessageReader, IsBrokenByATypeThatIsNotThere) {
  MessageReader reader;
  EXPECT_EQ(reader.take(hex("0100 0d00 10000000 0f000000 00000000")), Progress::broken);
}

}  // namespace
}  // namespace cxlemu::os::vfio_user
