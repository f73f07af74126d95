// From a request to its reply: the row, the refusals in their order, the handler, the background slot.
#pragma once

#include <optional>

#include "cci/command.hpp"
#include "cci/faults.hpp"

namespace cxlemu::cci {

/// What is told to a component about its commands: what is rare enough for a log.
struct Note {
  enum class What : std::uint8_t {
    refused,
    started,      ///< in the background
    ended,        ///< reached its end, with `code`
    interrupted,  ///< ended at `percent`, with `code`
  };
  What what{};
  Opcode opcode;
  ReturnCode code{};
  std::uint8_t percent = 0;
};

/// A component as dispatch sees it, whatever its kind: so a tunnel reaches any component.
struct Component {
  void* object = nullptr;
  CommandSet* commands = nullptr;
  Faults* faults = nullptr;
  /// Surplus bytes behind what a command knows are refused with 16h instead of ignored.
  bool refuse_surplus_payload = false;
  /// What the state of the component refuses: 13h while locked, 07h while media is disabled, 06h beside a conflicting
  /// operation of another CCI.
  std::optional<ReturnCode> (*admit)(const void* object, const Context&, const Command&) = nullptr;
  /// Null: nobody wants to know.
  void (*note)(void* object, const Context&, const Note&) = nullptr;
};

/// One CCI of one component: what a carrier or a tunnel hands requests to.
struct Target {
  Component component;
  Context* context = nullptr;
  /// The secondary mailbox, which has the context of the primary one (CXL r3.2 8.2.9.4.2); else the context's own.
  std::optional<Carrier> by{};
};

struct Reply {
  ReturnCode return_code = ReturnCode::success;
  std::uint16_t vendor_specific_extended_status = 0;
  /// The BO bit: an operation of this CCI is in progress after this command.
  bool background_operation = false;
  /// Bytes of the response payload, at the front of the space given.
  std::size_t payload_size = 0;
};

/// Carries out one request. Refusals come in this order (CXL r3.2 8.2.10.1, cci-wire and spec-check (g)): opcode
/// nowhere in the component 03h, only on another of its CCIs 15h, length 16h, busy 06h where this very request would
/// run in the background of this CCI, what admit() says, then the handler's own. `declared_length` is the length that
/// the sender claimed, where it may differ from the bytes that were kept. `space` must hold at least the context's
/// response limit.
Reply dispatch(const Target& target, Opcode opcode, Bytes payload, std::size_t declared_length, MutableBytes space);

/// Ends the running operation of a CCI before 100 % with 12h; nothing where none runs.
void interrupt_background(const Target& target, Interruption why);

/// What the deadline of a slot does. Bound to the slot by the owner of the CCI.
void complete_background(const Target& target);

}  // namespace cxlemu::cci
