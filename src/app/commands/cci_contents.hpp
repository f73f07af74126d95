// What stands in a payload where another field says what: data of features, parameters of maintenance operations. They
// are written as fields like any other, features by a name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cci/command.hpp"

namespace cxlemu::app {

/// The arguments that make the request payload: names of features are identifiers, what is not given of Get Supported
/// Features, Get Feature and Set Feature is what reads or writes the whole, and fields of the contents become data.
Result<std::vector<std::string>> with_contents(const cci::Command& row, std::vector<std::string> fields);

/// How the answer to this request is shown, where its own layout does not say: the data of a feature that is read
/// whole.
std::optional<Layout> contents_of_answer(const cci::Command& row, Bytes request);

}  // namespace cxlemu::app
