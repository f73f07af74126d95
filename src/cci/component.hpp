// What every component has, whatever its kind: its commands and CCIs, and the state and rules that the generic command
// sets act on. A kind of component has one of these as a member.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cci/changes.hpp"
#include "cci/command.hpp"
#include "cci/faults.hpp"
#include "cci/log_row.hpp"
#include "cci/timestamp_state.hpp"
#include "wire/information_and_status.hpp"

namespace cxlemu {

/// What a reset reaches (CXL r3.2 9.5, 9.7, 9.8; spec-check (n)).
enum class ResetKind : std::uint8_t {
  conventional,  ///< hot or warm: the PCIe hierarchy, main power stays
  cold,          ///< main power cycled; MCTP CCIs live on auxiliary power
  cxl,           ///< CXL Reset of this logical device
  flr,           ///< Function Level Reset
  power_loss,    ///< main and auxiliary power gone, as when the process is killed
};

/// For which clients a component deviates (COMPAT).
enum class Profile : std::uint8_t { strict, libcxlmi };
/// What Request Abort Background Operation answers where nothing runs.
enum class AbortWhenIdle : std::uint8_t { success, not_supported };

}  // namespace cxlemu

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

struct Component {
  Component(std::string name, Timeline& time) : id(std::move(name)), timeline(&time) {}
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;

  std::string id;
  Timeline* timeline;
  CommandSet commands;
  Faults faults;
  Changes changes;
  std::deque<Cci> ccis;  ///< addresses stay

  // ---- what the generic command sets answer with and act on
  IdentifyOut identity{};
  TimestampState timestamp;
  std::span<const LogRow> logs;  ///< what Get Supported Logs lists
  Profile profile = Profile::strict;
  AbortWhenIdle abort_when_idle = AbortWhenIdle::success;
  /// Surplus bytes behind what a command knows are refused with 16h instead of ignored.
  bool refuse_surplus_payload = false;

  // ---- what its kind decides; null: nothing
  /// What the state of the component refuses: 13h while locked, 07h while media is disabled, 06h beside a conflicting
  /// operation of another CCI.
  std::optional<ReturnCode> (*admit)(const Cci&, const Command&) = nullptr;
  void (*note)(const Cci&, const Note&) = nullptr;
  /// The percentage from which an operation is let finish (0005h); null: 100.
  std::uint8_t (*abort_threshold)(const Cci&) = nullptr;

  /// Carries out a reset that the component itself asks for, of all that belongs to it. Set by its owner.
  std::move_only_function<void(ResetKind)> on_reset_request;

  [[nodiscard]] Time now() const { return timeline->now(); }
  /// Its own timestamp (8.2.10.4), 0 where it was never set.
  [[nodiscard]] std::uint64_t device_time() const { return timestamp.at(now()); }
  /// Null: it has no such CCI.
  [[nodiscard]] Cci* find(CciId cci);
  [[nodiscard]] const Cci* find(CciId cci) const { return const_cast<Component*>(this)->find(cci); }
  /// CCIs whose background operation of this opcode is running.
  [[nodiscard]] std::size_t operations_running(Opcode opcode) const;
  /// Stores a record in the event logs of every CCI, and tells of it. Handles by CCI; 0: lost in a full log.
  std::map<CciId, std::uint16_t> log_event(EventLogId log, const EventRecord& record);
  void erase_event_logs();
  /// What its CCIs must remember. A CCI that shares its event logs remembers nothing.
  [[nodiscard]] std::vector<CciState> save_ccis() const;
  /// States of CCIs that it does not have are left out.
  void restore_ccis(std::vector<CciState> states);
};

}  // namespace cxlemu::cci
