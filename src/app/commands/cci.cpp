#include "app/commands/cci.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/commands/cci_contents.hpp"
#include "app/commands/firmware_transfer.hpp"
#include "app/commands/subcommand.hpp"
#include "app/device_client.hpp"
#include "app/exit_code.hpp"
#include "app/text.hpp"
#include "base/hex.hpp"
#include "component/memory_device/memory_device.hpp"
#include "decode/names.hpp"
#include "decode/payload_text.hpp"
#include "os/file.hpp"
#include "qmp/arguments.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"
#include "wire/opcodes.hpp"

namespace cxlemu::app {
namespace {

using decode::command_name;
using qmp::number_of;

/// LIMIT: bytes of a file that is given as data.
constexpr std::size_t kMaximumDataFile = 64 << 20;

Result<Buffer> read_data_file(const std::string& path) { return os::read_file(path, kMaximumDataFile); }

const cci::Command* find_row(std::string_view name) {
  const auto opcode = decode::parse_opcode(name);
  if (!opcode) return nullptr;
  const auto rows = memory_device_commands();
  const auto found = std::ranges::lower_bound(rows, *opcode, {}, &cci::Command::opcode);
  return found != rows.end() && found->opcode == *opcode ? &*found : nullptr;
}

// ------------------------------------------------------------------------------------ commands that want several calls

using cci::LogContents;
using KnownLog = cci::LogRow;
constexpr std::string_view kLogIdentifierField = "log_identifier=";

const KnownLog* find_log(const Uuid& identifier) {
  const auto rows = memory_device_logs();
  const auto found = std::ranges::find(rows, identifier, &KnownLog::identifier);
  return found == rows.end() ? nullptr : &*found;
}

// Logs may be given by their names.
std::vector<std::string> with_log_identifiers(std::vector<std::string> fields) {
  const auto rows = memory_device_logs();
  for (std::string& field : fields) {
    if (!field.starts_with(kLogIdentifierField)) continue;
    const auto known = std::ranges::find(rows, field.substr(kLogIdentifierField.size()), &KnownLog::short_name);
    if (known != rows.end()) field = std::string(kLogIdentifierField) + known->identifier.text();
  }
  return fields;
}

// The log that is to be read whole: where Get Log is given nothing more than which. The Command Effects Log where it is
// not even given that.
std::optional<Uuid> wanted_whole_log(const cci::Command* row, const CciOptions& options) {
  if (row == nullptr || row->opcode != kGetLog || !options.payload.empty() || options.fields.size() > 1)
    return std::nullopt;
  if (options.fields.empty()) return kCommandEffectsLog;
  const std::string field = with_log_identifiers(options.fields).front();
  if (!field.starts_with(kLogIdentifierField)) return std::nullopt;
  return Uuid::parse(field.substr(kLogIdentifierField.size()));
}

// The whole log, in parts that fit any response.
Result<Json> whole_log(Device& device, const Uuid& identifier) {
  const Json logs = TRY(device.send(kGetSupportedLogs, {}));
  if (!succeeded(logs)) return logs;
  Reader reader(Bytes{});
  const Buffer list = payload_of(logs);
  reader = Reader(list);
  const auto head = reader.take<GetSupportedLogsOut>();
  // One that the device has not is asked for all the same: it says so itself.
  std::uint32_t size = 0;
  while (const auto entry = reader.take<SupportedLogEntry>()) {
    if (entry->log_identifier == identifier) size = entry->log_size;
  }
  if (!head) return failure("the list of logs is too short");
  Json answer;
  Buffer all;
  constexpr std::uint32_t kPart = 256;
  do {
    const auto offset = static_cast<std::uint32_t>(all.size());
    const GetLogIn in{identifier, offset, std::min(kPart, size - offset)};
    answer = TRY(device.send(kGetLog, bytes_of(in)));
    if (!succeeded(answer)) return answer;
    append(all, payload_of(answer));
  } while (all.size() < size);
  answer.set("payload", to_hex(all));
  return answer;
}

// What fits the smallest message limit there is, both ways.
constexpr std::uint32_t kLsaPart = 256 - sizeof(SetLsaIn);

// The whole Label Storage Area, in parts that fit any response.
Result<Json> whole_lsa(Device& device) {
  const Json identity = TRY(device.send(kIdentifyMemoryDevice, {}));
  const Buffer bytes = payload_of(identity);
  const auto out = Reader(bytes).take<IdentifyMemoryDeviceOut>();
  if (!out) return identity;
  const std::uint32_t size = out->lsa_size;
  Json answer = identity;
  Buffer all;
  Progress progress("reading labels");
  do {
    const auto offset = static_cast<std::uint32_t>(all.size());
    answer = TRY(device.send(kGetLsa, bytes_of(GetLsaIn{offset, std::min(kLsaPart, size - offset)})));
    if (!succeeded(answer)) return answer;
    append(all, payload_of(answer));
    progress.show(size == 0 ? 100 : static_cast<unsigned>(all.size() * 100 / size));
  } while (all.size() < size);
  progress.end();
  answer.set("payload", to_hex(all));
  return answer;
}

// More data than fits one request; all of it or nothing.
Result<Json> set_lsa_in_parts(Device& device, Bytes payload) {
  const auto in = Reader(payload).take<SetLsaIn>();
  const Bytes data = payload.subspan(sizeof(SetLsaIn));
  const Buffer identity = payload_of(TRY(device.send(kIdentifyMemoryDevice, {})));
  const auto out = Reader(identity).take<IdentifyMemoryDeviceOut>();
  if (!out || std::uint64_t{in->offset} + data.size() > out->lsa_size) {
    return failure(fmt::format("{} bytes at offset {} do not fit into the label storage area; nothing was written",
                               data.size(), in->offset.value()));
  }
  Json answer;
  Progress progress("writing labels");
  for (std::size_t done = 0; done < data.size();) {
    const std::size_t part = std::min<std::size_t>(kLsaPart, data.size() - done);
    Buffer request = to_buffer(bytes_of(SetLsaIn{static_cast<std::uint32_t>(in->offset + done), {}}));
    append(request, data.subspan(done, part));
    answer = TRY(device.send(kSetLsa, request));
    if (!succeeded(answer)) return answer;
    done += part;
    progress.show(static_cast<unsigned>(done * 100 / data.size()));
  }
  progress.end();
  return answer;
}

Result<Json> send(Device& device, const cci::Command* row, Opcode opcode, Bytes payload, const CciOptions& options) {
  // Bytes that are given as such go out as they are.
  if (!options.payload.empty()) return device.send(opcode, payload);
  const bool nothing_given = options.fields.empty();
  if (const auto log = wanted_whole_log(row, options)) return whole_log(device, *log);
  if (row != nullptr && nothing_given && opcode == kGetLsa) return whole_lsa(device);
  if (opcode == kSetLsa && payload.size() > sizeof(SetLsaIn) + kLsaPart) return set_lsa_in_parts(device, payload);
  return device.send(opcode, payload);
}

struct Request {
  const cci::Command* row = nullptr;
  std::string title;  ///< empty: not known
  Opcode opcode;
  Buffer payload;
};

// ------------------------------------------------------------------------------------------------------------ printing

// Names of vendor commands, as the lab says.
using VendorNames = std::vector<std::pair<std::uint16_t, std::string>>;

std::string command_effects_table(Bytes log, const VendorNames& vendor) {
  std::vector<std::vector<std::string>> rows = {{"OPCODE", "COMMAND", "EFFECTS"}};
  Reader reader(log);
  const Field& effects = Describe<CommandEffectsLogEntry>::fields[1];
  while (const auto entry = reader.take<CommandEffectsLogEntry>()) {
    const auto* row = find_row(fmt::format("{}", entry->opcode.value()));
    const auto named = std::ranges::find(vendor, entry->opcode.value(), &VendorNames::value_type::first);
    const std::string unknown = named == vendor.end() ? "?" : named->second;
    rows.push_back({fmt::format("{:04x}h", entry->opcode.value()), row == nullptr ? unknown : std::string(row->title),
                    decode::field_text(effects, bytes_of(entry->command_effect))});
  }
  return table(rows);
}

// A log that was read whole, as a program reads it.
Json whole_log_json(const KnownLog& log, Bytes bytes) {
  if (log.contents == LogContents::lines_of_text) {
    Json lines = Json::array();
    std::string_view text = text_of(bytes);
    while (!text.empty()) {
      lines.push_back(text.substr(0, text.find('\n')));
      text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
    }
    return Json::object({{"lines", std::move(lines)}});
  }
  if (log.contents != LogContents::header_and_json || bytes.size() < log.layout.size)
    return decode::decode_payload(log.layout, bytes);
  Json dump = decode::decode_payload(log.layout, bytes.first(log.layout.size));
  if (auto data = Json::parse(text_of(bytes.subspan(log.layout.size)))) dump.set("data", std::move(*data));
  return dump;
}

void print_whole_log(const KnownLog& log, Bytes bytes, const VendorNames& vendor) {
  if (log.contents == LogContents::command_effects) return print(command_effects_table(bytes, vendor));
  if (log.contents == LogContents::lines_of_text) return print(std::string(text_of(bytes)));
  if (log.contents != LogContents::header_and_json || bytes.size() < log.layout.size) {
    return print(decode::payload_lines(log.layout, bytes, 2));
  }
  print(decode::payload_lines(log.layout, bytes.first(log.layout.size), 2));
  if (const auto data = Json::parse(text_of(bytes.subspan(log.layout.size)))) print_line(data->text(2));
}

void print_answer(const CciOptions& options, const Request& request, const Json& answer, const VendorNames& vendor) {
  const cci::Command* row = request.row;
  const auto identifier = wanted_whole_log(row, options);
  const KnownLog* log = identifier ? find_log(*identifier) : nullptr;
  const Buffer payload = payload_of(answer);
  const auto contents = row == nullptr ? std::nullopt : contents_of_answer(*row, request.payload);
  const Layout layout = contents.value_or(row == nullptr ? Layout{} : row->output);
  const bool has_output = !layout.fields.empty() || !layout.tail_name.empty();
  if (options.raw) {
    print_line(to_hex(payload));
    return;
  }
  if (options.json) {
    Json shown = answer;
    if (!request.title.empty()) shown.set("command", command_name(request.title));
    if (log != nullptr && succeeded(answer)) {
      shown.set("response", whole_log_json(*log, payload));
    } else if (has_output && succeeded(answer)) {
      shown.set("response", decode::decode_payload(layout, payload));
    }
    print_line(shown.text(2));
    return;
  }
  const std::string title =
      !request.title.empty() ? request.title : fmt::format("{:04x}h", number_of(answer["opcode"]));
  print_line(fmt::format("{} by {}: {}{}", title, *answer["via"].string(), *answer["return-code-name"].string(),
                         succeeded(answer) ? "" : fmt::format(" ({:02x}h)", number_of(answer["return-code"]))));
  if (payload.empty() || !options.output.empty()) return;
  if (row == nullptr) {
    print(hexdump(payload));
  } else if (log != nullptr) {
    print_whole_log(*log, payload, vendor);
  } else {
    print(decode::payload_lines(layout, payload, 2));
  }
}

// The vendor commands of a device; none where no lab has it.
Json vendor_commands(const CciOptions& options) {
  Json vendor = Json::array();
  auto client = QmpClient::connect(options.lab);
  if (!client) return vendor;
  Device device(std::move(*client), options.device, {});
  const auto commands = device.commands();
  if (!commands) return vendor;
  for (const Json& command : commands->elements()) {
    if (command["vendor"].boolean().value_or(false)) vendor.push_back(command);
  }
  return vendor;
}

VendorNames names_of(const Json& vendor) {
  VendorNames names;
  for (const Json& command : vendor.elements()) {
    names.emplace_back(static_cast<std::uint16_t>(number_of(command["opcode"])), *command["title"].string());
  }
  return names;
}

void print_commands(const Json& vendor) {
  std::vector<std::vector<std::string>> rows = {{"OPCODE", "COMMAND", "BY", "FIELDS"}};
  for (const cci::Command& row : memory_device_commands()) {
    std::string fields;
    for (const Field& field : row.input.fields) {
      if (field.kind != FieldKind::reserved) fields += fmt::format("{}=... ", field.name);
    }
    if (!row.input.tail_name.empty()) fields += fmt::format("{}=...", row.input.tail_name);
    const bool mailbox = row.roles.has(cci::Role::mailbox);
    const bool mctp = row.roles.has(cci::Role::mctp);
    rows.push_back({fmt::format("{:04x}h", row.opcode.value), command_name(row.title),
                    mailbox && mctp ? "mailbox, mctp" : (mailbox ? "mailbox" : "mctp"), fields});
  }
  for (const Json& command : vendor.elements()) {
    std::string by;
    for (const Json& one : command["by"].elements()) by += fmt::format("{}{}", by.empty() ? "" : ", ", *one.string());
    rows.push_back({fmt::format("{:04x}h", number_of(command["opcode"])), std::string(*command["name"].string()), by,
                    "--payload HEX"});
  }
  print(table(rows));
}

// ---------------------------------------------------------------------------------------------------------- background

// Follows the operation that `answer` started to its end.
Result<int> wait_for_background(Device& device, const CciOptions& options, const cci::Command& row,
                                const Json& answer) {
  const std::string via(*answer["via"].string());
  Progress progress(row.title);
  const Json background = TRY(device.wait(via, row, [&](unsigned percent) { progress.show(percent); }));
  progress.end();
  const auto code = number_of(background["return-code"]);
  if (options.json) {
    print_line(background.text(2));
  } else {
    print_line(fmt::format("{} ended at {} %: {}", row.title, number_of(background["percent"]),
                           *background["return-code-name"].string()));
  }
  return code == 0 ? kSuccess : kRefused;
}

Result<Request> make_request(const CciOptions& options) {
  Request request;
  request.row = find_row(options.command);
  auto opcode = decode::parse_opcode(options.command);
  if (request.row != nullptr) request.title = request.row->title;
  // Only the lab knows the names of vendor commands.
  const VendorNames vendor = request.row == nullptr ? names_of(vendor_commands(options)) : VendorNames();
  for (const auto& [number, title] : vendor) {
    if (opcode ? opcode->value != number : command_name(title) != command_name(options.command)) continue;
    opcode = Opcode{number};
    request.title = title;
  }
  if (!opcode) {
    std::vector<std::string> names;
    for (const cci::Command& row : memory_device_commands()) names.push_back(command_name(row.title));
    for (const auto& [number, title] : vendor) names.push_back(command_name(title));
    const std::vector<std::string_view> views(names.begin(), names.end());
    return failure(fmt::format("no command {}{} (`cxlemu cci {}` lists them; an opcode such as 0x4000 will do too)",
                               text::quoted(options.command), text::did_you_mean(options.command, views),
                               options.device));
  }
  request.opcode = *opcode;
  if (!options.payload.empty()) {
    auto bytes = from_hex(options.payload);
    if (!bytes) return failure(fmt::format("--payload {}: not hexadecimal", text::quoted(options.payload)));
    request.payload = std::move(*bytes);
  } else if (request.row != nullptr) {
    const auto fields = TRY(with_contents(*request.row, with_log_identifiers(options.fields)));
    request.payload = TRY(decode::encode_payload(request.row->input, fields, read_data_file));
  } else if (!options.fields.empty()) {
    return failure(fmt::format("opcode {:04x}h has no fields known here; give --payload HEX", request.opcode.value));
  }
  return request;
}

Result<int> send_and_show(Device& device, const CciOptions& options, const Request& request) {
  const Json answer = TRY(send(device, request.row, request.opcode, request.payload, options));
  const bool in_background = started(answer);
  if (!options.output.empty() && succeeded(answer)) {
    TRY_VOID(os::write_output(options.output, payload_of(answer)));
  }
  // The Command Effects Log has vendor opcodes.
  const bool wants_names = wanted_whole_log(request.row, options) == kCommandEffectsLog && succeeded(answer);
  print_answer(options, request, answer, wants_names ? names_of(vendor_commands(options)) : VendorNames());
  if (in_background && options.wait && request.row != nullptr) {
    std::fflush(stdout);
    return wait_for_background(device, options, *request.row, answer);
  }
  return succeeded(answer) || in_background ? kSuccess : kRefused;
}

void declare(CLI::App& app, CciOptions& options) {
  add_lab(app, options.lab);
  app.add_option("device", options.device, "id of the device")->required();
  app.add_option("command", options.command, "name such as get-health-info, or opcode; absent: list them");
  app.add_option("fields", options.fields, "field=value ...; data=TEXT, data=hex:00ff or data=@FILE");
  app.add_option("--via", options.via, "by which CCI (default: the first that carries the opcode)")
      ->check(CLI::Validator(
          [](std::string& name) {
            return cci::parse_cci_id(name) ? std::string()
                                           : name + " names no CCI: mailbox, secondary-mailbox, mctp, mctp1 ...";
          },
          "CCI"));
  app.add_option("--payload", options.payload, "input payload in hexadecimal, instead of fields");
  app.add_option("--output", options.output, "write the bytes of the response to this file");
  app.add_flag("--json", options.json, "the answer as JSON");
  app.add_flag("--raw", options.raw, "the bytes of the response in hexadecimal");
  app.add_flag("--wait", options.wait, "follow a background operation to its end");
  app.footer(
      "examples:\n"
      "  cxlemu cci mem0                                   # every command and its fields\n"
      "  cxlemu cci mem0 get-event-records event_log=failure\n"
      "  cxlemu cci mem0 set-lsa offset=0 data=@labels.bin\n"
      "  cxlemu cci mem0 get-lsa --output labels.bin       # the whole area\n"
      "  cxlemu cci mem0 transfer-fw new.fw slot=2         # the whole file (cxlemu firmware --help)\n"
      "  cxlemu cci mem0 sanitize --wait");
}

int run(const CciOptions& options) {
  if (options.command.empty()) {
    print_commands(vendor_commands(options));
    return kSuccess;
  }
  const bool whole_file = names_firmware_file(options);
  const auto firmware = whole_file ? read_firmware_file(options) : Result<FirmwareFile>();
  const auto request = whole_file ? Result<Request>() : make_request(options);
  if (!firmware || !request) {
    print_error(firmware ? request.error().message : firmware.error().message);
    return kUsage;
  }
  auto client = QmpClient::connect(options.lab);
  if (!client) {
    print_error(client.error().message);
    return kNoLab;
  }
  Device device(std::move(*client), options.device, options.via);
  const auto status =
      whole_file ? transfer_firmware(device, options, *firmware) : send_and_show(device, options, *request);
  if (status) return *status;
  print_error(status.error().message);
  return kRefused;
}

}  // namespace

constexpr Subcommand kCciCommand =
    subcommand<CciOptions, declare, run>("cci", "send a command to a device and decode its answer");

}  // namespace cxlemu::app
