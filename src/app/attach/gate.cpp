#include "app/attach/gate.hpp"

namespace cxlemu::app {

Gate::Gate(Machine& machine, Clock& clock) : machine_(machine), clock_(clock) {
  machine_.on_output([this](Output&& output) {
    if (const auto sink = sinks_.find(output.to.kind); sink != sinks_.end()) sink->second(std::move(output));
  });
}

}  // namespace cxlemu::app
