// Bounded cursors for payloads with a variable tail. Requests are copied out by value, so that what was checked is what
// is used.
#pragma once

#include <cstring>
#include <optional>

#include "base/bytes.hpp"
#include "wire/le.hpp"

namespace cxlemu {

template <Wire T>
Bytes bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

/// Reads fixed parts off the front of `bytes`, never past its end.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}
  template <Wire T>
  [[nodiscard]] std::optional<T> take() {
    if (rest_.size() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  [[nodiscard]] Bytes rest() const { return rest_; }

 private:
  Bytes rest_;
};

/// Writes into a fixed space; what does not fit is refused whole.
class Writer {
 public:
  explicit Writer(MutableBytes space) : space_(space) {}
  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] std::size_t room() const { return space_.size() - used_; }
  template <Wire T>
  bool put(const T& value) {
    return put_bytes(bytes_of(value));
  }
  bool put_bytes(Bytes bytes) {
    if (bytes.size() > room()) return false;
    if (!bytes.empty()) std::memcpy(space_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
    return true;
  }
  /// Space for `size` more bytes to be filled by the caller; empty where it does not fit.
  [[nodiscard]] MutableBytes reserve(std::size_t size) {
    if (size > room()) return {};
    used_ += size;
    return space_.subspan(used_ - size, size);
  }
  void clear() { used_ = 0; }

 private:
  MutableBytes space_;
  std::size_t used_ = 0;
};

}  // namespace cxlemu
