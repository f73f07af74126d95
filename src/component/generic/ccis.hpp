// Gives a component its CCIs.
#pragma once

#include "cci/component.hpp"

namespace cxlemu::generic {

/// Adds a CCI that takes requests, and gives answers, of at most `message_limit` bytes. Its background operations end
/// by their rows, and what a fault resets is asked of the owner. `logs`: those of another CCI that it shares; null: its
/// own.
cci::Cci& add_cci(cci::Component& component, cci::CciId id, std::uint32_t message_limit,
                  std::shared_ptr<cci::EventLogs> logs = nullptr);

}  // namespace cxlemu::generic
