#include "options/vendor_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "cci/command.hpp"
#include "component/memory_device/memory_device.hpp"
#include "options/topology_builder.hpp"
#include "options/topology_file.hpp"

namespace cxlemu::options {
namespace {

/// A device with these tables of vendor commands, which begin at line 5.
Result<MemoryDeviceConfig> with(std::string_view tables) {
  const std::string text =
      "[object.m0]\ntype = \"memory-backend-ram\"\nsize = \"256M\"\n[device.d]\ntype = \"cxl-type3\"\n"
      "volatile-memdev = \"m0\"\n" +
      std::string(tables);
  const auto file = TRY(parse_topology_file(text, "lab.toml"));
  const auto lab = TRY(build_topology(file.declarations));
  EXPECT_TRUE(lab.notices.empty());
  return lab.topology.memory_devices.front().config;
}
std::string error_of(std::string_view tables) {
  const auto config = with(tables);
  return config ? "" : config.error().message;
}
/// The keys of one command behind its opcode.
std::string one(std::string_view keys) { return "[[device.d.vendor-command]]\nopcode = 0xC000\n" + std::string(keys); }

TEST(VendorCommands, HaveWhatTheirTableSays) {
  const auto config =
      with(one("name = \"Get Fan Speed\"\neffects = [\"immediate-log-change\", \"security-state-change\"]\n"
               "carriers = [\"mctp\"]\nmin-length = 1\nmax-length = 0x10\npayload = \"00 ff\"\n"));
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->vendor_commands.size(), 1U);
  const VendorCommand& command = config->vendor_commands[0];
  EXPECT_EQ(command.opcode, 0xC000);
  EXPECT_EQ(command.name, "Get Fan Speed");
  EXPECT_EQ(command.effects, effect::immediate_log_change | effect::security_state_change);
  EXPECT_FALSE(command.by_mailbox);
  EXPECT_TRUE(command.by_mctp);
  EXPECT_EQ(command.minimum_length, 1U);
  EXPECT_EQ(command.maximum_length, 16U);
  EXPECT_EQ(command.answer, VendorAnswer::payload);
  EXPECT_EQ(to_hex(command.payload), "00ff");
}

TEST(VendorCommands, NeedNoMoreThanAnOpcode) {
  const VendorCommand command = with(one("")).value().vendor_commands[0];
  EXPECT_EQ(command.name, "Vendor C000h");
  EXPECT_TRUE(command.by_mailbox && command.by_mctp);
  EXPECT_EQ(command.answer, VendorAnswer::nothing);
  EXPECT_EQ(command.minimum_length, 0U);
}

TEST(VendorCommands, AnswerInOneWay) {
  EXPECT_EQ(with(one("echo = true\n")).value().vendor_commands[0].answer, VendorAnswer::echo);
  EXPECT_EQ(with(one("return-code = \"busy\"\n")).value().vendor_commands[0].return_code, ReturnCode::busy);
  EXPECT_EQ(with(one("return-code = 0xC0\n")).value().vendor_commands[0].return_code, static_cast<ReturnCode>(0xC0));
  EXPECT_EQ(
      error_of(one("echo = true\npayload = \"00\"\n")),
      "lab.toml:10: vendor-command payload: the command has an answer by echo already; give one of payload, echo, "
      "return-code, get, set");
}

TEST(VendorCommands, ShareRegistersByName) {
  const auto config = with(
      "[[device.d.vendor-command]]\nopcode = 0xC001\nget = \"fan\"\n"
      "[[device.d.vendor-command]]\nopcode = 0xC002\nset = \"fan\"\nsize = 4\ninitial = \"1234\"\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->vendor_registers, (std::vector<VendorRegister>{{"fan", from_hex("12340000").value()}}));
  EXPECT_EQ(config->vendor_commands[1].minimum_length, 4U);
  EXPECT_EQ(config->vendor_commands[1].maximum_length, 4U);
}

// A change that waits for a Conventional or CXL Reset needs bit 9.
TEST(VendorCommands, SayThatTheirResetEffectsAreValid) {
  EXPECT_EQ(with(one("effects = [\"configuration-change-after-cxl-reset\"]\n")).value().vendor_commands[0].effects,
            0xA00);
}

TEST(VendorCommands, AreRefusedInOneLineWithPlaceAndRemedy) {
  EXPECT_EQ(error_of("[[device.d.vendor-command]]\nopcode = 0xBFFF\n"),
            "lab.toml:8: vendor-command opcode: \"49151\" is no vendor opcode; they are from 0xC000 to 0xFFFF");
  EXPECT_EQ(error_of("[[device.d.vendor-command]]\nname = \"A\"\n"),
            "lab.toml:8: a vendor-command has no opcode; write opcode = 0xC000");
  EXPECT_EQ(error_of(one("") + one("")),
            "lab.toml:10: there is another vendor-command with opcode 0xc000; give another one");
  EXPECT_EQ(error_of(one("name = \"Sanitize\"\n")),
            "lab.toml:8: there is another command \"Sanitize\"; give another name");
  EXPECT_EQ(error_of(one("name = \"0x4400\"\n")),
            "lab.toml:9: vendor-command name: \"0x4400\" is not a name: a letter, then ASCII characters, at most 64");
  EXPECT_EQ(error_of(one("paylod = \"00\"\n")),
            "lab.toml:9: a vendor-command has no key \"paylod\"; did you mean \"payload\"?");
  EXPECT_EQ(error_of(one("payload = \"0\"\n")), "lab.toml:9: vendor-command payload: \"0\" is not hexadecimal");
  EXPECT_THAT(error_of(one("effects = [\"background-operation\"]\n")),
              testing::HasSubstr("lab.toml:9: vendor-command effects: \"background-operation\" is none of "));
  EXPECT_EQ(error_of(one("carriers = [\"usb\"]\n")),
            "lab.toml:9: vendor-command carriers: \"usb\" is neither mailbox nor mctp");
  EXPECT_EQ(error_of(one("return-code = 1\n")),
            "lab.toml:9: vendor-command return-code: \"1\" is no return code, as \"busy\" or 0x06");
  EXPECT_EQ(error_of(one("min-length = 2\nmax-length = 1\n")),
            "lab.toml:8: vendor-command \"Vendor C000h\": min-length 2 is more than max-length 1");
  EXPECT_EQ(error_of(one("get = \"r\"\n")), "lab.toml:8: register \"r\" has no size; write size = 4");
  EXPECT_EQ(error_of(one("get = \"r\"\nsize = 1\ninitial = \"0000\"\n")),
            "lab.toml:8: vendor-command initial: has 2 bytes; register \"r\" has 1");
  EXPECT_EQ(error_of(one("size = 1\n")),
            "lab.toml:8: vendor-command \"Vendor C000h\": size and initial belong to get and set");
  EXPECT_EQ(error_of(one("get = \"r\"\nsize = 1\n") +
                     "[[device.d.vendor-command]]\nopcode = 0xC001\nset = \"r\"\nsize = 2\n"),
            "lab.toml:12: register \"r\" has 1 bytes already; give one size");
  EXPECT_EQ(error_of("vendor-command = 1\n"),
            "lab.toml:7: vendor-command is a list of tables: [[device.ID.vendor-command]]");
  EXPECT_EQ(error_of("vendor-command = [1]\n"),
            "lab.toml:7: \"vendor-command.0\": vendor-command is a list of tables: [[device.ID.vendor-command]]");
}

TEST(VendorCommands, HaveLimits) {
  EXPECT_EQ(error_of(one("get = \"r\"\nsize = 256\n")), "");
  EXPECT_EQ(error_of(one("get = \"r\"\nsize = 257\n")),
            "lab.toml:10: vendor-command size: \"257\" is not from 1 to 256");
  EXPECT_EQ(error_of(one("payload = \"" + std::string(2048, '0') + "\"\n")), "");
  EXPECT_EQ(error_of(one("payload = \"" + std::string(2050, '0') + "\"\n")),
            "lab.toml:9: vendor-command payload: has 1025 bytes; 1024 are the most");
  EXPECT_EQ(error_of(one("name = \"" + std::string(64, 'a') + "\"\n")), "");
  EXPECT_NE(error_of(one("name = \"" + std::string(65, 'a') + "\"\n")), "");
  const auto tables = [](std::size_t n) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i)
      text += "[[device.d.vendor-command]]\nopcode = " + std::to_string(0xC000 + i) + "\n";
    return text;
  };
  EXPECT_EQ(with(tables(cci::kMaximumRuntimeCommands)).value().vendor_commands.size(), cci::kMaximumRuntimeCommands);
  EXPECT_EQ(error_of(tables(cci::kMaximumRuntimeCommands + 1)), "lab.toml:2056: more than 1024 vendor commands");
}

// The same list as the JSON of an option.
TEST(VendorCommands, ComeFromJsonOptionsToo) {
  const auto declaration = parse_option(
      DeclarationKind::device,
      R"({"driver":"cxl-type3","vendor-command":[{"opcode":49152,"effects":["immediate-log-change"],"echo":true}]})",
      "-device #1");
  ASSERT_TRUE(declaration);
  MemoryDeviceConfig config;
  ASSERT_TRUE(apply_vendor_commands(*declaration, config));
  EXPECT_EQ(config.vendor_commands.at(0).effects, effect::immediate_log_change);
  EXPECT_EQ(config.vendor_commands.at(0).answer, VendorAnswer::echo);
}

}  // namespace
}  // namespace cxlemu::options
