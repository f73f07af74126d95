// A program's own kind of component in a lab: two CCIs, one command, no memory. The machine takes it as built.
#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "component/generic/ccis.hpp"
#include "machine/machine.hpp"

namespace cxlemu {

// CXL r3.2 8.2.10, C000h: answers with how often it was asked, on whatever CCI.
struct CounterOut {
  Le32 count;
};
static_assert(Wire<CounterOut> && sizeof(CounterOut) == 4);
CXLEMU_DESCRIBE(CounterOut, CXLEMU_FIELD(CounterOut, count, number, "requests"));

namespace {

struct Counter {
  static constexpr cci::Subject kSubject = cci::Subject::device;
  std::uint32_t count = 0;
};

cci::Result<CounterOut> count(Counter& counter, cci::Cci&) { return CounterOut{++counter.count}; }

constexpr auto kCommands = std::to_array<cci::Command>({cci::command<count>(
    0xC000, "Count", "8.2.10", effect::none, cci::When::always, cci::Role::mailbox | cci::Role::mctp)});

struct CountingComponent {
  cci::Component component;
  Counter counter;

  explicit CountingComponent(Timeline& timeline) : component("counter", timeline) {
    component.commands.rows = kCommands;
    for (const cci::CciId id : {cci::kMailbox, cci::kMctp}) {
      cci::Cci& cci = generic::add_cci(component, id, 512);
      cci.subjects[static_cast<std::size_t>(Counter::kSubject)] = &counter;
    }
  }
};

BuiltComponent built(Timeline& timeline, Eid eid) {
  auto owner = std::make_shared<CountingComponent>(timeline);
  BuiltComponent made;
  made.component = &owner->component;
  made.endpoints = {{.cci = cci::kMctp, .eid = eid, .uuid = {}}};
  made.owner = std::move(owner);
  return made;
}

std::unique_ptr<Machine> lab_with_a_counter() {
  auto timeline = std::make_unique<Timeline>();
  std::vector<BuiltComponent> components;
  components.push_back(built(*timeline, Eid{30}));
  return Machine::create(std::move(timeline), std::move(components)).value();
}

std::string ask(Machine& machine, cci::CciId cci, std::uint16_t opcode = 0xC000) {
  const auto answer = machine.send_command(*machine.find("counter"), cci, Opcode{opcode}, {});
  machine.settle();
  if (!answer) return "no answer";
  return std::string(name_of(answer->return_code)) + " " + to_hex(answer->payload);
}

TEST(OwnComponent, AnswersOnBothOfItsCcis) {
  const auto machine = lab_with_a_counter();
  EXPECT_EQ(ask(*machine, cci::kMailbox), "Success 01000000");
  EXPECT_EQ(ask(*machine, cci::kMctp), "Success 02000000");
  EXPECT_EQ(ask(*machine, cci::kMctp, 0x0001), "Unsupported ");
  EXPECT_EQ(ask(*machine, cci::kSecondaryMailbox), "no answer");
  EXPECT_EQ(machine->components().front().endpoints.front().endpoint->eid(), Eid{30});
}

TEST(OwnComponent, IsResetWithItsEndpoint) {
  const auto machine = lab_with_a_counter();
  machine->reset(*machine->find("counter"), ResetKind::power_loss);
  EXPECT_EQ(ask(*machine, cci::kMctp), "Success 01000000");
}

TEST(OwnComponent, IsRefusedWhereItsPlaceIsTaken) {
  auto timeline = std::make_unique<Timeline>();
  std::vector<BuiltComponent> components;
  components.push_back(built(*timeline, Eid{30}));
  components.push_back(built(*timeline, Eid{31}));
  const auto machine = Machine::create(std::move(timeline), std::move(components));
  ASSERT_FALSE(machine);
  EXPECT_EQ(machine.error().message, "device \"counter\" is declared twice");
}

TEST(OwnComponent, IsRefusedWithAnEndpointOfACciThatItDoesNotHave) {
  auto timeline = std::make_unique<Timeline>();
  std::vector<BuiltComponent> components;
  components.push_back(built(*timeline, Eid{30}));
  components.front().endpoints.push_back({.cci = {cci::Role::mctp, 1}, .eid = Eid{31}, .uuid = {}});
  const auto machine = Machine::create(std::move(timeline), std::move(components));
  ASSERT_FALSE(machine);
  EXPECT_EQ(machine.error().message, "counter has no CCI mctp1");
}

}  // namespace
}  // namespace cxlemu
