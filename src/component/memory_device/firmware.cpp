#include "component/memory_device/firmware.hpp"

#include <algorithm>
#include <cstring>

#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "component/memory_device/firmware_package.hpp"
#include "component/memory_device/memory_device.hpp"

namespace cxlemu {

using namespace std::chrono_literals;

FirmwareState initial_firmware(const MemoryDeviceConfig& config) {
  FirmwareState state;
  state.slots[0].filled = true;
  const auto& revision = config.firmware_revision;
  std::memcpy(state.slots[0].revision.data(), revision.data(), std::min(revision.size(), kMaximumRevision));
  return state;
}

namespace firmware {
namespace {

TransferFwIn head_of(Bytes request) { return Reader(request).take<TransferFwIn>().value_or(TransferFwIn{}); }
ActivateFwIn activation_of(Bytes request) { return Reader(request).take<ActivateFwIn>().value_or(ActivateFwIn{}); }

bool is_last_part(const TransferFwIn& in) {
  return in.action == TransferFwAction::full || in.action == TransferFwAction::end;
}

FirmwareSlot& slot_of(FirmwareState& state, std::uint8_t slot) { return state.slots[slot - 1U]; }

bool is_other_slot(const MemoryDevice& device, std::uint8_t slot) {
  return slot >= 1 && slot <= device.config().fw_slots && slot != device.firmware().active_slot;
}

// The revision of a byte string that is no package: what names its contents.
FwRevision revision_of_bytes(Bytes image) {
  const auto digest = sha256({image});
  return *parse_revision("sha-" + to_hex(Bytes(digest).first(6)));
}

FirmwareVerify verify_rule(const MemoryDevice& device) {
  const auto by_profile = device.profile() == Profile::libcxlmi ? FirmwareVerify::any : FirmwareVerify::package;
  return device.config().firmware_verify.value_or(by_profile);
}

// The whole package has come: verify it and store it.
ReturnCode store(MemoryDevice& device, std::uint8_t slot) {
  FirmwareState& state = device.firmware();
  Buffer image = std::move(state.transfer.data);
  end_transfer(device);
  // A reset may have made the slot the active one while the last part was being taken.
  if (!is_other_slot(device, slot)) return ReturnCode::invalid_slot;
  std::optional<FwRevision> revision;
  if (const auto package = parse_firmware_package(image)) {
    revision = package->revision;
  } else if (verify_rule(device) == FirmwareVerify::any) {
    revision = revision_of_bytes(image);
  } else {
    return ReturnCode::fw_verification_failed;
  }
  slot_of(state, slot) = {.filled = true, .revision = *revision, .image = std::move(image)};
  // SILENT: a staged slot whose contents are replaced is no longer what was staged.
  if (state.staged_slot == slot) state.staged_slot = 0;
  if (device.config().fw_stage_on_transfer) state.staged_slot = slot;
  return ReturnCode::success;
}

// A part that was found right is taken.
ReturnCode take_part(MemoryDevice& device, const TransferFwIn& in, Bytes data) {
  FirmwareTransfer& transfer = device.firmware().transfer;
  device.changes().mark(StateKey::firmware);
  transfer.part_is_running = false;
  transfer.last_part_ended = device.now();
  const std::uint64_t offset = in.action == TransferFwAction::full ? 0 : std::uint64_t{in.offset_128b} * kFwAlignment;
  // A retransmission replaces what came the first time.
  transfer.data.resize(offset);
  append(transfer.data, data);
  transfer.last_offset = offset;
  transfer.last_length = data.size();
  return is_last_part(in) ? store(device, in.slot) : ReturnCode::success;
}

// Where a part stands in its transfer; an error other than 08h, 0Bh and 02h for its form ends the transfer.
std::optional<ReturnCode> refuse_order(MemoryDevice& device, const TransferFwIn& in, std::uint64_t length) {
  FirmwareTransfer& transfer = device.firmware().transfer;
  const bool begins = in.action == TransferFwAction::full || in.action == TransferFwAction::initiate;
  if (begins && transfer.in_progress) return ReturnCode::fw_transfer_in_progress;
  // SILENT: a Continue or End without a transfer has no code of its own.
  if (!begins && !transfer.in_progress) return ReturnCode::fw_transfer_out_of_order;
  const std::uint64_t offset = in.action == TransferFwAction::full ? 0 : std::uint64_t{in.offset_128b} * kFwAlignment;
  const bool again = !begins && offset == transfer.last_offset && length == transfer.last_length;
  const std::uint64_t expected = begins ? 0 : transfer.last_offset + transfer.last_length;
  if (offset != expected && !again) {
    end_transfer(device);
    return ReturnCode::fw_transfer_out_of_order;
  }
  // SILENT: a package that is too large has no code of its own.
  if (offset + length > device.config().fw_size_limit) {
    end_transfer(device);
    return ReturnCode::invalid_input;
  }
  return std::nullopt;
}

std::optional<ReturnCode> refuse_form(const MemoryDevice& device, const TransferFwIn& in, std::uint64_t length) {
  const bool is_last = is_last_part(in);
  // COMPAT(linux): its last part is as long as the file; the text wants multiples of 128 bytes.
  if (length == 0 || (length % kFwAlignment != 0 && !is_last)) return ReturnCode::invalid_input;
  if (is_last && !is_other_slot(device, in.slot)) return ReturnCode::invalid_slot;
  return std::nullopt;
}

Nanoseconds part_duration(const MemoryDeviceConfig& config, const TransferFwIn& in, std::uint64_t length) {
  if (config.fw_transfer_duration) return *config.fw_transfer_duration;
  switch (config.timing) {
    case Timing::instant:
      return 0ns;
    case Timing::qemu:
      return in.action == TransferFwAction::full ? 10s : 2s;
    case Timing::real:
      return 1ms + Nanoseconds{100 * static_cast<Nanoseconds::rep>(length)};
  }
  return 0ns;
}

Nanoseconds activation_duration(const MemoryDeviceConfig& config) {
  if (config.fw_activation_duration) return *config.fw_activation_duration;
  return config.timing == Timing::instant ? Nanoseconds{100ms} : Nanoseconds{2s};
}

// The operation of this opcode that is in the way of a request on `cci`: one of the same CCI, and by property one of
// another.
const cci::BackgroundSlot::State* running(MemoryDevice& device, const cci::Cci& cci, std::uint16_t opcode) {
  for (const cci::Cci& each : device.component().ccis) {
    const bool counts = each.id == cci.id || device.config().busy_across == BusyAcross::conflicting;
    const auto& state = each.background.state();
    if (counts && state.running && state.opcode == Opcode{opcode}) return &state;
  }
  return nullptr;
}

// An activation holds the slot that it makes active.
bool is_being_activated(MemoryDevice& device, const cci::Cci& cci, std::uint8_t slot) {
  const auto* activation = running(device, cci, 0x0202);
  return activation != nullptr && activation_of(activation->request).slot == slot;
}

// The last part of a package holds the slot that it is stored in.
bool is_being_stored(MemoryDevice& device, const cci::Cci& cci, std::uint8_t slot) {
  const auto* part = running(device, cci, 0x0201);
  return part != nullptr && is_last_part(head_of(part->request)) && head_of(part->request).slot == slot;
}

// What activating a slot comes to.
ReturnCode activate(MemoryDevice& device, std::uint8_t slot) {
  FirmwareState& state = device.firmware();
  device.changes().mark(StateKey::firmware);
  if (const auto failure = std::exchange(device.firmware_faults().activation, std::nullopt)) {
    state.cold_reset_required = *failure == ReturnCode::activation_failed_cold_reset_required;
    return *failure;
  }
  state.active_slot = slot;
  if (state.staged_slot == slot) state.staged_slot = 0;
  features::firmware_changed(device);
  return ReturnCode::success;
}

}  // namespace

void end_transfer(MemoryDevice& device) {
  if (!device.firmware().transfer.in_progress) return;
  device.firmware().transfer = {};
  device.changes().mark(StateKey::firmware);
}

void abort_transfer(MemoryDevice& device) {
  const FirmwareTransfer& transfer = device.firmware().transfer;
  if (transfer.part_is_running) {
    cci::interrupt_background(device.cci(transfer.by), cci::Interruption::abort);
    device.changes().mark(StateKey::background);
  }
  end_transfer(device);
}

bool transfer_in_progress(const MemoryDevice& device) {
  const FirmwareTransfer& transfer = device.firmware().transfer;
  const bool too_late = !transfer.part_is_running && device.now() - transfer.last_part_ended > kFwTransferTimeout;
  return transfer.in_progress && !too_late;
}

cci::Result<GetFwInfoOut> get_fw_info(MemoryDevice& device, cci::Cci&) {
  const FirmwareState& state = device.firmware();
  GetFwInfoOut out{};
  out.fw_slots_supported = device.config().fw_slots;
  std::uint8_t slots = GetFwInfoOut::ActiveSlot::set(std::uint8_t{0}, state.active_slot);
  slots = GetFwInfoOut::StagedSlot::set(slots, state.staged_slot);
  out.fw_slot_info = slots;
  out.fw_activation_capabilities =
      device.config().fw_online_activation ? GetFwInfoOut::kOnlineActivation : std::uint8_t{0};
  out.slot_1_fw_revision = state.slots[0].revision;
  out.slot_2_fw_revision = state.slots[1].revision;
  out.slot_3_fw_revision = state.slots[2].revision;
  out.slot_4_fw_revision = state.slots[3].revision;
  return out;
}

cci::Result<cci::Outcome> transfer_fw(MemoryDevice& device, cci::Cci& cci, const cci::Request& request,
                                      const TransferFwIn& in, cci::Tail<std::byte> data) {
  FirmwareTransfer& transfer = device.firmware().transfer;
  if (!transfer_in_progress(device)) end_transfer(device);
  if (is_last_part(in) && is_being_activated(device, cci, in.slot)) return cci::refuse(ReturnCode::busy);
  if (in.action > TransferFwAction::abort) return cci::refuse(ReturnCode::invalid_input);
  if (transfer.in_progress && transfer.by != cci.id) return cci::refuse(ReturnCode::fw_transfer_in_progress);
  if (in.action == TransferFwAction::abort) {
    // SILENT: with no transfer in progress this is a success without effect.
    abort_transfer(device);
    return cci::Outcome{};
  }
  // A fault holds a part of this CCI in the background, where the dispatcher expects none.
  if (transfer.part_is_running) return cci::refuse(ReturnCode::busy);
  if (const auto code = refuse_order(device, in, data.bytes.size())) return cci::refuse(*code);
  if (const auto code = refuse_form(device, in, data.bytes.size())) return cci::refuse(*code);

  transfer.in_progress = true;
  transfer.by = cci.id;
  device.changes().mark(StateKey::firmware);
  const Nanoseconds duration = part_duration(device.config(), in, data.bytes.size());
  if (duration > 0ns || request.forced_background) {
    transfer.part_is_running = true;
    device.changes().mark(StateKey::background);
    return cci::Background{duration};
  }
  if (const auto code = take_part(device, in, data.bytes); code != ReturnCode::success) return cci::refuse(code);
  return cci::Outcome{};
}

ReturnCode complete_transfer_fw(MemoryDevice& device, cci::Cci&, Bytes request) {
  // Only a state that was restored can be so.
  if (!device.firmware().transfer.part_is_running) return ReturnCode::aborted;
  return take_part(device, head_of(request), request.subspan(sizeof(TransferFwIn)));
}

void interrupt_transfer_fw(MemoryDevice& device, cci::Cci&, Bytes, std::uint8_t, cci::Interruption) {
  end_transfer(device);
}

bool transfer_fw_runs_in_background(const MemoryDevice& device, const cci::Cci&, const cci::Request& request) {
  const TransferFwIn in = head_of(request.payload);
  if (in.action == TransferFwAction::abort) return false;
  return request.forced_background || part_duration(device.config(), in, request.payload.size() - sizeof in) > 0ns;
}

cci::Result<cci::Outcome> activate_fw(MemoryDevice& device, cci::Cci& cci, const cci::Request& request,
                                      const ActivateFwIn& in) {
  FirmwareState& state = device.firmware();
  const bool is_online = in.action == ActivateFwAction::online;
  if ((is_online && running(device, cci, 0x0202) != nullptr) || is_being_stored(device, cci, in.slot)) {
    return cci::refuse(ReturnCode::busy);
  }
  if (in.action > ActivateFwAction::next_reset) return cci::refuse(ReturnCode::invalid_input);
  if (!is_other_slot(device, in.slot) || !slot_of(state, in.slot).filled) {
    return cci::refuse(ReturnCode::invalid_slot);
  }
  if (state.cold_reset_required) return cci::refuse(ReturnCode::activation_failed_cold_reset_required);
  if (in.action == ActivateFwAction::next_reset) {
    state.staged_slot = in.slot;
    device.changes().mark(StateKey::firmware);
    return cci::Outcome{};
  }
  if (!device.config().fw_online_activation) return cci::refuse(ReturnCode::invalid_input);
  if (device.config().fw_activates_in_background || request.forced_background) {
    device.changes().mark(StateKey::background);
    return cci::Background{activation_duration(device.config())};
  }
  if (const auto code = activate(device, in.slot); code != ReturnCode::success) return cci::refuse(code);
  return cci::Outcome{};
}

ReturnCode complete_activate_fw(MemoryDevice& device, cci::Cci&, Bytes request) {
  const std::uint8_t slot = activation_of(request).slot;
  // Another CCI may have changed the slots meanwhile.
  if (!is_other_slot(device, slot) || !slot_of(device.firmware(), slot).filled) return ReturnCode::invalid_slot;
  return activate(device, slot);
}

// The device goes on with the firmware it has.
void interrupt_activate_fw(MemoryDevice&, cci::Cci&, Bytes, std::uint8_t, cci::Interruption) {}

bool activate_fw_runs_in_background(const MemoryDevice& device, const cci::Cci&, const cci::Request& request) {
  return activation_of(request.payload).action == ActivateFwAction::online &&
         (device.config().fw_activates_in_background || request.forced_background);
}

void activate_staged(MemoryDevice& device) {
  FirmwareState& state = device.firmware();
  // Firmware that wants a Cold Reset takes nothing on before.
  if (state.staged_slot == 0 || state.cold_reset_required) return;
  activate(device, std::exchange(state.staged_slot, std::uint8_t{0}));
}

}  // namespace firmware
}  // namespace cxlemu
