// What the QMP commands do to a lab, and what they refuse.
#include <fmt/format.h>

#include "cci/faults.hpp"
#include "support/qmp.hpp"

namespace cxlemu {
namespace {

constexpr std::uint64_t kVolatile = 256ULL << 20;
constexpr std::uint64_t kCapacity = 512ULL << 20;

std::string number(std::uint64_t value) { return std::to_string(value); }

/// mem0 without an MCTP endpoint, persistent capacity alone.
std::unique_ptr<Machine> lab_without_mctp() {
  Topology topology;
  topology.backends = {{"p", 256 << 20, {}}, {"l", 4096, {}}};
  MemoryDeviceDeclaration device;
  device.id = "mem0";
  device.persistent_memdev = "p";
  device.lsa = "l";
  device.mctp.clear();
  topology.memory_devices.push_back(device);
  return build_machine(topology).value();
}

// ------------------------------------------------------------------------------------------------- cxlemu-send-command

TEST(QmpSendCommand, GoesByTheFirstWayThatCarriesTheOpcode) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("cxlemu-send-command", R"({"path":"mem0","opcode":1})"),
            R"({"via":"mctp","opcode":1,"return-code":0,"return-code-name":"Success",)"
            R"("vendor-specific-extended-status":0,"background-operation":false,)"
            R"("payload":"f41a810cf41a001188776655443322110a03"})");
  EXPECT_EQ(lab.returned("cxlemu-send-command", R"({"path":"mem0","opcode":16896})"),
            R"({"via":"mailbox","opcode":16896,"return-code":0,"return-code-name":"Success",)"
            R"("vendor-specific-extended-status":0,"background-operation":false,)"
            R"("payload":"000000012800000000000000000000000000"})");
}

TEST(QmpSendCommand, GoesByTheWayThatIsGiven) {
  QmpLab lab;
  const auto sent = [&](std::string_view opcode, std::string_view via) {
    const Json answer = lab.value("cxlemu-send-command", R"({"path":"mem0","opcode":")" + std::string(opcode) +
                                                             R"(","via":")" + std::string(via) + "\"}");
    return std::string(*answer["via"].string()) + " " + std::string(*answer["return-code-name"].string());
  };
  EXPECT_EQ(sent("get-health-info", "mctp"), "mctp Success");
  EXPECT_EQ(sent("get-health-info", "mailbox"), "mailbox Success");
  EXPECT_EQ(sent("identify", "mailbox"), "mailbox Unsupported Mailbox or CCI");
  EXPECT_EQ(sent("get-event-interrupt-policy", "mctp"), "mctp Unsupported Mailbox or CCI");
  EXPECT_EQ(lab.refused("cxlemu-send-command", R"({"path":"mem0","opcode":1,"via":"tunnel"})"),
            "mem0 has no CCI \"tunnel\"; it has mailbox, mctp");
}

// Every CCI has its name: in what is asked for, in what is answered, and in what is shown.
TEST(QmpSendCommand, ReachesEveryCciByItsName) {
  QmpLab lab(std::move(Lab().machine));
  const auto via = [&](std::string_view name) {
    return lab.value("cxlemu-send-command", fmt::format(R"({{"path":"mem0","opcode":16384,"via":"{}"}})", name));
  };
  for (const char* name : {"mailbox", "secondary-mailbox", "mctp", "mctp1"}) {
    EXPECT_EQ(via(name)["via"].string(), name);
    EXPECT_EQ(via(name)["return-code"].unsigned_integer(), 0U) << name;
  }
  EXPECT_EQ(lab.refused("cxlemu-send-command", R"({"path":"mem0","opcode":1,"via":"mctp2"})"),
            "mem0 has no CCI \"mctp2\"; it has mailbox, secondary-mailbox, mctp, mctp1");
  const Json device = lab.value("cxlemu-query-lab")["devices"].elements()[0];
  EXPECT_EQ(device["ccis"].members().size(), 4U);
  EXPECT_EQ(device["endpoint"]["eid"].unsigned_integer(), 8U);
  EXPECT_EQ(device["endpoints"].elements()[1]["cci"].string(), "mctp1");
  EXPECT_EQ(device["endpoints"].elements()[1]["eid"].unsigned_integer(), 9U);
  EXPECT_EQ(lab.value("cxlemu-query-commands", R"({"path":"mem0"})").elements()[5]["by"].text(),
            R"(["mailbox","secondary-mailbox","mctp","mctp1"])");
}

TEST(QmpSendCommand, TakesTheOpcodeAsNumberOrName) {
  QmpLab lab;
  for (const char* opcode :
       {"16384", "\"16384\"", "\"0x4000\"", "\"identify-memory-device\"", "\"Identify Memory Device\""}) {
    const Json answer = lab.value("cxlemu-send-command", R"({"path":"mem0","opcode":)" + std::string(opcode) + "}");
    EXPECT_EQ(answer["opcode"].unsigned_integer(), 0x4000U) << opcode;
  }
}

