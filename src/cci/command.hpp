// One command is one row. What the CEL says, which CCIs carry it, the length check, dispatch, documentation, the
// decoder and the fuzz dictionary all derive from it.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cci/cci.hpp"
#include "wire/fields.hpp"
#include "wire/logs.hpp"
#include "wire/reader_writer.hpp"
#include "wire/return_code.hpp"

namespace cxlemu::cci {

/// In CCI code the error is the return code of the wire.
template <typename T>
using Result = std::expected<T, ReturnCode>;

constexpr std::unexpected<ReturnCode> refuse(ReturnCode code) { return std::unexpected(code); }

/// What a handler of a command with the Background Operation effect returns: how long the operation takes, or nothing
/// where this request was carried out at once.
struct Background {
  Nanoseconds duration{};
  bool ends_at_once = false;  ///< it was completed before the answer is given
};
using Outcome = std::optional<Background>;

/// Why a background operation did not do what it was for.
enum class Interruption : std::uint8_t { abort, reset, power_loss, failure };

/// In which states of the component a command is refused before its handler sees it (Component::admit decides).
enum class When : std::uint8_t {
  always,
  media_enabled,               ///< reaches sanitized areas: 07h while media is disabled
  media_unlocked_and_enabled,  ///< needs the media: 13h while persistent memory is locked, 07h while media is disabled
  security_not_frozen,         ///< changes the security state: 13h while it is frozen
  security_not_frozen_and_media_enabled,  ///< both: 13h, then 07h
  media_enabled_by_property,              ///< may give 07h by its return code list, but reaches no sanitized area
  starts_media_operation,                 ///< runs while media is disabled, but not beside another such operation: 06h
};

/// The elements that follow the fixed part of a request, up to its end.
template <Wire Element>
struct Tail {
  Bytes bytes;
  /// Whole elements; a surplus part of one is not counted.
  [[nodiscard]] std::size_t size() const { return bytes.size() / sizeof(Element); }
  [[nodiscard]] Element operator[](std::size_t index) const {
    return *Reader(bytes.subspan(index * sizeof(Element))).template take<Element>();
  }
};
/// A tail of opaque bytes.
template <>
struct Tail<std::byte> {
  Bytes bytes;
};

/// A response of variable size: a head that the handler puts itself, then elements as far as there is room.
template <typename Head, typename Element>
struct Answer : Writer {
  using Writer::Writer;
};
/// A response that is opaque bytes alone.
struct AnswerBytes : Writer {
  using Writer::Writer;
};

/// A set of return codes.
struct ReturnCodes {
  std::uint64_t bits = 0;
  constexpr ReturnCodes() = default;
  constexpr ReturnCodes(std::initializer_list<ReturnCode> codes) {
    for (const ReturnCode code : codes) bits |= std::uint64_t{1} << static_cast<unsigned>(code);
  }
  [[nodiscard]] constexpr bool has(ReturnCode code) const {
    return static_cast<unsigned>(code) < 64 && (bits >> static_cast<unsigned>(code) & 1) != 0;
  }
};
/// What every command may answer (CXL r3.2 8.2.10).
inline constexpr ReturnCodes kCommonReturnCodes = {ReturnCode::success, ReturnCode::unsupported,
                                                   ReturnCode::internal_error, ReturnCode::retry_required,
                                                   ReturnCode::invalid_payload_length};

struct Command {
  Opcode opcode;
  std::string_view title;
  std::string_view section;  ///< of CXL r3.2
  std::uint16_t effects = 0;
  When when = When::always;
  Roles roles;                    ///< the CCIs that carry it
  std::size_t minimum_input = 0;  ///< Minimum Input Payload Length in bytes; shorter is 16h, a missing tail is zero
  std::size_t maximum_input = 0;  ///< bytes that this version knows; a longer payload is accepted, its surplus ignored
  Layout input;
  Layout output;
  Result<Outcome> (*run)(Cci&, const Request&, Writer&) = nullptr;
  /// The operation has come to its end: do what it was for, and say how it went.
  ReturnCode (*complete)(Cci&, Bytes request) = nullptr;
  /// The operation ends at `percent` < 100.
  void (*interrupted)(Cci&, Bytes request, std::uint8_t percent, Interruption) = nullptr;
  /// Would this request run in the background? Null: every request of a command with that effect.
  bool (*in_background)(const Cci&, const Request&) = nullptr;

  /// Its operation has the media of the component to itself.
  bool holds_media = false;
  /// Its Possible Command Return Codes besides the common ones, and those that a rule of ours gives it.
  ReturnCodes return_codes{};

