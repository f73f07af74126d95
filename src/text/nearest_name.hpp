// What an error line says about a name that is not known: the one that was probably meant.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cxlemu::text {

/// The candidate with the fewest edits (insert, remove, replace, swap of neighbours; case does not count), at most
/// kMaximumEdits and at most half of the name's length; the first of several. A name past kMaximumComparedLength has
/// none.
std::optional<std::string_view> nearest_name(std::string_view name, std::span<const std::string_view> candidates);
inline constexpr std::size_t kMaximumEdits = 3;
inline constexpr std::size_t kMaximumComparedLength = 64;

/// `; did you mean "NEAREST"?`, or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace cxlemu::text
