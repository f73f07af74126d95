#include "os/vfio_user/server.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "os/connection.hpp"
#include "os/descriptor.hpp"
#include "os/system.hpp"
#include "os/vfio_user/message_reader.hpp"
#include "os/vfio_user/session.hpp"

namespace cxlemu::os::vfio_user {
namespace {

static_assert(kDescriptorLimit == kDescriptorsOfAPart, "the part with the header brings all that a message may have");

// An eventfd has no type of file. Of what else has none a write returns at once, too; a pipe, a socket, a terminal or a
// file of a client could keep us waiting.
bool is_event(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && (status.st_mode & S_IFMT) == 0;
}

// The flag belongs to the eventfd, not to our copy of its descriptor: the client may have taken it away. Without it the
// write would wait where the client lets the counter run full.
bool make_nonblocking(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0) return false;
  return (flags & O_NONBLOCK) != 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0;
}

// A counter that is full has an interrupt waiting already.
bool signal(int descriptor) {
  constexpr std::uint64_t kOnce = 1;
  if (!make_nonblocking(descriptor)) return false;
  return retry([&] { return ::write(descriptor, &kOnce, sizeof kOnce); }) == sizeof kOnce || errno == EAGAIN;
}

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
  /// What there is of a client; all of it goes with it.
  struct Client {
    explicit Client(Device& device) : session(device) {}

    Connection connection;
    MessageReader reader;
    Session session;
    ReceivedDescriptors attached;  // of the message that is being read
    std::array<std::vector<OwnedDescriptor>, kInterruptKinds> interrupts;
  };

  Device device;
  std::optional<Listener> listener;
  // Shared, so that it outlives the callback in which it is sent away.
  std::shared_ptr<Client> client;
  Counters counters;
  std::string last_failure;

  void accepted(Connection connection);
  std::size_t received(Bytes bytes, ReceivedDescriptors with);
  void handle(Client& from);
  void carry_out(Client& from, const InterruptAction& action);
  bool interrupt(Interrupt kind, std::uint32_t vector);
  void gone(const std::string& reason);
  void send_away(const std::string& reason);
};

void Server::State::accepted(Connection connection) {
  client = std::make_shared<Client>(device);
  for (std::size_t i = 0; i < kInterruptKinds; ++i) client->interrupts[i].resize(device.interrupts[i]);
  client->connection = std::move(connection);
  ++counters.clients;
  // The connection goes before the state does, so neither function is called behind its end.
  client->connection.start(
      {.on_part = [this](Bytes bytes, ReceivedDescriptors with) { return received(bytes, std::move(with)); },
       .first_part = client->reader.missing(),
       .on_close = [this](const std::string& reason) { gone(reason); }});
}

std::size_t Server::State::received(Bytes bytes, ReceivedDescriptors with) {
  const auto self = shared_from_this();
  const auto from = client;
  auto& attached = from->attached;
  attached.some_lost = attached.some_lost || with.some_lost;
  for (auto& descriptor : with.descriptors) {
    if (attached.descriptors.size() < kDescriptorLimit) {
      attached.descriptors.push_back(std::move(descriptor));
    } else {
      attached.some_lost = true;
    }
  }
  switch (from->reader.take(bytes)) {
    case MessageReader::Progress::incomplete:
      break;
    case MessageReader::Progress::broken:
      send_away(from->reader.reason());
      break;
    case MessageReader::Progress::complete:
      handle(*from);
      from->attached = {};
      from->reader.next();
  }
  return from->reader.missing();
}

void Server::State::handle(Client& from) {
  const auto& descriptors = from.attached.descriptors;
  const bool are_events = std::ranges::all_of(descriptors, [](const auto& each) { return is_event(each.get()); });
  ++counters.messages;
  const auto outcome = from.session.handle(
      from.reader.message(),
      {.count = descriptors.size(), .are_events = are_events, .some_lost = from.attached.some_lost});
  if (outcome.is_refused) ++counters.refused_messages;
  carry_out(from, outcome.interrupts);
  if (!outcome.reply.empty()) {
    if (outcome.descriptor >= 0) {
      from.connection.send_with_descriptor(outcome.reply, outcome.descriptor);
    } else {
      from.connection.send(outcome.reply);
    }
  }
  if (!outcome.ends.empty()) {
    ++counters.sent_away;
    last_failure = outcome.ends;
    from.connection.close_after_flush();
  }
}

// The session has seen to it that the range is there and has as many descriptors.
void Server::State::carry_out(Client& from, const InterruptAction& action) {
  if (const auto* assign = std::get_if<AssignInterrupts>(&action)) {
    auto& table = from.interrupts[static_cast<std::size_t>(assign->range.kind)];
    for (std::uint32_t i = 0; i < assign->range.count; ++i) {
      table[assign->range.first + i] = std::move(from.attached.descriptors[i]);
    }
  } else if (const auto* release = std::get_if<ReleaseInterrupts>(&action)) {
    auto& table = from.interrupts[static_cast<std::size_t>(release->range.kind)];
    for (std::uint32_t i = 0; i < release->range.count; ++i) table[release->range.first + i].reset();
  } else if (const auto* trigger = std::get_if<TriggerInterrupts>(&action)) {
    for (const auto vector : trigger->vectors) interrupt(trigger->kind, vector);
  }
}

bool Server::State::interrupt(Interrupt kind, std::uint32_t vector) {
  const auto index = static_cast<std::size_t>(kind);
  const bool is_listened_to = client && index < kInterruptKinds && vector < client->interrupts[index].size() &&
                              client->interrupts[index][vector] && signal(client->interrupts[index][vector].get());
  ++(is_listened_to ? counters.interrupts : counters.lost_interrupts);
  return is_listened_to;
}

void Server::State::gone(const std::string& reason) {
  if (!reason.empty()) last_failure = reason;
  // The device may be told of memory that is gone, and may then do away with the server.
  const auto self = shared_from_this();
  const auto leaving = std::exchange(client, nullptr);
}

void Server::State::send_away(const std::string& reason) {
  ++counters.sent_away;
  client->connection.close();
  gone(reason);
}

Result<Server> Server::open(EventLoop& loop, const std::filesystem::path& path, Device device) {
  TRY_VOID(check(device));
  auto state = std::make_shared<State>();
  state->device = std::move(device);
  auto* raw = state.get();
  state->listener = TRY(Listener::open(
      loop, path, SocketKind::stream, [raw](Connection connection) { raw->accepted(std::move(connection)); }, kLimits));
  return Server(std::move(state));
}

Server& Server::operator=(Server&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}

void Server::close() {
  const auto state = std::exchange(state_, nullptr);
  if (!state) return;
  state->listener.reset();
  if (!state->client) return;
  state->client->connection.close();
  state->gone("");
}

bool Server::interrupt(Interrupt kind, std::uint32_t vector) { return state_->interrupt(kind, vector); }

bool Server::has_client() const { return state_->client != nullptr; }

Counters Server::counters() const {
  auto counters = state_->counters;
  counters.refused_clients = state_->listener->refused_connections();
  return counters;
}

const std::string& Server::last_failure() const { return state_->last_failure; }

}  // namespace cxlemu::os::vfio_user
