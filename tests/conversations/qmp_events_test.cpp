// cxl-inject-*-event: the bytes of the record that Get Event Records returns (CXL r3.2 8.2.10.2.1).
#include "support/qmp.hpp"

namespace cxlemu {
namespace {

std::string hex(std::string_view text) { return to_hex(from_hex(text).value()); }

/// What stands in front of the records: no flags, no overflow, one record.
const std::string kOneRecord = zeros(20) + "0100" + zeros(10);

class InjectEvent : public testing::Test {
 protected:
  /// The one record of the log of this CCI, as hex.
  std::string record(cci::CciId via, std::string_view log = "02") {
    const std::string answer = lab.command(via, 0x0100, log);
    EXPECT_EQ(answer.substr(0, 64), kOneRecord);
    return answer.substr(std::min<std::size_t>(64, answer.size()));
  }
  std::string injected(std::string_view verb, std::string_view arguments, std::string_view log = "02") {
    EXPECT_EQ(lab.returned(verb, arguments), "{}");
    const std::string over_mctp = record(cci::kMctp, log);
    EXPECT_EQ(record(cci::kMailbox, log), over_mctp);
    return over_mctp;
  }

  QmpLab lab;
};

constexpr std::string_view kGeneralMedia = "cxl-inject-general-media-event";
constexpr std::string_view kDram = "cxl-inject-dram-event";
constexpr std::string_view kModule = "cxl-inject-memory-module-event";

// What each verb needs at least, to which a test adds.
std::string general_media(std::string_view more = "", std::string_view log = "failure", std::string_view flags = "0") {
  return R"({"path":"mem0","log":")" + std::string(log) + R"(","flags":)" + std::string(flags) +
         R"(,"dpa":0,"descriptor":0,"type":0,"transaction-type":0)" + std::string(more) + "}";
}
std::string dram(std::string_view more = "") { return general_media(more); }
std::string module(std::string_view more = "", std::string_view temperature = "0") {
  return R"({"path":"mem0","log":"failure","flags":0,"type":0,"health-status":0,"media-status":0,)"
         R"("additional-status":0,"life-used":0,"temperature":)" +
         std::string(temperature) +
         R"(,"dirty-shutdown-count":0,"corrected-volatile-error-count":0,"corrected-persistent-error-count":0)" +
         std::string(more) + "}";
}

const std::string kGeneralMediaId = "fbcd0a77c260417f85a9088b1621eba6";
const std::string kDramId = "601dcbb39c064eabb8af4e9bfb5c9624";
const std::string kModuleId = "fe927475dd594339a58679bab113b774";

TEST_F(InjectEvent, MakesAMemorySparingRecord) {
  EXPECT_EQ(injected("cxl-inject-memory-sparing-event",
                     R"({"path":"mem0","log":"informational","flags":0,"maint-op-class":2,"maint-op-subclass":3,)"
                     R"("sparing-flags":6,"result":255,"spare-resource-available":3,"channel":1,"rank":2,)"
                     R"("nibble-mask":197121,"bank-group":4,"bank":5,"row":394758,"column":1800,"component-id":"ab",)"
                     R"("is-comp-id-pldm":true,"sub-channel":9})",
                     "00"),
            "e71f3a402d2940928a394d1c966c7c65" + hex("80 40 00 00  01 00  00 00") + zeros(8) + hex("02 03 00 00 00") +
                zeros(11) +
                hex("02 03"  // Maintenance Operation Class, Subclass
                    "06 ff"  // Flags, Result
                    "ff 03"  // Validity Flags: all ten
                    "000000000000"
                    "03 00"     // Spare Resource Available
                    "01 02"     // Channel, Rank
                    "01 02 03"  // Nibble Mask
                    "04 05"     // Bank Group, Bank
                    "06 06 06"  // Row
                    "08 07"     // Column
                    "6162") +
                zeros(14) + hex("09") + zeros(37));
}

TEST_F(InjectEvent, SaysThatNothingOptionalOfASparingRecordIsValid) {
  const std::string record = injected("cxl-inject-memory-sparing-event",
                                      R"({"path":"mem0","log":"failure","flags":0,"sparing-flags":1,"result":0,)"
                                      R"("spare-resource-available":0})");
  EXPECT_EQ(record.substr(96), hex("00 00 01 00 00 00") + zeros(0x50 - 6));
}

TEST_F(InjectEvent, MakesAGeneralMediaRecord) {
  lab.command(cci::kMailbox, 0x0301, "08 07 06 05 04 03 02 01");
  EXPECT_EQ(injected(kGeneralMedia,
                     R"({"path":"mem0","log":"failure","flags":44,"maint-op-class":17,"maint-op-subclass":34,)"
                     R"("ld-id":17459,"head-id":85,"dpa":81985529216486895,"descriptor":5,"type":3,)"
                     R"("transaction-type":4,"channel":6,"rank":7,"device":12234,"component-id":"abcdefghijklmnop",)"
                     R"("is-comp-id-pldm":true,"cme-ev-flags":9,"cme-count":66051,"sub-type":10})"),
            kGeneralMediaId +
                hex("80"        // Event Record Length
                    "ee 01 00"  // Flags: 2Ch as given, failure, subclass, LD-ID, Head ID valid
                    "01 00"     // Event Record Handle
                    "00 00"     // Related Event Record Handle
                    "08 07 06 05 04 03 02 01"
                    "11"     // Maintenance Operation Class
                    "22"     // Maintenance Operation Subclass
                    "33 44"  // LD-ID
                    "55") +  // Head ID
                zeros(11) +
                hex("ef cd ab 89 67 45 23 01"  // Physical Address
                    "07"                       // Memory Event Descriptor: 5 as given, threshold event
                    "03"                       // Memory Event Type
                    "04"                       // Transaction Type
                    "1f 00"                    // Validity Flags
                    "06 07"                    // Channel, Rank
                    "ca 2f 00"                 // Device
                    "61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70"
                    "09"        // Threshold Event Flags
                    "03 02 01"  // Corrected Memory Error Count at Event
                    "0a") +     // Memory Event Sub-Type
                zeros(41));
}

TEST_F(InjectEvent, MakesAGeneralMediaRecordOfTheLeast) {
  EXPECT_EQ(injected(kGeneralMedia, general_media()),
            kGeneralMediaId + hex("80 02 00 00 01 00 00 00") + zeros(8 + 16) + zeros(80));
}

TEST_F(InjectEvent, MakesADramRecord) {
  EXPECT_EQ(injected(kDram, R"({"path":"mem0","log":"failure","flags":2,"dpa":4096,"descriptor":1,"type":2,)"
                            R"("transaction-type":5,"channel":1,"rank":2,"nibble-mask":328710,"bank-group":3,"bank":4,)"
                            R"("row":722442,"column":3342,"correction-mask":[1,2,3,72340172838076673],)"
                            R"("component-id":"dimm","is-comp-id-pldm":false,"sub-channel":6,"cme-ev-flags":1,)"
                            R"("cvme-count":7,"sub-type":8})"),
            kDramId + hex("80 02 00 00 01 00 00 00") + zeros(8 + 16) +
                hex("00 10 00 00 00 00 00 00"  // Physical Address
                    "03"                       // Memory Event Descriptor: 1 as given, threshold event
                    "02"                       // Memory Event Type
                    "05"                       // Transaction Type
                    "ff 05"                    // Validity Flags: all but PLDM
                    "01 02"                    // Channel, Rank
                    "06 04 05"                 // Nibble Mask
                    "03 04"                    // Bank Group, Bank
                    "0a 06 0b"                 // Row
                    "0e 0d"                    // Column
                    "01 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00"
                    "03 00 00 00 00 00 00 00 01 01 01 01 01 01 01 01"
                    "64 69 6d 6d 00 00 00 00 00 00 00 00 00 00 00 00"
                    "06"        // Sub-channel
                    "01"        // Threshold Event Flags
                    "07 00 00"  // Corrected Volatile Memory Error Count at Event
                    "08"        // Memory Event Sub-Type
                    "00"));
}

TEST_F(InjectEvent, MakesADramRecordOfTheLeast) {
  EXPECT_EQ(injected(kDram, dram()), kDramId + hex("80 02 00 00 01 00 00 00") + zeros(8 + 16) + zeros(80));
}

TEST_F(InjectEvent, MakesAMemoryModuleRecord) {
  EXPECT_EQ(injected(kModule,
                     R"({"path":"mem0","log":"fatal","flags":0,"type":3,"health-status":2,"media-status":9,)"
                     R"("additional-status":8,"life-used":99,"temperature":-40,"dirty-shutdown-count":66051,)"
                     R"("corrected-volatile-error-count":4294967295,"corrected-persistent-error-count":5,)"
                     R"("component-id":"a longer one than sixteen","is-comp-id-pldm":true,"sub-type":11})",
                     "03"),
            kModuleId + hex("80 03 00 00 01 00 00 00") + zeros(8 + 16) +
                hex("03"           // Device Event Type
                    "02 09 08 63"  // Health Status, Media Status, Additional Status, Life Used
                    "d8 ff"        // Device Temperature
                    "03 02 01 00"  // Dirty Shutdown Count
                    "ff ff ff ff"  // Corrected Volatile Error Count
                    "05 00 00 00"  // Corrected Persistent Error Count
                    "03 00"        // Validity Flags
                    "61 20 6c 6f 6e 67 65 72 20 6f 6e 65 20 74 68 61"
                    "0b") +  // Device Event Sub-Type
                zeros(42));
}

TEST_F(InjectEvent, MakesAMemoryModuleRecordOfTheLeast) {
  EXPECT_EQ(injected(kModule, module()), kModuleId + hex("80 02 00 00 01 00 00 00") + zeros(8 + 16) + zeros(80));
}

TEST_F(InjectEvent, LeavesThePldmBitWithoutAComponentIdentifier) {
  EXPECT_EQ(injected(kModule, module(R"(,"is-comp-id-pldm":true)")).substr(2 * 48), zeros(80));
}

TEST_F(InjectEvent, MarksAnArgumentThatIsGivenAsZeroAsValid) {
  // Validity Flags of a general media event are bytes 11 and 12 of its data.
  EXPECT_EQ(injected(kGeneralMedia, general_media(R"(,"channel":0,"rank":0)")).substr(2 * (48 + 11), 4), "0300");
}

// Fault B19 of an earlier emulator: it set the bit in a copy that nobody read.
TEST_F(InjectEvent, SetsTheThresholdBitWithACountAlone) {
  const auto descriptor = [&](std::string_view verb, std::string_view arguments) {
    QmpLab fresh;
    fresh.value(verb, arguments);
    return fresh.command(cci::kMailbox, 0x0100, "02").substr(64 + 2 * (48 + 8), 2);
  };
  EXPECT_EQ(descriptor(kGeneralMedia, general_media(R"(,"cme-count":1)")), "02");
  EXPECT_EQ(descriptor(kGeneralMedia, general_media(R"(,"cme-count":0)")), "02");
  EXPECT_EQ(descriptor(kGeneralMedia, general_media(R"(,"cme-ev-flags":1)")), "00");
  EXPECT_EQ(descriptor(kDram, dram(R"(,"cvme-count":1)")), "02");
  EXPECT_EQ(descriptor(kDram, dram(R"(,"cme-ev-flags":1)")), "00");
  EXPECT_EQ(lab.refused(kDram, dram(R"(,"cme-count":1)")),
            "parameter \"cme-count\" is unexpected; did you mean \"cvme-count\"?");
}

struct Severity {
  const char* log;
  const char* log_hex;
  const char* given;
  const char* flags;  ///< in the record
};
void PrintTo(const Severity& severity, std::ostream* os) { *os << severity.log << " " << severity.given; }

class EventSeverity : public testing::TestWithParam<Severity> {};
INSTANTIATE_TEST_SUITE_P(
    Log, EventSeverity,
    testing::Values(Severity{"informational", "00", "0", "000000"}, Severity{"warning", "01", "0", "010000"},
                    Severity{"failure", "02", "0", "020000"}, Severity{"fatal", "03", "0", "030000"},
                    Severity{"failure", "02", "3", "030000"}, Severity{"failure", "02", "1", "010000"},
                    Severity{"fatal", "03", "60", "3f0000"},           // no severity, all four conditions
                    Severity{"informational", "00", "1", "010000"},    // a severity of its own
                    Severity{"informational", "00", "9", "090000"},    // ... may need maintenance
                    Severity{"informational", "00", "448", "c00100"},  // validity bits are no conditions
                    Severity{"warning", "01", "16776960", "01ffff"}));

TEST_P(EventSeverity, IsFilledInFromTheLog) {
  QmpLab lab;
  lab.value(kGeneralMedia, general_media("", GetParam().log, GetParam().given));
  EXPECT_EQ(lab.command(cci::kMailbox, 0x0100, GetParam().log_hex).substr(64 + 2 * 17, 6), GetParam().flags);
}

class InformationalCondition : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Flag, InformationalCondition, testing::Values(4, 8, 16, 32, 60));

TEST_P(InformationalCondition, IsRefused) {
  QmpLab lab;
  EXPECT_EQ(lab.refused(kGeneralMedia, general_media("", "informational", std::to_string(GetParam()))),
            "an informational event cannot require maintenance or say that anything is permanent, degraded or to be "
            "replaced");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x0100, "00"), zeros(32));
}

