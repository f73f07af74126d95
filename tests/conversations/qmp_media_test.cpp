// What QMP does to media and shows of it: cxl-inject-poison, cxlemu-clear-poison, cxlemu-query-poison, -events,
// -background, and faults of operations.
#include "support/media.hpp"
#include "support/qmp.hpp"

namespace cxlemu {
namespace {

std::string poison_of(QmpLab& lab, std::string_view arguments = R"({"path":"mem0"})") {
  return lab.returned("cxlemu-query-poison", arguments);
}

// ------------------------------------------------------------------------------------------------- cxl-inject-poison

TEST(QmpInjectPoison, TakesQemusArgumentsAndIsOfTheMediasOwn) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("cxl-inject-poison", R"({"path":"/machine/peripheral/mem0","start":4096,"length":128})"),
            "{}");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x4300, all_lines()),
            "00000000000000000000"
            "0100" +
                zeros(0x14) +
                "0210000000000000"
                "02000000"
                "00000000");
  EXPECT_EQ(lab.command(cci::kMctp, 0x0100, "02").substr(2 * 0x14, 4), "0100");
}

TEST(QmpInjectPoison, TakesAnyLengthUpToTheWholeDevice) {
  QmpLab lab;
  lab.value("cxl-inject-poison", R"({"path":"mem0","start":0,"length":"512M"})");
  EXPECT_EQ(poison_of(lab),
            R"({"media":{"records":1,"lines":8388608,"ranges":[{"start":0,"length":536870912,"source":"internal"}]},)"
            R"("list":{"records":1,"lines":8388608,"ranges":[{"start":0,"length":536870912,"source":"internal"}],)"
            R"("limit":256,"overflow":false},"scan":{"available":false}})");
}

TEST(QmpInjectPoison, LeavesWhatIsPoisonedAlready) {
  QmpLab lab;
  lab.value("cxl-inject-poison", R"({"path":"mem0","start":64,"length":64,"source":"external"})");
  lab.value("cxl-inject-poison", R"({"path":"mem0","start":0,"length":192})");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x4300, all_lines()).substr(2 * 0x20),
            "0200000000000000"
            "01000000"
            "00000000"
            "4100000000000000"
            "01000000"
            "00000000"
            "8200000000000000"
            "01000000"
            "00000000");
}

TEST(QmpInjectPoison, MayBeLatentAndPermanent) {
  QmpLab lab;
  lab.value("cxl-inject-poison", R"({"path":"mem0","start":0,"length":64,"latent":true,"permanent":true})");
  EXPECT_EQ(poison_of(lab),
            R"({"media":{"records":1,"lines":1,"ranges":[{"start":0,"length":64,"source":"internal","latent":true,)"
            R"("permanent":true}]},"list":{"records":0,"lines":0,"ranges":[],"limit":256,"overflow":false},)"
            R"("scan":{"available":false}})");
  EXPECT_EQ(lab.refused("cxlemu-read-media", R"({"path":"mem0","dpa":0,"length":1})"),
            "a cache line there is poisoned; cxlemu-query-poison shows which of mem0 are, and writing whole lines "
            "clears them");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x4302, zeros(72)), "Permanent Media Failure");
  lab.value("cxlemu-clear-poison", R"({"path":"mem0","start":0,"length":64})");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x4302, zeros(72)), "");
}

// In QEMU's words (emulator-behaviour 6); the last two it does not refuse.
TEST(QmpInjectPoison, RefusesWhatNoRangeOfTheDeviceIs) {
  QmpLab lab;
  const auto refused = [&](std::string_view range) {
    return lab.refused("cxl-inject-poison", R"({"path":"mem0",)" + std::string(range) + "}");
  };
  EXPECT_EQ(refused(R"("start":0,"length":63)"), "Poison injection must be in multiples of 64 bytes");
  EXPECT_EQ(refused(R"("start":32,"length":64)"), "Poison start address must be 64 byte aligned");
  EXPECT_EQ(refused(R"("start":0,"length":0)"), "Poison injection must be in multiples of 64 bytes");
  EXPECT_EQ(refused(R"("start":536870912,"length":64)"), "outside of the capacity of mem0 (512 MiB)");
  EXPECT_EQ(refused(R"("start":64,"length":"512M")"), "outside of the capacity of mem0 (512 MiB)");
}

