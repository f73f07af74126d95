// A lab with QMP clients: what they write goes in as bytes, what they read is kept as text.
#pragma once

#include <map>
#include <span>

#include "qmp/server.hpp"
#include "support/lab.hpp"

namespace cxlemu {

inline constexpr std::string_view kGreeting =
    R"({"QMP":{"version":{"qemu":{"micro":0,"minor":1,"major":0},"package":"cxlemu"},"capabilities":[]}})"
    "\r\n";

/// The device is as one that nobody said more of: a mailbox and one MCTP endpoint.
class QmpLab : public DeviceUnderTest {
 public:
  explicit QmpLab(std::unique_ptr<Machine> of, std::string clock = "virtual")
      : DeviceUnderTest(std::move(of)),
        server(*machine, {.lab_name = "under-test", .clock = std::move(clock), .quit = [this] { ++quits; }}) {
    machine->on_output([this](Output&& output) {
      if (output.to.kind == SourceKind::qmp) said_[output.to.id] += text_of(output.bytes);
    });
  }
  explicit QmpLab(const std::function<void(MemoryDeviceConfig&)>& configure = {})
      : QmpLab(std::move(Lab(
                             [&](MemoryDeviceConfig& config) {
                               config.secondary_mailbox = false;
                               if (configure) configure(config);
                             },
                             {.endpoints = 1})
                             .machine)) {}

  // ---- bytes of a client ----
  static Source source(std::uint32_t client) { return {SourceKind::qmp, client}; }
  void open(std::uint32_t client = 0) { machine->open(source(client)); }
  void close(std::uint32_t client = 0) { machine->close(source(client)); }
  void write(std::string_view text, std::uint32_t client = 0) { machine->input(source(client), bytes_of(text)); }
  /// What a client has not read yet.
  std::string read(std::uint32_t client = 0) { return std::exchange(said_[client], {}); }
  /// Connects, negotiates and forgets what was said meanwhile.
  void connect(std::uint32_t client = 0) {
    open(client);
    write(R"({"execute":"qmp_capabilities"})", client);
    read(client);
  }
  std::string exchange(std::string_view text, std::uint32_t client = 0) {
    write(text, client);
    return read(client);
  }

  // ---- commands of a client that is connected when it says its first one ----
  Json call(std::string_view command, std::string_view arguments = "{}") {
    if (!connected_) connect();
    connected_ = true;
    const std::string request =
        R"({"execute":")" + std::string(command) + R"(","arguments":)" + std::string(arguments) + "}";
    const auto answer = Json::parse(exchange(request));
    if (!answer) ADD_FAILURE() << request << " was not answered by JSON";
    return answer.value_or(Json());
  }
  /// What the command returns.
  Json value(std::string_view command, std::string_view arguments = "{}") {
    const Json answer = call(command, arguments);
    EXPECT_TRUE(answer.contains("return")) << command << " " << arguments << ": " << answer.text();
    return answer["return"];
  }
  /// As value(), as text.
  std::string returned(std::string_view command, std::string_view arguments = "{}") {
    return value(command, arguments).text();
  }
  /// Why the command is refused.
  std::string refused(std::string_view command, std::string_view arguments = "{}") {
    const Json answer = call(command, arguments);
    EXPECT_EQ(answer["error"]["class"].string(), "GenericError")
        << command << " " << arguments << ": " << answer.text();
    return std::string(answer["error"]["desc"].string().value_or("not refused"));
  }

  /// The payload of an answer of this device as hex, or the name of its refusal.
  std::string command(cci::CciId via, std::uint16_t opcode, std::string_view payload_hex = "") {
    const auto result =
        machine->send_command(machine->components().front(), via, Opcode{opcode}, from_hex(payload_hex).value());
    machine->settle();
    if (!result) return "no answer";
    return result->return_code == ReturnCode::success ? to_hex(result->payload)
                                                      : std::string(name_of(result->return_code));
  }

  int quits = 0;
  qmp::Server server;

 private:
  std::map<std::uint32_t, std::string> said_;
  bool connected_ = false;
};

}  // namespace cxlemu
