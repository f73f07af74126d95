// Fragment and reassemble: a message leaves one endpoint as packets and arrives at another, with every check on,
// against the least that any implementation does: copying the same bytes in pieces of a unit and one look-up for each
// packet.
#include <benchmark/benchmark.h>

#include <cstring>
#include <ctime>
#include <map>

#include "mctp/endpoint.hpp"
#include "mctp/network.hpp"

namespace {

using namespace cxlemu;
using namespace cxlemu::mctp;

constexpr Eid kHost{8};
constexpr Eid kDevice{9};

Message request(std::size_t size) {
  return {
      .destination = kDevice, .type = MessageType::cxl_cci, .tag = {1, true}, .body = Buffer(size, std::byte{0x5A})};
}

/// What the peer does with one message: key look-up and copy for each packet, and the body is there at the end.
class PlainCopy {
 public:
  explicit PlainCopy(std::size_t size) : arrived_(size) {
    for (int flow = 0; flow < 4; ++flow) flows_[flow] = 0;
  }
  void carry(Bytes body, std::size_t unit) {
    for (std::size_t at = 0; at < body.size(); at += unit) {
      const std::size_t part = std::min(unit, body.size() - at);
      benchmark::DoNotOptimize(key_);
      flows_.find(key_)->second += part;
      std::memcpy(arrived_.data() + at, body.data() + at, part);
      benchmark::ClobberMemory();
    }
  }

 private:
  std::map<int, std::size_t> flows_;
  int key_ = 2;
  Buffer arrived_;
};

// Time of this process and not of the wall, so that a busy machine does not change the ratio.
double seconds_used() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double plain_copy_seconds(Bytes body, std::size_t unit, benchmark::IterationCount iterations) {
  PlainCopy peer(body.size());
  const double start = seconds_used();
  for (benchmark::IterationCount i = 0; i < iterations; ++i) peer.carry(body, unit);
  return seconds_used() - start;
}

void report(benchmark::State& state, const Message& message, std::size_t unit, double seconds) {
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.body.size()));
  state.counters["times_plain_copy"] = seconds / plain_copy_seconds(message.body, unit, state.iterations());
}

/// body bytes, unit
void fragment_and_reassemble(benchmark::State& state) {
  const auto unit = static_cast<std::size_t>(state.range(1));
  Timeline timeline;
  Endpoint host(timeline, {.static_eid = kHost, .transmission_unit = unit});
  Endpoint device(timeline, {.static_eid = kDevice});
  host.to_link = [&](Bytes packet) { device.receive(packet); };
  std::size_t arrived = 0;
  device.on_message = [&](Message&& message) {
    benchmark::DoNotOptimize(message.body.back());
    ++arrived;
  };
  const Message message = request(static_cast<std::size_t>(state.range(0)));

  const double start = seconds_used();
  for (auto _ : state) host.send(message);
  const double elapsed = seconds_used() - start;

  if (arrived != static_cast<std::size_t>(state.iterations())) state.SkipWithError("messages were lost");
  report(state, message, unit, elapsed);
}
BENCHMARK(fragment_and_reassemble)
    ->ArgNames({"body", "unit"})
    ->Args({63, 64})
    ->Args({64, 64})
    ->Args({1024, 64})
    ->Args({65536, 64})
    ->Args({1024, 250})
    ->Args({65536, 4096});

/// As above through a Network, and the response comes back: one CCI conversation without the CCI.
void request_and_response(benchmark::State& state) {
  Timeline timeline;
  Network network;
  Endpoint host(timeline, {.static_eid = kHost});
  Endpoint device(timeline, {.static_eid = kDevice});
  network.attach(host);
  network.attach(device);
  std::size_t arrived = 0;
  Message response;
  device.on_message = [&](Message&& message) {
    Buffer body = std::move(response.body);
    response = response_to(message);
    body.assign(message.body.begin(), message.body.end());
    response.body = std::move(body);
    device.send(response);
  };
  host.on_message = [&](Message&&) { ++arrived; };
  Message message = request(static_cast<std::size_t>(state.range(0)));

  const double start = seconds_used();
  for (auto _ : state) {
    message.tag = host.allocate_tag(kDevice).value();
    host.send(message);
  }
  const double elapsed = seconds_used() - start;

  if (arrived != static_cast<std::size_t>(state.iterations())) state.SkipWithError("messages were lost");
  report(state, message, kBaselineTransmissionUnit, elapsed);
}
BENCHMARK(request_and_response)->ArgName("body")->Arg(12)->Arg(1024);

/// Messages of 1 KiB whose packets alternate: as many assemblies at a time as there are flows.
void interleaved(benchmark::State& state) {
  const auto flows = static_cast<std::size_t>(state.range(0));
  Timeline timeline;
  Endpoint device(timeline, {.static_eid = kDevice});
  std::size_t arrived = 0;
  device.on_message = [&](Message&&) { ++arrived; };
  std::vector<std::vector<Buffer>> packets(flows);
  for (std::size_t flow = 0; flow < flows; ++flow) {
    Endpoint sender(timeline, {.static_eid = Eid{static_cast<std::uint8_t>(10 + flow)}});
    sender.to_link = [&](Bytes packet) { packets[flow].push_back(to_buffer(packet)); };
    sender.send(request(1024));
  }
  for (auto _ : state) {
    for (std::size_t i = 0; i < packets.front().size(); ++i) {
      for (const auto& flow : packets) device.receive(flow[i]);
    }
  }
  if (arrived != static_cast<std::size_t>(state.iterations()) * flows) state.SkipWithError("messages were lost");
  state.SetItemsProcessed(static_cast<std::int64_t>(arrived));
}
BENCHMARK(interleaved)->ArgName("flows")->Arg(1)->Arg(4)->Arg(16)->Arg(64);

}  // namespace

BENCHMARK_MAIN();
