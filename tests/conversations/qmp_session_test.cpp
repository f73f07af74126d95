// QMP as a stream of bytes: greeting, negotiation, errors, several clients. QEMU docs/interop/qmp-spec.
#include <gmock/gmock.h>

#include <algorithm>

#include "support/qmp.hpp"

namespace cxlemu {
namespace {

using qmp::Argument;
using qmp::ArgumentKind;
using qmp::QmpCommand;

constexpr std::string_view kVersion = R"({"return":{"qemu":{"micro":0,"minor":1,"major":0},"package":"cxlemu"}})"
                                      "\r\n";

std::string error(std::string_view description, std::string_view error_class = "GenericError") {
  return Json::object({{"error", Json::object({{"class", error_class}, {"desc", description}})}}).text() + "\r\n";
}

// --------------------------------------------------------------------------------------------------------- negotiation

TEST(QmpSession, BeginsWithTheGreeting) {
  QmpLab lab;
  lab.open();
  EXPECT_EQ(lab.read(), kGreeting);
}

TEST(QmpSession, RefusesCommandsBeforeTheCapabilities) {
  QmpLab lab;
  lab.open();
  lab.read();
  const auto expected = error("Expecting capabilities negotiation with 'qmp_capabilities'", "CommandNotFound");
  EXPECT_EQ(lab.exchange(R"({"execute":"query-version"})"), expected);
  EXPECT_EQ(lab.exchange(R"({"execute":"no-such-command"})"), expected);
  EXPECT_EQ(lab.exchange(R"({"execute":"quit"})"), expected);
  EXPECT_EQ(lab.quits, 0);
}

TEST(QmpSession, NegotiatesOnce) {
  QmpLab lab;
  lab.open();
  lab.read();
  EXPECT_EQ(lab.exchange(R"({"execute":"qmp_capabilities"})"), "{\"return\":{}}\r\n");
  EXPECT_EQ(lab.exchange(R"({"execute":"qmp_capabilities"})"),
            error("Capabilities negotiation is already complete, command ignored", "CommandNotFound"));
  EXPECT_EQ(lab.exchange(R"({"execute":"query-version"})"), kVersion);
}

TEST(QmpSession, EnablesNoCapabilityBecauseItOffersNone) {
  QmpLab lab;
  lab.open();
  lab.read();
  const auto negotiate = [&](std::string_view arguments) {
    return lab.exchange(R"({"execute":"qmp_capabilities","arguments":)" + std::string(arguments) + "}");
  };
  EXPECT_EQ(negotiate(R"({"enable":["oob"]})"), error("parameter \"enable\": the lab offers no capability"));
  EXPECT_EQ(negotiate(R"({"enable":"oob"})"), error("parameter \"enable\" must be a list"));
  EXPECT_EQ(negotiate(R"({"disable":[]})"), error("parameter \"disable\" is unexpected"));
  EXPECT_EQ(negotiate(R"({"enable":[]})"), "{\"return\":{}}\r\n");
}

// ------------------------------------------------------------------------------------------------------------------ id

class QmpId : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Value, QmpId,
                         testing::Values("7", "-7", "1.5", "\"text\"", "\"\"", "null", "true", "false", "[]",
                                         "[1,\"a\"]", "{}", "{\"a\":{\"b\":null}}", "18446744073709551615"));

TEST_P(QmpId, ComesBackWithTheAnswer) {
  QmpLab lab;
  lab.connect();
  const std::string id(GetParam());
  const auto with_id = [&](std::string_view answer) {
    return std::string(answer.substr(0, answer.size() - 3)) + ",\"id\":" + id + "}\r\n";
  };
  EXPECT_EQ(lab.exchange(R"({"execute":"query-version","id":)" + id + "}"), with_id(kVersion));
  EXPECT_EQ(lab.exchange(R"({"id":)" + id + R"(,"execute":"query-version","arguments":{"a":1}})"),
            with_id(error("parameter \"a\" is unexpected")));
  EXPECT_EQ(lab.exchange(R"({"id":)" + id + "}"), with_id(error("QMP input lacks member 'execute'")));
}

TEST(QmpSession, AnswersWithoutIdWhereNoneWasGiven) {
  QmpLab lab;
  lab.connect();
  lab.exchange(R"({"execute":"query-version","id":1})");
  EXPECT_EQ(lab.exchange(R"({"execute":"query-version"})"), kVersion);
}

// ----------------------------------------------------------------------------------------------------- malformed input

struct Malformed {
  std::string input;
  std::string answer;
};
void PrintTo(const Malformed& malformed, std::ostream* os) { *os << malformed.input.substr(0, 60); }

class MalformedQmp : public testing::TestWithParam<Malformed> {};
INSTANTIATE_TEST_SUITE_P(
    Input, MalformedQmp,
    testing::Values(Malformed{"{}", error("QMP input lacks member 'execute'")},
                    Malformed{R"({"execute":5})", error("QMP input lacks member 'execute'")},
                    Malformed{R"({"execute":null,"arguments":{}})", error("QMP input lacks member 'execute'")},
                    Malformed{R"({"exec-oob":"query-version"})", error("QMP input lacks member 'execute'")},
                    Malformed{R"({"execute":"query-version","extra":1})",
                              error("QMP input member \"extra\" is unexpected")},
                    Malformed{R"({"execute":"query-version","arguments":[]})",
                              error("QMP input member 'arguments' must be an object")},
                    Malformed{R"({"execute":"query-version","arguments":"path=mem0"})",
                              error("QMP input member 'arguments' must be an object")},
                    Malformed{R"({"execute":"query-version","arguments":0})",
                              error("QMP input member 'arguments' must be an object")},
                    Malformed{R"({"execute":"query-version","arguments":false})",
                              error("QMP input member 'arguments' must be an object")},
                    Malformed{R"({"execute":})", error("this is not JSON")},
                    Malformed{R"({"execute":"query-version"])", error("this is not JSON")},
                    Malformed{R"({'execute':'query-version'})", error("this is not JSON")},
                    Malformed{R"({"execute":"query-version",})", error("this is not JSON")},
                    Malformed{R"({"execute":"\u12"})", error("this is not JSON")},
                    Malformed{"{\"execute\":\"\xC3\x28\"}", error("this is not JSON")},
                    Malformed{R"({"execute":"query-version","id":01})", error("this is not JSON")},
                    Malformed{"[1]\n", error("QMP input must be a JSON object; the rest of the line is skipped")},
                    Malformed{"hello\n", error("QMP input must be a JSON object; the rest of the line is skipped")},
                    Malformed{"\"text\"\n", error("QMP input must be a JSON object; the rest of the line is skipped")},
                    Malformed{"{\"execute\":\"query-ver\n", error("a string in a QMP text is not closed on its line")},
                    Malformed{"{\"execute\":\xFF", error("a QMP text was cut short by the byte FFh")},
                    Malformed{R"({"execute":)" + std::string(64, '[') + std::string(64, ']') + "}",
                              error("a QMP text is nested deeper than 64")},
                    Malformed{R"({"execute":")" + std::string(1 << 20, 'x') + R"("})",
                              error("a QMP text is longer than 1048576 bytes")}));

TEST_P(MalformedQmp, IsAnsweredAndTheConnectionGoesOn) {
  QmpLab lab;
  lab.connect();
  EXPECT_EQ(lab.exchange(GetParam().input), GetParam().answer);
  EXPECT_EQ(lab.exchange(R"({"execute":"query-version"})"), kVersion);
  EXPECT_EQ(lab.server.sessions(), 1);
}

TEST_P(MalformedQmp, IsAnsweredBeforeNegotiationToo) {
  QmpLab lab;
  lab.open();
  lab.read();
  lab.exchange(GetParam().input);
  EXPECT_EQ(lab.exchange(R"({"execute":"qmp_capabilities"})"), "{\"return\":{}}\r\n");
}

TEST(QmpSession, TakesArgumentsThatAreNullAsNone) {
  QmpLab lab;
  lab.connect();
  EXPECT_EQ(lab.exchange(R"({"execute":"query-version","arguments":null})"), kVersion);
}

// ------------------------------------------------------------------------------------------------------------- streams

TEST(QmpSession, AnswersSeveralTextsOfOneReadInTheirOrder) {
  QmpLab lab;
  lab.connect();
  EXPECT_EQ(lab.exchange("{\"execute\":\"query-version\"}{}\n\t {\"execute\":\"query-version\",\"id\":2}"),
            std::string(kVersion) + error("QMP input lacks member 'execute'") +
                std::string(kVersion.substr(0, kVersion.size() - 3)) + ",\"id\":2}\r\n");
}

TEST(QmpSession, SaysNothingBeforeATextIsComplete) {
  QmpLab lab;
  lab.connect();
  EXPECT_EQ(lab.exchange(R"({"execute":"query-version")"), "");
  EXPECT_EQ(lab.exchange("}"), kVersion);
}

TEST(QmpSession, KeepsTwoClientsApartByteByByte) {
  QmpLab lab;
  lab.open(1);
  lab.open(2);
  const std::string one = R"({"execute":"qmp_capabilities"}{"execute":"query-version","id":"one"})";
  const std::string two = R"({"execute":"query-version"} {"execute":"qmp_capabilities","id":"two"}{"id":[2]})";
  for (std::size_t i = 0; i < std::max(one.size(), two.size()); ++i) {
    if (i < one.size()) lab.write(one.substr(i, 1), 1);
    if (i < two.size()) lab.write(two.substr(i, 1), 2);
  }
  EXPECT_EQ(lab.read(1), std::string(kGreeting) + "{\"return\":{}}\r\n" +
                             std::string(kVersion.substr(0, kVersion.size() - 3)) + ",\"id\":\"one\"}\r\n");
  EXPECT_EQ(lab.read(2), std::string(kGreeting) +
                             error("Expecting capabilities negotiation with 'qmp_capabilities'", "CommandNotFound") +
                             "{\"return\":{},\"id\":\"two\"}\r\n" +
                             R"({"error":{"class":"GenericError","desc":"QMP input lacks member 'execute'"},"id":[2]})"
                             "\r\n");
}

TEST(QmpSession, ForgetsAClientThatLeavesInTheMiddleOfAText) {
  QmpLab lab;
  lab.connect(1);
  lab.connect(2);
  lab.write(R"({"execute":"quit)", 1);
  lab.close(1);
  EXPECT_EQ(lab.server.sessions(), 1);
  EXPECT_EQ(lab.exchange(R"({"execute":"query-version"})", 2), kVersion);
  // Whoever gets its number begins anew: unnegotiated, with no text begun.
  lab.open(1);
  EXPECT_EQ(lab.read(1), kGreeting);
  EXPECT_EQ(lab.exchange(R"("})", 1), error("QMP input must be a JSON object; the rest of the line is skipped"));
  EXPECT_EQ(lab.quits, 0);
}

TEST(QmpSession, HearsNothingFromWhoDidNotConnect) {
  QmpLab lab;
  EXPECT_EQ(lab.exchange(R"({"execute":"qmp_capabilities"})", 5), "");
  lab.close(5);
  EXPECT_EQ(lab.server.sessions(), 0);
}

TEST(QmpSession, AnswersQuitBeforeItEnds) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("quit"), "{}");
  EXPECT_EQ(lab.quits, 1);
}

