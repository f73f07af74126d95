// CXL r3.2 8.2.10.9.5.2 Secure Erase (Opcode 4401h)
#include "support/media.hpp"

namespace cxlemu {
namespace {

class SecureErase : public OnEveryCci {};
ON_EVERY_CCI(SecureErase);

TEST_P(SecureErase, MakesAllUserDataUnreadableAtOnce) {
  Lab lab;
  for (const std::uint64_t dpa : {0UL, 256 * kMiB - 64, 256 * kMiB, 512 * kMiB - 64}) {
    lab.write_media(dpa, repeated("a5", 64));
  }
  EXPECT_EQ(lab.send(GetParam(), 0x4401), success());
  for (const std::uint64_t dpa : {0UL, 256 * kMiB - 64, 256 * kMiB, 512 * kMiB - 64}) {
    EXPECT_EQ(lab.read_media(dpa, 64), zeros(64));
  }
}

// New keys are no new data: labels, event logs and what is wrong with the media stay.
TEST_P(SecureErase, LeavesLabelsEventsAndPoison) {
  Lab lab;
  lab.mailbox(0x4103, zeros(8) + "01020304");
  poison_at(lab, 0x1000);
  lab.send(GetParam(), 0x4401);
  EXPECT_EQ(lab.mailbox(0x4102, "0000000004000000"), success("01020304"));
  EXPECT_EQ(media_events(lab, EventLogId::failure), "1001:0:1");
  EXPECT_EQ(poison_list(lab).text(), "1000+1:2");
}

TEST_P(SecureErase, IsRefusedWhileMediaIsDisabled) {
  Lab lab;
  lab.mctp(0x4400);
  lab.mctp(0x0005);
  EXPECT_EQ(lab.send(GetParam(), 0x4401), refused(ReturnCode::media_disabled));
}

TEST_P(SecureErase, AcceptsASurplusPayloadOrRefusesItByProperty) {
  Lab lab;
  EXPECT_EQ(lab.send(GetParam(), 0x4401, "00").code, ReturnCode::success);
  Lab strict([](auto& config) { config.surplus_payload = SurplusPayload::refuse; });
  EXPECT_EQ(strict.send(GetParam(), 0x4401, "00"), refused(ReturnCode::invalid_payload_length));
}

TEST_P(SecureErase, IsInTheCelWithItsEffects) {
  Lab lab;
  EXPECT_EQ(lab.cel_effect(GetParam(), 0x4401), "2400");
}

}  // namespace
}  // namespace cxlemu
