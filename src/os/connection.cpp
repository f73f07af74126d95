#include "os/connection.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>

#include "os/system.hpp"

namespace cxlemu::os {
namespace {

// Small writes to a slow stream are gathered in pieces up to this size.
constexpr std::size_t kPiece = 64 * 1024;

// The number of bytes, or an error number made negative.
std::ptrdiff_t transmit(int socket, Bytes bytes, int descriptor) {
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (descriptor >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  const auto sent = retry([&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT); });
  return sent < 0 ? -errno : sent;
}

struct Received {
  std::ptrdiff_t bytes = 0;  // as recv() gives them
  ReceivedDescriptors with;
};

Received receive_part(int socket, MutableBytes to) {
  iovec part{to.data(), to.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptorsOfAPart * sizeof(int))> control;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  Received received;
  received.bytes = retry([&] { return ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC); });
  if (received.bytes < 0) return received;
  received.with.some_lost = (message.msg_flags & MSG_CTRUNC) != 0;
  for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof descriptor, sizeof descriptor);
      received.with.descriptors.emplace_back(descriptor);
    }
  }
  return received;
}

bool is_peer_gone(int error) { return error == EPIPE || error == ECONNRESET || error == ENOTCONN; }

// recv() gives 0 for an empty message and for the end. Without a hang-up it was a message; with one it was the end
// unless more bytes follow. Only empty messages of a peer that has left already can be missed.
bool is_end(int socket) {
  pollfd state{socket, POLLRDHUP, 0};
  if (::poll(&state, 1, 0) <= 0 || (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0) return false;
  int waiting = 0;
  return ::ioctl(socket, SIOCINQ, &waiting) < 0 || waiting == 0;
}

}  // namespace

struct Connection::State : std::enable_shared_from_this<State> {
  struct Item {
    Buffer bytes;
    OwnedDescriptor descriptor;
  };

  OwnedDescriptor socket;
  Watch watch;  // after the socket, so that it goes first
  SocketKind kind{};
  ConnectionLimits limits;
  Shared shared;
  Callbacks callbacks;
  std::size_t next_part = 1;  // bytes that on_part wants

  std::deque<Item> queue;
  std::size_t queue_cost = 0;  // bytes, and for messages their overhead
  std::size_t first_sent = 0;  // bytes of the first item that have left
  std::uint64_t dropped = 0;
  bool started = false;
  bool is_past_mark = false;   // send() has said so and on_drained has not yet
  bool finishing = false;      // read no more; close when the queue is empty
  bool output_broken = false;  // the peer takes nothing more, but what it had sent is still read
  bool doomed = false;         // shut down; the hang-up that follows brings on_close from the loop
  std::string reason;

  [[nodiscard]] bool is_reading() const { return !finishing && (kind == SocketKind::seqpacket || !is_past_mark); }
  [[nodiscard]] std::size_t cost(std::size_t bytes) const {
    return kind == SocketKind::stream ? bytes : bytes + kMessageOverhead;
  }

  void update_interest();
  bool send(Bytes bytes, int descriptor);
  bool refuse(int error);
  bool enqueue(Bytes bytes, int descriptor);
  void clear_queue();
  void break_output(int error);
  void doom(std::string why);
  void finish_in_order();
  void on_ready(Ready ready);
  void flush();
  void after_flush();
  void read_once();
  void read_parts();
  bool read_part();
  bool received(std::ptrdiff_t got);
  void end_of_input();
  void finish();
};

// Once started, something is always waited for, so that a hang-up is always seen: reading pauses only while there is
// something to write.
void Connection::State::update_interest() {
  if (!started || !socket) return;
  watch.set_interest({.read = doomed || is_reading(), .write = !doomed && !queue.empty()});
}

bool Connection::State::send(Bytes bytes, int descriptor) {
  if (!socket || finishing || output_broken || doomed) return false;
  // A stream carries nothing where there is no byte, and no descriptor either.
  if (kind == SocketKind::stream && bytes.empty()) return descriptor < 0 && !is_past_mark;
  if (queue.empty()) {
    const auto sent = transmit(socket.get(), bytes, descriptor);
    if (sent < 0 && sent != -EAGAIN) return refuse(static_cast<int>(-sent));
    if (sent >= 0) {
      // What has left carried the descriptor with it.
      descriptor = -1;
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
      if (bytes.empty()) return true;
    }
  }
  return enqueue(bytes, descriptor);
}

