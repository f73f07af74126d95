// The whole lab without IO: components made from a topology, one input and one output. After each input what the
// components changed is committed, and only then is what was said released.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "af_mctp/socket_table.hpp"
#include "component/memory_device/memory_device.hpp"
#include "component/memory_device/pcie_function.hpp"
#include "machine/event_notifier.hpp"
#include "machine/topology.hpp"
#include "mctp/eid.hpp"
#include "mctp/network.hpp"

namespace cxlemu {

/// Who bytes come from and go to: one connection of one kind.
enum class SourceKind : std::uint8_t {
  mctp_socket,    ///< an AF_MCTP socket of a program behind the shim (wire/lab_socket.hpp)
  qmp,            ///< a QMP connection; qmp/ attaches itself for these
  pcie_function,  ///< of the memory device with this index; the one byte that goes out is an interrupt message number
};
struct Source {
  SourceKind kind{};
  std::uint32_t id = 0;  ///< chosen by who opens it, unique among the open ones of its kind
  auto operator<=>(const Source&) const = default;
};

struct Output {
  Source to;
  Buffer bytes;
  bool with_route_page = false;  ///< the route page's descriptor goes with it (the Hello of an AF_MCTP socket)
  bool then_close = false;
};

/// LIMIT: bytes that one cxlemu-read-media or -write-media may carry.
inline constexpr std::size_t kMaximumMediaAccess = 1 << 20;

/// By which way a command is sent to a component.
enum class Via : std::uint8_t { mailbox, mctp };

struct CommandResult {
  Via via{};
  ReturnCode return_code{};
  std::uint16_t vendor_specific_extended_status = 0;
  bool background_operation = false;
  Buffer payload{};
};

/// A memory device in its place in the lab.
struct MemoryDeviceNode {
  MemoryDeviceDeclaration declaration;
  std::unique_ptr<MemoryDevice> device;
  std::unique_ptr<PcieFunction> function;
  std::unique_ptr<mctp::Endpoint> endpoint;  ///< null: mctp=none
  std::unique_ptr<EventNotifier> notifier;   ///< there where the endpoint is
  /// Messages that its CCI dropped without an answer, by MessageDrop.
  std::array<std::uint64_t, 4> dropped_messages{};
};

class Machine {
 public:
  /// Makes the bytes of a backend; without one every backend is sparse memory.
  using BackingFactory = std::move_only_function<Result<Backing>(const MemoryBackendConfig&)>;
  /// Where the payload of a device's mailbox is kept, of its mailbox payload size; empty: in the function. So it may be
  /// memory that others have mapped.
  using PayloadFactory = std::move_only_function<Result<MutableBytes>(const MemoryDeviceDeclaration&)>;
  /// What qmp/ does with the bytes of a QMP connection.
  struct Qmp {
    std::move_only_function<void(Source)> opened;
    std::move_only_function<void(Source)> closed;
    std::move_only_function<void(Source, Bytes)> input;
  };

  /// `page` is what programs behind the shim share; null: the machine has its own, for a lab without sockets.
  static Result<std::unique_ptr<Machine>> create(const Topology& topology, BackingFactory make_backing = {},
                                                 lab::RoutePage* page = nullptr, PayloadFactory make_payload = {});
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // The one input.
  void open(Source source);
  void close(Source source);
  void input(Source source, Bytes bytes);
  void advance_to(Time time);
  /// Accesses of any size and alignment to the PCIe function of a device.
  void read_registers(MemoryDeviceNode& node, PcieFunction::Region region, std::uint64_t offset, MutableBytes to);
  void write_registers(MemoryDeviceNode& node, PcieFunction::Region region, std::uint64_t offset, Bytes from);
  // The one output, called in the order things were said.
  void on_output(std::move_only_function<void(Output&&)> sink) { sink_ = std::move(sink); }

  /// Called when an endpoint of a device has another EID.
  void on_endpoint_change(std::move_only_function<void()> callback) { endpoint_changed_ = std::move(callback); }

