// Faults that a user sets: a return code for the n-th call of an opcode, an operation that is slow or never ends.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "base/timeline.hpp"
#include "cci/background.hpp"
#include "wire/return_code.hpp"

namespace cxlemu::cci {

/// The `call`-th request with this opcode from now on (1: the next one) is answered with `return_code`, and nothing of
/// it is carried out. Requests that are refused for their CCI (15h) or length (16h) do not count. Used once.
struct ReturnCodeFault {
  Opcode opcode;
  std::uint32_t call = 1;
  ReturnCode return_code{};
};

/// The next background operation of this opcode takes `duration`, stands still at a percentage for ever (below the
/// abort threshold 0005h ends it, from there on only what ends the CCI's operations does), fails at its end, or is hit
/// by a reset. Used once.
struct BackgroundFault {
  Opcode opcode;
  std::optional<Nanoseconds> duration{};
  Disturbance disturbance{};
};

/// LIMIT: faults waiting in one component.
inline constexpr std::size_t kMaximumFaults = 256;

struct Faults {
  std::vector<ReturnCodeFault> return_codes;
  std::vector<BackgroundFault> backgrounds;

  /// Counts this call; the return code of a fault whose turn it is.
  std::optional<ReturnCode> take_return_code(Opcode opcode) {
    return return_codes.empty() ? std::nullopt : count_call(opcode);
  }
  [[nodiscard]] bool has_background(Opcode opcode) const;
  std::optional<BackgroundFault> take_background(Opcode opcode);

 private:
  std::optional<ReturnCode> count_call(Opcode opcode);
};

}  // namespace cxlemu::cci