// ----------------------------------------------------------------------------------------------- cxlemu-query-poison

TEST(QmpQueryPoison, ShowsAsMuchAsIsAskedFor) {
  QmpLab lab;
  for (int i = 0; i < 5; ++i) {
    lab.value("cxl-inject-poison", R"({"path":"mem0","start":)" + std::to_string(i * 128) + R"(,"length":64})");
  }
  const Json shown = lab.value("cxlemu-query-poison", R"({"path":"mem0","start":100,"limit":2})");
  EXPECT_EQ(shown["media"]["records"].unsigned_integer(), 5U);
  EXPECT_EQ(shown["media"]["ranges"].text(),
            R"([{"start":128,"length":64,"source":"internal"},{"start":256,"length":64,"source":"internal"}])");
}

TEST(QmpQueryPoison, ShowsAtMost65536Ranges) {
  QmpLab lab;
  lab.value("cxlemu-query-poison", R"({"path":"mem0","limit":65536})");
  EXPECT_EQ(lab.refused("cxlemu-query-poison", R"({"path":"mem0","limit":65537})"),
            "parameter \"limit\" is at most 65536");
}

TEST(QmpQueryPoison, ShowsAnOverflowAndAScanThatStopped) {
  QmpLab lab([](auto& config) {
    config.poison_list_size = 1;
    config.scan_results_size = 1;
  });
  lab.command(cci::kMailbox, 0x0301, le64(7));
  for (const auto* start : {"0", "128"}) {
    lab.value("cxl-inject-poison", R"({"path":"mem0","start":)" + std::string(start) + R"(,"length":64})");
  }
  lab.command(cci::kMailbox, 0x4304, scan_request(0, kAllLines));
  lab.value("cxlemu-advance-clock", R"({"by":"1s"})");
  const Json shown = lab.value("cxlemu-query-poison", R"({"path":"mem0"})");
  EXPECT_EQ(shown["list"].text(), R"({"records":1,"lines":1,"ranges":[{"start":0,"length":64,"source":"internal"}],)"
                                  R"("limit":1,"overflow":true,"overflow-timestamp":7})");
  EXPECT_EQ(shown["scan"].text(), R"({"available":true,"records":1,"stopped-prematurely":true})");
}

// ----------------------------------------------------------------------------------------------- cxlemu-query-events

TEST(QmpQueryEvents, ShowsDecodedRecordsOfOneLog) {
  QmpLab lab;
  lab.command(cci::kMailbox, 0x4301, le64(0x1000));
  const Json shown = lab.value("cxlemu-query-events", R"({"path":"mem0","log":"informational"})");
  EXPECT_FALSE(shown.contains("warning"));
  const Json& record = shown["informational"]["records"].elements().front();
  EXPECT_EQ(record["event_record_handle"].unsigned_integer(), 1U);
  EXPECT_EQ(record["event_record_data"]["physical_address"].unsigned_integer(), 0x1001U);
  EXPECT_EQ(record["event_record_data"]["transaction_type"].unsigned_integer(), 4U);
}

TEST(QmpQueryEvents, ShowsAllLogsOfOneCciAndClearsNothing) {
  QmpLab lab([](auto& config) { config.event_log_size = 1; });
  for (const auto* dpa : {"0000000000000000", "4000000000000000"}) lab.command(cci::kMailbox, 0x4301, dpa);
  lab.command(cci::kMctp, 0x0101, "00 00 01 000000 0100");
  for (int i = 0; i < 2; ++i) {
    const Json mailbox = lab.value("cxlemu-query-events", R"({"path":"mem0"})");
    EXPECT_EQ(mailbox["informational"]["records"].elements().size(), 1U);
    EXPECT_EQ(mailbox["informational"]["lost"].unsigned_integer(), 1U);
    EXPECT_EQ(mailbox["dynamic-capacity"].text(), R"({"records":[],"overflow":false})");
    const Json mctp = lab.value("cxlemu-query-events", R"({"path":"mem0","via":"mctp"})");
    EXPECT_EQ(mctp["informational"].text(), R"({"records":[],"overflow":false})");
  }
}

