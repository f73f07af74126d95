#include "control/qmp_server.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/nearest_name.hpp"
#include "control/qmp_arguments.hpp"

namespace cxlemu::control {
namespace {

Json error(std::string_view error_class, std::string_view description) {
  return Json::object({{"error", Json::object({{"class", error_class}, {"desc", description}})}});
}

// The greeting offers no capability, so there is none to enable.
Result<void> check_capabilities(const Json& arguments) {
  for (const auto& [name, value] : arguments.members()) {
    if (name != "enable") return failure(fmt::format("parameter {} is unexpected", quoted(name)));
    if (!value.is_array()) return failure("parameter \"enable\" must be a list");
    if (!value.elements().empty()) return failure("parameter \"enable\": the lab offers no capability");
  }
  return {};
}

}  // namespace

QmpServer::QmpServer(Machine& machine, QmpServerConfig config) : machine_(machine), config_(std::move(config)) {
  machine_.attach_control({.opened = [this](Source source) { opened(source); },
                           .closed = [this](Source source) { sessions_.erase(source); },
                           .input = [this](Source source, Bytes bytes) { input(source, bytes); }});
}

bool QmpServer::has_pending(Source source) const {
  const auto session = sessions_.find(source);
  return session != sessions_.end() && !session->second.pending.empty();
}

std::size_t QmpServer::say(Source source, const Json& message) {
  const std::string text = message.text() + "\r\n";
  machine_.say({.to = source, .bytes = to_buffer(bytes_of(text))});
  return text.size();
}

void QmpServer::opened(Source source) {
  sessions_.try_emplace(source);
  const Json version = Json::object(
      {{"qemu", Json::object({{"micro", kVersionMicro}, {"minor", kVersionMinor}, {"major", kVersionMajor}})},
       {"package", "cxlemu"}});
  say(source, Json::object({{"QMP", Json::object({{"version", version}, {"capabilities", Json::array()}})}}));
}

void QmpServer::input(Source source, Bytes bytes) {
  const auto session = sessions_.find(source);
  if (session == sessions_.end()) return;
  auto& pending = session->second.pending;
  for (auto& text : session->second.splitter.feed(bytes)) pending.push_back(std::move(text));
  for (std::size_t said = 0; !pending.empty() && said < kAnswersAtOnce;) {
    const auto text = std::move(pending.front());
    pending.pop_front();
    said += say(source, answer(session->second, text));
  }
}

Json QmpServer::answer(Session& session, const Result<std::string>& text) {
  if (!text) return error("GenericError", text.error().message);
  const auto request = Json::parse(*text);
  if (!request) return error("GenericError", request.error().message);
  Json answer = execute(session, *request);
  if (request->contains("id")) answer.set("id", (*request)["id"]);
  return answer;
}

Json QmpServer::execute(Session& session, const Json& request) {
  const auto name = request["execute"].string();
  if (!name) return error("GenericError", "QMP input lacks member 'execute'");
  for (const auto& [member, value] : request.members()) {
    if (member != "execute" && member != "arguments" && member != "id" && member != "control") {
      return error("GenericError", fmt::format("QMP input member {} is unexpected", quoted(member)));
    }
  }
  const Json& arguments = request["arguments"];
  if (!arguments.is_null() && !arguments.is_object()) {
    return error("GenericError", "QMP input member 'arguments' must be an object");
  }
  if (*name == "qmp_capabilities") {
    if (session.negotiated) {
      return error("CommandNotFound", "Capabilities negotiation is already complete, command ignored");
    }
    if (const auto checked = check_capabilities(arguments); !checked) {
      return error("GenericError", checked.error().message);
    }
    session.negotiated = true;
    return Json::object({{"return", Json::object()}});
  }
  if (!session.negotiated) {
    return error("CommandNotFound", "Expecting capabilities negotiation with 'qmp_capabilities'");
  }
  const auto rows = qmp_commands();
  const auto row = std::ranges::find(rows, *name, &QmpCommand::name);
  if (row == rows.end()) {
    std::vector<std::string_view> names;
    for (const QmpCommand& known : rows) names.push_back(known.name);
    return error("CommandNotFound",
                 fmt::format("The command {} has not been found{}", printable(*name), did_you_mean(*name, names)));
  }
  if (const auto checked = check_arguments(row->arguments, arguments); !checked) {
    return error("GenericError", checked.error().message);
  }
  QmpContext context{machine_, config_.lab_name, config_.clock, config_.quit};
  auto result = row->run(context, arguments);
  if (!result) return error("GenericError", result.error().message);
  return Json::object({{"return", std::move(*result)}});
}

std::string qmp_markdown() {
  static constexpr auto kKinds = std::to_array<std::string_view>(
      {"string", "number, 8 bits", "number, 16 bits", "number, 24 bits", "number, 32 bits", "number, 64 bits",
       "signed number, 16 bits", "boolean", "one of", "size", "duration", "opcode", "hexadecimal", "list of numbers",
       "list of objects"});
  static_assert(kKinds.size() == kArgumentKinds &&
                static_cast<std::size_t>(ArgumentKind::object_list) + 1 == kArgumentKinds);
  std::string text =
      "# QMP commands\n\n"
      "Generated by `cxlemu describe --qmp`; do not edit. The socket is `qmp.sock` in the directory of the lab; "
      "`cxlemu qmp COMMAND NAME=VALUE...` sends one.\n";
  for (const QmpCommand& row : qmp_commands()) {
    text += fmt::format("\n## {}\n\n{}\n\nReturns {}.\n", row.name, row.meaning, row.returns);
    if (row.arguments.empty()) continue;
    text += "\n| argument | value | meaning |\n|---|---|---|\n";
    for (const Argument& argument : row.arguments) {
      const std::string kind = argument.choices.empty() ? std::string(kKinds[static_cast<std::size_t>(argument.kind)])
                                                        : fmt::format("`{}`", fmt::join(argument.choices, "`, `"));
      text += fmt::format("| `{}`{} | {} | {} |\n", argument.name, argument.optional ? " (optional)" : "", kind,
                          argument.meaning);
    }
  }
  return text;
}

}  // namespace cxlemu::control
