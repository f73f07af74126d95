// A connection under test and the other end of its socket.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/connection.hpp"
#include "os/test_support.hpp"

namespace cxlemu::os {

inline constexpr ConnectionLimits kSmall{.high_water = 1000, .queue = 5000};

struct Message {
  std::string text;
  bool truncated = false;
  bool operator==(const Message&) const = default;
};

class ConnectionTest : public testing::Test {
 protected:
  void make(SocketKind kind, ConnectionLimits limits = {}) {
    auto [ours, theirs] = socket_pair(kind == SocketKind::stream ? SOCK_STREAM : SOCK_SEQPACKET);
    peer = std::move(theirs);
    connection = Connection::adopt(loop, std::move(ours), kind, limits).value();
  }
  void start(SocketKind kind, ConnectionLimits limits = {}) {
    make(kind, limits);
    connection->start(
        {.on_bytes = [this](Bytes bytes) { received += text_of(bytes); },
         .on_message = [this](Bytes bytes,
                              bool truncated) { messages.push_back({std::string(text_of(bytes)), truncated}); },
         .on_drained = [this] { ++drained; },
         .on_close = [this](const std::string& reason) { closed.push_back(reason); }});
  }
  void peer_sends(std::string_view text) const {
    ASSERT_EQ(::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // What waits at the peer: the bytes of a stream, or one message.
  [[nodiscard]] std::optional<std::string> peer_receives() const {
    std::string text(kMaximumMessage, '\0');
    const auto got = ::recv(peer.get(), text.data(), text.size(), MSG_DONTWAIT);
    if (got < 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(got));
    return text;
  }
  // Sends until the kernel takes no more and something is queued.
  void fill_socket(std::size_t part = 4096) {
    const Buffer bytes(part, std::byte{'f'});
    while (connection->queued_bytes() == 0) connection->send(bytes);
  }
  std::size_t drain_peer() {
    std::size_t total = 0;
    for (;;) {
      run_ready(loop);
      const auto text = peer_receives();
      if (!text || text->empty()) return total;
      total += text->size();
    }
  }

  EventLoop loop = make_loop();
  OwnedDescriptor peer;
  std::optional<Connection> connection;
  std::string received;
  std::vector<Message> messages;
  std::vector<std::string> closed;
  int drained = 0;
};

}  // namespace cxlemu::os