// ------------------------------------------------------------------------------------------------------------ commands

TEST(QmpSession, NamesTheNearestCommand) {
  QmpLab lab;
  lab.connect();
  EXPECT_EQ(lab.exchange(R"({"execute":"cxlemu-rest"})"),
            error("The command cxlemu-rest has not been found; did you mean \"cxlemu-reset\"?", "CommandNotFound"));
  EXPECT_EQ(lab.exchange(R"({"execute":"migrate"})"),
            error("The command migrate has not been found", "CommandNotFound"));
  EXPECT_EQ(lab.exchange(R"({"execute":""})"), error("The command  has not been found", "CommandNotFound"));
  EXPECT_EQ(lab.exchange(R"({"execute":"a\nb"})"), error("The command a\\x0ab has not been found", "CommandNotFound"));
}

TEST(QmpSession, ListsEveryCommandItKnows) {
  QmpLab lab;
  std::vector<std::string> listed;
  const Json commands = lab.value("query-commands");
  for (const Json& entry : commands.elements()) {
    EXPECT_EQ(entry.members().size(), 1);
    listed.emplace_back(entry["name"].string().value_or(""));
  }
  std::vector<std::string> expected = {"qmp_capabilities"};
  for (const QmpCommand& row : qmp::commands()) expected.emplace_back(row.name);
  EXPECT_EQ(listed, expected);
  EXPECT_GE(listed.size(), 14U);
  EXPECT_TRUE(std::ranges::is_sorted(qmp::commands(), {}, &QmpCommand::name));
}

