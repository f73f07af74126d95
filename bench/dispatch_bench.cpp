// Dispatch of a small command in process against copying its answer: what it costs above the copy, and that it
// allocates nothing. Both run in turns, in slices so short that few of them are interrupted; the best slice of each
// counts.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "component/memory_device/memory_device.hpp"

namespace {
std::uint64_t allocations = 0;
}  // namespace

// Not inlined, so that GCC takes them for a pair.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace cxlemu;

constexpr int kCallsPerSlice = 1000;
constexpr int kSlices = 2000;

struct Case {
  Opcode opcode;
  cci::CciId cci{};
};

template <typename Call>
double nanoseconds_per_call(Call&& call) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kCallsPerSlice; ++i) call();
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
  return elapsed.count() / kCallsPerSlice;
}

void dispatch(benchmark::State& state, Case which) {
  Timeline timeline;
  Backing volatile_capacity(1U << 30);
  Backing labels(1U << 18);
  MemoryDevice device("mem0", {}, timeline,
                      {.volatile_capacity = &volatile_capacity, .persistent_capacity = nullptr, .labels = &labels});
  cci::Cci& cci = device.cci(which.cci);
  Buffer space(cci.response_limit);
  Buffer copied(cci.response_limit);
  const auto call = [&] { return cci::dispatch(cci, {.opcode = which.opcode, .payload = {}}, space); };
  const cci::Reply reply = call();
  if (reply.return_code != ReturnCode::success) return state.SkipWithError("the command was refused");
  std::size_t size = reply.payload_size;

  constexpr double kWorst = std::numeric_limits<double>::max();
  double best_dispatch = kWorst;
  double best_copy = kWorst;
  std::uint64_t allocated = 0;
  for (auto _ : state) {
    const std::uint64_t before = allocations;
    const double one = nanoseconds_per_call([&] {
      auto answered = call();
      benchmark::DoNotOptimize(answered);
      benchmark::ClobberMemory();
    });
    allocated += allocations - before;
    best_dispatch = std::min(best_dispatch, one);
    best_copy = std::min(best_copy, nanoseconds_per_call([&] {
                           benchmark::DoNotOptimize(size);
                           std::memcpy(copied.data(), space.data(), size);
                           benchmark::ClobberMemory();
                         }));
    state.SetIterationTime(one * 1e-9);
  }
  state.counters["bytes"] = static_cast<double>(size);
  state.counters["best_ns"] = best_dispatch;
  state.counters["copy_ns"] = best_copy;
  state.counters["above_copy_ns"] = best_dispatch - best_copy;
  state.counters["allocations_per_call"] =
      static_cast<double>(allocated) / (static_cast<double>(state.iterations()) * kCallsPerSlice);
}

void add(const char* name, Case which) {
  benchmark::RegisterBenchmark(name, dispatch, which)->UseManualTime()->Iterations(kSlices);
}

}  // namespace

int main(int argc, char** argv) {
  add("mailbox/0300_get_timestamp", {Opcode{0x0300}, cci::kMailbox});
  add("mailbox/4000_identify_memory_device", {Opcode{0x4000}, cci::kMailbox});
  add("mailbox/4200_get_health_info", {Opcode{0x4200}, cci::kMailbox});
  // Identify is no mailbox command.
  add("mctp/0001_identify", {Opcode{0x0001}, cci::kMctp});
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
