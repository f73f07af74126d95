#include "app/commands/firmware_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/exit_code.hpp"
#include "app/text.hpp"
#include "component/memory_device/memory_device.hpp"
#include "decode/names.hpp"
#include "os/file.hpp"
#include "qmp/arguments.hpp"
#include "text/quoted.hpp"
#include "wire/opcodes.hpp"

namespace cxlemu::app {
namespace {

using qmp::number_of;

const cci::Command& transfer_row() {
  return *std::ranges::find(memory_device_commands(), kTransferFw, &cci::Command::opcode);
}

// Where the package goes unless it is told: the first slot that does not run.
Result<std::uint8_t> free_slot(Device& device) {
  const Json answer = TRY(device.send(kGetFwInfo, {}));
  const Buffer payload = payload_of(answer);
  const auto info = Reader(payload).take<GetFwInfoOut>();
  if (!info) return failure(fmt::format("Get FW Info: {}", *answer["return-code-name"].string()));
  return std::uint8_t{GetFwInfoOut::ActiveSlot::get(info->fw_slot_info.value()) == 1 ? std::uint8_t{2}
                                                                                     : std::uint8_t{1}};
}

TransferFwAction action_of(std::size_t offset, std::size_t length, std::size_t size) {
  if (length == size) return TransferFwAction::full;
  if (offset == 0) return TransferFwAction::initiate;
  return offset + length == size ? TransferFwAction::end : TransferFwAction::continue_transfer;
}

// How the device ended with a part: its answer, or the result of the operation that the part became.
struct PartResult {
  std::uint64_t return_code = 0;
  std::string name;
};

class Transfer {
 public:
  Transfer(Device& device, const CciOptions& options, Bytes file, std::uint8_t slot)
      : device_(device), via_(options.via.empty() ? "mailbox" : options.via), file_(file), slot_(slot) {}

  Result<PartResult> send_all() {
    const std::uint64_t limit = number_of(TRY(device_.cci(via_))["request-limit"]);
    const std::size_t part = (limit - sizeof(TransferFwIn)) / kFwAlignment * kFwAlignment;
    PartResult result;
    for (offset_ = 0; offset_ < file_.size(); offset_ += part) {
      result = TRY(send_part(file_.subspan(offset_, std::min(part, file_.size() - offset_))));
      if (result.return_code != 0) break;
      ++parts_;
    }
    progress_.end();
    return result;
  }

  [[nodiscard]] const std::string& via() const { return via_; }
  [[nodiscard]] std::size_t parts() const { return parts_; }
  /// Of the part that was refused.
  [[nodiscard]] std::size_t offset() const { return offset_; }

 private:
  Result<PartResult> send_part(Bytes data) {
    TransferFwIn in{};
    in.action = action_of(offset_, data.size(), file_.size());
    in.slot = slot_;
    in.offset_128b = static_cast<std::uint32_t>(offset_ / kFwAlignment);
    Buffer request = to_buffer(bytes_of(in));
    append(request, data);
    Json answer = TRY(device_.send(kTransferFw, request));
    if (started(answer)) {
      answer = TRY(device_.wait(via_, transfer_row(), [&](unsigned percent) { show(data.size() * percent / 100); }));
    } else {
      show(data.size());
    }
    return PartResult{number_of(answer["return-code"]), std::string(*answer["return-code-name"].string())};
  }
  void show(std::size_t of_this_part) {
    progress_.show(static_cast<unsigned>((offset_ + of_this_part) * 100 / file_.size()));
  }

  Device& device_;
  std::string via_;
  Bytes file_;
  std::uint8_t slot_;
  std::size_t offset_ = 0;
  std::size_t parts_ = 0;
  Progress progress_{"transferring firmware"};
};

}  // namespace

bool names_firmware_file(const CciOptions& options) {
  return decode::parse_opcode(options.command) == kTransferFw && options.payload.empty() && !options.fields.empty() &&
         !options.fields.front().contains('=');
}

Result<FirmwareFile> read_firmware_file(const CciOptions& options) {
  FirmwareFile file;
  for (std::size_t i = 1; i < options.fields.size(); ++i) {
    const std::string_view field = options.fields[i];
    constexpr std::string_view kSlot = "slot=";
    const std::string_view number = field.starts_with(kSlot) ? field.substr(kSlot.size()) : "";
    std::uint8_t slot = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), slot);
    if (number.empty() || error != std::errc() || end != number.data() + number.size()) {
      return failure(fmt::format("{}: behind a firmware file is slot=N or nothing", text::quoted(field)));
    }
    file.slot = slot;
  }
  file.bytes = TRY(os::read_file(options.fields.front(), kMaximumFwPackage));
  if (file.bytes.empty()) return failure(fmt::format("{} is empty", options.fields.front()));
  return file;
}

Result<int> transfer_firmware(Device& device, const CciOptions& options, const FirmwareFile& file) {
  const std::uint8_t slot = file.slot ? *file.slot : TRY(free_slot(device));
  Transfer transfer(device, options, file.bytes, slot);
  const PartResult result = TRY(transfer.send_all());
  const bool done = result.return_code == 0;
  if (options.json) {
    Json shown = Json::object({{"via", transfer.via()},
                               {"return-code", result.return_code},
                               {"return-code-name", result.name},
                               {"slot", slot},
                               {"bytes", file.bytes.size()},
                               {"parts", transfer.parts()}});
    if (!done) shown.set("refused-at", transfer.offset());
    print_line(shown.text(2));
  } else if (done) {
    print_line(fmt::format("{} by {}: {}\n  {} bytes in {} part{} to slot {}", transfer_row().title, transfer.via(),
                           result.name, file.bytes.size(), transfer.parts(), transfer.parts() == 1 ? "" : "s", slot));
  } else {
    print_line(fmt::format("{} by {}: {} ({:02x}h)\n  for the part at byte {} of {} to slot {}", transfer_row().title,
                           transfer.via(), result.name, result.return_code, transfer.offset(), file.bytes.size(),
                           slot));
  }
  return done ? kSuccess : kRefused;
}

}  // namespace cxlemu::app