TEST(QmpSendCommand, CarriesThePayload) {
  QmpLab lab;
  lab.value("cxlemu-send-command",
            R"({"path":"mem0","opcode":"set-lsa","payload":"10 00:00 00 00000000 c0ffee","via":"mctp"})");
  const Json answer = lab.value("cxlemu-send-command",
                                R"({"path":"mem0","opcode":"get-lsa","payload":"0f00000005000000","via":"mailbox"})");
  EXPECT_EQ(answer["payload"].string(), "00c0ffee00");
}

TEST(QmpSendCommand, ShowsTheRefusalOfTheDevice) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("cxlemu-send-command", R"({"path":"mem0","opcode":4660})"),
            R"({"via":"mailbox","opcode":4660,"return-code":3,"return-code-name":"Unsupported",)"
            R"("vendor-specific-extended-status":0,"background-operation":false,"payload":""})");
  EXPECT_EQ(lab.value("cxlemu-send-command", R"({"path":"mem0","opcode":"get-lsa"})")["return-code"].unsigned_integer(),
            0x16U);
}

TEST(QmpSendCommand, ShowsThatABackgroundOperationRuns) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("cxlemu-send-command", R"({"path":"mem0","opcode":"sanitize","via":"mctp"})"),
            R"({"via":"mctp","opcode":17408,"return-code":1,"return-code-name":"Background Command Started",)"
            R"("vendor-specific-extended-status":0,"background-operation":true,"payload":""})");
}

class OverlongPayload : public testing::TestWithParam<std::tuple<const char*, std::size_t, const char*>> {};
INSTANTIATE_TEST_SUITE_P(Bytes, OverlongPayload,
                         testing::Values(std::tuple("mailbox", 8192, "Success"),
                                         std::tuple("mailbox", 8193, "Invalid Payload Length"),
                                         std::tuple("mctp", 1024, "Success"),
                                         std::tuple("mctp", 1025, "Invalid Payload Length"),
                                         std::tuple("mctp", 65472, "Invalid Payload Length")));

TEST_P(OverlongPayload, IsRefusedByTheDevice) {
  const auto& [via, size, expected] = GetParam();
  QmpLab lab;
  const Json answer = lab.value("cxlemu-send-command", R"({"path":"mem0","opcode":"get-timestamp","via":")" +
                                                           std::string(via) + R"(","payload":")" + zeros(size) + "\"}");
  EXPECT_EQ(answer["return-code-name"].string(), expected);
}

TEST(QmpSendCommand, RefusesWhatNoMctpMessageCarries) {
  QmpLab lab;
  EXPECT_EQ(lab.refused("cxlemu-send-command",
                        R"({"path":"mem0","opcode":"get-timestamp","via":"mctp","payload":")" + zeros(65473) + "\"}"),
            "a message of 65473 bytes does not fit into MCTP's 64 KiB");
}

TEST(QmpSendCommand, NeedsNoEndpointForTheMailbox) {
  QmpLab lab(lab_without_mctp());
  const Json answer = lab.value("cxlemu-send-command", R"({"path":"mem0","opcode":"identify"})");
  EXPECT_EQ(answer["via"].string(), "mailbox");
  EXPECT_EQ(answer["return-code-name"].string(), "Unsupported Mailbox or CCI");
  EXPECT_EQ(lab.refused("cxlemu-send-command", R"({"path":"mem0","opcode":"identify","via":"mctp"})"),
            "mem0 has no MCTP endpoint (mctp=none); use via mailbox");
}

// Programs behind the shim share the eight tags towards a peer.
TEST(QmpSendCommand, SaysThatNoTagIsFree) {
  QmpLab lab;
  const Source socket{SourceKind::mctp_socket, 0};
  lab.machine->open(socket);
  lab::ControlRequest allocate{};
  allocate.prefix.network = 1U;
  allocate.prefix.eid = std::uint8_t{8};
  allocate.prefix.kind = lab::DatagramKind::allocate_tag;
  allocate.connection = 1U << lab::kSocketPlaceBits;  // the first generation of the first place
  for (std::uint8_t tag = 0; tag < 8; ++tag) {
    lab.machine->input(socket, bytes_of(allocate));
    lab.machine->networks().front().host->claim_tag(Eid{8}, tag, true);
  }
  ASSERT_EQ(lab.machine->sockets().tags_in_use(), 8U);
  EXPECT_EQ(lab.refused("cxlemu-send-command", R"({"path":"mem0","opcode":"identify"})"),
            "mem0 did not answer over MCTP, or programs hold all eight tags towards it");
  lab.machine->close(socket);
  EXPECT_EQ(
      lab.value("cxlemu-send-command", R"({"path":"mem0","opcode":"identify"})")["return-code"].unsigned_integer(), 0U);
}