  [[nodiscard]] constexpr Command holding_media() const {
    Command made = *this;
    made.holds_media = true;
    return made;
  }
  [[nodiscard]] constexpr Command returning(ReturnCodes codes) const {
    Command made = *this;
    made.return_codes = codes;
    if (may_run_in_background()) {
      made.return_codes.bits |= ReturnCodes{ReturnCode::background_command_started, ReturnCode::busy}.bits;
    }
    return made;
  }
  [[nodiscard]] constexpr bool may_return(ReturnCode code) const {
    return kCommonReturnCodes.has(code) || return_codes.has(code);
  }
  [[nodiscard]] constexpr bool may_run_in_background() const { return (effects & effect::background_operation) != 0; }
  [[nodiscard]] bool would_run_in_background(const Cci& cci, const Request& request) const {
    return may_run_in_background() && (in_background == nullptr || in_background(cci, request));
  }
};

/// A command made at run time: vendor opcodes C000h to FFFFh, from a table that the user gives.
struct RuntimeCommand {
  Opcode opcode;
  std::string title;
  std::uint16_t effects = 0;
  Roles roles;
  std::size_t minimum_input = 0;
  std::size_t maximum_input = ~std::size_t{0};
  std::move_only_function<Result<void>(Cci&, const Request&, Writer&)> run;
};

/// LIMIT: run-time commands of a component.
inline constexpr std::size_t kMaximumRuntimeCommands = 1024;

/// What a component understands on all its CCIs together.
struct CommandSet {
  std::span<const Command> rows;        ///< sorted by opcode
  std::vector<RuntimeCommand> runtime;  ///< sorted by opcode

  [[nodiscard]] const Command* find(Opcode opcode) const;
  [[nodiscard]] RuntimeCommand* find_runtime(Opcode opcode);
  /// False where the opcode is no vendor opcode, is there already, or the table is full.
  bool add(RuntimeCommand command);
};

namespace detail {

template <typename T>
struct SubjectOf;
template <typename R, typename S, typename... Rest>
struct SubjectOf<R (*)(S&, Cci&, Rest...)> {
  using Type = S;
  using Value = typename R::value_type;
};

template <typename T>
struct IsTail : std::false_type {};
template <typename E>
struct IsTail<Tail<E>> : std::true_type {
  using Element = E;
};

template <typename T>
concept Payload = Described<std::remove_cvref_t<T>>;
template <typename T>
concept WritesAnswer = std::derived_from<std::remove_cvref_t<T>, Writer>;

template <typename T>
consteval std::size_t minimum_size() {
  if constexpr (requires { T::kMinimumSize; })
    return T::kMinimumSize;
  else
    return sizeof(T);
}

template <typename T>
struct AnswerLayout;
template <typename Head, typename Element>
struct AnswerLayout<Answer<Head, Element>> {
  static constexpr Layout value{Describe<Head>::name, sizeof(Head), Describe<Head>::fields, kPlural<Element>,
                                &LayoutOf<Element>::value};
};
template <>
struct AnswerLayout<AnswerBytes> {
  static constexpr Layout value{"bytes", 0, {}, "data", nullptr};
};

// What the parameters of a handler say about its payloads.
template <typename... Parameters>
struct Signature {
  std::size_t minimum_input = 0;
  std::size_t maximum_input = 0;
  Layout input{};
  Layout output{};

  consteval Signature() { (note<std::remove_cvref_t<Parameters>>(), ...); }

 private:
  template <typename T>
  consteval void note() {
    if constexpr (Payload<T>) {
      minimum_input = minimum_size<T>();
      maximum_input = sizeof(T);
      input = LayoutOf<T>::value;
    } else if constexpr (IsTail<T>::value) {
      using Element = typename IsTail<T>::Element;
      maximum_input = ~std::size_t{0};
      input.tail_name = kPlural<Element>;
      input.tail = std::is_same_v<Element, std::byte> ? nullptr : &LayoutOf<Element>::value;
    } else if constexpr (WritesAnswer<T>) {
      output = AnswerLayout<T>::value;
    } else if constexpr (!std::same_as<T, Request>) {
      static_assert(sizeof(T) == 0, "a parameter of a handler that is neither described, nor a tail, nor an answer");
    }
  }
};

// Makes each argument of a handler from the request and the space for the answer.
class Arguments {
 public:
  Arguments(const Request& request, Writer& out) : request_(request), payload_(request.payload), out_(out) {}

  template <typename T>
  decltype(auto) make() {
    using Plain = std::remove_cvref_t<T>;
    if constexpr (std::same_as<Plain, Request>) {
      return static_cast<const Request&>(request_);
    } else if constexpr (IsTail<Plain>::value) {
      return Plain{payload_.subspan(std::min(fixed_, payload_.size()))};
    } else if constexpr (WritesAnswer<Plain>) {
      return static_cast<Plain&>(out_);
    } else {
      // Copied before it is looked at; what is missing behind the minimum is zero.
      Plain value{};
      std::memcpy(&value, payload_.data(), std::min(sizeof value, payload_.size()));
      fixed_ = sizeof value;
      return value;
    }
  }

