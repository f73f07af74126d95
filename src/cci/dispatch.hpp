// From a request to its reply: the row, the refusals in their order, the handler, the background slot.
#pragma once

#include <optional>

#include "cci/component.hpp"

namespace cxlemu::cci {

struct Reply {
  ReturnCode return_code = ReturnCode::success;
  std::uint16_t vendor_specific_extended_status = 0;
  /// The BO bit: an operation of this CCI is in progress after this command.
  bool background_operation = false;
  /// Bytes of the response payload, at the front of the space given.
  std::size_t payload_size = 0;
};

/// Carries out one request. Refusals come in this order (CXL r3.2 8.2.10.1, cci-wire and spec-check (g)): opcode
/// nowhere in the component 03h, only on another of its CCIs 15h, length 16h, busy 06h where this very request would
/// run in the background of this CCI, what the component admits, then the handler's own. `space` must hold at least the
/// CCI's response limit.
Reply dispatch(Cci& cci, const Request& request, MutableBytes space);

/// Ends the running operation of a CCI before 100 % with 12h; nothing where none runs.
void interrupt_background(Cci& cci, Interruption why);

/// What the deadline of a slot does. Bound to the slot by the owner of the CCI.
void complete_background(Cci& cci);

}  // namespace cxlemu::cci
