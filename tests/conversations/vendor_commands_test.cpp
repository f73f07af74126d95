// Vendor opcodes of a table: what stands in the CEL, what they answer, and the registers that they share.
#include "support/logs.hpp"
#include "support/qmp.hpp"

namespace cxlemu {
namespace {

void with_a_fan(MemoryDeviceConfig& config) {
  config.vendor_registers = {{"fan", from_hex("11223344").value()}};
  config.vendor_commands = {
      {.opcode = 0xC001,
       .name = "Get Fan",
       .maximum_length = 0,
       .answer = VendorAnswer::get,
       .payload = {},
       .register_name = "fan"},
      {.opcode = 0xC002,
       .name = "Set Fan",
       .effects = effect::immediate_configuration_change,
       .minimum_length = 2,
       .maximum_length = 4,
       .answer = VendorAnswer::set,
       .payload = {},
       .register_name = "fan"},
      {.opcode = 0xC003,
       .name = "Echo",
       .maximum_length = 4096,
       .by_mctp = false,
       .answer = VendorAnswer::echo,
       .payload = {},
       .register_name = {}},
      {.opcode = 0xC004,
       .name = "Fixed",
       .maximum_length = 8,
       .answer = VendorAnswer::payload,
       .payload = from_hex("beef").value(),
       .register_name = {}},
      {.opcode = 0xC005,
       .name = "Refused",
       .maximum_length = 8,
       .answer = VendorAnswer::return_code,
       .payload = {},
       .return_code = ReturnCode::resources_exhausted,
       .register_name = {}},
      {.opcode = 0xC006, .name = "Nothing", .maximum_length = 8, .payload = {}, .register_name = {}},
  };
}

class VendorOpcodeOnCci : public OnEveryCci {};
ON_EVERY_CCI(VendorOpcodeOnCci);

TEST_P(VendorOpcodeOnCci, AnswersAsItsTableSays) {
  Lab lab(with_a_fan);
  EXPECT_EQ(lab.send(GetParam(), 0xC001), success("11223344"));
  EXPECT_EQ(lab.send(GetParam(), 0xC002, "0102"), success());
  EXPECT_EQ(lab.send(GetParam(), 0xC001), success("01020000"));
  EXPECT_EQ(lab.send(GetParam(), 0xC004, "00"), success("beef"));
  EXPECT_EQ(lab.send(GetParam(), 0xC005), refused(ReturnCode::resources_exhausted));
  EXPECT_EQ(lab.send(GetParam(), 0xC006), success());
  EXPECT_EQ(lab.mailbox(0xC003, "616263"), success("616263"));
}

TEST_P(VendorOpcodeOnCci, TakesTheLengthsOfItsTableAlone) {
  Lab lab(with_a_fan);
  EXPECT_EQ(lab.send(GetParam(), 0xC001, "00"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0xC002, "00"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0xC002, "0000000000"), refused(ReturnCode::invalid_payload_length));
  EXPECT_EQ(lab.send(GetParam(), 0xC001), success("11223344"));
}

TEST(VendorOpcode, IsCarriedAndListedByItsCarriers) {
  Lab lab(with_a_fan);
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0xC002), "0200");
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0xC002), "0200");
  EXPECT_EQ(lab.cel_effect(cci::kMailbox, 0xC003), "0000");
  EXPECT_EQ(lab.cel_effect(cci::kMctp, 0xC003), "absent");
  EXPECT_EQ(lab.mctp(0xC003), refused(ReturnCode::unsupported_mailbox_or_cci));
}

TEST(VendorOpcode, IsRefusedWhereItsAnswerDoesNotFit) {
  Lab lab([](MemoryDeviceConfig& config) {
    with_a_fan(config);
    config.vendor_commands[3].payload.resize(1024);
  });
  EXPECT_EQ(lab.mctp(0xC004).payload.size(), 2048U);
  lab.mctp(0x0004, "08");
  EXPECT_EQ(lab.mctp(0xC004), refused(ReturnCode::invalid_input));
}

TEST(VendorOpcode, CanBeMadeToFail) {
  Lab lab(with_a_fan);
  lab.fault(cci::ReturnCodeFault{.opcode = Opcode{0xC001}, .call = 1, .return_code = ReturnCode::busy});
  EXPECT_EQ(lab.mailbox(0xC001), refused(ReturnCode::busy));
  EXPECT_EQ(lab.mailbox(0xC001), success("11223344"));
  EXPECT_NE(text_of_log(lab, cci::kMailbox, kDebugLog).find("mailbox c001h Get Fan: Busy (06h)"), std::string::npos);
}

class RegisterAfterReset : public AfterEveryReset {};
AFTER_EVERY_RESET(RegisterAfterReset);

TEST_P(RegisterAfterReset, KeepsItsValue) {
  Lab lab(with_a_fan);
  lab.mctp(0xC002, "01020304");
  lab.reset(GetParam());
  EXPECT_EQ(lab.mailbox(0xC001), success("01020304"));
}

// By name: a register that is gone is dropped, one of another size keeps its first value.
TEST(Register, IsRestoredByItsName) {
  Lab before(with_a_fan);
  before.mctp(0xC002, "01020304");
  const MemoryDeviceState state = before.inside("what a program that embeds the device keeps").save();
  Lab same(with_a_fan);
  same.inside("the same registers take it up").restore(state);
  EXPECT_EQ(same.mailbox(0xC001), success("01020304"));
  Lab wider([](MemoryDeviceConfig& config) {
    with_a_fan(config);
    config.vendor_registers[0].value.resize(5);
  });
  wider.inside("other registers take it up").restore(state);
  EXPECT_EQ(wider.mailbox(0xC001), success("1122334400"));
}

TEST(QmpQueryCommands, NamesVendorCommandsToo) {
  QmpLab lab(with_a_fan);
  const Json commands = lab.value("cxlemu-query-commands", R"({"path":"mem0"})");
  EXPECT_EQ(commands.elements().size(), memory_device_commands().size() + 6);
  EXPECT_EQ(commands.elements()[0].text(), R"({"opcode":1,"name":"identify","title":"Identify","by":["mctp"]})");
  EXPECT_EQ(commands.elements()[memory_device_commands().size() + 2].text(),
            R"({"opcode":49155,"name":"echo","title":"Echo","by":["mailbox"],"vendor":true})");
}

}  // namespace
}  // namespace cxlemu
