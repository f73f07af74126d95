// Poison commands with 10^3 and 10^6 ranges against an ordered map of as many entries, and firmware over MCTP against
// copying its bytes. Each pair runs in turns; the best slice of each counts.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <map>

#include "machine/build.hpp"
#include "wire/firmware.hpp"

namespace {

using namespace cxlemu;

constexpr std::uint64_t kCapacity = 1ULL << 32;
constexpr std::uint64_t kStride = 4096;  // one poisoned line in each of these

template <typename Call>
double nanoseconds(int calls, Call&& call) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) call(i);
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / calls;
}

struct Device {
  explicit Device(std::uint64_t ranges) {
    for (std::uint64_t i = 0; i < ranges; ++i)
      device.poison_media(Dpa{i * kStride}, kCacheLine, {PoisonSource::internal});
  }
  cci::Reply send(std::uint16_t opcode, Bytes payload) {
    return cci::dispatch(device.cci(cci::kMailbox), {.opcode = Opcode{opcode}, .payload = payload}, space);
  }
  static MemoryDeviceConfig config() {
    MemoryDeviceConfig config;
    config.poison_list_size = kMaximumPoisonListSize;
    config.event_log_size = 1;
    return config;
  }
  Timeline timeline;
  Backing capacity{kCapacity};
  MemoryDevice device{
      "mem0", config(), timeline, {.volatile_capacity = &capacity, .persistent_capacity = nullptr, .labels = nullptr}};
  Buffer space = Buffer(8192);
};

enum class Command : std::uint8_t { inject_and_clear, get_page };

// One iteration: inject and clear one address between the others, or get one page of 510 records.
void poison_command(benchmark::State& state, Command which) {
  const auto ranges = static_cast<std::uint64_t>(state.range(0));
  Device device(ranges);
  std::map<std::uint64_t, std::array<std::uint64_t, 2>> map;
  for (std::uint64_t i = 0; i < ranges; ++i) map.emplace(i * kStride, std::array<std::uint64_t, 2>{kCacheLine, 2});
  const int calls = which == Command::get_page ? 100 : 1000;
  double best = std::numeric_limits<double>::max();
  double best_map = best;
  std::uint64_t mixed = 1;
  const auto next = [&] {
    mixed = mixed * 6364136223846793005ULL + 1442695040888963407ULL;
    return mixed % ranges * kStride;
  };
  for (auto _ : state) {
    const double one = nanoseconds(calls, [&](int) {
      if (which == Command::get_page) {
        const std::uint64_t from = std::min(next(), kCapacity - kStride * 600);
        benchmark::DoNotOptimize(device.send(0x4300, bytes_of(GetPoisonListIn{from, 600 * kStride / kCacheLine})));
        return;
      }
      const std::uint64_t dpa = next() + 2048;
      ClearPoisonIn clear{};
      clear.physical_address = dpa;
      benchmark::DoNotOptimize(device.send(0x4301, bytes_of(InjectPoisonIn{dpa})));
      benchmark::DoNotOptimize(device.send(0x4302, bytes_of(clear)));
    });
    const double peer = nanoseconds(calls, [&](int) {
      if (which == Command::get_page) {
        auto it = map.lower_bound(next());
        for (int i = 0; i < 510 && it != map.end(); ++i, ++it) benchmark::DoNotOptimize(it->second);
        return;
      }
      const std::uint64_t dpa = next() + 2048;
      map.emplace(dpa, std::array<std::uint64_t, 2>{kCacheLine, 3});
      map.erase(dpa);
    });
    best = std::min(best, one);
    best_map = std::min(best_map, peer);
    state.SetIterationTime(one * 1e-9 * calls);
  }
  state.counters["ns"] = best;
  state.counters["map_ns"] = best_map;
  state.counters["ratio"] = best / best_map;
}

BENCHMARK_CAPTURE(poison_command, inject_and_clear, Command::inject_and_clear)
    ->Arg(1'000)
    ->Arg(1'000'000)
    ->UseManualTime();
BENCHMARK_CAPTURE(poison_command, get_a_page, Command::get_page)->Arg(1'000)->Arg(1'000'000)->UseManualTime();

// 32 MiB of firmware in parts of 896 bytes, each a message of MCTP packets with a unit of 64 bytes; nobody verifies it.
void firmware_over_mctp(benchmark::State& state) {
  constexpr std::size_t kSize = 32U << 20;
  constexpr std::size_t kPart = 896;
  Topology topology;
  topology.backends = {{"v", 256 << 20, {}}};
  MemoryDeviceDeclaration declaration;
  declaration.id = "mem0";
  declaration.volatile_memdev = "v";
  declaration.mctp = {{NetworkId{1}, Eid{8}}};
  declaration.config.firmware_verify = FirmwareVerify::any;
  topology.memory_devices.push_back(declaration);
  const auto machine = build_machine(topology).value();
  const Buffer image(kSize, std::byte{0x5A});
  Buffer copied(kSize);
  double best = std::numeric_limits<double>::max();
  double best_copy = best;
  for (auto _ : state) {
    const double one = nanoseconds(1, [&](int) {
      for (std::size_t at = 0; at < kSize; at += kPart) {
        const std::size_t length = std::min(kPart, kSize - at);
        TransferFwIn in{};
        in.action = at == 0 ? TransferFwAction::initiate
                            : (at + length == kSize ? TransferFwAction::end : TransferFwAction::continue_transfer);
        in.slot = 2;
        in.offset_128b = static_cast<std::uint32_t>(at / kFwAlignment);
        Buffer request = to_buffer(bytes_of(in));
        append(request, Bytes(image).subspan(at, length));
        const auto result = machine->send_command(machine->components().front(), cci::kMctp, Opcode{0x0201}, request);
        if (!result || result->return_code != ReturnCode::success) state.SkipWithError("a part was refused");
      }
    });
    const double copy = nanoseconds(1, [&](int) {
      std::memcpy(copied.data(), image.data(), kSize);
      benchmark::ClobberMemory();
    });
    best = std::min(best, one);
    best_copy = std::min(best_copy, copy);
    state.SetIterationTime(one * 1e-9);
  }
  const double megabytes = static_cast<double>(kSize) / 1e6;
  state.counters["MB/s"] = megabytes / (best * 1e-9);
  state.counters["copy_MB/s"] = megabytes / (best_copy * 1e-9);
  state.counters["ratio"] = best / best_copy;
}
BENCHMARK(firmware_over_mctp)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
