#include "options/vendor_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>

#include "base/hex.hpp"
#include "cci/command.hpp"
#include "component/memory_device/memory_device.hpp"
#include "decode/names.hpp"
#include "decode/payload_text.hpp"
#include "options/properties.hpp"
#include "text/nearest_name.hpp"
#include "text/quoted.hpp"
#include "text/size_text.hpp"

namespace cxlemu::options {
namespace {

using decode::command_name;
using decode::parse_return_code;
using text::did_you_mean;
using text::parse_boolean;
using text::parse_unsigned;
using text::quoted;

constexpr std::string_view kPrefix = "vendor-command.";
constexpr std::uint32_t kNoMaximum = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kLargestRequest = 1 << 20;

/// One table while it is read.
struct Draft {
  std::string index;
  std::string place;
  VendorCommand command{};
  bool has_opcode = false;
  std::string answer_key{};
  std::optional<std::uint32_t> minimum_length{};
  std::optional<std::uint32_t> maximum_length{};
  std::optional<std::uint32_t> size{};
  std::optional<Buffer> initial{};
  bool has_carriers = false;
};

Result<std::uint64_t> number(std::string_view text, std::uint64_t minimum, std::uint64_t maximum) {
  const std::uint64_t value = TRY(parse_unsigned(text));
  if (value < minimum || value > maximum) {
    return failure(fmt::format("{} is not from {} to {}", quoted(text), minimum, maximum));
  }
  return value;
}

Result<Buffer> bytes(std::string_view text, std::size_t maximum) {
  auto read = from_hex(text);
  if (!read) return failure(fmt::format("{} is not hexadecimal", quoted(text)));
  if (read->size() > maximum) return failure(fmt::format("has {} bytes; {} are the most", read->size(), maximum));
  return std::move(*read);
}

Result<std::string> identifier(std::string_view text) {
  if (is_identifier(text)) return std::string(text);
  return failure(fmt::format("{} is not a name: a letter, then letters, digits, - . _, at most {} characters",
                             quoted(text), kMaximumIdentifierLength));
}

Result<void> set_opcode(Draft& draft, std::string_view text) {
  const std::uint64_t opcode = TRY(parse_unsigned(text));
  if (opcode < 0xC000 || opcode > 0xFFFF) {
    return failure(fmt::format("{} is no vendor opcode; they are from 0xC000 to 0xFFFF", quoted(text)));
  }
  draft.command.opcode = static_cast<std::uint16_t>(opcode);
  draft.has_opcode = true;
  return {};
}

Result<void> set_name(Draft& draft, std::string_view text) {
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7E; });
  const bool is_word = !text.empty() && (std::isalpha(static_cast<unsigned char>(text.front())) != 0);
  if (!printable || !is_word || text.size() > kMaximumVendorName) {
    return failure(
        fmt::format("{} is not a name: a letter, then ASCII characters, at most {}", quoted(text), kMaximumVendorName));
  }
  draft.command.name = text;
  return {};
}