TEST(QmpSendCommand, TakesAQomPath) {
  QmpLab lab;
  EXPECT_EQ(lab.value("cxlemu-send-command", R"({"path":"/machine/peripheral/mem0","opcode":1})")["return-code"]
                .unsigned_integer(),
            0U);
}

// ------------------------------------------------------------------------------------------------ cxlemu-advance-clock

TEST(QmpAdvanceClock, MovesDeviceTime) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("cxlemu-advance-clock", R"({"by":"2s"})"), R"({"time":2000000000})");
  EXPECT_EQ(lab.returned("cxlemu-advance-clock", R"({"by":5})"), R"({"time":2000000005})");
  EXPECT_EQ(lab.returned("cxlemu-advance-clock", R"({"by":0})"), R"({"time":2000000005})");
  EXPECT_EQ(lab.machine->now(), 2s + 5ns);
}

TEST(QmpAdvanceClock, MeetsEveryDeadlineOnItsWay) {
  QmpLab lab;
  EXPECT_EQ(lab.command(cci::kMailbox, 0x4400), "Background Command Started");
  lab.value("cxlemu-advance-clock", R"({"by":"1s"})");
  EXPECT_FALSE(lab.background(cci::kMailbox).running);
  EXPECT_FALSE(lab.media_disabled());
}

TEST(QmpAdvanceClock, IsRefusedWhereTheClockIsReal) {
  QmpLab real(std::move(Lab().machine), "real");
  EXPECT_EQ(real.refused("cxlemu-advance-clock", R"({"by":"2s"})"),
            "device time follows the real clock; start the lab with --clock=virtual or --clock=auto");
  EXPECT_EQ(real.machine->now(), 0ns);
  QmpLab automatic(std::move(Lab().machine), "auto");
  EXPECT_EQ(automatic.returned("cxlemu-advance-clock", R"({"by":"2s"})"), R"({"time":2000000000})");
}

TEST(QmpAdvanceClock, EndsAfter146Years) {
  constexpr auto kEnd = static_cast<std::uint64_t>(Nanoseconds::max().count()) / 2;
  QmpLab lab;
  EXPECT_EQ(lab.refused("cxlemu-advance-clock", R"({"by":)" + number(kEnd + 1) + "}"),
            "parameter \"by\" must be nanoseconds or a duration such as \"2s\", at most 146 years");
  EXPECT_EQ(lab.returned("cxlemu-advance-clock", R"({"by":"1ns"})"), R"({"time":1})");
  EXPECT_EQ(lab.refused("cxlemu-advance-clock", R"({"by":)" + number(kEnd) + "}"), "device time ends after 146 years");
  EXPECT_EQ(lab.returned("cxlemu-advance-clock", R"({"by":)" + number(kEnd - 1) + "}"),
            R"({"time":)" + number(kEnd) + "}");
  EXPECT_EQ(lab.refused("cxlemu-advance-clock", R"({"by":1})"), "device time ends after 146 years");
}

TEST(QmpAdvanceClock, LeavesALabThatWorksAtItsEnd) {
  QmpLab lab;
  const std::string longest = number(static_cast<std::uint64_t>(Nanoseconds::max().count()) / 2);
  lab.value("cxlemu-advance-clock", R"({"by":)" + longest + "}");
  EXPECT_EQ(lab.command(cci::kMctp, 0x0001), "f41a810cf41a001188776655443322110a03");
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","background-duration":)" + longest + "}");
  EXPECT_EQ(lab.command(cci::kMctp, 0x4400), "Background Command Started");
  EXPECT_EQ(lab.machine->next_deadline(), Nanoseconds::max() / 2 * 2);
  EXPECT_EQ(lab.background(cci::kMctp).percent, 0);
}

// -------------------------------------------------------------------------------------------------------- cxlemu-reset

struct AfterReset {
  const char* kind;
  bool background_kept;  ///< of the mailbox
  bool timestamp_kept;
  bool volatile_kept;
  bool response_limit_kept;  ///< of the MCTP CCI
};
void PrintTo(const AfterReset& reset, std::ostream* os) { *os << reset.kind; }

class QmpReset : public testing::TestWithParam<AfterReset> {};
INSTANTIATE_TEST_SUITE_P(
    Kind, QmpReset,
    testing::Values(AfterReset{"conventional", false, true, true, true}, AfterReset{"hot", false, true, true, true},
                    AfterReset{"warm", false, true, true, true}, AfterReset{"cold", false, false, false, true},
                    AfterReset{"cxl", true, true, true, true}, AfterReset{"flr", true, true, true, true},
                    AfterReset{"power-loss", false, false, false, false}));

