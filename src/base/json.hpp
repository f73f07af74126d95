// JSON values. The parser and the printer are nlohmann-json's, seen by json.cpp alone; keys keep the order they were
// given in, so that the same state prints the same text.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace cxlemu {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;
  Json(std::nullptr_t) {}
  Json(std::same_as<bool> auto value) : value_(value) {}
  Json(std::signed_integral auto value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::unsigned_integral auto value)
    requires(!std::same_as<decltype(value), bool>)
      : value_(static_cast<std::uint64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  static Json object(std::initializer_list<Member> members = {}) { return Json(Object(members)); }
  static Json array(std::initializer_list<Json> elements = {}) { return Json(Array(elements)); }

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] bool is_object() const { return std::holds_alternative<Object>(value_); }
  [[nodiscard]] bool is_array() const { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_string() const { return std::holds_alternative<std::string>(value_); }
  [[nodiscard]] bool is_integer() const {
    return std::holds_alternative<std::int64_t>(value_) || std::holds_alternative<std::uint64_t>(value_);
  }
  [[nodiscard]] bool is_boolean() const { return std::holds_alternative<bool>(value_); }
  [[nodiscard]] bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }

  /// The value where it has that type, else nothing.
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::uint64_t> unsigned_integer() const;
  [[nodiscard]] std::optional<std::int64_t> signed_integer() const;
  [[nodiscard]] std::optional<std::string_view> string() const;
  [[nodiscard]] double number() const;

  /// The members or elements; empty for every other type.
  [[nodiscard]] const Object& members() const;
  [[nodiscard]] const Array& elements() const;
  /// A member by name; null where it is absent or this is no object.
  [[nodiscard]] const Json& operator[](std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const;
  /// Sets a member of an object, or turns null into an object that has it.
  Json& set(std::string_view name, Json value);
  void push_back(Json element);

  /// One line, or `indent` columns a level.
  [[nodiscard]] std::string text(int indent = -1) const;
  /// Exactly one JSON value; nesting deeper than kMaximumDepth and objects of more than kMaximumMembers are refused.
  static Result<Json> parse(std::string_view text);
  /// LIMIT: objects and arrays inside each other.
  static constexpr int kMaximumDepth = 64;
  /// LIMIT: names are looked for one after the other.
  static constexpr int kMaximumMembers = 1024;

  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> value_;
};

}  // namespace cxlemu
