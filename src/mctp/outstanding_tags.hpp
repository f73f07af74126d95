// The message tags that this endpoint allocated for its requests: DSP0236 8.1 (Msg Tag, TO) and 8.7 (unexpected tags).
#pragma once

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "base/timeline.hpp"
#include "mctp/packet.hpp"

namespace cxlemu::mctp {

/// The deadline of a tag that its owner keeps until it releases it.
inline constexpr Time kNoDeadline = Time::max();

/// One allocation of a tag. The generation tells it from a later one of the same value.
struct OutstandingTag {
  Eid peer;  ///< null: a request to whoever is at a physical address, so that any EID may answer
  std::uint8_t value = 0;
  std::uint64_t generation = 0;
  Time deadline = kNoDeadline;
  [[nodiscard]] bool preallocated() const { return deadline == kNoDeadline; }
};

/// Eight tags for each peer. Holds no callbacks and no timers: a copy is a snapshot.
class OutstandingTags {
 public:
  /// The lowest free tag, as Linux does. Nothing if all are in use, and none for the broadcast EID.
  std::optional<std::uint8_t> allocate(Eid peer, Time deadline);
  /// False if it is in use. A tag for the null EID and one for a peer exclude each other, because a response could
  /// belong to both.
  bool claim(Eid peer, std::uint8_t value, Time deadline);
  bool release(Eid peer, std::uint8_t value);
  /// Only if it is still the same allocation.
  bool release(const OutstandingTag& tag);
  void extend(const OutstandingTag& tag, Time deadline);

  /// The request that a response from `source` belongs to.
  [[nodiscard]] std::optional<OutstandingTag> match(Eid source, std::uint8_t value) const;
  [[nodiscard]] std::vector<OutstandingTag> all() const;
  [[nodiscard]] std::vector<OutstandingTag> due(Time now) const;
  [[nodiscard]] std::optional<Time> next_deadline() const;
  /// Whether any tag has a deadline.
  [[nodiscard]] bool any_expiring() const { return expiring_ != 0; }

 private:
  struct Slot {
    std::uint64_t generation = 0;  ///< 0: free
    Time deadline = kNoDeadline;
  };
  using Peer = std::array<Slot, kTagCount>;

  [[nodiscard]] bool in_use(Eid peer, std::uint8_t value) const;
  [[nodiscard]] const Slot* find(Eid peer, std::uint8_t value) const;
  Slot* find(Eid peer, std::uint8_t value);

  std::map<Eid, Peer> peers_;
  std::uint64_t generation_ = 0;
  std::size_t expiring_ = 0;
};

}  // namespace cxlemu::mctp
