// Memory that backs a device: shared with other processes, kept in a file, or plain.
// All three begin as zeros, take pages only as they are used, and give them back by discard().
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "os/descriptor.hpp"

namespace cxlemu::os {

/// One mapped range of addresses; unmapped when it goes.
class Mapping {
 public:
  Mapping() = default;
  explicit Mapping(MutableBytes bytes) : bytes_(bytes) {}
  Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping();

  [[nodiscard]] MutableBytes bytes() const { return bytes_; }

 private:
  MutableBytes bytes_;
};

/// A memfd that other processes may map: its size is sealed, so that no holder of the descriptor can make our accesses
/// fault. Reading a page that was never written takes a page too (tmpfs).
class SharedMemory {
 public:
  /// `name` is what /proc/PID/maps shows.
  static Result<SharedMemory> create(const std::string& name, std::uint64_t size);

  [[nodiscard]] MutableBytes bytes() const { return mapping_.bytes(); }
  [[nodiscard]] std::uint64_t size() const { return bytes().size(); }
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// Makes the range zero and gives its pages back.
  Result<void> discard(std::uint64_t offset, std::uint64_t length);

 private:
  SharedMemory(OwnedDescriptor descriptor, Mapping mapping)
      : descriptor_(std::move(descriptor)), mapping_(std::move(mapping)) {}

  OwnedDescriptor descriptor_;
  Mapping mapping_;
};

/// shared: what is written goes to the file and stays when the process is killed. copied: it stays in the process.
enum class Sharing { shared, copied };

/// A sparse file mapped into memory.
/// Use read() and write(): a store through bytes() to a hole on a full file system, or to a file that somebody else has
/// shortened, ends the process (SIGBUS).
class MappedFile {
 public:
  /// Makes the file where there is none or an empty one; one of another size is refused and left as it is.
  static Result<MappedFile> open(const std::filesystem::path& path, std::uint64_t size,
                                 Sharing sharing = Sharing::shared);

  [[nodiscard]] MutableBytes bytes() const { return mapping_.bytes(); }
  [[nodiscard]] std::uint64_t size() const { return bytes().size(); }
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// Whether open() made it, so that its contents are all zeros.
  [[nodiscard]] bool is_new() const { return is_new_; }
  /// By system calls and not through the mapping, so that a full disk is an error and no signal.
  Result<void> read(std::uint64_t offset, MutableBytes to) const;
  Result<void> write(std::uint64_t offset, Bytes from);
  /// Makes the range zero and gives its blocks back where the file system can.
  Result<void> discard(std::uint64_t offset, std::uint64_t length);

 private:
  MappedFile(OwnedDescriptor descriptor, Mapping mapping, bool is_new, Sharing sharing)
      : descriptor_(std::move(descriptor)), mapping_(std::move(mapping)), is_new_(is_new), sharing_(sharing) {}

  OwnedDescriptor descriptor_;
  Mapping mapping_;
  bool is_new_ = false;
  Sharing sharing_ = Sharing::shared;
};

/// Memory of this process alone. Nothing is reserved for it, so that a lab may be larger than the machine it runs on.
class AnonymousMemory {
 public:
  static Result<AnonymousMemory> create(std::uint64_t size);

  [[nodiscard]] MutableBytes bytes() const { return mapping_.bytes(); }
  [[nodiscard]] std::uint64_t size() const { return bytes().size(); }
  Result<void> discard(std::uint64_t offset, std::uint64_t length);

 private:
  explicit AnonymousMemory(Mapping mapping) : mapping_(std::move(mapping)) {}

  Mapping mapping_;
};

}  // namespace cxlemu::os
