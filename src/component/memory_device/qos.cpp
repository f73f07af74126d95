#include "component/memory_device/qos.hpp"

#include <algorithm>

#include "component/memory_device/memory_device.hpp"

namespace cxlemu::qos {

std::uint8_t capabilities(const MemoryDevice& device) {
  switch (device.config().qos_telemetry) {
    case QosTelemetry::off:
      return 0;
    case QosTelemetry::congestion:
      return SldQosControl::kEgressPortCongestion;
    case QosTelemetry::throughput:
      return SldQosControl::kTemporaryThroughputReduction;
    case QosTelemetry::both:
      break;
  }
  return SldQosControl::kEgressPortCongestion | SldQosControl::kTemporaryThroughputReduction;
}

cci::Result<SldQosControl> get_sld_qos_control(MemoryDevice& device, cci::Cci&) {
  if (capabilities(device) == 0) return cci::refuse(ReturnCode::unsupported);
  const QosState& state = device.qos();
  return SldQosControl{state.control, state.egress_moderate_percentage, state.egress_severe_percentage,
                       state.backpressure_sample_interval};
}

cci::Result<void> set_sld_qos_control(MemoryDevice& device, cci::Cci&, const SldQosControl& in) {
  const std::uint8_t capable = capabilities(device);
  if (capable == 0) return cci::refuse(ReturnCode::unsupported);
  constexpr std::uint8_t kKnown = SldQosControl::kEgressPortCongestion | SldQosControl::kTemporaryThroughputReduction;
  const auto is_percentage = [](std::uint8_t value) { return value >= 1 && value <= 100; };
  constexpr std::uint8_t kLongestInterval = 15;
  if (!is_percentage(in.egress_moderate_percentage) || !is_percentage(in.egress_severe_percentage) ||
      in.backpressure_sample_interval > kLongestInterval) {
    return cci::refuse(ReturnCode::invalid_input);
  }
  // SILENT: enabling what the device has not.
  if ((in.qos_telemetry_control & kKnown & ~capable) != 0) return cci::refuse(ReturnCode::invalid_input);
  QosState& state = device.qos();
  state.control = in.qos_telemetry_control & kKnown;
  state.egress_moderate_percentage = in.egress_moderate_percentage;
  state.egress_severe_percentage = in.egress_severe_percentage;
  state.backpressure_sample_interval = in.backpressure_sample_interval;
  device.changes().mark(StateKey::qos);
  return {};
}

cci::Result<GetSldQosStatusOut> get_sld_qos_status(MemoryDevice& device, cci::Cci&) {
  if ((capabilities(device) & SldQosControl::kEgressPortCongestion) == 0) {
    return cci::refuse(ReturnCode::unsupported);
  }
  const QosState& state = device.qos();
  GetSldQosStatusOut out{};
  // CXL r3.2 3.3.4.3.4: measured only while enabled, over the last hundred sample intervals.
  const Nanoseconds history{100 * state.backpressure_sample_interval};
  const bool measures = (state.control & SldQosControl::kEgressPortCongestion) != 0;
  if (!measures || history.count() == 0) return out;
  const Time now = device.now();
  const Time from = std::max(state.busy_from, now - history);
  const Time until = std::min(state.busy_until, now);
  if (until > from) {
    out.backpressure_average_percentage = static_cast<std::uint8_t>((until - from).count() * 100 / history.count());
  }
  return out;
}

void count_access(MemoryDevice& device, std::uint64_t bytes) {
  const std::uint64_t bandwidth = device.config().qos_bandwidth;
  if (bandwidth == 0) return;
  // LIMIT: one access keeps the port busy for an hour at most.
  constexpr double kLongest = 3.6e12;
  const double needs = std::min(static_cast<double>(bytes) * 1e9 / static_cast<double>(bandwidth), kLongest);
  QosState& state = device.qos();
  const Time now = device.now();
  if (state.busy_until <= now) state.busy_from = state.busy_until = now;
  // Many accesses at one time wait behind each other, but no longer than device time lasts.
  state.busy_until = std::min(state.busy_until + Nanoseconds{static_cast<Nanoseconds::rep>(needs)}, Time::max() / 2);
}

}  // namespace cxlemu::qos
