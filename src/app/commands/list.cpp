#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/commands/subcommand.hpp"
#include "app/exit_code.hpp"
#include "app/qmp_client.hpp"
#include "app/text.hpp"
#include "decode/payload_text.hpp"
#include "qmp/arguments.hpp"

namespace cxlemu::app {
namespace {

std::string capacity(const Json& bytes) {
  const auto value = bytes.unsigned_integer().value_or(0);
  return value == 0 ? "-" : decode::capacity_text(value);
}

std::string places(const Json& endpoints) {
  std::string text;
  for (const Json& one : endpoints.elements()) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : "+", qmp::number_of(one["network"]), qmp::number_of(one["eid"]));
  }
  return text.empty() ? "-" : text;
}

std::string packets(const Json& endpoints) {
  if (endpoints.elements().empty()) return "-";
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  for (const Json& one : endpoints.elements()) {
    received += qmp::number_of(one["counters"]["packets-received"]);
    sent += qmp::number_of(one["counters"]["packets-sent"]);
  }
  return fmt::format("{}/{}", received, sent);
}

// "media disabled", "locked", "4400h 45 %", or "ready".
std::string state(const Json& device) {
  std::string text = device["media"].string() == "disabled" ? "media disabled" : "";
  if (device["security"]["locked"].boolean().value_or(false)) text += text.empty() ? "locked" : ", locked";
  for (const auto& [name, cci] : device["ccis"].members()) {
    const Json& background = cci["background"];
    if (!background["running"].boolean().value_or(false)) continue;
    text += fmt::format("{}{:04x}h {} % on {}", text.empty() ? "" : ", ", qmp::number_of(background["opcode"]),
                        qmp::number_of(background["percent"]), name);
  }
  return text.empty() ? "ready" : text;
}

// Records waiting, as the MCTP CCI or else the mailbox has them; a + where some were lost.
std::string events(const Json& device) {
  const auto& ccis = device["ccis"].members();
  if (ccis.empty()) return "-";
  std::uint64_t records = 0;
  bool lost = false;
  for (const auto& [name, log] : ccis.back().second["events"].members()) {
    records += qmp::number_of(log["records"]);
    lost = lost || log["overflow"].boolean().value_or(false);
  }
  return fmt::format("{}{}", records, lost ? "+" : "");
}

struct ListOptions {
  std::string lab;
  bool json = false;
};

void declare(CLI::App& app, ListOptions& options) {
  add_lab(app, options.lab);
  app.add_flag("--json", options.json, "everything the lab says, as JSON");
}

int run(const ListOptions& options) {
  auto client = QmpClient::connect(options.lab);
  if (!client) {
    print_error(client.error().message);
    return kNoLab;
  }
  const auto answer = client->call("cxlemu-query-lab");
  if (!answer) {
    print_error(answer.error().message);
    return kRefused;
  }
  if (options.json) {
    print_line(answer->text(2));
    return kSuccess;
  }
  print_line(fmt::format("lab \"{}\", clock {}, device time {:.3f} s", *(*answer)["name"].string(),
                         *(*answer)["clock"].string(), static_cast<double>(qmp::number_of((*answer)["time"])) / 1e9));
  std::vector<std::vector<std::string>> rows = {
      {"DEVICE", "TYPE", "VOLATILE", "PERSISTENT", "LSA", "MCTP", "PACKETS IN/OUT", "EVENTS", "STATE"}};
  for (const Json& device : (*answer)["devices"].elements()) {
    rows.push_back({std::string(*device["id"].string()), std::string(*device["type"].string()),
                    capacity(device["volatile-capacity"]), capacity(device["persistent-capacity"]),
                    capacity(device["lsa-size"]), places(device["endpoints"]), packets(device["endpoints"]),
                    events(device), state(device)});
  }
  print(table(rows));
  return kSuccess;
}

}  // namespace

constexpr Subcommand kListCommand =
    subcommand<ListOptions, declare, run>("list", "show the devices of a lab, their endpoints and their state");

}  // namespace cxlemu::app
