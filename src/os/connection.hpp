// One peer on an AF_UNIX socket: bytes (stream) or messages (seqpacket), with a bound on what waits for a slow reader.
// No callback runs inside a call to the connection: each comes from the event loop, so that an owner may close, destroy
// or send in any of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "os/descriptor.hpp"
#include "os/event_loop.hpp"

namespace cxlemu::os {

enum class SocketKind { stream, seqpacket };

/// LIMIT: a received message may have this many bytes (a 64 KiB body behind an address); of a longer one the rest is
/// lost.
inline constexpr std::size_t kMaximumMessage = 64 * 1024 + 64;
/// LIMIT: what waits for a peer before the owner is told, and reading pauses (stream) or messages are dropped
/// (seqpacket).
inline constexpr std::size_t kHighWater = std::size_t{1} << 20;
/// LIMIT: what waits for a peer of a stream whose owner goes on sending; a peer that needs more is disconnected,
/// because a stream with a hole is of no use.
inline constexpr std::size_t kQueueLimit = std::size_t{64} << 20;
/// LIMIT: descriptors that are taken with one part of a stream; the others are closed, and the part says so.
inline constexpr std::size_t kDescriptorsOfAPart = 16;
/// LIMIT: parts that one turn of the loop reads, so that a busy peer does not starve the others.
inline constexpr int kPartsOfATurn = 32;
/// What a queued message counts beyond its bytes, so that empty ones are bounded too.
inline constexpr std::size_t kMessageOverhead = 64;

struct ConnectionLimits {
  std::size_t high_water = kHighWater;
  std::size_t queue = kQueueLimit;
};

/// What came over SCM_RIGHTS.
struct ReceivedDescriptors {
  std::vector<OwnedDescriptor> descriptors = {};
  bool some_lost = false;  ///< more than kDescriptorsOfAPart, or more than this process has room for
};

class Connection {
 public:
  struct Callbacks {
    /// Stream: what has arrived, cut anywhere.
    std::move_only_function<void(Bytes)> on_bytes = {};
    /// Stream, instead of on_bytes, for messages that carry descriptors: no more bytes than were asked for last (see
    /// `first_part`), and the descriptors that the peer has sent with any of them. It returns how many bytes to ask for
    /// next, at least 1. Who never asks for bytes behind the end of a message gets its descriptors and no others.
    std::move_only_function<std::size_t(Bytes, ReceivedDescriptors)> on_part = {};
    std::size_t first_part = 1;
    /// Seqpacket: one message, which may be empty; `truncated` where it was longer than kMaximumMessage.
    std::move_only_function<void(Bytes, bool truncated)> on_message = {};
    /// After send() had returned false: at most half of the high-water mark waits now.
    std::move_only_function<void()> on_drained = {};
    /// Once, after everything that the peer had sent; not after close() or destruction. The reason is empty where the
    /// peer left in order or close_after_flush() has done its work.
    std::move_only_function<void(const std::string& reason)> on_close = {};
  };

  /// Takes a connected socket of that kind.
  static Result<Connection> adopt(EventLoop& loop, OwnedDescriptor socket, SocketKind kind,
                                  ConnectionLimits limits = {});
  Connection() = default;
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection() { close(); }

  /// Reading begins. Call it once.
  void start(Callbacks callbacks);

  /// Sends, or queues what the peer does not take yet. False: slow down. On a stream the bytes are queued nevertheless,
  /// unless the connection is closing; on a seqpacket socket the message was dropped and counted.
  bool send(Bytes bytes);
  /// As send(), with a copy of `descriptor` (SCM_RIGHTS) on the first byte; on a stream there must be one.
  bool send_with_descriptor(Bytes bytes, int descriptor);

  /// Reads no more, sends what is queued, then closes and calls on_close.
  void close_after_flush();
  /// At once, without a callback.
  void close();

  [[nodiscard]] bool is_open() const;
  [[nodiscard]] std::size_t queued_bytes() const;
  /// Messages that were lost because the peer did not read, or that it could never take.
  [[nodiscard]] std::uint64_t dropped_messages() const;
  [[nodiscard]] int descriptor() const;

 private:
  friend class Listener;
  struct State;
  /// What a listener's connections share, and what tells it that one of them has gone.
  struct Shared {
    std::shared_ptr<Buffer> read_buffer;
    std::shared_ptr<void> slot;
  };
  static Result<Connection> make(EventLoop& loop, OwnedDescriptor socket, SocketKind kind, ConnectionLimits limits,
                                 Shared shared);
  explicit Connection(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace cxlemu::os
