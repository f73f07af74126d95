// Payloads as people write and read them, from the field lists of the wire structs and nothing else.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "wire/fields.hpp"

namespace cxlemu::decode {

/// The fields of a payload as a JSON object; elements behind them as an array. A payload shorter than the layout shows
/// the fields that are whole, and the rest as `surplus_bytes`.
Json decode_payload(const Layout& layout, Bytes payload);
/// The same for people: a line each, values with their names and units.
std::string payload_lines(const Layout& layout, Bytes payload, int indent = 0);

/// One field as text: "3 (Type 3 Device)", "1 GiB", "0x00000001".
std::string field_text(const Field& field, Bytes bytes);

/// Bytes for the tail of a request: `text`, `hex:00ff`, or what `@FILE` holds, by a reader the caller gives (null: no
/// files).
using FileReader = Result<Buffer> (*)(const std::string& path);

/// A request payload from `field=value` arguments. Fields that are not given are zero; a `number_of_...` that is not
/// given counts the elements that are. Errors name the nearest field or value.
Result<Buffer> encode_payload(const Layout& layout, std::span<const std::string> arguments, FileReader read_file);

/// Names as they may be typed: "lsa-size" is "lsa_size".
bool same_field_name(std::string_view typed, std::string_view name);
/// Has the layout a field, or a tail, of this name?
bool has_field(const Layout& layout, std::string_view name);

/// "Get Health Info" as it is typed: "get-health-info".
std::string command_name(std::string_view title);

/// Bytes with the largest binary unit that fits exactly: "1 GiB", "4096 bytes".
std::string capacity_text(std::uint64_t bytes);

}  // namespace cxlemu::decode
