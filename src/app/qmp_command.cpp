#include <fmt/format.h>

#include <algorithm>

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/qmp_client.hpp"
#include "app/text.hpp"
#include "control/nearest_name.hpp"
#include "control/qmp_server.hpp"
#include "control/size_text.hpp"

namespace cxlemu::app {
namespace {

using control::Argument;
using control::ArgumentKind;

// The value as the verb's row wants it; a name that no row knows is given as it looks.
Json value_of(const Argument* row, const std::string& text) {
  const auto number = control::parse_unsigned(text);
  const auto negative = control::parse_signed(text);
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
        const auto value = control::parse_boolean(text);
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
  const auto rows = control::qmp_commands();
  const auto row = std::ranges::find(rows, command, &control::QmpCommand::name);
  Json arguments = Json::object();
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return failure(fmt::format("{}: write it as name=value", control::quoted(word)));
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

}  // namespace

int qmp_command(const std::string& lab, const std::string& command, const std::vector<std::string>& words) {
  const auto arguments = arguments_of(command, words);
  if (!arguments) {
    print_error(arguments.error().message);
    return kUsage;
  }
  auto client = QmpClient::connect(lab);
  if (!client) {
    print_error(client.error().message);
    return kNoLab;
  }
  const auto answer = client->call(command, *arguments);
  if (!answer) {
    print_error(answer.error().message);
    return kRefused;
  }
  print_line(answer->text(2));
  return kSuccess;
}

}  // namespace cxlemu::app