// What the socket did not take, for a reason other than a peer that is slow.
bool Connection::State::refuse(int error) {
  if (kind == SocketKind::seqpacket && !is_peer_gone(error)) {
    ++dropped;
  } else {
    break_output(error);
  }
  return false;
}

bool Connection::State::enqueue(Bytes bytes, int descriptor) {
  const std::size_t wanted = queue_cost + cost(bytes.size());
  if (kind == SocketKind::seqpacket && wanted > limits.high_water) {
    ++dropped;
    is_past_mark = true;
    return false;
  }
  if (kind == SocketKind::stream && wanted > limits.queue) {
    doom(fmt::format("the peer does not read: more than {} bytes wait for it", limits.queue));
    return false;
  }
  OwnedDescriptor copy;
  if (descriptor >= 0) {
    copy.reset(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!copy) return refuse(errno);
  }
  const bool joins_last =
      kind == SocketKind::stream && !copy && !queue.empty() && queue.back().bytes.size() + bytes.size() <= kPiece;
  if (joins_last) {
    append(queue.back().bytes, bytes);
  } else {
    queue.push_back({to_buffer(bytes), std::move(copy)});
  }
  queue_cost = wanted;
  if (queue_cost > limits.high_water) is_past_mark = true;
  update_interest();
  return kind == SocketKind::seqpacket || !is_past_mark;
}

void Connection::State::clear_queue() {
  queue.clear();
  queue_cost = 0;
  first_sent = 0;
  is_past_mark = false;
}

// A peer may send, close and never read its answers: what it sent is still worth reading, so this is no end yet.
void Connection::State::break_output(int error) {
  output_broken = true;
  reason = is_peer_gone(error) ? "" : "cannot send: " + std::generic_category().message(error);
  clear_queue();
  if (finishing || !is_peer_gone(error)) doom(reason);
  update_interest();
}

void Connection::State::doom(std::string why) {
  if (doomed) return;
  doomed = true;
  reason = std::move(why);
  clear_queue();
  ::shutdown(socket.get(), SHUT_RDWR);
  update_interest();
}

void Connection::State::finish_in_order() {
  if (!socket || doomed) return;
  finishing = true;
  if (queue.empty()) doom("");
  update_interest();
}

void Connection::State::on_ready(Ready ready) {
  const auto self = shared_from_this();
  if (!doomed && !queue.empty() && (ready.writable || ready.hung_up)) {
    flush();
    if (!socket) return;
  }
  if (ready.readable || ready.hung_up) {
    if (callbacks.on_part) {
      read_parts();
    } else if (!doomed && is_reading()) {
      // One read a turn: a busy peer does not starve the others.
      read_once();
    }
  }
  // Where the owner has closed in its callback there is nothing to tell. Where it has only just been doomed, this is
  // still the loop's turn.
  if (doomed && socket) finish();
}

void Connection::State::flush() {
  while (!queue.empty()) {
    Item& item = queue.front();
    const auto sent = transmit(socket.get(), Bytes(item.bytes).subspan(first_sent), item.descriptor.get());
    if (sent == -EAGAIN) break;
    if (sent < 0 && (kind == SocketKind::stream || is_peer_gone(static_cast<int>(-sent)))) {
      break_output(static_cast<int>(-sent));
      return;
    }
    if (sent < 0) ++dropped;
    item.descriptor.reset();
    if (kind == SocketKind::stream) {
      queue_cost -= static_cast<std::size_t>(sent);
      first_sent += static_cast<std::size_t>(sent);
      if (first_sent < item.bytes.size()) continue;
    } else {
      queue_cost -= cost(item.bytes.size());
    }
    queue.pop_front();
    first_sent = 0;
  }
  after_flush();
}

void Connection::State::after_flush() {
  if (finishing && queue.empty()) doom("");
  const bool has_drained = is_past_mark && queue_cost <= limits.high_water / 2;
  if (has_drained) is_past_mark = false;
  update_interest();
  if (has_drained && !doomed && callbacks.on_drained) callbacks.on_drained();
}

