// The machine's one input and one output: order, commits before replies, places of endpoints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/hex.hpp"
#include "cci/message.hpp"
#include "machine/build.hpp"
#include "wire/cci_message.hpp"

namespace cxlemu {
namespace {

using namespace std::chrono_literals;

constexpr Source kSocket{SourceKind::mctp_socket, 3};
constexpr Source kQmp{SourceKind::qmp, 3};
constexpr std::uint8_t kCci = 8;
/// The first connection of a socket table.
constexpr std::uint32_t kFirstConnection = 1U << lab::kSocketPlaceBits;

MctpPlacement at(std::uint32_t network, std::uint8_t eid) { return {NetworkId{network}, Eid{eid}}; }
MemoryDeviceDeclaration device(std::string id, std::vector<MctpPlacement> places = {at(1, 8)}) {
  MemoryDeviceDeclaration made;
  made.id = std::move(id);
  made.mctp = std::move(places);
  return made;
}
const std::vector<MctpPlacement> kNowhere;

Topology lab_of(std::vector<MemoryDeviceDeclaration> devices) {
  Topology topology;
  topology.memory_devices = std::move(devices);
  return topology;
}
std::unique_ptr<Machine> make(std::vector<MemoryDeviceDeclaration> devices = {device("mem0")}) {
  return build_machine(lab_of(std::move(devices))).value();
}
std::string refusal(const Topology& topology) {
  const auto machine = build_machine(topology);
  return machine ? "made" : machine.error().message;
}

/// What a program behind the shim sends: a CCI request to EID 8 with tag 0.
Buffer request(std::uint16_t opcode, std::string_view payload_hex = "", std::uint8_t eid = 8) {
  const Buffer payload = from_hex(payload_hex).value();
  lab::DatagramPrefix prefix{};
  prefix.network = 1U;
  prefix.eid = eid;
  prefix.type = kCci;
  prefix.tag = lab::kTagOwner;
  CciMessageHeader header{};
  header.opcode = opcode;
  header.payload_length_and_background_operation = static_cast<std::uint32_t>(payload.size());
  Buffer bytes = to_buffer(bytes_of(prefix));
  append(bytes, bytes_of(header));
  append(bytes, payload);
  return bytes;
}

/// What a machine says, with what had been committed by then.
struct Heard {
  Source to;
  std::string hex;
  bool with_route_page;
  bool then_close;
  std::uint64_t commits;
};
class Listener {
 public:
  explicit Listener(Machine& machine) {
    machine.on_output([this, &machine](Output&& output) {
      heard.push_back(
          {output.to, to_hex(output.bytes), output.with_route_page, output.then_close, machine.commits().commits});
    });
  }
  /// What has been heard since the last call.
  std::vector<Heard> take() { return std::exchange(heard, {}); }

  std::vector<Heard> heard;
};

constexpr std::string_view kSetTimestamp = "0100000000000000";

// ----------------------------------------------------------------------------------------------------- AF_MCTP sockets

TEST(Machine, GreetsASocketWithTheRoutePage) {
  const auto machine = make();
  Listener listener(*machine);
  machine->open(kSocket);
  const auto heard = listener.take();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].to, kSocket);
  EXPECT_TRUE(heard[0].with_route_page);
  EXPECT_FALSE(heard[0].then_close);
  lab::Hello hello;
  hello.connection = kFirstConnection;
  hello.page_size = static_cast<std::uint32_t>(sizeof(lab::RoutePage));
  EXPECT_EQ(heard[0].hex, to_hex(bytes_of(hello)));
}

TEST(Machine, AnswersASocketInTheOrderOfItsRequests) {
  const auto machine = make();
  machine->open(kSocket);
  Listener listener(*machine);
  machine->input(kSocket, request(0x0003));
  machine->input(kSocket, request(0x0004, "08"));
  machine->input(kSocket, request(0x0003));
  const auto heard = listener.take();
  ASSERT_EQ(heard.size(), 3U);
  const std::string prefix = "0100000008080000";  // network 1, EID 8, type 8, tag 0, TO 0, message
  EXPECT_EQ(heard[0].hex, prefix +
                              "010000030001000000000000"
                              "0a");
  EXPECT_EQ(heard[1].hex, prefix +
                              "010000040001000000000000"
                              "08");
  EXPECT_EQ(heard[2].hex, prefix +
                              "010000030001000000000000"
                              "08");
  for (const Heard& one : heard) EXPECT_EQ(one.to, kSocket);
}

