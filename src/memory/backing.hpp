// The bytes behind a range of device memory: pages made on the first write, or a mapping that os/ made of a file.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "base/bytes.hpp"

namespace cxlemu {

class Backing {
 public:
  /// Zeros until written; takes memory only for pages that hold something.
  explicit Backing(std::uint64_t size_bytes) : size_(size_bytes) {}
  /// Bytes that somebody else owns, who outlives this. `discard(offset, length)` makes a range read as zeros and gives
  /// its memory back.
  Backing(MutableBytes mapped, std::move_only_function<void(std::uint64_t, std::uint64_t)> discard)
      : size_(mapped.size()), mapped_(mapped), discard_(std::move(discard)) {}

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Is [offset, offset + length) inside?
  [[nodiscard]] bool contains(std::uint64_t offset, std::uint64_t length) const {
    return offset <= size_ && length <= size_ - offset;
  }
  /// The range must be inside.
  void read(std::uint64_t offset, MutableBytes to) const;
  void write(std::uint64_t offset, Bytes from);
  /// The range reads as zeros from now on; nothing that stood there is kept anywhere.
  void wipe(std::uint64_t offset, std::uint64_t length);

 private:
  static constexpr std::uint64_t kPageSize = 4096;
  using Page = std::array<std::byte, kPageSize>;

  std::uint64_t size_;
  std::map<std::uint64_t, std::unique_ptr<Page>> pages_;
  MutableBytes mapped_;
  std::move_only_function<void(std::uint64_t, std::uint64_t)> discard_;
};

}  // namespace cxlemu