Result<void> add_effect(Draft& draft, std::string_view text) {
  // A vendor command is carried out at once, on the primary mailbox and over MCTP.
  constexpr std::uint16_t kNotHere = effect::background_operation | effect::secondary_mailbox_supported |
                                     effect::request_abort_background_operation_supported | effect::cel_11_10_valid;
  std::vector<std::string> names;
  for (const NamedValue& named : kCommandEffects) {
    if ((named.value & kNotHere) != 0) continue;
    names.push_back(command_name(named.name));
    if (names.back() != text) continue;
    draft.command.effects = static_cast<std::uint16_t>(draft.command.effects | named.value);
    constexpr std::uint16_t kNeedCelBit9 =
        effect::configuration_change_after_conventional_reset | effect::configuration_change_after_cxl_reset;
    if ((named.value & kNeedCelBit9) != 0) draft.command.effects |= effect::cel_11_10_valid;
    return {};
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  return failure(fmt::format("{} is none of {}{}", quoted(text), fmt::join(names, ", "), did_you_mean(text, views)));
}

Result<void> add_carrier(Draft& draft, std::string_view text) {
  if (text != "mailbox" && text != "mctp") return failure(fmt::format("{} is neither mailbox nor mctp", quoted(text)));
  if (!draft.has_carriers) draft.command.by_mailbox = draft.command.by_mctp = false;
  draft.has_carriers = true;
  (text == "mctp" ? draft.command.by_mctp : draft.command.by_mailbox) = true;
  return {};
}

Result<void> set_answer(Draft& draft, std::string_view key, std::string_view text) {
  VendorCommand& command = draft.command;
  if (!draft.answer_key.empty() && draft.answer_key != key) {
    return failure(fmt::format(
        "the command has an answer by {} already; give one of payload, echo, return-code, get, set", draft.answer_key));
  }
  draft.answer_key = key;
  if (key == "payload") {
    command.answer = VendorAnswer::payload;
    command.payload = TRY(bytes(text, kMaximumVendorPayload));
  } else if (key == "echo") {
    command.answer = TRY(parse_boolean(text)) ? VendorAnswer::echo : VendorAnswer::nothing;
  } else if (key == "return-code") {
    const auto code = parse_return_code(text);
    if (!code || *code == ReturnCode::background_command_started) {
      return failure(fmt::format("{} is no return code, as \"busy\" or 0x06", quoted(text)));
    }
    command.return_code = *code;
    command.answer = *code == ReturnCode::success ? VendorAnswer::nothing : VendorAnswer::return_code;
  } else {
    command.answer = key == "get" ? VendorAnswer::get : VendorAnswer::set;
    command.register_name = TRY(identifier(text));
  }
  return {};
}

constexpr auto kKeys =
    std::to_array<std::string_view>({"opcode", "name", "effects", "carriers", "min-length", "max-length", "payload",
                                     "echo", "return-code", "get", "set", "size", "initial"});

Result<void> set_key(Draft& draft, std::string_view key, std::string_view text) {
  if (key == "opcode") return set_opcode(draft, text);
  if (key == "name") return set_name(draft, text);
  if (key == "effects") return add_effect(draft, text);
  if (key == "carriers") return add_carrier(draft, text);
  if (key == "min-length") {
    draft.minimum_length = static_cast<std::uint32_t>(TRY(number(text, 0, kLargestRequest)));
    return {};
  }
  if (key == "max-length") {
    draft.maximum_length = static_cast<std::uint32_t>(TRY(number(text, 0, kLargestRequest)));
    return {};
  }
  if (key == "size") {
    draft.size = static_cast<std::uint32_t>(TRY(number(text, 1, kMaximumVendorRegister)));
    return {};
  }
  if (key == "initial") {
    draft.initial = TRY(bytes(text, kMaximumVendorRegister));
    return {};
  }
  return set_answer(draft, key, text);
}

/// "effects" of "effects.0"; nothing where the key cannot have elements or the element is no number.
std::optional<std::string_view> key_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == name.npos) return name;
  const std::string_view key = name.substr(0, dot);
  const bool is_list = key == "effects" || key == "carriers";
  return is_list && parse_unsigned(name.substr(dot + 1)) ? std::optional(key) : std::nullopt;
}

class Reader {
 public:
  Reader(const Declaration& declaration, MemoryDeviceConfig& config) : declaration_(declaration), config_(config) {}

  Result<void> read() {
    for (const Property& property : declaration_.properties) {
      if (property.name == "vendor-command") {
        return failure(fmt::format("{}: vendor-command is a list of tables: [[device.ID.vendor-command]]",
                                   declaration_.place_of(property)));
      }
      if (property.name.starts_with(kPrefix)) TRY_VOID(take(property));
    }
    for (Draft& draft : drafts_) TRY_VOID(finish(draft));
    for (const Draft& draft : drafts_) TRY_VOID(check_register(draft));
    return {};
  }

 private:
  Result<void> take(const Property& property) {
    const std::string place(declaration_.place_of(property));
    const std::string_view rest = std::string_view(property.name).substr(kPrefix.size());
    const std::size_t dot = rest.find('.');
    if (dot == rest.npos || !parse_unsigned(rest.substr(0, dot))) {
      return failure(fmt::format("{}: {}: vendor-command is a list of tables: [[device.ID.vendor-command]]", place,
                                 quoted(property.name)));
    }
    Draft* draft = TRY(draft_of(rest.substr(0, dot), place));
    const std::string_view name = rest.substr(dot + 1);
    const auto key = key_of(name);
    if (!key || std::ranges::find(kKeys, *key) == kKeys.end()) {
      return failure(
          fmt::format("{}: a vendor-command has no key {}{}", place, quoted(name), did_you_mean(name, kKeys)));
    }
    if (const auto set = set_key(*draft, *key, property.text); !set) {
      return failure(fmt::format("{}: vendor-command {}: {}", place, *key, set.error().message));
    }
    return {};
  }

