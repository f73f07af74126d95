#include <fmt/format.h>

#include <algorithm>

#include "app/commands.hpp"
#include "app/device_client.hpp"
#include "app/exit_code.hpp"
#include "app/firmware_transfer.hpp"
#include "app/text.hpp"
#include "base/hex.hpp"
#include "component/memory_device/memory_device.hpp"
#include "control/nearest_name.hpp"
#include "control/payload_text.hpp"
#include "control/qmp_arguments.hpp"
#include "os/file.hpp"

namespace cxlemu::app {
namespace {

using control::command_name;
using control::number_of;

/// LIMIT: bytes of a file that is given as data.
constexpr std::size_t kMaximumDataFile = 64 << 20;
constexpr Opcode kGetSupportedLogs{0x0400};
constexpr Opcode kGetLog{0x0401};
constexpr Opcode kGetLsa{0x4102};
constexpr Opcode kSetLsa{0x4103};
constexpr Opcode kIdentifyMemoryDevice{0x4000};

Result<Buffer> read_data_file(const std::string& path) { return os::read_file(path, kMaximumDataFile); }

const cci::Command* find_row(std::string_view name) {
  const auto opcode = control::parse_opcode(name);
  if (!opcode) return nullptr;
  const auto rows = memory_device_commands();
  const auto found = std::ranges::lower_bound(rows, *opcode, {}, &cci::Command::opcode);
  return found != rows.end() && found->opcode == *opcode ? &*found : nullptr;
}

// ------------------------------------------------------------------------------------- commands that want several calls

// The whole log, in parts that fit any response.
Result<Json> whole_log(Device& device) {
  const Json logs = TRY(device.send(kGetSupportedLogs, {}));
  if (!succeeded(logs)) return logs;
  Reader reader(Bytes{});
  const Buffer list = payload_of(logs);
  reader = Reader(list);
  const auto head = reader.take<GetSupportedLogsOut>();
  const auto entry = reader.take<SupportedLogEntry>();
  if (!head || !entry) return failure("the list of logs is too short");
  Json answer;
  Buffer all;
  constexpr std::uint32_t kPart = 256;
  while (all.size() < entry->log_size) {
    const auto offset = static_cast<std::uint32_t>(all.size());
    const GetLogIn in{entry->log_identifier, offset, std::min(kPart, entry->log_size - offset)};
    answer = TRY(device.send(kGetLog, bytes_of(in)));
    if (!succeeded(answer)) return answer;
    append(all, payload_of(answer));
  }
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
  if (row != nullptr && nothing_given && opcode == kGetLog) return whole_log(device);
  if (row != nullptr && nothing_given && opcode == kGetLsa) return whole_lsa(device);
  if (opcode == kSetLsa && payload.size() > sizeof(SetLsaIn) + kLsaPart) return set_lsa_in_parts(device, payload);
  return device.send(opcode, payload);
}

// ------------------------------------------------------------------------------------------------------------- printing

// The layout that the response is shown with: a log that was read whole is the Command Effects Log.
Layout output_layout(const cci::Command& row, bool whole_log_was_read) {
  if (row.opcode == kGetLog && whole_log_was_read) {
    return {"CommandEffectsLog", 0, {}, "entries", &LayoutOf<CommandEffectsLogEntry>::value};
  }
  return row.output;
}

std::string command_effects_table(Bytes log) {
  std::vector<std::vector<std::string>> rows = {{"OPCODE", "COMMAND", "EFFECTS"}};
  Reader reader(log);
  const Field& effects = Describe<CommandEffectsLogEntry>::fields[1];
  while (const auto entry = reader.take<CommandEffectsLogEntry>()) {
    const auto* row = find_row(fmt::format("{}", entry->opcode.value()));
    rows.push_back({fmt::format("{:04x}h", entry->opcode.value()), row == nullptr ? "?" : std::string(row->title),
                    control::field_text(effects, bytes_of(entry->command_effect))});
  }
  return table(rows);
}

void print_answer(const CciOptions& options, const cci::Command* row, const Json& answer, bool whole) {
  const Buffer payload = payload_of(answer);
  const bool has_output = row != nullptr && (!row->output.fields.empty() || !row->output.tail_name.empty());
  if (options.raw) {
    print_line(to_hex(payload));
    return;
  }
  if (options.json) {
    Json shown = answer;
    if (row != nullptr) shown.set("command", command_name(row->title));
    if (has_output && succeeded(answer)) {
      shown.set("response", control::decode_payload(output_layout(*row, whole), payload));
    }
    print_line(shown.text(2));
    return;
  }
  const std::string title =
      row != nullptr ? std::string(row->title) : fmt::format("{:04x}h", number_of(answer["opcode"]));
  print_line(fmt::format("{} by {}: {}{}", title, *answer["via"].string(), *answer["return-code-name"].string(),
                         succeeded(answer) ? "" : fmt::format(" ({:02x}h)", number_of(answer["return-code"]))));
  if (payload.empty() || !options.output.empty()) return;
  if (row == nullptr) {
    print(hexdump(payload));
  } else if (row->opcode == kGetLog && whole) {
    print(command_effects_table(payload));
  } else {
    print(control::payload_lines(output_layout(*row, whole), payload, 2));
  }
}

void print_commands() {
  std::vector<std::vector<std::string>> rows = {{"OPCODE", "COMMAND", "BY", "FIELDS"}};
  for (const cci::Command& row : memory_device_commands()) {
    std::string fields;
    for (const Field& field : row.input.fields) {
      if (field.kind != FieldKind::reserved) fields += fmt::format("{}=... ", field.name);
    }
    if (!row.input.tail_name.empty()) fields += fmt::format("{}=...", row.input.tail_name);
    const bool mailbox = row.carriers.has(cci::Carrier::mailbox);
    const bool mctp = row.carriers.has(cci::Carrier::mctp);
    rows.push_back({fmt::format("{:04x}h", row.opcode.value), command_name(row.title),
                    mailbox && mctp ? "mailbox, mctp" : (mailbox ? "mailbox" : "mctp"), fields});
  }
  print(table(rows));
}

// ----------------------------------------------------------------------------------------------------------- background

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

struct Request {
  const cci::Command* row = nullptr;
  Opcode opcode;
  Buffer payload;
};

Result<Request> make_request(const CciOptions& options) {
  Request request;
  request.row = find_row(options.command);
  const auto opcode = control::parse_opcode(options.command);
  if (!opcode) {
    std::vector<std::string> names;
    for (const cci::Command& row : memory_device_commands()) names.push_back(command_name(row.title));
    const std::vector<std::string_view> views(names.begin(), names.end());
    return failure(fmt::format("no command {}{} (`cxlemu cci {}` lists them; an opcode such as 0x4000 will do too)",
                               control::quoted(options.command), control::did_you_mean(options.command, views),
                               options.device));
  }
  request.opcode = *opcode;
  if (!options.payload.empty()) {
    auto bytes = from_hex(options.payload);
    if (!bytes) return failure(fmt::format("--payload {}: not hexadecimal", control::quoted(options.payload)));
    request.payload = std::move(*bytes);
  } else if (request.row != nullptr) {
    request.payload = TRY(control::encode_payload(request.row->input, options.fields, read_data_file));
  } else if (!options.fields.empty()) {
    return failure(fmt::format("opcode {:04x}h has no fields known here; give --payload HEX", request.opcode.value));
  }
  return request;
}

Result<int> run(Device& device, const CciOptions& options, const Request& request) {
  const bool nothing_given = options.fields.empty() && options.payload.empty();
  const Json answer = TRY(send(device, request.row, request.opcode, request.payload, options));
  const bool in_background = started(answer);
  if (!options.output.empty() && succeeded(answer)) {
    TRY_VOID(os::write_output(options.output, payload_of(answer)));
  }
  print_answer(options, request.row, answer, nothing_given);
  if (in_background && options.wait && request.row != nullptr) {
    std::fflush(stdout);
    return wait_for_background(device, options, *request.row, answer);
  }
  return succeeded(answer) || in_background ? kSuccess : kRefused;
}

}  // namespace

int cci_command(const CciOptions& options) {
  if (options.command.empty()) {
    print_commands();
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
  const auto status = whole_file ? transfer_firmware(device, options, *firmware) : run(device, options, *request);
  if (status) return *status;
  print_error(status.error().message);
  return kRefused;
}

}  // namespace cxlemu::app