TEST(QmpSession, TellsItsVersion) {
  QmpLab lab;
  EXPECT_EQ(lab.returned("query-version"), R"({"qemu":{"micro":0,"minor":1,"major":0},"package":"cxlemu"})");
}

// ------------------------------------------------------------------------------------------ arguments of every command

class EveryQmpCommand : public testing::TestWithParam<QmpCommand> {
 protected:
  // Something that the kind allows.
  static Json good(const Argument& row) {
    if (row.name == "path") return "mem0";
    switch (row.kind) {
      case ArgumentKind::text:
        return "text";
      case ArgumentKind::boolean:
        return true;
      case ArgumentKind::choice:
        return row.choices.front();
      case ArgumentKind::opcode:
        return "sanitize";
      case ArgumentKind::hex:
        return "00";
      case ArgumentKind::object_list:
        return Json::array();
      case ArgumentKind::u64_list:
        return Json::array({1});
      default:
        return 1;
    }
  }
  static Json all_arguments() {
    Json arguments = Json::object();
    for (const Argument& row : GetParam().arguments) arguments.set(row.name, good(row));
    return arguments;
  }
  std::string refused(const Json& arguments) { return lab.refused(GetParam().name, arguments.text()); }

  QmpLab lab;
};

std::string command_name(const testing::TestParamInfo<QmpCommand>& test) {
  std::string name(test.param.name);
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Row, EveryQmpCommand, testing::ValuesIn(qmp::commands().begin(), qmp::commands().end()),
                         command_name);

