// A file descriptor with one owner.
#pragma once

#include <utility>

namespace cxlemu::os {

/// Closes its descriptor when it goes.
class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  explicit OwnedDescriptor(int descriptor) : descriptor_(descriptor) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : descriptor_(other.release()) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~OwnedDescriptor() { reset(); }

  [[nodiscard]] int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  /// Gives the descriptor away.
  [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }
  /// Closes what it has and takes `descriptor`.
  void reset(int descriptor = -1);

 private:
  int descriptor_ = -1;
};

}  // namespace cxlemu::os