TEST_F(InjectEvent, MarksNothingAsValidThatWasNotGiven) {
  EXPECT_EQ(injected(kGeneralMedia, general_media(R"(,"head-id":1)")).substr(2 * 17, 6), "020100");
}

TEST_F(InjectEvent, RefusesALogThatItCannotReach) {
  EXPECT_EQ(lab.refused(kGeneralMedia, general_media("", "dynamic-capacity")),
            "parameter \"log\" must be one of its values (informational, warning, failure, fatal)");
}

TEST_F(InjectEvent, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(lab.refused(kModule, module("", "32768")),
            "parameter \"temperature\" must be a number from -32768 to 32767");
  EXPECT_EQ(lab.refused(kModule, module("", "-32769")),
            "parameter \"temperature\" must be a number from -32768 to 32767");
  EXPECT_EQ(lab.refused(kGeneralMedia, general_media(R"(,"channel":256)")),
            "parameter \"channel\" must be a number from 0 to 255");
  EXPECT_EQ(lab.refused(kDram, dram(R"(,"column":65536)")), "parameter \"column\" must be a number from 0 to 65535");
  EXPECT_EQ(lab.refused(kDram, dram(R"(,"row":16777216)")), "parameter \"row\" must be a number of 24 bits");
  EXPECT_EQ(lab.refused(kDram, dram(R"(,"correction-mask":[-1])")),
            "parameter \"correction-mask\" must be a list of numbers");
}

TEST_F(InjectEvent, IsCommitted) {
  injected(kDram, dram());
  EXPECT_EQ(lab.machine->commits().keys[static_cast<std::size_t>(StateKey::event_logs)], 1U);
}

}  // namespace
}  // namespace cxlemu
