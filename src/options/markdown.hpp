// The properties for people.
#pragma once

#include <string>

namespace cxlemu::options {

/// Every row of every type as Markdown tables: docs/options.md.
std::string markdown();

}  // namespace cxlemu::options