TEST(Machine, TellsSocketsApart) {
  const auto machine = make();
  Listener listener(*machine);
  const Source other{SourceKind::mctp_socket, 9};
  machine->open(kSocket);
  machine->open(other);
  listener.take();
  machine->input(other, request(0x0001));
  machine->input(kSocket, request(0x0001));
  const auto heard = listener.take();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].to, other);
  EXPECT_EQ(heard[1].to, kSocket);
  EXPECT_EQ(machine->sockets().open_sockets(), 2U);
  machine->close(kSocket);
  EXPECT_EQ(machine->sockets().open_sockets(), 1U);
}

TEST(Machine, HearsASocketAgainOnlyAfterItIsOpenedAgain) {
  const auto machine = make();
  machine->open(kSocket);
  machine->close(kSocket);
  Listener listener(*machine);
  machine->input(kSocket, request(0x0301, kSetTimestamp));
  EXPECT_TRUE(listener.take().empty());
  EXPECT_EQ(machine->commits().commits, 0U);
  machine->open(kSocket);
  machine->input(kSocket, request(0x0301, kSetTimestamp));
  EXPECT_EQ(listener.take().size(), 2U);
  EXPECT_EQ(machine->commits().commits, 1U);
}

TEST(Machine, RefusesTheSocketBeyondItsLimit) {
  const auto machine = make();
  for (std::uint32_t i = 0; i < lab::kSocketsMax; ++i) machine->open({SourceKind::mctp_socket, i});
  Listener listener(*machine);
  const Source beyond{SourceKind::mctp_socket, lab::kSocketsMax};
  machine->open(beyond);
  auto heard = listener.take();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].to, beyond);
  EXPECT_FALSE(heard[0].with_route_page);
  EXPECT_TRUE(heard[0].then_close);
  lab::Hello hello;
  hello.error = static_cast<std::uint16_t>(ENFILE);
  EXPECT_EQ(heard[0].hex, to_hex(bytes_of(hello)));
  machine->input(beyond, request(0x0001));
  machine->close(beyond);
  EXPECT_TRUE(listener.take().empty());
  EXPECT_EQ(machine->sockets().open_sockets(), lab::kSocketsMax);
  machine->close({SourceKind::mctp_socket, 0});
  machine->open(beyond);
  heard = listener.take();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_TRUE(heard[0].with_route_page);
}

// ----------------------------------------------------------------------------------------------------------------- qmp

TEST(Machine, HandsQmpWhatItHears) {
  const auto machine = make();
  std::vector<std::string> events;
  machine->attach_qmp(
      {.opened = [&](Source source) { events.push_back("opened " + std::to_string(source.id)); },
       .closed = [&](Source source) { events.push_back("closed " + std::to_string(source.id)); },
       .input = [&](Source source,
                    Bytes bytes) { events.push_back("input " + std::to_string(source.id) + " " + to_hex(bytes)); }});
  machine->open(kQmp);
  machine->input(kQmp, from_hex("0102").value());
  machine->input(kQmp, {});
  machine->close(kQmp);
  EXPECT_EQ(events, (std::vector<std::string>{"opened 3", "input 3 0102", "input 3 ", "closed 3"}));
}

TEST(Machine, SaysThingsInTheirOrder) {
  const auto machine = make();
  Listener listener(*machine);
  machine->attach_qmp({.opened = {}, .closed = {}, .input = [&](Source source, Bytes bytes) {
                         for (const std::byte byte : bytes) machine->say({.to = source, .bytes = {byte}});
                       }});
  machine->input(kQmp, from_hex("030102").value());
  std::string said;
  for (const Heard& one : listener.take()) said += one.hex;
  EXPECT_EQ(said, "030102");
}

// ----------------------------------------------------------------------------------------------------- unknown sources

TEST(Machine, IgnoresSourcesThatItDoesNotKnow) {
  const auto machine = make();
  Listener listener(*machine);
  for (const Source source : {kSocket, kQmp}) {
    machine->input(source, request(0x0301, kSetTimestamp));
    machine->close(source);
  }
  machine->open(kQmp);  // nobody is attached
  EXPECT_TRUE(listener.take().empty());
  EXPECT_EQ(machine->commits().commits, 0U);
  EXPECT_EQ(machine->sockets().dropped().total(), 0U);
}

TEST(Machine, NeedsNobodyWhoListens) {
  const auto machine = make();
  machine->open(kSocket);
  machine->input(kSocket, request(0x0301, kSetTimestamp));
  EXPECT_EQ(machine->commits().commits, 1U);
}

// ------------------------------------------------------------------------------------------------------------- commits