// ------------------------------------------------------------------------------------------- cxlemu-query-background

TEST(QmpQueryBackground, ShowsWhatRunsAndWhatItCameTo) {
  QmpLab lab([](auto& config) { config.scan_duration = 100ms; });
  EXPECT_EQ(lab.returned("cxlemu-query-background", R"({"path":"mem0"})"),
            R"({"mailbox":{"running":false},"mctp":{"running":false}})");
  lab.command(cci::kMctp, 0x4304, scan_request(0, kAllLines));
  lab.value("cxlemu-advance-clock", R"({"by":"25ms"})");
  EXPECT_EQ(lab.value("cxlemu-query-background", R"({"path":"mem0"})")["mctp"].text(),
            R"({"running":true,"opcode":17156,"percent":25,"command":"scan-media","started":0,"ends":100000000})");
  lab.value("cxlemu-advance-clock", R"({"by":"75ms"})");
  EXPECT_EQ(lab.value("cxlemu-query-background", R"({"path":"mem0"})")["mctp"].text(),
            R"({"running":false,"opcode":17156,"percent":100,"return-code":0,"return-code-name":"Success",)"
            R"("command":"scan-media"})");
}

// ------------------------------------------------------------------------------------------------ cxlemu-set: faults

TEST(QmpSetBackgroundFault, LetsAnOperationFailAtItsEnd) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","background-return-code":"internal-error"})");
  lab.command(cci::kMailbox, 0x4400);
  lab.value("cxlemu-advance-clock", R"({"by":"1s"})");
  const Json shown = lab.value("cxlemu-query-background", R"({"path":"mem0"})")["mailbox"];
  EXPECT_EQ(shown["return-code-name"].text(), R"("Internal Error")");
  EXPECT_TRUE(lab.media_disabled());
  lab.command(cci::kMailbox, 0x4400);
  lab.value("cxlemu-advance-clock", R"({"by":"1s"})");
  EXPECT_FALSE(lab.media_disabled());
}

// A part of a firmware transfer that fails ends the transfer.
TEST(QmpSetBackgroundFault, LetsAPartOfATransferFail) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"transfer-fw","background-return-code":"internal-error"})");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x0201,
                        "01000000"
                        "00000000" +
                            zeros(0x78) + zeros(128)),
            "Background Command Started");
  lab.value("cxlemu-advance-clock", R"({"by":"1s"})");
  EXPECT_FALSE(lab.firmware_transfer_goes_on());
}

TEST(QmpSetBackgroundFault, ResetsTheDeviceAtAPercentage) {
  QmpLab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","reset-at":40,"reset-kind":"conventional"})");
  lab.command(cci::kMailbox, 0x4400);
  lab.value("cxlemu-advance-clock", R"({"by":"39ms"})");
  EXPECT_TRUE(lab.background(cci::kMailbox).running);
  lab.value("cxlemu-advance-clock", R"({"by":"1ms"})");
  EXPECT_FALSE(lab.background(cci::kMailbox).running);
  EXPECT_TRUE(lab.media_disabled());
}

// Power loss, the default, takes the endpoint with it.
TEST(QmpSetBackgroundFault, TakesThePowerAtAPercentage) {
  QmpLab lab([](auto& config) { config.sanitize_duration = 100ms; });
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","reset-at":99})");
  lab.command(cci::kMctp, 0x4400);
  lab.value("cxlemu-advance-clock", R"({"by":"100ms"})");
  EXPECT_EQ(lab.background(cci::kMctp).opcode.value, 0);
  EXPECT_TRUE(lab.media_disabled());
}

TEST(QmpSetBackgroundFault, IsRefusedPastTheLastPercent) {
  QmpLab lab;
  EXPECT_EQ(lab.refused("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","reset-at":100})"),
            "parameter \"reset-at\" is from 0 to 99");
  EXPECT_EQ(lab.refused("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","background-return-code":"nonsense"})"),
            "\"nonsense\" is no return code");
}

}  // namespace
}  // namespace cxlemu