TEST_P(QmpReset, ReachesWhatItsKindReaches) {
  QmpLab lab;
  lab.value("cxlemu-write-media", R"({"path":"mem0","dpa":0,"data":"aa"})");
  lab.command(cci::kMailbox, 0x0301, "0100000000000000");
  lab.command(cci::kMctp, 0x0004, "08");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x4400), "Background Command Started");
  EXPECT_EQ(lab.returned("cxlemu-reset", R"({"path":"mem0","kind":")" + std::string(GetParam().kind) + "\"}"), "{}");
  EXPECT_EQ(lab.background(cci::kMailbox).running, GetParam().background_kept);
  EXPECT_EQ(lab.command(cci::kMailbox, 0x0300), GetParam().timestamp_kept ? "0100000000000000" : "0000000000000000");
  EXPECT_EQ(lab.command(cci::kMctp, 0x0003), GetParam().response_limit_kept ? "08" : "0a");
  lab.inside("the bytes below media that the Sanitize left disabled").logical_device().state.media_disabled = false;
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":0,"length":1})"),
            GetParam().volatile_kept ? R"({"data":"aa"})" : R"({"data":"00"})");
}

TEST(QmpReset, RefusesAKindThatItDoesNotKnow) {
  QmpLab lab;
  EXPECT_EQ(lab.refused("cxlemu-reset", R"({"path":"mem0","kind":"soft"})"),
            "parameter \"kind\" must be one of its values (conventional, hot, warm, cold, cxl, flr, power-loss)");
}

// ---------------------------------------------------------------------------------------------------------- cxlemu-set

TEST(QmpSet, AnswersTheNthCallOfAnOpcode) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"get-timestamp","return-code":"busy","call":2})");
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"get-timestamp","return-code":"0x1d","call":3})");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x0300), "0000000000000000");
  EXPECT_EQ(lab.command(cci::kMctp, 0x4200).size(), 36U);  // another opcode does not count
  EXPECT_EQ(lab.command(cci::kMctp, 0x0300), "Busy");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x0300), "Resources Exhausted");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x0300), "0000000000000000");
}

TEST(QmpSet, AnswersTheNextCallByDefaultAndCarriesNothingOut) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"set-lsa","return-code":"Permanent Media Failure"})");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x4103, "0000000000000000ff"), "Permanent Media Failure");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x4102, "0000000001000000"), "00");
  EXPECT_EQ(lab.command(cci::kMailbox, 0x4103, "0000000000000000ff"), "");
}

TEST(QmpSet, MakesAnOperationSlow) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","background-duration":"10s"})");
  lab.command(cci::kMailbox, 0x4400);
  lab.value("cxlemu-advance-clock", R"({"by":9999999999})");
  EXPECT_EQ(lab.background(cci::kMailbox).percent, 99);
  lab.value("cxlemu-advance-clock", R"({"by":1})");
  EXPECT_EQ(lab.background(cci::kMailbox).percent, 100);
}

TEST(QmpSet, MakesAnOperationStandStill) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"0x4400","stall-at":42,"background-duration":"1s"})");
  lab.command(cci::kMailbox, 0x4400);
  lab.value("cxlemu-advance-clock", R"({"by":"410ms"})");
  EXPECT_EQ(lab.background(cci::kMailbox).percent, 41);
  lab.value("cxlemu-advance-clock", R"({"by":"86400s"})");
  EXPECT_EQ(lab.background(cci::kMailbox).percent, 42);
  EXPECT_TRUE(lab.background(cci::kMailbox).running);
}

const cci::Faults& faults_of(QmpLab& lab) { return lab.inside("faults that wait are shown by no command").faults(); }
std::size_t waiting_faults(QmpLab& lab) {
  return faults_of(lab).return_codes.size() + faults_of(lab).backgrounds.size();
}

TEST(QmpSet, ForgetsWhatWaits) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"get-timestamp","return-code":"busy"})");
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","stall-at":1})");
  EXPECT_EQ(lab.returned("cxlemu-set", R"({"path":"mem0","clear":false})"), "{}");
  EXPECT_EQ(waiting_faults(lab), 2U);
  EXPECT_EQ(lab.returned("cxlemu-set", R"({"path":"mem0","clear":true})"), "{}");
  EXPECT_EQ(waiting_faults(lab), 0U);
}

TEST(QmpSet, ForgetsBeforeItSets) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"get-timestamp","return-code":"busy"})");
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"get-timestamp","return-code":"aborted","clear":true})");
  ASSERT_EQ(faults_of(lab).return_codes.size(), 1U);
  EXPECT_EQ(faults_of(lab).return_codes[0].return_code, ReturnCode::aborted);
}

TEST(QmpSet, HoldsFaultsToItsLimit) {
  QmpLab lab;
  const std::string full = "at most 256 faults wait; clear=true forgets them";
  const auto waiting = [&] { return waiting_faults(lab); };
  for (std::size_t i = 0; i + 1 < cci::kMaximumFaults; ++i) {
    lab.value("cxlemu-set", R"({"path":"mem0","opcode":"get-timestamp","return-code":"busy","call":1000})");
  }
  // Two at once do not fit any more, and neither is kept.
  EXPECT_EQ(lab.refused("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","return-code":"busy","stall-at":1})"),
            full);
  EXPECT_EQ(waiting(), 255U);
  EXPECT_EQ(lab.returned("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","stall-at":1})"), "{}");
  EXPECT_EQ(waiting(), 256U);
  EXPECT_EQ(lab.refused("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","stall-at":1})"), full);
  EXPECT_EQ(lab.returned("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","stall-at":1,"clear":true})"), "{}");
  EXPECT_EQ(waiting(), 1U);
}