TEST(Machine, ReleasesAReplyOnlyAfterItsCommit) {
  const auto machine = make();
  machine->open(kSocket);
  Listener listener(*machine);
  machine->input(kSocket, request(0x0300));
  machine->input(kSocket, request(0x0301, kSetTimestamp));
  machine->input(kSocket, request(0x0300));
  const auto heard = listener.take();
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_EQ(heard[0].commits, 0U);
  EXPECT_EQ(heard[1].commits, 1U);
  EXPECT_EQ(heard[2].commits, 1U);
}

TEST(Machine, CommitsWhatControlChangedBeforeItsAnswer) {
  const auto machine = make({device("mem0"), device("mem1", {at(1, 9)})});
  Listener listener(*machine);
  machine->attach_qmp({.opened = {}, .closed = {}, .input = [&](Source source, Bytes) {
                         machine->say({.to = source, .bytes = Buffer(1)});
                         for (auto& node : machine->components()) node.component().changes.mark(StateKey::media);
                       }});
  machine->input(kQmp, {});
  const auto heard = listener.take();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].commits, 2U);
}

TEST(Machine, CommitsWhatTimeChanged) {
  const auto machine = make();
  machine->send_command(machine->components().front(), cci::kMailbox, Opcode{0x4400}, {});
  machine->settle();
  const auto before = machine->commits().commits;
  ASSERT_TRUE(machine->next_deadline());
  machine->advance_to(*machine->next_deadline());
  EXPECT_EQ(machine->commits().commits, before + 1);
  EXPECT_FALSE(machine->next_deadline());
}

TEST(Machine, SettlesWithNothingToDo) {
  const auto machine = make();
  Listener listener(*machine);
  machine->settle();
  machine->settle();
  machine->advance_to(5s);
  machine->advance_to(1s);
  EXPECT_EQ(machine->now(), 5s);
  EXPECT_TRUE(listener.take().empty());
  EXPECT_EQ(machine->commits().commits, 0U);
  EXPECT_EQ(machine->commits().keys, (std::array<std::uint64_t, kStateKeys>{}));
  EXPECT_FALSE(machine->next_deadline());
}

TEST(Machine, CommitsEachChangeOnce) {
  const auto machine = make();
  auto& node = machine->components().front();
  node.component().changes.mark(StateKey::labels);
  node.component().changes.mark(StateKey::labels);
  machine->settle();
  machine->settle();
  EXPECT_EQ(machine->commits().commits, 1U);
  EXPECT_EQ(machine->commits().keys[static_cast<std::size_t>(StateKey::labels)], 1U);
}

// -------------------------------------------------------------------------------------------------- what it is made of

TEST(Machine, PutsEndpointsWhereTheyAreDeclared) {
  const auto machine = make({device("a", {at(1, 20), at(5, 9), at(1, 21)}), device("c", kNowhere)});
  std::vector<std::string> places;
  for (const EndpointNode& one : machine->components()[0].endpoints) {
    places.push_back(cci::name_of(one.cci) + " " + std::to_string(one.network.value) + ":" +
                     std::to_string(one.endpoint->eid().value));
  }
  EXPECT_EQ(places, (std::vector<std::string>{"mctp 1:20", "mctp1 5:9", "mctp2 1:21"}));
  EXPECT_TRUE(machine->components()[1].endpoints.empty());
  ASSERT_EQ(machine->networks().size(), 2U);
  EXPECT_EQ(machine->networks()[0].id, NetworkId{1});
  EXPECT_EQ(machine->networks()[1].id, NetworkId{5});
  EXPECT_EQ(machine->networks()[1].host->eid(), kHostEid);
}

TEST(Machine, TellsProgramsItsRoutes) {
  const auto page = std::make_unique<lab::RoutePage>();
  const auto machine =
      build_machine(lab_of({device("a"), device("b", {at(5, 20)}), device("c", kNowhere)}), {.page = page.get()});
  ASSERT_TRUE(machine);
  EXPECT_EQ(page->default_network, 1U);
  const auto* first = lab::find_network(*page, 1);
  const auto* fifth = lab::find_network(*page, 5);
  ASSERT_TRUE(first != nullptr && fifth != nullptr);
  for (unsigned eid = 0; eid < 256; ++eid) {
    EXPECT_EQ(lab::is_reachable(*first, static_cast<std::uint8_t>(eid)), eid == 8 || eid == 254) << eid;
    EXPECT_EQ(lab::is_reachable(*fifth, static_cast<std::uint8_t>(eid)), eid == 20 || eid == 254) << eid;
  }
}

