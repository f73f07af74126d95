// QMP: QEMU's greeting, negotiation, errors and commands, for any number of clients at once. Bytes of a connection come
// from the machine's input and go to its output.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "base/json.hpp"
#include "base/version.hpp"
#include "control/qmp_splitter.hpp"
#include "machine/machine.hpp"

namespace cxlemu::control {

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
std::span<const QmpCommand> qmp_commands();

/// The rows as Markdown: docs/qmp.md.
std::string qmp_markdown();

struct QmpServerConfig {
  std::string lab_name = "lab";
  std::string clock = "real";
  std::function<void()> quit = [] {};
};

class QmpServer {
 public:
  /// Attaches itself to the machine, which must outlive it.
  explicit QmpServer(Machine& machine, QmpServerConfig config = {});
  QmpServer(const QmpServer&) = delete;
  QmpServer& operator=(const QmpServer&) = delete;

  /// LIMIT: bytes of answers after which a session's further commands wait: a client that sends many commands at once
  /// gets their answers as it reads, and nobody else waits for it.
  static constexpr std::size_t kAnswersAtOnce = 1 << 20;

  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
  /// Commands of this client wait to be carried out: any input of it, an empty one too, goes on with them.
  [[nodiscard]] bool has_pending(Source source) const;

 private:
  struct Session {
    QmpSplitter splitter;
    bool negotiated = false;
    std::deque<Result<std::string>> pending;
  };
  void opened(Source source);
  void input(Source source, Bytes bytes);
  Json answer(Session& session, const Result<std::string>& text);
  Json execute(Session& session, const Json& request);
  /// The bytes that it took.
  std::size_t say(Source source, const Json& message);

  Machine& machine_;
  QmpServerConfig config_;
  std::map<Source, Session> sessions_;
};

}  // namespace cxlemu::control
