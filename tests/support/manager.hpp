// Somebody on the network who manages devices: an endpoint of his own that sends commands to mem0, hears notifications
// and answers them, or does not.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "support/lab.hpp"
#include "wire/cci_message.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu {

class Manager {
 public:
  explicit Manager(Lab& lab, std::uint8_t eid = 20, mctp::MessageType type = mctp::MessageType::cxl_cci)
      : lab_(lab), type_(type), endpoint_(timeline_, {.static_eid = Eid{eid}}) {
    endpoint_.on_message = [this](mctp::Message&& message) { received(std::move(message)); };
    lab.machine->networks().front().network->attach(endpoint_);
  }

  /// What is answered to each notification at once; nothing: it is not answered.
  std::optional<ReturnCode> answer;

  /// Sends a command and returns its answer.
  Answered send(std::uint16_t opcode, std::string_view payload_hex = "") {
    const Buffer payload = from_hex(payload_hex).value();
    CciMessageHeader header{};
    header.cci_tag = std::uint8_t{0x77};
    header.opcode = opcode;
    header.payload_length_and_background_operation = static_cast<std::uint32_t>(payload.size());
    mctp::Message request;
    request.destination = lab_.eid();
    request.type = type_;
    request.tag = endpoint_.allocate_tag(request.destination).value();
    request.body = to_buffer(bytes_of(header));
    append(request.body, payload);
    response_.reset();
    endpoint_.send(request);
    lab_.machine->settle();
    if (!response_) {
      ADD_FAILURE() << "no answer";
      return {};
    }
    Reader reader(*response_);
    const auto answered = reader.take<CciMessageHeader>().value();
    return {answered.return_code, to_hex(reader.rest()),
            CciMessageHeader::BackgroundOperation::get(answered.payload_length_and_background_operation.value()) != 0};
  }
  /// Set MCTP Event Interrupt Policy.
  void ask_for(std::string_view settings_hex) { send(0x0105, settings_hex); }

  /// The notifications since the last call: "EVENT at TIME" with the event as it stands on the wire.
  std::vector<std::string> heard() {
    std::vector<std::string> texts;
    for (const Notification& one : std::exchange(notifications_, {})) {
      texts.push_back(fmt::format("{} at {} us", to_hex(Bytes(one.message.body).subspan(sizeof(CciMessageHeader))),
                                  std::chrono::duration_cast<std::chrono::microseconds>(one.at).count()));
    }
    return texts;
  }
  /// How many.
  std::size_t count() { return heard().size(); }

  /// The last one, whole.
  [[nodiscard]] const mctp::Message& last() const { return last_; }
  [[nodiscard]] std::uint8_t last_message_tag() const { return std::to_integer<std::uint8_t>(last_.body[1]); }

  /// Answers the last notification now; its CCI message tag may be made another one.
  void respond(ReturnCode code, int message_tag_offset = 0) {
    mctp::Message response = mctp::response_to(last_);
    response.source = kNullEid;  // from where he is now
    CciMessageHeader header{};
    header.category = static_cast<std::uint8_t>(CciMessageCategory::response);
    header.cci_tag = static_cast<std::uint8_t>(last_message_tag() + message_tag_offset);
    header.opcode = std::uint16_t{0x0106};
    header.return_code = code;
    response.body = to_buffer(bytes_of(header));
    send_message(response);
  }
  void send_message(const mctp::Message& message) {
    endpoint_.send(message);
    lab_.machine->settle();
  }
  /// He is no longer on the network.
  void leave() { lab_.machine->networks().front().network->detach(endpoint_); }

  mctp::Endpoint& endpoint() { return endpoint_; }

 private:
  struct Notification {
    Time at;
    mctp::Message message;
  };

  void received(mctp::Message&& message) {
    if (!message.tag.owner) {
      response_ = std::move(message.body);
      return;
    }
    last_ = message;
    notifications_.push_back({lab_.machine->now(), std::move(message)});
    if (answer) respond_inside(*answer);
  }
  // From within the network: the machine settles when the input is done.
  void respond_inside(ReturnCode code) {
    mctp::Message response = mctp::response_to(last_);
    CciMessageHeader header{};
    header.category = static_cast<std::uint8_t>(CciMessageCategory::response);
    header.cci_tag = last_message_tag();
    header.opcode = std::uint16_t{0x0106};
    header.return_code = code;
    response.body = to_buffer(bytes_of(header));
    endpoint_.send(response);
  }

  Lab& lab_;
  mctp::MessageType type_;
  Timeline timeline_;
  mctp::Endpoint endpoint_;
  std::vector<Notification> notifications_;
  mctp::Message last_;
  std::optional<Buffer> response_;
};

}  // namespace cxlemu
