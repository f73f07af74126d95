// Which parts of a component's state were changed. The machine takes the keys after each input, commits what they name,
// and only then releases the reply.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace cxlemu {

/// What is stored together. The parts have their names where there are components: component/state_keys.hpp.
enum class StateKey : std::uint8_t;
/// Bits of Changes.
inline constexpr std::size_t kMaximumStateKeys = 32;

class Changes {
 public:
  /// Called at the first mark after a take, so that nobody has to look at components that did not change.
  void on_first_mark(std::move_only_function<void()> callback) { on_first_mark_ = std::move(callback); }
  void mark(StateKey key) {
    if (keys_ == 0 && on_first_mark_) on_first_mark_();
    keys_ |= 1U << static_cast<unsigned>(key);
  }
  [[nodiscard]] bool any() const { return keys_ != 0; }
  /// The keys marked since the last take, ascending.
  [[nodiscard]] std::vector<StateKey> take() {
    std::vector<StateKey> keys;
    const auto marked = std::exchange(keys_, 0U);
    for (unsigned i = 0; i < kMaximumStateKeys; ++i) {
      if ((marked >> i & 1U) != 0) keys.push_back(static_cast<StateKey>(i));
    }
    return keys;
  }

 private:
  std::uint32_t keys_ = 0;
  std::move_only_function<void()> on_first_mark_;
};

}  // namespace cxlemu
