// The whole lab without IO: built components, one input and one output. After each input what the components changed is
// committed, and only then is what was said released. It finds components, functions and endpoints by ids that are made
// when it is, and knows no kind of component.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "af_mctp/socket_table.hpp"
#include "component/built_component.hpp"
#include "component/state_keys.hpp"
#include "machine/event_notifier.hpp"
#include "mctp/eid.hpp"
#include "mctp/network.hpp"

namespace cxlemu {

/// Who bytes come from and go to: one connection of one kind.
enum class SourceKind : std::uint8_t {
  mctp_socket,    ///< an AF_MCTP socket of a program behind the shim (wire/lab_socket.hpp)
  qmp,            ///< a QMP connection; qmp/ attaches itself for these
  pcie_function,  ///< with this FunctionId; the one byte that goes out is an interrupt message number
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

struct CommandResult {
  ReturnCode return_code{};
  std::uint16_t vendor_specific_extended_status = 0;
  bool background_operation = false;
  Buffer payload{};
};

using ComponentId = Id<struct ComponentIdTag, std::uint32_t>;  ///< place in Machine::components()
using FunctionId = Id<struct FunctionIdTag, std::uint32_t>;    ///< of a PCIe function, in the order of components

/// An MCTP endpoint in its place in the lab.
struct EndpointNode {
  cci::CciId cci;
  NetworkId network;
  std::unique_ptr<mctp::Endpoint> endpoint;
  std::unique_ptr<EventNotifier> notifier;
  /// Messages that its CCI dropped without an answer, by MessageDrop.
  std::array<std::uint64_t, 4> dropped_messages{};
};

/// A component in its place in the lab.
struct ComponentNode {
  ComponentId id;
  BuiltComponent built;
  std::vector<EndpointNode> endpoints;
  std::vector<FunctionId> functions;

  [[nodiscard]] cci::Component& component() const { return *built.component; }
  [[nodiscard]] const std::string& name() const { return built.component->id; }
  /// Null: this CCI has no endpoint.
  [[nodiscard]] EndpointNode* endpoint_of(cci::CciId cci);
};

class Machine {
 public:
  /// What qmp/ does with the bytes of a QMP connection.
  struct Qmp {
    std::move_only_function<void(Source)> opened;
    std::move_only_function<void(Source)> closed;
    std::move_only_function<void(Source, Bytes)> input;
  };

  /// Components on this timeline. `page` is what programs behind the shim share; null: the machine has its own. Refused
  /// are a name that is there twice, an EID that is not free, and a network too many.
  static Result<std::unique_ptr<Machine>> create(std::unique_ptr<Timeline> timeline,
                                                 std::vector<BuiltComponent> components,
                                                 lab::RoutePage* page = nullptr);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // The one input.
  void open(Source source);
  void close(Source source);
  void input(Source source, Bytes bytes);
  void advance_to(Time time);
  /// Accesses of any size and alignment to a PCIe function.
  void read_registers(FunctionId function, FunctionRegion region, std::uint64_t offset, MutableBytes to);
  void write_registers(FunctionId function, FunctionRegion region, std::uint64_t offset, Bytes from);
  // The one output, called in the order things were said.
  void on_output(std::move_only_function<void(Output&&)> sink) { sink_ = std::move(sink); }

  /// Called when an endpoint has another EID.
  void on_endpoint_change(std::move_only_function<void()> callback) { endpoint_changed_ = std::move(callback); }

  [[nodiscard]] Time now() const { return timeline_->now(); }
  [[nodiscard]] std::optional<Time> next_deadline() const { return timeline_->next(); }

  // For qmp/ and for programs that use the machine as a library. Whoever calls these from outside of an input calls
  // settle() behind them.
  void attach_qmp(Qmp qmp) { qmp_ = std::move(qmp); }
  void say(Output output) { outbox_.push_back(std::move(output)); }
  [[nodiscard]] std::deque<ComponentNode>& components() { return components_; }
  /// By id; a QOM path such as /machine/peripheral/ID names it too. Null: there is none.
  [[nodiscard]] ComponentNode* find(std::string_view path);
  [[nodiscard]] std::size_t function_count() const { return functions_.size(); }
  /// The component of a PCIe function.
  [[nodiscard]] ComponentNode& component_of(FunctionId function) { return *functions_[function.value].node; }
  /// Do messages to the EID of the endpoint reach it? Not without an EID, or where another has the same one.
  [[nodiscard]] bool is_reached(const EndpointNode& node) const;
  /// As its client would: to a CCI with an endpoint it goes as packets through the network. Nothing where the component
  /// has no such CCI, no endpoint leads to it, no tag is free, or no answer came.
  std::optional<CommandResult> send_command(ComponentNode& node, cci::CciId cci, Opcode opcode, Bytes payload);
  void reset(ComponentNode& node, ResetKind kind);
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
  Result<void> add(BuiltComponent&& built);
  Result<void> add_endpoint(ComponentNode& node, const BuiltEndpoint& built);
  NetworkNode* add_network(NetworkId id);
  NetworkNode* find_network(NetworkId id);
  void eid_changed(ComponentNode& node, EndpointNode& endpoint, Eid old);
  void answer(ComponentNode& node, EndpointNode& endpoint, const mctp::Message& request);
  std::optional<CommandResult> send_message(EndpointNode& endpoint, Opcode opcode, Bytes payload);
  void host_received(NetworkNode& network, mctp::Message&& message);
  void socket_opened(Source source);
  void socket_input(Source source, Bytes datagram);
  void deliver(SocketTable::Delivery&& delivery);
  void commit(cci::Component& component);
  void take_interrupts(FunctionId function);

  std::unique_ptr<Timeline> timeline_;
  std::unique_ptr<lab::RoutePage> own_page_;
  lab::RoutePage* page_ = nullptr;
  std::vector<NetworkNode> networks_;
  std::deque<ComponentNode> components_;  ///< addresses stay
  std::map<std::string, ComponentNode*, std::less<>> by_name_;
  struct FunctionNode {
    ComponentNode* node;
    std::size_t index;  ///< of the component's functions
  };
  std::vector<FunctionNode> functions_;  ///< by FunctionId
  std::unique_ptr<SocketTable> sockets_;
  std::map<Source, SocketTable::ConnectionId> connections_;
  std::map<SocketTable::ConnectionId, Source> sources_;
  Qmp qmp_;
  std::vector<ComponentNode*> changed_;   ///< with something to commit
  std::vector<EndpointNode*> notifying_;  ///< with a notification to send at once
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
