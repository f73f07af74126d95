#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/commands/subcommand.hpp"
#include "app/exit_code.hpp"
#include "app/qmp_client.hpp"
#include "app/text.hpp"
#include "qmp/commands.hpp"
#include "text/quoted.hpp"
#include "text/size_text.hpp"

namespace cxlemu::app {
namespace {

using qmp::Argument;
using qmp::ArgumentKind;

// The value as the verb's row wants it; a name that no row knows is given as it looks.
Json value_of(const Argument* row, const std::string& text) {
  const auto number = text::parse_unsigned(text);
  const auto negative = text::parse_signed(text);
  if (row != nullptr) {
    switch (row->kind) {
      case ArgumentKind::text:
      case ArgumentKind::choice:
      case ArgumentKind::hex:
      case ArgumentKind::opcode:
        return text;
      case ArgumentKind::size:
      case ArgumentKind::duration:
        return text;
      case ArgumentKind::boolean: {
        const auto value = text::parse_boolean(text);
        return value ? Json(*value) : Json(text);
      }
      case ArgumentKind::object_list:
      case ArgumentKind::u64_list:
        if (auto list = Json::parse(text)) return *list;
        return text;
      default:
        break;
    }
  }
  if (number) return *number;
  if (negative) return *negative;
  return text;
}

Result<Json> arguments_of(const std::string& command, const std::vector<std::string>& words) {
  const auto rows = qmp::commands();
  const auto row = std::ranges::find(rows, command, &qmp::QmpCommand::name);
  Json arguments = Json::object();
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return failure(fmt::format("{}: write it as name=value", text::quoted(word)));
    const std::string name = word.substr(0, equals);
    const Argument* argument = nullptr;
    if (row != rows.end()) {
      const auto found = std::ranges::find(row->arguments, name, &Argument::name);
      if (found != row->arguments.end()) argument = &*found;
    }
    arguments.set(name, value_of(argument, word.substr(equals + 1)));
  }
  return arguments;
}

struct QmpOptions {
  std::string lab;
  std::string command;
  std::vector<std::string> arguments;
};

void declare(CLI::App& app, QmpOptions& options) {
  add_lab(app, options.lab);
  app.add_option("command", options.command, "such as query-commands")->required();
  app.add_option("arguments", options.arguments, "name=value ...");
  app.footer("example:\n  cxlemu qmp cxlemu-reset path=mem0 kind=conventional");
}

int run(const QmpOptions& options) {
  const auto arguments = arguments_of(options.command, options.arguments);
  if (!arguments) {
    print_error(arguments.error().message);
    return kUsage;
  }
  auto client = QmpClient::connect(options.lab);
  if (!client) {
    print_error(client.error().message);
    return kNoLab;
  }
  const auto answer = client->call(options.command, *arguments);
  if (!answer) {
    print_error(answer.error().message);
    return kRefused;
  }
  print_line(answer->text(2));
  return kSuccess;
}

}  // namespace

constexpr Subcommand kQmpCommand =
    subcommand<QmpOptions, declare, run>("qmp", "send one QMP command to a lab (docs/qmp.md)");

}  // namespace cxlemu::app