 private:
  const Request& request_;
  Bytes payload_;
  Writer& out_;
  std::size_t fixed_ = 0;
};

template <auto Handler, typename R, typename S, typename... Parameters>
Result<Outcome> call(Cci& cci, const Request& request, Writer& out) {
  Arguments arguments(request, out);
  // Braces evaluate from left to right: the fixed part before the tail that follows it.
  std::tuple<decltype(arguments.template make<Parameters>())...> made{arguments.template make<Parameters>()...};
  auto result = std::apply(
      [&](auto&&... values) { return Handler(cci.subject<S>(), cci, std::forward<decltype(values)>(values)...); },
      std::move(made));
  if (!result) return refuse(result.error());
  using Value = typename R::value_type;
  if constexpr (std::is_same_v<Value, Outcome>) {
    return *result;
  } else {
    if constexpr (!std::is_void_v<Value>) out.put(*result);
    return Outcome{};
  }
}

template <auto Handler, typename R, typename S, typename... Parameters>
consteval Command row(R (*)(S&, Cci&, Parameters...)) {
  using Value = typename R::value_type;
  constexpr Signature<Parameters...> signature;
  Command made;
  made.minimum_input = signature.minimum_input;
  made.maximum_input = signature.maximum_input;
  made.input = signature.input;
  made.output = signature.output;
  if constexpr (Payload<Value>) made.output = LayoutOf<Value>::value;
  made.run = &call<Handler, R, S, Parameters...>;
  return made;
}

}  // namespace detail

/// One row. `Handler` has the form
///   Result<Out>     handler(Subject&, Cci&, const In&, Tail<Element>)
///   Result<void>    handler(Subject&, Cci&, const In&, Answer<Head, Element>&)
///   Result<Outcome> handler(Subject&, Cci&, const Request&, ...)      for one that may run in the background
/// with any of the parameters behind Cci absent. The subject is what it acts on: the component, the device or a logical
/// device that the CCI leads to.
template <auto Handler>
consteval Command command(std::uint16_t opcode, std::string_view title, std::string_view section, std::uint16_t effects,
                          When when, Roles roles) {
  Command made = detail::row<Handler>(Handler);
  made.opcode = Opcode{opcode};
  made.title = title;
  made.section = section;
  made.effects = effects;
  made.when = when;
  made.roles = roles;
  using Value = typename detail::SubjectOf<decltype(Handler)>::Value;
  if (made.may_run_in_background() != std::is_same_v<Value, Outcome>) {
    throw "the Background Operation effect and the result of the handler disagree";
  }
  if (made.may_run_in_background() && roles.has(Role::secondary_mailbox)) {
    throw "a secondary mailbox runs nothing in the background (CXL r3.2 8.2.9.4)";
  }
  return made;
}

/// The row of a request that the component itself sends; nothing dispatches it.
template <Described In>
consteval Command sent_command(std::uint16_t opcode, std::string_view title, std::string_view section, Roles roles) {
  Command made;
  made.opcode = Opcode{opcode};
  made.title = title;
  made.section = section;
  made.roles = roles;
  made.minimum_input = made.maximum_input = sizeof(In);
  made.input = LayoutOf<In>::value;
  return made;
}

/// The predicate of a row all of whose requests run in the background.
struct Always {};

/// A row whose operation may run in the background: what completes it, what its interruption leaves behind, and, where
/// not every request does, a predicate bool(const Subject&, const Cci&, const Request&).
template <auto Handler, auto Complete, auto Interrupted, auto InBackground = Always{}>
consteval Command background_command(std::uint16_t opcode, std::string_view title, std::string_view section,
                                     std::uint16_t effects, When when, Roles roles) {
  Command made = command<Handler>(opcode, title, section, effects, when, roles);
  using S = typename detail::SubjectOf<decltype(Handler)>::Type;
  made.complete = [](Cci& cci, Bytes request) { return Complete(cci.subject<S>(), cci, request); };
  made.interrupted = [](Cci& cci, Bytes request, std::uint8_t percent, Interruption why) {
    Interrupted(cci.subject<S>(), cci, request, percent, why);
  };
  if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(InBackground)>, Always>) {
    made.in_background = [](const Cci& cci, const Request& request) {
      return InBackground(std::as_const(cci.subject<S>()), cci, request);
    };
  }
  return made;
}

}  // namespace cxlemu::cci
