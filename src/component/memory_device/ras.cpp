#include "component/memory_device/ras.hpp"

#include <algorithm>

namespace cxlemu::ras {
namespace {

constexpr std::uint32_t bit_of(std::uint8_t bit) { return std::uint32_t{1} << bit; }

constexpr std::uint32_t kMultipleHeaderRecordingCapability = 1U << 9;
constexpr std::uint32_t kPoisonEnabled = 1U << 13;
// PCIe 6.2.4.2: where no error is logged the pointer names a status bit that is never used.
constexpr std::uint32_t kNoFirstError = 0x3F;

void clear_uncorrectable(RasState& state, std::uint32_t value) {
  const auto first = first_error(state);
  if (!first) return;
  if (value == bit_of(*first)) {
    state.headers.pop_front();
    return;
  }
  std::erase_if(state.headers, [&](const RasHeader& header) { return (value & bit_of(header.error)) != 0; });
}

}  // namespace

RasOutcome record_uncorrectable(RasState& state, const RasHeader& error) {
  if ((state.uncorrectable_mask & bit_of(error.error)) != 0) return RasOutcome::masked;
  if (state.headers.size() >= kMaximumRasHeaders) return RasOutcome::full;
  state.headers.push_back(error);
  return RasOutcome::recorded;
}

RasOutcome record_correctable(RasState& state, std::uint8_t bit) {
  if ((state.correctable_mask & bit_of(bit)) != 0) return RasOutcome::masked;
  state.correctable_status |= bit_of(bit);
  return RasOutcome::recorded;
}

RasState reset_state(bool unmasked) {
  RasState state;
  if (unmasked) state.uncorrectable_mask = state.correctable_mask = 0;
  return state;
}

std::uint32_t uncorrectable_status(const RasState& state) {
  std::uint32_t status = 0;
  for (const RasHeader& header : state.headers) status |= bit_of(header.error);
  return status;
}

std::optional<std::uint8_t> first_error(const RasState& state) {
  return state.headers.empty() ? std::nullopt : std::optional(state.headers.front().error);
}

std::uint32_t read(const RasState& state, std::uint32_t offset) {
  switch (static_cast<RasRegister>(offset)) {
    case RasRegister::uncorrectable_error_status:
      return uncorrectable_status(state);
    case RasRegister::uncorrectable_error_mask:
      return state.uncorrectable_mask;
    case RasRegister::uncorrectable_error_severity:
      return state.uncorrectable_severity;
    case RasRegister::correctable_error_status:
      return state.correctable_status;
    case RasRegister::correctable_error_mask:
      return state.correctable_mask;
    case RasRegister::error_capabilities_and_control:
      return kMultipleHeaderRecordingCapability | kPoisonEnabled |
             (state.headers.empty() ? kNoFirstError : state.headers.front().error);
    case RasRegister::header_log:
      break;
  }
  constexpr auto kHeaderLog = static_cast<std::uint32_t>(RasRegister::header_log);
  if (offset < kHeaderLog || offset >= kRasSize || state.headers.empty()) return 0;
  return state.headers.front().header[(offset - kHeaderLog) / 4];
}

void write(RasState& state, std::uint32_t offset, std::uint32_t value) {
  switch (static_cast<RasRegister>(offset)) {
    case RasRegister::uncorrectable_error_status:
      clear_uncorrectable(state, value);
      break;
    case RasRegister::uncorrectable_error_mask:
      state.uncorrectable_mask = value & kUncorrectableErrorBits;
      break;
    case RasRegister::uncorrectable_error_severity:
      state.uncorrectable_severity = value & kUncorrectableErrorBits;
      break;
    case RasRegister::correctable_error_status:
      state.correctable_status &= ~value;
      break;
    case RasRegister::correctable_error_mask:
      state.correctable_mask = value & kCorrectableErrorBits;
      break;
    // Poison_Enabled is hardwired to 1 in a device that is no eRCD.
    case RasRegister::error_capabilities_and_control:
    case RasRegister::header_log:
      break;
  }
}

}  // namespace cxlemu::ras
