// A vfio-user server: one device on a socket of its own, for one client at a time (QEMU's vfio-user-pci).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "os/event_loop.hpp"
#include "os/unix_socket.hpp"
#include "os/vfio_user/device.hpp"

namespace cxlemu::os::vfio_user {

/// LIMIT: clients at a time; a further one is closed at once and counted.
/// LIMIT: replies that wait for a client before no more is read from it: kHighWater, and the one under way.
inline constexpr ListenerLimits kLimits{.connections = 1,
                                        .connection = {.high_water = kHighWater, .queue = 4 * kHighWater}};

struct Counters {
  std::uint64_t clients = 0;          ///< that were let in
  std::uint64_t refused_clients = 0;  ///< that came while another one was there
  std::uint64_t sent_away = 0;        ///< whose connection the server ended
  std::uint64_t messages = 0;
  std::uint64_t refused_messages = 0;
  std::uint64_t interrupts = 0;
  std::uint64_t lost_interrupts = 0;  ///< nobody listened to them
};

/// Listens from open() on. It never waits for a client. When a client has gone the device keeps its state, what the
/// client had sent is forgotten and its descriptors are closed, and the next client is served.
class Server {
 public:
  /// Refuses a device that does not pass check(). The socket is that of a Listener: only its user may connect.
  static Result<Server> open(EventLoop& loop, const std::filesystem::path& path, Device device);
  Server(Server&&) noexcept = default;
  Server& operator=(Server&& other) noexcept;
  /// Ends the connection and removes the socket. It may happen in a function of the device.
  ~Server() { close(); }

  /// Signals an interrupt to the client; false where it is not listened to. It may happen in a function of the device,
  /// and then comes before the reply.
  bool interrupt(Interrupt kind, std::uint32_t vector);

  [[nodiscard]] bool has_client() const;
  [[nodiscard]] Counters counters() const;
  /// Why the last client was sent away, or its connection failed; empty where none has.
  [[nodiscard]] const std::string& last_failure() const;

 private:
  struct State;
  explicit Server(std::shared_ptr<State> state) : state_(std::move(state)) {}
  void close();

  std::shared_ptr<State> state_;
};

}  // namespace cxlemu::os::vfio_user