void Connection::State::read_once() {
  const bool is_stream = kind == SocketKind::stream;
  auto& buffer = *shared.read_buffer;
  // For messages MSG_TRUNC asks for the true length, however much fits.
  const auto got = retry(
      [&] { return ::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT | (is_stream ? 0 : MSG_TRUNC)); });
  if (!received(got)) return;
  const auto length = static_cast<std::size_t>(got);
  const auto bytes = Bytes(buffer).first(std::min(length, buffer.size()));
  if (is_stream && callbacks.on_bytes) callbacks.on_bytes(bytes);
  if (!is_stream && callbacks.on_message) callbacks.on_message(bytes, length > buffer.size());
}

void Connection::State::read_parts() {
  for (int i = 0; i < kPartsOfATurn; ++i) {
    if (!socket || doomed || !is_reading() || !read_part()) return;
  }
}

// False where no more is there.
bool Connection::State::read_part() {
  auto& buffer = *shared.read_buffer;
  const auto wanted = MutableBytes(buffer).first(std::min(std::max<std::size_t>(next_part, 1), buffer.size()));
  auto part = receive_part(socket.get(), wanted);
  if (!received(part.bytes)) return false;
  // A callback may take the connection down, but not while it runs.
  next_part = callbacks.on_part(Bytes(wanted).first(static_cast<std::size_t>(part.bytes)), std::move(part.with));
  return true;
}

// Whether what a receiving call has returned means that something came; deals with what else it may mean.
bool Connection::State::received(std::ptrdiff_t got) {
  if (got < 0) {
    if (errno != EAGAIN) {
      doom(is_peer_gone(errno) ? reason : "cannot receive: " + std::generic_category().message(errno));
    }
    return false;
  }
  if (got == 0 && (kind == SocketKind::stream || is_end(socket.get()))) {
    end_of_input();
    return false;
  }
  return true;
}

// A peer that has shut down only its sending side still gets its answers.
void Connection::State::end_of_input() {
  if (output_broken) {
    doom(reason);
  } else {
    finish_in_order();
  }
}

void Connection::State::finish() {
  watch = {};
  socket.reset();
  shared.slot.reset();
  clear_queue();
  const auto why = reason;
  auto on_close = std::exchange(callbacks.on_close, nullptr);
  if (on_close) on_close(why);
}

Result<Connection> Connection::adopt(EventLoop& loop, OwnedDescriptor socket, SocketKind kind,
                                     ConnectionLimits limits) {
  return make(loop, std::move(socket), kind, limits, {std::make_shared<Buffer>(kMaximumMessage), nullptr});
}

Result<Connection> Connection::make(EventLoop& loop, OwnedDescriptor socket, SocketKind kind, ConnectionLimits limits,
                                    Shared shared) {
  auto state = std::make_shared<State>();
  // The watch holds no reference: the connection that owns both ends it.
  auto* raw = state.get();
  state->watch = TRY(loop.watch(socket.get(), {.read = false}, [raw](Ready ready) { raw->on_ready(ready); }));
  state->socket = std::move(socket);
  state->kind = kind;
  state->limits = limits;
  state->shared = std::move(shared);
  return Connection(std::move(state));
}

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}

void Connection::start(Callbacks callbacks) {
  if (!state_ || state_->started) return;
  state_->callbacks = std::move(callbacks);
  state_->next_part = state_->callbacks.first_part;
  state_->started = true;
  state_->update_interest();
}

bool Connection::send(Bytes bytes) { return state_ && state_->send(bytes, -1); }

bool Connection::send_with_descriptor(Bytes bytes, int descriptor) { return state_ && state_->send(bytes, descriptor); }

void Connection::close_after_flush() {
  if (state_) state_->finish_in_order();
}

// The state stays for as long as one of its callbacks runs: on_ready() holds it.
void Connection::close() {
  if (!state_) return;
  state_->watch = {};
  state_->socket.reset();
  state_->shared.slot.reset();
  state_->clear_queue();
}

bool Connection::is_open() const { return state_ && state_->socket && !state_->doomed; }
std::size_t Connection::queued_bytes() const { return state_ ? state_->queue_cost : 0; }
std::uint64_t Connection::dropped_messages() const { return state_ ? state_->dropped : 0; }
int Connection::descriptor() const { return state_ ? state_->socket.get() : -1; }

}  // namespace cxlemu::os
