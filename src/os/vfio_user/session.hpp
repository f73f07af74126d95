// What one client and a device say to each other: every command answered, without a socket and without descriptors.
// Those that come with a message are a number here; what is to be done with them is part of the outcome.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "os/vfio_user/device.hpp"
#include "os/vfio_user/protocol.hpp"

namespace cxlemu::os::vfio_user {

/// The descriptors that came with a message.
struct Attached {
  std::size_t count = 0;
  /// Each of them can be signalled without waiting.
  bool are_events = true;
  /// There were more than kDescriptorLimit, or more than the process had room for.
  bool some_lost = false;
};

struct InterruptRange {
  Interrupt kind{};
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  bool operator==(const InterruptRange&) const = default;
};
/// The descriptors of the message are those of the range, one each, in order.
struct AssignInterrupts {
  InterruptRange range;
  bool operator==(const AssignInterrupts&) const = default;
};
/// The range has no descriptors any more.
struct ReleaseInterrupts {
  InterruptRange range;
  bool operator==(const ReleaseInterrupts&) const = default;
};
/// The client asks for these interrupts itself.
struct TriggerInterrupts {
  Interrupt kind{};
  std::vector<std::uint32_t> vectors;
  bool operator==(const TriggerInterrupts&) const = default;
};
using InterruptAction = std::variant<std::monostate, AssignInterrupts, ReleaseInterrupts, TriggerInterrupts>;

struct Outcome {
  /// The whole message for the client, until the next handle(); empty where it wants none.
  Bytes reply = {};
  /// Goes with the reply; -1: none. The owner's, not to be closed.
  int descriptor = -1;
  /// To be done before the reply is sent.
  InterruptAction interrupts = {};
  /// Where it is not empty: why the connection ends behind the reply.
  std::string ends = {};
  /// The reply is an error, or would be if there was one.
  bool is_refused = false;
};

/// From the first message of a client to its last.
class Session {
 public:
  explicit Session(Device& device) : device_(&device) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { unmap_all(); }

  /// Takes a whole message, as MessageReader gives it. The device may be asked or told something meanwhile.
  Outcome handle(Bytes message, Attached attached);

  [[nodiscard]] std::size_t dma_ranges() const { return dma_.size(); }

 private:
  friend struct SessionCommands;
  /// What is there besides the fixed part of a command.
  struct Request {
    Bytes rest;
    Attached attached;
    Outcome& outcome;
  };
  /// A Linux errno where the command is refused.
  using Status = std::expected<void, int>;

  Status version(const Version& in, Request& request);
  Status dma_map(const DmaMap& in, Request& request);
  Status dma_unmap(const DmaUnmap& in, Request& request);
  Status device_get_info(const DeviceInfo& in, Request& request);
  Status device_get_region_info(const RegionInfo& in, Request& request);
  Status device_get_irq_info(const IrqInfo& in, Request& request);
  Status device_set_irqs(const IrqSet& in, Request& request);
  Status region_read(const RegionAccess& in, Request& request);
  Status region_write(const RegionAccess& in, Request& request);
  Status device_reset(Request& request);

  Status run(const Header& header, Bytes payload, Request& request);
  /// The region, where the access lies in it and has an allowed length.
  std::expected<const Region*, int> find(const RegionAccess& access) const;
  void unmap_all();
  template <Wire T>
  void put(const T& value);
  void put(Bytes bytes) { append(reply_, bytes); }

  Device* device_;
  bool has_version_ = false;
  bool takes_descriptors_ = true;
  std::map<std::uint64_t, DmaRange> dma_;  // by address; no two overlap
  Buffer reply_;
};

}  // namespace cxlemu::os::vfio_user