  Result<Draft*> draft_of(std::string_view index, const std::string& place) {
    const auto found = std::ranges::find(drafts_, index, &Draft::index);
    if (found != drafts_.end()) return &*found;
    if (drafts_.size() == cci::kMaximumRuntimeCommands) {
      return failure(fmt::format("{}: more than {} vendor commands", place, cci::kMaximumRuntimeCommands));
    }
    return &drafts_.emplace_back(Draft{.index = std::string(index), .place = place});
  }

  Result<void> finish(Draft& draft) {
    VendorCommand& command = draft.command;
    if (!draft.has_opcode) {
      return failure(fmt::format("{}: a vendor-command has no opcode; write opcode = 0xC000", draft.place));
    }
    if (std::ranges::find(config_.vendor_commands, command.opcode, &VendorCommand::opcode) !=
        config_.vendor_commands.end()) {
      return failure(fmt::format("{}: there is another vendor-command with opcode {:#06x}; give another one",
                                 draft.place, command.opcode));
    }
    if (command.name.empty()) command.name = fmt::format("Vendor {:04X}h", command.opcode);
    TRY_VOID(check_name(draft));
    const bool has_register = command.answer == VendorAnswer::get || command.answer == VendorAnswer::set;
    if (!has_register && (draft.size || draft.initial)) {
      return failure(fmt::format("{}: vendor-command {}: size and initial belong to get and set", draft.place,
                                 quoted(command.name)));
    }
    if (has_register) TRY_VOID(add_register(draft));
    config_.vendor_commands.push_back(command);
    return {};
  }

  /// `cxlemu cci` knows a command by its name.
  Result<void> check_name(const Draft& draft) {
    const std::string name = command_name(draft.command.name);
    const auto is_same = [&](std::string_view title) { return command_name(title) == name; };
    const bool taken = std::ranges::any_of(memory_device_commands(), is_same, &cci::Command::title) ||
                       std::ranges::any_of(config_.vendor_commands, is_same, &VendorCommand::name);
    if (!taken) return {};
    return failure(
        fmt::format("{}: there is another command {}; give another name", draft.place, quoted(draft.command.name)));
  }

  Result<void> add_register(const Draft& draft) {
    auto found = std::ranges::find(config_.vendor_registers, draft.command.register_name, &VendorRegister::name);
    if (found == config_.vendor_registers.end()) {
      config_.vendor_registers.push_back({.name = draft.command.register_name, .value = {}});
      found = config_.vendor_registers.end() - 1;
    }
    if (draft.size) {
      if (!found->value.empty() && found->value.size() != *draft.size) {
        return failure(fmt::format("{}: register {} has {} bytes already; give one size", draft.place,
                                   quoted(found->name), found->value.size()));
      }
      found->value.resize(*draft.size);
    }
    return {};
  }

  /// When all commands are known: the register has a size, its first value fits, and the lengths make sense.
  Result<void> check_register(const Draft& draft) {
    VendorCommand& command = *std::ranges::find(config_.vendor_commands, draft.command.opcode, &VendorCommand::opcode);
    const auto found = std::ranges::find(config_.vendor_registers, command.register_name, &VendorRegister::name);
    std::uint32_t minimum = 0;
    std::uint32_t maximum = kNoMaximum;
    if (found != config_.vendor_registers.end()) {
      if (found->value.empty()) {
        return failure(fmt::format("{}: register {} has no size; write size = 4", draft.place, quoted(found->name)));
      }
      if (draft.initial && draft.initial->size() > found->value.size()) {
        return failure(fmt::format("{}: vendor-command initial: has {} bytes; register {} has {}", draft.place,
                                   draft.initial->size(), quoted(found->name), found->value.size()));
      }
      if (draft.initial) std::ranges::copy(*draft.initial, found->value.begin());
      if (command.answer == VendorAnswer::set) {
        minimum = maximum = static_cast<std::uint32_t>(found->value.size());
      }
    }
    command.minimum_length = draft.minimum_length.value_or(std::min(minimum, draft.maximum_length.value_or(minimum)));
    command.maximum_length = draft.maximum_length.value_or(std::max(maximum, command.minimum_length));
    if (command.minimum_length <= command.maximum_length) return {};
    return failure(fmt::format("{}: vendor-command {}: min-length {} is more than max-length {}", draft.place,
                               quoted(command.name), command.minimum_length, command.maximum_length));
  }

  const Declaration& declaration_;
  MemoryDeviceConfig& config_;
  std::vector<Draft> drafts_;
};

}  // namespace

Result<void> apply_vendor_commands(const Declaration& declaration, MemoryDeviceConfig& config) {
  return Reader(declaration, config).read();
}

}  // namespace cxlemu::options