std::vector<QmpCommand> commands_by_device(bool of_a_device) {
  std::vector<QmpCommand> all(qmp::commands().begin(), qmp::commands().end());
  std::erase_if(all, [&](const QmpCommand& row) {
    return (!row.arguments.empty() && row.arguments.front().name == "path") != of_a_device;
  });
  return all;
}
class EveryQmpCommandOfADevice : public EveryQmpCommand {};
INSTANTIATE_TEST_SUITE_P(Row, EveryQmpCommandOfADevice, testing::ValuesIn(commands_by_device(true)), command_name);
class EveryQmpCommandOfTheLab : public EveryQmpCommand {};
INSTANTIATE_TEST_SUITE_P(Row, EveryQmpCommandOfTheLab, testing::ValuesIn(commands_by_device(false)), command_name);

TEST_P(EveryQmpCommand, RefusesAnArgumentThatItDoesNotHave) {
  Json arguments = all_arguments();
  arguments.set("qqqqqqqq", 1);
  EXPECT_EQ(refused(arguments), "parameter \"qqqqqqqq\" is unexpected");
}

TEST_P(EveryQmpCommand, NamesTheNearestArgument) {
  for (const Argument& row : GetParam().arguments) {
    const std::string misspelt = std::string(row.name) + "x";
    if (misspelt.size() < 4) continue;
    Json arguments = all_arguments();
    arguments.set(misspelt, 1);
    EXPECT_EQ(refused(arguments),
              "parameter \"" + misspelt + "\" is unexpected; did you mean \"" + std::string(row.name) + "\"?");
  }
}

TEST_P(EveryQmpCommand, MissesAnArgumentThatItNeeds) {
  for (const Argument& row : GetParam().arguments) {
    if (row.optional) continue;
    Json arguments = Json::object();
    for (const Argument& other : GetParam().arguments) {
      if (other.name != row.name) arguments.set(other.name, good(other));
    }
    EXPECT_EQ(refused(arguments), "parameter \"" + std::string(row.name) + "\" is missing");
  }
}

TEST_P(EveryQmpCommand, RefusesAnArgumentOfAnotherType) {
  for (const Argument& row : GetParam().arguments) {
    Json arguments = all_arguments();
    arguments.set(row.name, Json::object());
    EXPECT_THAT(refused(arguments), testing::StartsWith("parameter \"" + std::string(row.name) + "\" must be "));
    arguments.set(row.name, nullptr);
    EXPECT_THAT(refused(arguments), testing::StartsWith("parameter \"" + std::string(row.name) + "\" must be "));
  }
}

TEST_P(EveryQmpCommandOfTheLab, TakesNoDevice) {
  Json arguments = all_arguments();
  arguments.set("path", "mem0");
  EXPECT_EQ(refused(arguments), "parameter \"path\" is unexpected");
}

TEST_P(EveryQmpCommandOfADevice, RefusesADeviceThatIsNotThere) {
  Json arguments = all_arguments();
  arguments.set("path", "mem1");
  EXPECT_EQ(refused(arguments), "no device \"mem1\"; did you mean \"mem0\"?; `cxlemu list` shows the lab");
  arguments.set("path", "/machine/peripheral/another");
  EXPECT_EQ(refused(arguments), "no device \"/machine/peripheral/another\"; `cxlemu list` shows the lab");
  arguments.set("path", "");
  EXPECT_EQ(refused(arguments), "no device \"\"; `cxlemu list` shows the lab");
}

TEST(QmpSession, IsServedInBatchesWhereItSendsManyCommandsAtOnce) {
  QmpLab lab;
  lab.connect();
  std::string commands;
  for (int i = 0; i < 5; ++i) {
    commands += R"({"execute":"cxlemu-read-media","arguments":{"path":"mem0","dpa":0,"length":262144},"id":1})";
  }

  const std::string first = lab.exchange(commands);

  // Answers of half a MiB: two reach the limit.
  EXPECT_EQ(std::ranges::count(first, '\n'), 2);
  EXPECT_TRUE(lab.server.has_pending(QmpLab::source(0)));
  EXPECT_EQ(std::ranges::count(lab.exchange(""), '\n'), 2);
  EXPECT_EQ(std::ranges::count(lab.exchange(""), '\n'), 1);
  EXPECT_FALSE(lab.server.has_pending(QmpLab::source(0)));
}

}  // namespace
}  // namespace cxlemu
