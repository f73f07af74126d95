// The QMP commands that there are: one row each, in verbs/ by what they are about.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "machine/machine.hpp"

namespace cxlemu::qmp {

/// What a verb's argument may be; anything else is refused before the verb sees it.
enum class ArgumentKind : std::uint8_t {
  text,
  u8,
  u16,
  u24,
  u32,
  u64,
  i16,
  boolean,
  choice,
  size,      ///< a number, or text with a suffix
  duration,  ///< nanoseconds as a number, or text such as "2s"
  opcode,    ///< a number, or the name of a command
  hex,       ///< bytes as hexadecimal text
  u64_list,
  object_list,  ///< a list of objects, whose members the verb checks
};
inline constexpr std::size_t kArgumentKinds = 15;

struct Argument {
  std::string_view name;
  ArgumentKind kind = ArgumentKind::text;
  std::string_view meaning;
  bool optional = false;
  std::span<const std::string_view> choices{};
};

/// What a verb is carried out with.
struct QmpContext {
  Machine& machine;
  std::string_view lab_name;
  std::string_view clock;
  std::function<void()>& quit;
};

/// One QMP command: one row. docs/qmp.md, query-commands and the check of arguments derive from it.
struct QmpCommand {
  std::string_view name;
  std::string_view meaning;
  std::string_view returns;
  std::span<const Argument> arguments;
  Result<Json> (*run)(QmpContext& context, const Json& arguments) = nullptr;
};

/// Every row, by name.
std::span<const QmpCommand> commands();

/// The rows as Markdown: docs/qmp.md.
std::string markdown();

}  // namespace cxlemu::qmp
