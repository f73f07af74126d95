#include "qmp/server.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/version.hpp"
#include "qmp/arguments.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"

namespace cxlemu::qmp {
namespace {

using text::did_you_mean;
using text::printable;
using text::quoted;

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

Server::Server(Machine& machine, ServerConfig config) : machine_(machine), config_(std::move(config)) {
  machine_.attach_qmp({.opened = [this](Source source) { opened(source); },
                       .closed = [this](Source source) { sessions_.erase(source); },
                       .input = [this](Source source, Bytes bytes) { input(source, bytes); }});
}

bool Server::has_pending(Source source) const {
  const auto session = sessions_.find(source);
  return session != sessions_.end() && !session->second.pending.empty();
}

std::size_t Server::say(Source source, const Json& message) {
  const std::string text = message.text() + "\r\n";
  machine_.say({.to = source, .bytes = to_buffer(bytes_of(text))});
  return text.size();
}

void Server::opened(Source source) {
  sessions_.try_emplace(source);
  const Json version = Json::object(
      {{"qemu", Json::object({{"micro", kVersionMicro}, {"minor", kVersionMinor}, {"major", kVersionMajor}})},
       {"package", "cxlemu"}});
  say(source, Json::object({{"QMP", Json::object({{"version", version}, {"capabilities", Json::array()}})}}));
}

void Server::input(Source source, Bytes bytes) {
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

Json Server::answer(Session& session, const Result<std::string>& text) {
  if (!text) return error("GenericError", text.error().message);
  const auto request = Json::parse(*text);
  if (!request) return error("GenericError", request.error().message);
  Json answer = execute(session, *request);
  if (request->contains("id")) answer.set("id", (*request)["id"]);
  return answer;
}

Json Server::execute(Session& session, const Json& request) {
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
  const auto rows = commands();
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

}  // namespace cxlemu::qmp