TEST(Machine, RefusesAnEndpointThatIsTaken) {
  EXPECT_EQ(refusal(lab_of({device("a", {at(1, 8)}), device("b", {at(1, 8)})})),
            "b: EID 8 of network 1 is not free; give mctp=1:EID with another EID from 8 to 253");
  EXPECT_EQ(refusal(lab_of({device("a", {at(1, 8)}), device("b", {at(2, 8)})})), "made");
  EXPECT_EQ(refusal(lab_of({device("a", {at(1, 7)})})),
            "a: EID 7 of network 1 is not free; give mctp=1:EID with another EID from 8 to 253");
  EXPECT_EQ(refusal(lab_of({device("a", {at(1, 254)})})),
            "a: EID 254 of network 1 is not free; give mctp=1:EID with another EID from 8 to 253");
  EXPECT_EQ(refusal(lab_of({device("a", {at(1, 253)})})), "made");
}

TEST(Machine, RefusesTheEndpointBeyondANetwork) {
  std::vector<MemoryDeviceDeclaration> devices;
  for (int i = 0; i < 246; ++i) {
    devices.push_back(device("mem" + std::to_string(i), {at(1, static_cast<std::uint8_t>(8 + i))}));
  }
  EXPECT_EQ(refusal(lab_of(devices)), "made");
  devices.push_back(device("one-more", {at(1, 254)}));
  EXPECT_EQ(refusal(lab_of(devices)),
            "one-more: EID 254 of network 1 is not free; give mctp=1:EID with another EID from 8 to 253");
  devices.back().mctp = kNowhere;
  EXPECT_EQ(refusal(lab_of(devices)), "made");
}

TEST(Machine, RefusesTheNetworkBeyondItsLimit) {
  std::vector<MemoryDeviceDeclaration> devices;
  // Network 1 is always there.
  for (std::uint32_t i = 2; i <= lab::kNetworksMax; ++i)
    devices.push_back(device("mem" + std::to_string(i), {at(i * 10, 8)}));
  EXPECT_EQ(refusal(lab_of(devices)), "made");
  devices.push_back(device("one-more", {at(100, 8)}));
  EXPECT_EQ(refusal(lab_of(devices)), "one-more: a lab has at most 8 MCTP networks");
  devices.back().mctp = {at(20, 9)};
  EXPECT_EQ(refusal(lab_of(devices)), "made");
}

TEST(Machine, RefusesNamesThatAreGivenTwice) {
  EXPECT_EQ(refusal(lab_of({device("a"), device("a")})), "device \"a\" is declared twice");
  Topology topology;
  topology.backends.resize(2);
  for (auto& backend : topology.backends) {
    backend.id = "m";
    backend.size_bytes = 4096;
  }
  EXPECT_EQ(refusal(topology), "memory backend \"m\" is declared twice");
}

TEST(Machine, RefusesABackendThatIsNotThere) {
  Topology topology = lab_of({device("a")});
  topology.memory_devices[0].lsa = "labels";
  EXPECT_EQ(refusal(topology), "a: no memory backend \"labels\"");
}

TEST(Machine, MakesItsBackendsByTheFactory) {
  Topology topology;
  topology.backends.resize(1);
  topology.backends[0].id = "m";
  topology.backends[0].size_bytes = 4096;
  std::vector<std::string> asked;
  ASSERT_TRUE(build_machine(topology, {.make_backing = [&](const MemoryBackendConfig& config) -> Result<Backing> {
                              asked.push_back(config.id);
                              return Backing(config.size_bytes);
                            }}));
  EXPECT_EQ(asked, std::vector<std::string>{"m"});
  const auto refused =
      build_machine(topology, {.make_backing = [](const auto&) -> Result<Backing> { return failure("no disk"); }});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "no disk");
}

TEST(Machine, FindsDevicesByIdAndQomPath) {
  const auto machine = make({device("mem0"), device("cxl.pmem", {at(1, 9)})});
  EXPECT_EQ(machine->find("mem0"), &machine->components()[0]);
  EXPECT_EQ(machine->find("/machine/peripheral/cxl.pmem"), &machine->components()[1]);
  EXPECT_EQ(machine->find("/mem0"), &machine->components()[0]);
  EXPECT_EQ(machine->find("mem0/"), nullptr);
  EXPECT_EQ(machine->find("mem"), nullptr);
  EXPECT_EQ(machine->find(""), nullptr);
}

TEST(Machine, GivesEndpointsUuidsThatStayAndDiffer) {
  const auto uuid_of = [](std::uint64_t serial_number) {
    auto declaration = device("a");
    declaration.config.serial_number = serial_number;
    return make({declaration})->components()[0].endpoints[0].endpoint->configuration().uuid.text();
  };
  EXPECT_EQ(uuid_of(1), uuid_of(1));
  EXPECT_NE(uuid_of(1), uuid_of(2));
  EXPECT_EQ(uuid_of(1), "1af40c81-0000-8000-8000-000000000001");
}

