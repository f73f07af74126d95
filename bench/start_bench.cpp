// How long a lab takes to give its first answer, and what an idle device takes.
//
//   start_bench               prints both tables
//   start_bench --client      sends one Identify and prints when it was answered; `cxlemu run -- ...` runs it
//   start_bench --idle WHICH  makes one lab in this process and prints what it took
#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include "af_mctp.hpp"
#include "machine/build.hpp"
#include "measure.hpp"
#include "os/unix_socket.hpp"

namespace cxlemu::bench {
namespace {

constexpr int kStarts = 20;
constexpr double kStartAimMs = 20;
constexpr int kIdleRuns = 5;
constexpr double kIdleAimKib = 128;
constexpr double kIdleAimSeconds = 2;
constexpr std::size_t kIdleDevices = 10'000;
constexpr std::size_t kOutputLimit = 4096;

// ------------------------------------------------------------------------------------------------------- first answer

std::string read_line(int descriptor) {
  std::string line;
  char letter = 0;
  while (::read(descriptor, &letter, 1) == 1 && letter != '\n') line += letter;
  return line;
}

double start_by_qmp(const RuntimeDirectory& directory) {
  const double start = microseconds_now();
  const auto lab = must(os::Child::start(run_one_device(), {}, os::Output::captured));
  wait_for_line(lab);
  const auto socket = must(os::connect_stream(directory.path() / "lab" / "qmp.sock"));
  constexpr std::string_view kNegotiate = R"({"execute":"qmp_capabilities"})";
  constexpr std::string_view kIdentify = R"({"execute":"cxlemu-send-command","arguments":{"path":"mem0","opcode":1}})";
  read_line(socket.get());  // the greeting
  must(os::write_all(socket.get(), bytes_of(kNegotiate)));
  read_line(socket.get());
  must(os::write_all(socket.get(), bytes_of(kIdentify)));
  const std::string answer = read_line(socket.get());
  const double elapsed = microseconds_now() - start;
  if (answer.find("\"payload\"") == std::string::npos) fail("no Identify by QMP: " + answer);
  return elapsed / 1000;
}

double start_by_shim() {
  auto arguments = run_one_device();
  arguments.insert(arguments.end(), {"--", os::own_executable(), "--client"});
  const double start = microseconds_now();
  auto lab = must(os::Child::start(arguments, {}, os::Output::captured));
  const std::string answered = must(lab.read_output(kOutputLimit));
  if (must(lab.wait()) != 0) fail("no Identify through the shim: " + answered);
  return (std::stod(answered) - start) / 1000;
}

int identify() {
  const MctpSocket lab;
  std::array<std::byte, 64> response;
  const ssize_t length = lab.exchange(cci_request(Opcode{0x0001}, {}), response);
  const double answered = microseconds_now();
  if (length < 0 || !is_success(Bytes(response).first(static_cast<std::size_t>(length)))) return 1;
  fmt::print("{:.3f}\n", answered);
  return 0;
}

void print_start(std::string_view name, std::vector<double>& times) {
  std::ranges::sort(times);
  const double median = (times[times.size() / 2 - 1] + times[times.size() / 2]) / 2;
  fmt::print("{:<34} {:>10.2f} {:>10.2f} {:>10.2f}  <= {:.0f} ms: {}\n", name, median, times.front(), times.back(),
             kStartAimMs, median <= kStartAimMs ? "met" : "MISSED");
}

void measure_starts() {
  const RuntimeDirectory directory;
  std::vector<double> by_qmp;
  std::vector<double> by_shim;
  for (int i = 0; i < kStarts; ++i) {
    by_qmp.push_back(start_by_qmp(directory));
    by_shim.push_back(start_by_shim());
  }
  fmt::print("{:<34} {:>10} {:>10} {:>10}\n", "from exec to the first answer", "median ms", "best ms", "worst ms");
  print_start("Identify by QMP", by_qmp);
  print_start("Identify through the shim", by_shim);
}

// -------------------------------------------------------------------------------------------------------- idle devices

double resident_kib() {
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

// Each has 1 GiB of its own and a Label Storage Area.
Topology idle_devices(std::size_t count, bool with_endpoints) {
  Topology topology;
  for (std::size_t i = 0; i < count; ++i) {
    MemoryDeviceDeclaration device;
    device.id = fmt::format("mem{}", i);
    device.volatile_memdev = fmt::format("ram{}", i);
    device.lsa = fmt::format("labels{}", i);
    device.config.serial_number = i + 1;
    device.mctp.clear();
    if (with_endpoints) {
      device.mctp.push_back({NetworkId{static_cast<std::uint32_t>(1 + i / kMaximumEndpointsOfNetwork)},
                             Eid{static_cast<std::uint8_t>(kFirstEid.value + i % kMaximumEndpointsOfNetwork)}});
    }
    topology.backends.push_back({device.volatile_memdev, std::uint64_t{1} << 30, {}});
    topology.backends.push_back({device.lsa, std::uint64_t{1} << 18, {}});
    topology.memory_devices.push_back(std::move(device));
  }
  return topology;
}

struct IdleCase {
  std::string_view name;
  std::size_t devices;
  bool with_endpoints;
};
// As many endpoints as a lab can have.
constexpr std::array kIdleCases{IdleCase{"mctp=none", kIdleDevices, false},
                                IdleCase{"with an MCTP endpoint", lab::kNetworksMax* kMaximumEndpointsOfNetwork, true}};

int idle(const IdleCase& which) {
  const Topology topology = idle_devices(which.devices, which.with_endpoints);
  const double before_kib = resident_kib();
  const double before = microseconds_now();
  const auto machine = must(build_machine(topology));
  const double seconds = (microseconds_now() - before) / 1e6;
  fmt::print("{} {}\n", (resident_kib() - before_kib) / static_cast<double>(which.devices), seconds);
  return 0;
}

void measure_idle_devices() {
  fmt::print("\n{:<34} {:>10} {:>10} {:>10}\n", "idle devices in one process", "devices", "KiB each", "start s");
  for (std::size_t i = 0; i < kIdleCases.size(); ++i) {
    double most_kib = 0;
    double best_seconds = 1e9;
    for (int run = 0; run < kIdleRuns; ++run) {
      auto child = must(os::Child::start(std::vector<std::string>{os::own_executable(), "--idle", std::to_string(i)},
                                         {}, os::Output::captured));
      const std::string text = must(child.read_output(kOutputLimit));
      if (must(child.wait()) != 0) fail("no idle devices: " + text);
      std::size_t end = 0;
      most_kib = std::max(most_kib, std::stod(text, &end));
      best_seconds = std::min(best_seconds, std::stod(text.substr(end)));
    }
    const bool met = most_kib <= kIdleAimKib && best_seconds <= kIdleAimSeconds;
    fmt::print("{:<34} {:>10} {:>10.1f} {:>10.3f}  <= {:.0f} KiB, {:.0f} s: {}\n", kIdleCases[i].name,
               kIdleCases[i].devices, most_kib, best_seconds, kIdleAimKib, kIdleAimSeconds, met ? "met" : "MISSED");
  }
}

int run_all() {
  stay_on_one_cpu();
  measure_starts();
  measure_idle_devices();
  return 0;
}

}  // namespace
}  // namespace cxlemu::bench

int main(int argc, char** argv) {
  using namespace cxlemu::bench;
  const std::string_view role = argc > 1 ? argv[1] : "";
  return run_program([&] {
    if (role == "--client") return identify();
    if (role == "--idle" && argc == 3) return idle(kIdleCases.at(std::stoul(argv[2])));
    return run_all();
  });
}
