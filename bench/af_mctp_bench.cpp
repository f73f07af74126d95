// A command through the AF_MCTP shim and back, against an AF_UNIX ping-pong that carries datagrams of the same lengths
// between two processes, with the same poll() on one side and the same event loop on the other. Everything is on one
// CPU.
//
//   af_mctp_bench                  starts a lab, the server of the ping-pong, and the client under the shim
//   af_mctp_bench --server SOCKET  the server of the ping-pong
//   af_mctp_bench --client SOCKET  measures; `cxlemu exec` runs it
//
// Slices of each conversation take turns. The best slice of each counts.
#include <algorithm>
#include <cstring>
#include <limits>
#include <list>
#include <string_view>

#include "af_mctp.hpp"
#include "measure.hpp"
#include "os/unix_socket.hpp"
#include "wire/lab_socket.hpp"

namespace cxlemu::bench {
namespace {

constexpr int kTripsPerSlice = 100;
constexpr int kSlices = 150;
constexpr std::size_t kUnit = 64;
constexpr std::uint32_t kLabelBytes = 1000;

// ------------------------------------------------------------------------------------------------------- the ping-pong

// The first bytes of a request say how long the response shall be.
using WantedLength = Le32;

int serve(const std::string& path) {
  auto loop = must(os::EventLoop::create());
  std::list<os::Connection> connections;
  Buffer response(lab::kDatagramMax);
  const auto listener = must(os::Listener::open(loop, path, os::SocketKind::seqpacket, [&](os::Connection accepted) {
    os::Connection& connection = connections.emplace_back(std::move(accepted));
    connection.start({.on_message = [&](Bytes request, bool) {
      const auto wanted = Reader(request).take<WantedLength>();
      if (wanted) connection.send(Bytes(response).first(std::min<std::size_t>(*wanted, response.size())));
    }});
  }));
  fmt::print("serving\n");
  std::fflush(stdout);
  return loop.run();
}

class PingPong {
 public:
  explicit PingPong(const std::string& path) : socket_(must(os::connect_to(path, os::SocketKind::seqpacket))) {}
  [[nodiscard]] ssize_t exchange(Bytes request, MutableBytes response) const {
    if (::send(socket_.get(), request.data(), request.size(), 0) < 0) return -1;
    pollfd readable{socket_.get(), POLLIN, 0};
    if (::poll(&readable, 1, kTimeoutMs) != 1) return -1;
    return ::recv(socket_.get(), response.data(), response.size(), 0);
  }

 private:
  os::OwnedDescriptor socket_;
};

// ----------------------------------------------------------------------------------------------------------- measuring

struct Command {
  std::string_view name;
  Opcode opcode;
  Buffer payload;
  double aim = 0;  ///< the most times the ping-pong; 0: none
};

struct GetLabels {
  Le32 offset;
  Le32 length;
};

std::vector<Command> commands() {
  const Buffer get_labels = to_buffer(bytes_of(GetLabels{0, kLabelBytes}));
  const Buffer get_sub_list{std::byte{0xFF}, std::byte{0}};  // as many as there are, from the first
  return {{"0001 Identify", Opcode{0x0001}, {}, 1.5},
          {"4102 Get LSA, 1000 bytes", Opcode{0x4102}, get_labels, 2},
          {"0002 Background Operation Status", Opcode{0x0002}, {}},
          {"0003 Get Response Message Limit", Opcode{0x0003}, {}},
          {"0100 Get Event Records", Opcode{0x0100}, Buffer(1)},
          {"0300 Get Timestamp", Opcode{0x0300}, {}},
          {"0400 Get Supported Logs", Opcode{0x0400}, {}},
          {"0405 Get Supported Logs Sub-List", Opcode{0x0405}, get_sub_list},
          {"4000 Identify Memory Device", Opcode{0x4000}, {}},
          {"4100 Get Partition Info", Opcode{0x4100}, {}},
          {"4200 Get Health Info", Opcode{0x4200}, {}}};
}

template <typename Peer>
double microseconds_per_trip(const Peer& peer, Bytes request, MutableBytes space, ssize_t expected) {
  const double start = microseconds_now();
  for (int i = 0; i < kTripsPerSlice; ++i) {
    if (peer.exchange(request, space) != expected) fail("a response was lost, or is not as long as the first");
  }
  return (microseconds_now() - start) / kTripsPerSlice;
}

/// The same command to the lab and to the server of the ping-pong.
class Measurement {
 public:
  Measurement(Command command, const MctpSocket& lab, MutableBytes space)
      : command_(std::move(command)), request_(cci_request(command_.opcode, command_.payload)) {
    length_ = lab.exchange(request_, space);
    if (length_ < 0 || !is_success(space.first(static_cast<std::size_t>(length_)))) {
      fail(fmt::format("{}: no answer, or it was refused", command_.name));
    }
    pong_length_ = length_ + static_cast<ssize_t>(sizeof(lab::DatagramPrefix));
    ping_.resize(sizeof(lab::DatagramPrefix) + request_.size());
    const WantedLength wanted = static_cast<std::uint32_t>(pong_length_);
    std::memcpy(ping_.data(), &wanted, sizeof wanted);
  }

