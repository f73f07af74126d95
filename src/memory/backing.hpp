// The bytes behind a range of device memory: pages made on the first write, or a file that os/ reads and writes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/bytes.hpp"

namespace cxlemu {

class Backing {
 public:
  /// Zeros until written; takes memory only for pages that hold something.
  explicit Backing(std::uint64_t size_bytes) : size_(size_bytes) {}
  /// Bytes that somebody else keeps, who outlives this. Each function says whether it succeeded: a disk may be full.
  struct Store {
    std::move_only_function<bool(std::uint64_t offset, MutableBytes to) const> read;
    std::move_only_function<bool(std::uint64_t offset, Bytes from)> write;
    /// The range reads as zeros from now on.
    std::move_only_function<bool(std::uint64_t offset, std::uint64_t length)> discard;
  };
  Backing(std::uint64_t size_bytes, Store store) : size_(size_bytes), store_(std::move(store)) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Is [offset, offset + length) inside?
  [[nodiscard]] bool contains(std::uint64_t offset, std::uint64_t length) const {
    return offset <= size_ && length <= size_ - offset;
  }
  /// The range must be inside. False: the store failed, as where a disk is full.
  [[nodiscard]] bool read(std::uint64_t offset, MutableBytes to) const;
  [[nodiscard]] bool write(std::uint64_t offset, Bytes from);
  /// The range reads as zeros from now on; nothing that stood there is kept anywhere.
  [[nodiscard]] bool wipe(std::uint64_t offset, std::uint64_t length);

 private:
  static constexpr std::uint64_t kPageSize = 4096;
  using Page = std::array<std::byte, kPageSize>;

  std::uint64_t size_;
  std::map<std::uint64_t, std::unique_ptr<Page>> pages_;
  std::optional<Store> store_;
};

}  // namespace cxlemu
