#include "cci/faults.hpp"

#include <algorithm>

namespace cxlemu::cci {

std::optional<ReturnCode> Faults::count_call(Opcode opcode) {
  std::optional<ReturnCode> code;
  for (auto& fault : return_codes) {
    if (fault.opcode == opcode && fault.call > 0 && --fault.call == 0 && !code) code = fault.return_code;
  }
  std::erase_if(return_codes, [](const ReturnCodeFault& fault) { return fault.call == 0; });
  return code;
}

bool Faults::has_background(Opcode opcode) const {
  return std::ranges::find(backgrounds, opcode, &BackgroundFault::opcode) != backgrounds.end();
}

std::optional<BackgroundFault> Faults::take_background(Opcode opcode) {
  const auto found = std::ranges::find(backgrounds, opcode, &BackgroundFault::opcode);
  if (found == backgrounds.end()) return std::nullopt;
  const BackgroundFault fault = *found;
  backgrounds.erase(found);
  return fault;
}

}  // namespace cxlemu::cci