  void run_slice(const MctpSocket& lab, const PingPong& ping_pong, MutableBytes space) {
    best_lab_ = std::min(best_lab_, microseconds_per_trip(lab, request_, space, length_));
    best_ping_pong_ = std::min(best_ping_pong_, microseconds_per_trip(ping_pong, ping_, space, pong_length_));
  }

  [[nodiscard]] double microseconds() const { return best_lab_; }
  [[nodiscard]] std::size_t packets() const {
    // The type byte is in the first packet.
    return (static_cast<std::size_t>(length_) + 1 + kUnit - 1) / kUnit;
  }
  void print(double one_packet) const {
    const double ratio = best_lab_ / best_ping_pong_;
    const std::string aim = command_.aim == 0
                                ? std::string()
                                : fmt::format("<= {:.1f}: {}", command_.aim, ratio <= command_.aim ? "met" : "MISSED");
    fmt::print("{:<34} {:>6} {:>8} {:>10.2f} {:>10.2f} {:>7.2f} {:>9.2f}  {}\n", command_.name, length_, packets(),
               best_lab_, best_ping_pong_, ratio, best_lab_ / one_packet, aim);
  }

 private:
  Command command_;
  Buffer request_;
  Buffer ping_;
  ssize_t length_ = 0;
  ssize_t pong_length_ = 0;
  double best_lab_ = std::numeric_limits<double>::max();
  double best_ping_pong_ = std::numeric_limits<double>::max();
};

// Of the small commands whose answer is one packet.
double median_of_one_packet(const std::vector<Measurement>& measurements) {
  std::vector<double> times;
  for (const Measurement& one : measurements) {
    if (one.packets() == 1) times.push_back(one.microseconds());
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

int measure(const std::string& path) {
  const MctpSocket lab;
  if (!lab.is_open()) fail("there is no AF_MCTP: run this by cxlemu exec");
  const PingPong ping_pong(path);
  Buffer space(lab::kDatagramMax);
  std::vector<Measurement> measurements;
  for (Command& command : commands()) measurements.emplace_back(std::move(command), lab, space);
  for (int slice = 0; slice < kSlices; ++slice) {
    for (Measurement& one : measurements) one.run_slice(lab, ping_pong, space);
  }

  const double one_packet = median_of_one_packet(measurements);
  fmt::print("{:<34} {:>6} {:>8} {:>10} {:>10} {:>7} {:>9}\n", "", "answer", "packets", "lab", "ping-pong", "", "to");
  fmt::print("{:<34} {:>6} {:>8} {:>10} {:>10} {:>7} {:>9}  {}\n", "command", "bytes", "of it", "us", "us", "ratio",
             "median*", "aim");
  for (const Measurement& one : measurements) one.print(one_packet);
  fmt::print("* of the commands whose answer is one packet\n");
  return 0;
}

int run_all() {
  stay_on_one_cpu();
  const RuntimeDirectory directory;
  const std::string path = directory.path() / "ping-pong.sock";
  const std::string self = os::own_executable();
  const auto lab = must(os::Child::start(run_one_device(), {}, os::Output::captured));
  wait_for_line(lab);
  const auto server =
      must(os::Child::start(std::vector<std::string>{self, "--server", path}, {}, os::Output::captured));
  wait_for_line(server);
  return must(os::spawn_and_wait(std::vector<std::string>{CXLEMU_PROGRAM, "exec", "--", self, "--client", path}));
}

}  // namespace
}  // namespace cxlemu::bench

int main(int argc, char** argv) {
  using namespace cxlemu::bench;
  const std::string_view role = argc == 3 ? argv[1] : "";
  return run_program([&] {
    if (role == "--server") return serve(argv[2]);
    if (role == "--client") return measure(argv[2]);
    return run_all();
  });
}