struct RefusedFault {
  const char* arguments;
  const char* why;
};
void PrintTo(const RefusedFault& fault, std::ostream* os) { *os << fault.arguments; }

class QmpSetRefusal : public testing::TestWithParam<RefusedFault> {};
INSTANTIATE_TEST_SUITE_P(
    Arguments, QmpSetRefusal,
    testing::Values(
        RefusedFault{R"({"path":"mem0"})",
                     "nothing to set: give return-code, background-duration, stall-at, background-return-code, "
                     "reset-at, activation-failure or clear"},
        RefusedFault{R"({"path":"mem0","opcode":"sanitize","call":2})",
                     "nothing to set: give return-code, background-duration, stall-at, background-return-code, "
                     "reset-at, activation-failure or clear"},
        RefusedFault{R"({"path":"mem0","return-code":"busy"})", "parameter \"opcode\" is missing"},
        RefusedFault{R"({"path":"mem0","stall-at":3,"clear":true})", "parameter \"opcode\" is missing"},
        RefusedFault{R"({"path":"mem0","opcode":1,"return-code":"bussy"})", "\"bussy\" is no return code"},
        RefusedFault{R"({"path":"mem0","opcode":1,"return-code":"65536"})", "\"65536\" is no return code"},
        RefusedFault{R"({"path":"mem0","opcode":1,"return-code":"busy","call":0,"clear":true})",
                     "parameter \"call\" counts from 1"},
        RefusedFault{R"({"path":"mem0","opcode":1,"return-code":"busy","stall-at":100,"clear":true})",
                     "parameter \"stall-at\" is from 0 to 99"},
        RefusedFault{R"({"path":"mem0","opcode":1,"background-duration":"-1s"})",
                     "parameter \"background-duration\" must be nanoseconds or a duration such as \"2s\", at most 146 "
                     "years"}));

TEST_P(QmpSetRefusal, ChangesNothing) {
  QmpLab lab;
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"get-timestamp","return-code":"busy"})");
  EXPECT_EQ(lab.refused("cxlemu-set", GetParam().arguments), GetParam().why);
  EXPECT_EQ(faults_of(lab).return_codes.size(), 1U);
  EXPECT_EQ(faults_of(lab).backgrounds.size(), 0U);
}

// --------------------------------------------------------------------------------------------------------------- media

TEST(QmpMedia, IsReadAsItWasWritten) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("cxlemu-write-media", R"({"path":"mem0","dpa":"0x1000","data":"00 01:02 ff"})"), "{}");
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":4095,"length":6})"),
            R"({"data":"00000102ff00"})");
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":"4k","length":0})"), R"({"data":""})");
}

TEST(QmpMedia, IsCommittedWhereItIsWritten) {
  QmpLab lab;
  const auto media = [&] { return lab.machine->commits().keys[static_cast<std::size_t>(StateKey::media)]; };
  lab.value("cxlemu-read-media", R"({"path":"mem0","dpa":0,"length":1})");
  EXPECT_EQ(media(), 0U);
  lab.value("cxlemu-write-media", R"({"path":"mem0","dpa":0,"data":"01"})");
  EXPECT_EQ(media(), 1U);
  lab.refused("cxlemu-write-media", R"({"path":"mem0","dpa":"1T","data":"01"})");
  EXPECT_EQ(media(), 1U);
}

TEST(QmpMedia, RepeatsAPatternOverALength) {
  QmpLab lab;
  lab.value("cxlemu-write-media", R"({"path":"mem0","dpa":0,"data":"a1b2c3","length":8})");
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":0,"length":9})"),
            R"({"data":"a1b2c3a1b2c3a1b200"})");
  lab.value("cxlemu-write-media", R"({"path":"mem0","dpa":0,"data":"ddeeff","length":2})");
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":0,"length":3})"), R"({"data":"ddeec3"})");
  EXPECT_EQ(lab.refused("cxlemu-write-media", R"({"path":"mem0","dpa":0,"data":"","length":1})"),
            "parameter \"data\" is empty");
  EXPECT_EQ(lab.returned("cxlemu-write-media", R"({"path":"mem0","dpa":0,"data":""})"), "{}");
}