  [[nodiscard]] Time now() const { return timeline_.now(); }
  [[nodiscard]] std::optional<Time> next_deadline() const { return timeline_.next(); }

  // For qmp/ and for programs that use the machine as a library. Whoever calls these from outside of an input calls
  // settle() behind them.
  void attach_qmp(Qmp qmp) { qmp_ = std::move(qmp); }
  void say(Output output) { outbox_.push_back(std::move(output)); }
  [[nodiscard]] std::vector<MemoryDeviceNode>& memory_devices() { return devices_; }
  /// By id; a QOM path such as /machine/peripheral/ID names it too. Null: there is none.
  [[nodiscard]] MemoryDeviceNode* find(std::string_view path);
  /// Do messages to the EID of its endpoint reach it? Not without an EID, or where another has the same one.
  [[nodiscard]] bool is_reached(const MemoryDeviceNode& node) const;
  /// As its client would: `via` mctp goes as packets through the network. Nothing where that way does not exist or has
  /// no free tag.
  std::optional<CommandResult> send_command(MemoryDeviceNode& node, Via via, Opcode opcode, Bytes payload);
  void reset(MemoryDeviceNode& node, ResetKind kind);
  /// Does a device wait for the response to a notification, and will send it again?
  [[nodiscard]] bool awaits_event_responses() const;
  /// Commits what changed, sends the notifications that are due, and releases what was said.
  void settle();

  struct CommitCounters {
    std::uint64_t commits = 0;
    std::array<std::uint64_t, kStateKeys> keys{};
  };
  [[nodiscard]] const CommitCounters& commits() const { return commits_; }
  [[nodiscard]] const SocketTable& sockets() const { return *sockets_; }
  [[nodiscard]] SocketTable& sockets() { return *sockets_; }

  /// One MCTP network and the endpoint of its requesters.
  struct NetworkNode {
    NetworkId id;
    std::unique_ptr<mctp::Network> network;
    std::unique_ptr<mctp::Endpoint> host;
  };
  [[nodiscard]] const std::vector<NetworkNode>& networks() const { return networks_; }

 private:
  Machine();
  Result<void> build(const Topology& topology, BackingFactory& make_backing, PayloadFactory& make_payload);
  Result<void> add_memory_device(const MemoryDeviceDeclaration& declaration, PayloadFactory& make_payload);
  Result<void> add_endpoint(std::size_t index);
  NetworkNode* add_network(NetworkId id);
  NetworkNode* find_network(NetworkId id);
  void eid_changed(std::size_t index, Eid old);
  void answer(std::size_t index, const mctp::Message& request);
  void host_received(NetworkNode& network, mctp::Message&& message);
  void socket_opened(Source source);
  void socket_input(Source source, Bytes datagram);
  void deliver(SocketTable::Delivery&& delivery);
  void commit(MemoryDevice& device);
  void look_at_function(std::size_t index);

  Timeline timeline_;
  std::unique_ptr<lab::RoutePage> own_page_;
  lab::RoutePage* page_ = nullptr;
  std::map<std::string, Backing, std::less<>> backings_;
  std::vector<NetworkNode> networks_;
  std::vector<MemoryDeviceNode> devices_;
  std::map<std::string, std::size_t, std::less<>> by_id_;
  std::unique_ptr<SocketTable> sockets_;
  std::map<Source, SocketTable::ConnectionId> connections_;
  std::map<SocketTable::ConnectionId, Source> sources_;
  Qmp qmp_;
  std::vector<std::size_t> changed_;    ///< devices with something to commit
  std::vector<std::size_t> notifying_;  ///< devices with a notification to send at once
  std::vector<Output> outbox_;
  std::move_only_function<void(Output&&)> sink_;
  std::move_only_function<void()> endpoint_changed_;
  CommitCounters commits_;
  /// Where a response that send_command() waits for is put.
  struct Awaited {
    NetworkId network;
    Eid peer;
    std::uint8_t tag;
    std::optional<Buffer> response;
  };
  Awaited* awaited_ = nullptr;
  std::uint8_t next_cci_tag_ = 0;
};

}  // namespace cxlemu
