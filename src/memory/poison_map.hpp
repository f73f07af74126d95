// Poisoned cache lines of a device physical address space, as ranges in an ordered map: each operation costs
// O(log n) and what it touches.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

namespace cxlemu {

/// What poison is counted in (CXL r3.2 8.2.10.9.4.1).
inline constexpr std::uint64_t kCacheLine = 64;

/// Error Source of a Media Error Record (CXL r3.2 Table 8-155).
enum class PoisonSource : std::uint8_t { unknown = 0, external = 1, internal = 2, injected = 3, vendor_specific = 7 };
inline constexpr std::size_t kPoisonSources = 8;

struct PoisonKind {
  PoisonSource source{};
  bool detected = true;    ///< the device knows of it; else a read, a scan or a scrub will find it
  bool permanent = false;  ///< the media is broken: writing new data does not clear it
  bool operator==(const PoisonKind&) const = default;
};

struct PoisonRange {
  std::uint64_t dpa = 0;     ///< bytes, a multiple of kCacheLine
  std::uint64_t length = 0;  ///< bytes, a multiple of kCacheLine, not 0
  PoisonKind kind;
  [[nodiscard]] std::uint64_t end() const { return dpa + length; }
  bool operator==(const PoisonRange&) const = default;
};

class PoisonMap {
 public:
  /// LIMIT: the longest range: a Media Error Record counts its lines in 32 bits.
  static constexpr std::uint64_t kMaximumRange = 0xFFFF'FFFFULL * kCacheLine;

  /// Ranges that there are. Neighbours of the same kind are one.
  [[nodiscard]] std::size_t records() const { return ranges_.size(); }
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] std::uint64_t lines(PoisonSource source) const {
    return lines_[static_cast<std::size_t>(source) % kPoisonSources];
  }
  [[nodiscard]] std::uint64_t lines() const;

  /// The first poison in [dpa, dpa + length), cut to it.
  [[nodiscard]] std::optional<PoisonRange> first(std::uint64_t dpa, std::uint64_t length) const;
  /// Calls visit(PoisonRange) for all poison in [dpa, dpa + length), cut to it, in ascending order, until it returns
  /// false. The map must not be changed meanwhile.
  template <typename Visit>
  void visit(std::uint64_t dpa, std::uint64_t length, Visit&& visit_range) const {
    const std::uint64_t end = dpa + length;
    for (auto it = first_at(dpa); it != ranges_.end() && it->first < end; ++it) {
      if (!visit_range(cut(it, dpa, end))) return;
    }
  }
  /// Calls visit(dpa, length) for each part of [dpa, dpa + length) without poison, in ascending order; the map must not
  /// be changed meanwhile.
  template <typename Visit>
  void visit_gaps(std::uint64_t dpa, std::uint64_t length, Visit&& visit_gap) const {
    const std::uint64_t end = dpa + length;
    std::uint64_t at = dpa;
    visit(dpa, length, [&](const PoisonRange& range) {
      if (range.dpa > at) visit_gap(at, range.dpa - at);
      at = range.end();
      return true;
    });
    if (at < end) visit_gap(at, end - at);
  }

  /// Poisons every line of [dpa, dpa + length), which must be free of poison.
  void add(std::uint64_t dpa, std::uint64_t length, PoisonKind kind);
  /// No line of [dpa, dpa + length) is poisoned any more; what lies across an end is split.
  void clear(std::uint64_t dpa, std::uint64_t length);
  void clear() { *this = {}; }

  bool operator==(const PoisonMap&) const = default;

 private:
  struct Rest {
    std::uint64_t length = 0;
    PoisonKind kind;
    bool operator==(const Rest&) const = default;
  };
  using Ranges = std::map<std::uint64_t, Rest>;

  // The first range that ends behind `dpa`.
  [[nodiscard]] Ranges::const_iterator first_at(std::uint64_t dpa) const;
  static PoisonRange cut(Ranges::const_iterator it, std::uint64_t dpa, std::uint64_t end);
  void insert(std::uint64_t dpa, std::uint64_t length, PoisonKind kind);
  void erase(Ranges::const_iterator it);

  Ranges ranges_;
  std::array<std::uint64_t, kPoisonSources> lines_{};
};

}  // namespace cxlemu