TEST(QmpMedia, IsReachedUpToOneMebibyteAtATime) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("cxlemu-write-media", R"({"path":"mem0","dpa":1,"data":"5a","length":"1M"})"), "{}");
  std::string expected = R"({"data":"00)";
  for (int i = 0; i < (1 << 20) - 1; ++i) expected += "5a";
  EXPECT_TRUE(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":0,"length":1048576})") == expected + "\"}");
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":"1M","length":2})"), R"({"data":"5a00"})");
  EXPECT_EQ(lab.refused("cxlemu-read-media", R"({"path":"mem0","dpa":0,"length":1048577})"),
            "parameter \"length\" is at most 1 MiB");
  EXPECT_EQ(lab.refused("cxlemu-write-media", R"({"path":"mem0","dpa":0,"data":"00","length":1048577})"),
            "parameter \"length\" is at most 1 MiB");
  EXPECT_EQ(lab.refused("cxlemu-read-media", R"({"path":"mem0","dpa":0,"length":18446744073709551615})"),
            "parameter \"length\" is at most 1 MiB");
}

TEST(QmpMedia, EndsWithTheCapacity) {
  QmpLab lab;
  const std::string outside = "outside of the capacity of mem0 (512 MiB)";
  EXPECT_EQ(lab.returned("cxlemu-write-media", R"({"path":"mem0","dpa":)" + number(kCapacity - 1) + R"(,"data":"07"})"),
            "{}");
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":)" + number(kCapacity - 1) + R"(,"length":1})"),
            R"({"data":"07"})");
  for (const auto& [dpa, length] : {std::pair{kCapacity - 1, 2}, std::pair{kCapacity, 1}, std::pair{kCapacity + 1, 0},
                                    std::pair{~std::uint64_t{0}, 1}, std::pair{~std::uint64_t{0}, 1 << 20}}) {
    const std::string where = R"({"path":"mem0","dpa":)" + number(dpa);
    EXPECT_EQ(lab.refused("cxlemu-read-media", where + R"(,"length":)" + std::to_string(length) + "}"), outside);
    EXPECT_EQ(lab.refused("cxlemu-write-media", where + R"(,"data":"00","length":)" + std::to_string(length) + "}"),
              outside);
  }
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":)" + number(kCapacity) + R"(,"length":0})"),
            R"({"data":""})");
}

TEST(QmpMedia, GoesOnFromVolatileToPersistentCapacity) {
  QmpLab lab;
  const std::string before = number(kVolatile - 2);
  lab.value("cxlemu-write-media", R"({"path":"mem0","dpa":)" + before + R"(,"data":"01020304"})");
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":)" + before + R"(,"length":5})"),
            R"({"data":"0102030400"})");
  lab.value("cxlemu-reset", R"({"path":"mem0","kind":"cold"})");
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":)" + before + R"(,"length":5})"),
            R"({"data":"0000030400"})");
}

TEST(QmpMedia, IsNotReachedWhileDisabled) {
  QmpLab lab;
  const std::string disabled = "media of mem0 is disabled; a Sanitize that succeeds enables it";
  lab.command(cci::kMailbox, 0x4400);
  EXPECT_EQ(lab.refused("cxlemu-read-media", R"({"path":"mem0","dpa":0,"length":1})"), disabled);
  EXPECT_EQ(lab.refused("cxlemu-write-media", R"({"path":"mem0","dpa":0,"data":"01"})"), disabled);
  lab.value("cxlemu-advance-clock", R"({"by":"1s"})");
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":0,"length":1})"), R"({"data":"00"})");
}

TEST(QmpMedia, SaysHowLockedMemoryIsOpened) {
  const std::string user = "01" + zeros(31);
  QmpLab lab;
  lab.command(cci::kMailbox, 0x4501, user + zeros(64));
  lab.value("cxlemu-reset", R"({"path":"mem0","kind":"conventional"})");
  const std::string locked =
      "persistent memory of mem0 is locked; `cxlemu cci mem0 unlock current_passphrase=...` opens it";
  EXPECT_EQ(lab.refused("cxlemu-read-media", R"({"path":"mem0","dpa":268435456,"length":1})"), locked);
  EXPECT_EQ(lab.refused("cxlemu-write-media", R"({"path":"mem0","dpa":268435455,"data":"0102"})"), locked);
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":268435455,"length":1})"), R"({"data":"00"})");
  const std::string after_a_cold_reset =
      "persistent memory of mem0 is locked; after a cold reset "
      "`cxlemu cci mem0 unlock current_passphrase=...` opens it";
  lab.command(cci::kMailbox, 0x4504);
  EXPECT_EQ(lab.refused("cxlemu-read-media", R"({"path":"mem0","dpa":268435456,"length":1})"), after_a_cold_reset);
  lab.value("cxlemu-reset", R"({"path":"mem0","kind":"cold"})");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lab.command(cci::kMctp, 0x4503, zeros(31) + "01"), "Incorrect Passphrase");
  EXPECT_EQ(lab.refused("cxlemu-read-media", R"({"path":"mem0","dpa":268435456,"length":1})"), after_a_cold_reset);
  lab.value("cxlemu-reset", R"({"path":"mem0","kind":"cold"})");
  lab.command(cci::kMctp, 0x4503, zeros(32));
  EXPECT_EQ(lab.returned("cxlemu-read-media", R"({"path":"mem0","dpa":268435456,"length":1})"), R"({"data":"00"})");
}