// ------------------------------------------------------------------------------------------------------------ commands

TEST(Machine, RoutesProgramsToTheEidThatTheBusOwnerGives) {
  lab::RoutePage page{};
  const auto machine = build_machine(lab_of({device("mem0")}), {.page = &page}).value();
  mctp::Message set_endpoint_id;
  set_endpoint_id.destination = Eid{8};
  set_endpoint_id.type = mctp::MessageType::control;
  set_endpoint_id.tag = *machine->networks()[0].host->allocate_tag(Eid{8});
  set_endpoint_id.body = from_hex("81 01 00 2a").value();

  machine->networks()[0].host->send(set_endpoint_id);
  machine->settle();

  lab::NetworkPage* network = lab::find_network(page, 1);
  EXPECT_FALSE(lab::is_reachable(*network, 8));
  EXPECT_TRUE(lab::is_reachable(*network, 42));
  EXPECT_TRUE(machine->send_command(machine->components().front(), cci::kMctp, Opcode{1}, {}));
  EXPECT_EQ(machine->commits().keys[static_cast<std::size_t>(StateKey::endpoint_id)], 1U);
}

TEST(Machine, SendsNothingOverMctpWithoutAnEndpoint) {
  const auto machine = make({device("mem0", kNowhere)});
  auto& node = machine->components().front();
  EXPECT_FALSE(machine->send_command(node, cci::kMctp, Opcode{1}, {}));
  const auto result = machine->send_command(node, cci::kMailbox, Opcode{0x4200}, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->return_code, ReturnCode::success);
  EXPECT_EQ(result->payload.size(), 18U);
}

TEST(Machine, SendsACommandWithATagThatNoProgramHolds) {
  const auto machine = make();
  machine->open(kSocket);
  auto& node = machine->components().front();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(machine->send_command(node, cci::kMctp, Opcode{1}, {}));
    machine->input(kSocket, request(0x0001));
  }
  EXPECT_EQ(machine->sockets().tags_in_use(), 0U);
  EXPECT_TRUE(machine->networks().front().host->outstanding_tags().empty());
  EXPECT_EQ(machine->sockets().dropped().total(), 0U);
}

TEST(Machine, FreesTheTagOfARequestThatIsNotAnswered) {
  const auto machine = make();
  machine->open(kSocket);
  Buffer short_message = request(0x0001);
  short_message.resize(sizeof(lab::DatagramPrefix) + 3);
  machine->input(kSocket, short_message);
  EXPECT_EQ(machine->sockets().tags_in_use(), 1U);
  EXPECT_EQ(machine->components().front().endpoints[0].dropped_messages[static_cast<std::size_t>(
                cci::MessageDrop::too_short)],
            1U);
  machine->advance_to(SocketTable::kTagLifetime);
  EXPECT_EQ(machine->sockets().tags_in_use(), 0U);
  EXPECT_TRUE(machine->networks().front().host->outstanding_tags().empty());
}

// --------------------------------------------------------------------------------------------------------------- reset

class MachineReset : public testing::TestWithParam<ResetKind> {};
INSTANTIATE_TEST_SUITE_P(Kind, MachineReset,
                         testing::Values(ResetKind::conventional, ResetKind::cold, ResetKind::cxl, ResetKind::flr,
                                         ResetKind::power_loss));

TEST_P(MachineReset, EndsAssembliesWhereAuxiliaryPowerIsLost) {
  const auto machine = make();
  auto& node = machine->components().front();
  // The first packet of a message, from EID 20 to EID 8: SOM, TO, tag 1.
  Buffer packet = from_hex("01 08 14 89 08").value();
  packet.resize(4 + 64);
  node.endpoints[0].endpoint->receive(packet);
  ASSERT_EQ(node.endpoints[0].endpoint->assemblies_in_progress(), 1U);
  machine->reset(node, GetParam());
  machine->settle();
  EXPECT_EQ(node.endpoints[0].endpoint->assemblies_in_progress(), GetParam() == ResetKind::power_loss ? 0U : 1U);
  EXPECT_EQ(node.endpoints[0].endpoint->eid(), Eid{8});
}

TEST_P(MachineReset, NeedsNoEndpoint) {
  const auto machine = make({device("mem0", kNowhere)});
  machine->reset(machine->components().front(), GetParam());
  machine->settle();
  EXPECT_TRUE(machine->send_command(machine->components().front(), cci::kMailbox, Opcode{0x4200}, {}));
}

}  // namespace
}  // namespace cxlemu
