// QMP: QEMU's greeting, negotiation, errors and commands, for any number of clients at once. Bytes of a connection come
// from the machine's input and go to its output.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "base/json.hpp"
#include "machine/machine.hpp"
#include "qmp/commands.hpp"
#include "qmp/splitter.hpp"

namespace cxlemu::qmp {

struct ServerConfig {
  std::string lab_name = "lab";
  std::string clock = "real";
  std::function<void()> quit = [] {};
};

class Server {
 public:
  /// Attaches itself to the machine, which must outlive it.
  explicit Server(Machine& machine, ServerConfig config = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// LIMIT: bytes of answers after which a session's further commands wait: a client that sends many commands at once
  /// gets their answers as it reads, and nobody else waits for it.
  static constexpr std::size_t kAnswersAtOnce = 1 << 20;

  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
  /// Commands of this client wait to be carried out: any input of it, an empty one too, goes on with them.
  [[nodiscard]] bool has_pending(Source source) const;

 private:
  struct Session {
    Splitter splitter;
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
  ServerConfig config_;
  std::map<Source, Session> sessions_;
};

}  // namespace cxlemu::qmp