// ---------------------------------------------------------------------------------------------------- cxlemu-query-lab

TEST(QmpQueryLab, ShowsTheSecurityState) {
  QmpLab lab;
  lab.command(cci::kMailbox, 0x4501, "00" + zeros(95));
  lab.command(cci::kMailbox, 0x4501, "01" + zeros(95));
  for (int i = 0; i < 3; ++i) lab.command(cci::kMctp, 0x4502, "00" + zeros(62) + "01");
  lab.value("cxlemu-reset", R"({"path":"mem0","kind":"hot"})");
  EXPECT_EQ(lab.value("cxlemu-query-lab")["devices"].elements()[0]["security"].text(),
            R"({"user-passphrase-set":true,"master-passphrase-set":true,"locked":true,"frozen":false,)"
            R"("user-passphrase-attempt-count-reached":false,"master-passphrase-attempt-count-reached":true})");
}

TEST(QmpQueryLab, ShowsWhoIsToldOfWhatAndHowFarThatIs) {
  QmpLab lab;
  lab.command(cci::kMctp, 0x0105, "05 80");
  lab.value("cxl-inject-general-media-event", R"({"path":"mem0","log":"failure","flags":0,"dpa":0,"descriptor":0,)"
                                              R"("type":0,"transaction-type":0})");
  const auto told = [&] {
    return lab.value("cxlemu-query-lab")["devices"].elements()[0]["ccis"]["mctp"]["notifications"].text();
  };
  const std::string who =
      R"({"events":["informational-event-log","failure-event-log","background-operation-completed"],)"
      R"("network":1,"eid":254,"message-type":8,"waiting":0,"under-way":["failure-event-log"],)";
  EXPECT_EQ(told(), who + R"("transmissions":1,"silent":false})");
  lab.value("cxlemu-advance-clock", R"({"by":"20ms"})");
  EXPECT_EQ(told(), who + R"("transmissions":11,"silent":true})");
}

TEST(QmpQueryLab, ShowsTheWholeLab) {
  QmpLab lab;
  EXPECT_EQ(lab.value("cxlemu-query-lab").text(2), R"({
  "name": "under-test",
  "clock": "virtual",
  "time": 0,
  "devices": [
    {
      "id": "mem0",
      "type": "cxl-type3",
      "volatile-capacity": 268435456,
      "persistent-capacity": 268435456,
      "partitionable-capacity": 0,
      "lsa-size": 4096,
      "serial-number": 1234605616436508552,
      "profile": "strict",
      "media": "enabled",
      "security": {
        "user-passphrase-set": false,
        "master-passphrase-set": false,
        "locked": false,
        "frozen": false,
        "user-passphrase-attempt-count-reached": false,
        "master-passphrase-attempt-count-reached": false
      },
      "endpoint": {
        "cci": "mctp",
        "network": 1,
        "eid": 8,
        "transmission-unit": 64,
        "uuid": "1af40c81-0000-8000-9122-334455667788",
        "assemblies": 0,
        "counters": {
          "packets-received": 0,
          "packets-sent": 0,
          "bytes-received": 0,
          "bytes-sent": 0,
          "messages-received": 0,
          "messages-sent": 0,
          "dropped": {}
        },
        "dropped-cci-messages": {}
      },
      "endpoints": [
        {
          "cci": "mctp",
          "network": 1,
          "eid": 8,
          "transmission-unit": 64,
          "uuid": "1af40c81-0000-8000-9122-334455667788",
          "assemblies": 0,
          "counters": {
            "packets-received": 0,
            "packets-sent": 0,
            "bytes-received": 0,
            "bytes-sent": 0,
            "messages-received": 0,
            "messages-sent": 0,
            "dropped": {}
          },
          "dropped-cci-messages": {}
        }
      ],
      "ccis": {
        "mailbox": {
          "request-limit": 8192,
          "response-limit": 8192,
          "background": {
            "running": false
          },
          "events": {
            "informational": {
              "records": 0,
              "overflow": false
            },
            "warning": {
              "records": 0,
              "overflow": false
            },
            "failure": {
              "records": 0,
              "overflow": false
            },
            "fatal": {
              "records": 0,
              "overflow": false
            },
            "dynamic-capacity": {
              "records": 0,
              "overflow": false
            }
          }
        },
        "mctp": {
          "request-limit": 1024,
          "response-limit": 1024,
          "background": {
            "running": false
          },
          "events": {
            "informational": {
              "records": 0,
              "overflow": false
            },
            "warning": {
              "records": 0,
              "overflow": false
            },
            "failure": {
              "records": 0,
              "overflow": false
            },
            "fatal": {
              "records": 0,
              "overflow": false
            },
            "dynamic-capacity": {
              "records": 0,
              "overflow": false
            }
          },
          "notifications": {
            "events": []
          }
        }
      }
    }
  ],
  "networks": [
    {
      "network": 1,
      "requesters-eid": 254,
      "counters": {
        "packets-received": 0,
        "packets-sent": 0,
        "bytes-received": 0,
        "bytes-sent": 0,
        "messages-received": 0,
        "messages-sent": 0,
        "dropped": {}
      },
      "unroutable-packets": 0
    }
  ],
  "sockets": {
    "open": 0,
    "tags-in-use": 0,
    "dropped": {}
  },
  "commits": {}
})");
}

class QmpQueryDevice : public testing::Test {
 protected:
  const Json& query() { return queried_ = lab.value("cxlemu-query-lab")["devices"].elements().front(); }

  QmpLab lab{[](MemoryDeviceConfig& config) { config.event_log_size = 1; }};

 private:
  Json queried_;
};

TEST_F(QmpQueryDevice, ShowsWhatRunsInTheBackground) {
  lab.value("cxlemu-set", R"({"path":"mem0","opcode":"sanitize","background-duration":"1s"})");
  lab.command(cci::kMctp, 0x4400);
  lab.value("cxlemu-advance-clock", R"({"by":"250ms"})");
  EXPECT_EQ(query()["ccis"]["mctp"]["background"].text(), R"({"running":true,"opcode":17408,"percent":25})");
  EXPECT_EQ(query()["ccis"]["mailbox"]["background"].text(), R"({"running":false})");
  EXPECT_EQ(query()["media"].string(), "disabled");
  lab.command(cci::kMctp, 0x0005);
  EXPECT_EQ(query()["ccis"]["mctp"]["background"].text(),
            R"({"running":false,"opcode":17408,"percent":25,"return-code":18,"return-code-name":"Aborted"})");
}

TEST_F(QmpQueryDevice, CountsEventsAndThoseThatWereLost) {
  for (int i = 0; i < 3; ++i) {
    lab.value("cxl-inject-general-media-event",
              R"({"path":"mem0","log":"fatal","flags":0,"dpa":0,"descriptor":0,"type":0,"transaction-type":0})");
  }
  EXPECT_EQ(query()["ccis"]["mailbox"]["events"]["fatal"].text(), R"({"records":1,"overflow":true,"lost":2})");
  EXPECT_EQ(query()["ccis"]["mctp"]["events"]["fatal"].text(), R"({"records":1,"overflow":true,"lost":2})");
  EXPECT_EQ(query()["ccis"]["mctp"]["events"]["warning"].text(), R"({"records":0,"overflow":false})");
}

TEST_F(QmpQueryDevice, CountsPacketsAndWhatWasDropped) {
  lab.command(cci::kMctp, 0x0001);
  auto& host = *lab.machine->networks().front().host;
  mctp::Message message;
  message.destination = Eid{8};
  message.type = mctp::MessageType::cxl_cci;
  message.tag = host.allocate_tag(Eid{8}).value();
  message.body = Buffer(3);
  host.send(message);
  lab.machine->settle();
  EXPECT_EQ(query()["endpoint"]["dropped-cci-messages"].text(), R"({"too-short":1})");
  EXPECT_EQ(query()["endpoint"]["counters"]["packets-received"].unsigned_integer(), 2U);
  EXPECT_EQ(query()["endpoint"]["counters"]["packets-sent"].unsigned_integer(), 1U);
  const Buffer runt(2);
  lab.inside_endpoint("a packet too short for a header, which no network carries").endpoint->receive(runt);
  EXPECT_EQ(query()["endpoint"]["counters"]["dropped"].members().size(), 1U);
}

TEST_F(QmpQueryDevice, ShowsOneCciWithoutAnEndpoint) {
  QmpLab without(lab_without_mctp());
  const Json device = without.value("cxlemu-query-lab")["devices"].elements().front();
  EXPECT_TRUE(device.contains("endpoint"));
  EXPECT_TRUE(device["endpoint"].is_null());
  EXPECT_EQ(device["ccis"].members().size(), 1U);
  EXPECT_EQ(device["ccis"].members().front().first, "mailbox");
  EXPECT_EQ(device["volatile-capacity"].unsigned_integer(), 0U);
}

TEST_F(QmpQueryDevice, CountsSocketsTagsAndCommits) {
  lab.command(cci::kMailbox, 0x0301, "0100000000000000");
  lab.machine->open({SourceKind::mctp_socket, 1});
  const Buffer junk(3);
  lab.machine->input({SourceKind::mctp_socket, 1}, junk);
  const Json all = lab.value("cxlemu-query-lab");
  EXPECT_EQ(all["sockets"].text(), R"({"open":1,"tags-in-use":0,"dropped":{"malformed-datagram":1}})");
  EXPECT_EQ(all["commits"].text(), R"({"timestamp":1})");
}

}  // namespace
}  // namespace cxlemu
