// Any sequence of security commands, resets, Sanitizes and accesses. Beside the device goes a model that remembers
// which passphrases are set from the answers alone; what must hold is checked after each step. Input: pairs of bytes.
// The first says what is done, the second with which passphrases and types.
#include <algorithm>
#include <cstdlib>

#include "component/memory_device/memory_device.hpp"
#include "component/state_json.hpp"

namespace {

using namespace cxlemu;

constexpr std::uint64_t kCapacity = 1 << 20;
constexpr std::byte kSecret{0x5E};

void require(bool holds) {
  if (!holds) std::abort();
}

// Two passphrases that differ in their last byte alone, zeros, and another.
Passphrase passphrase(unsigned which) {
  Passphrase made{};
  made[0] = which == 0 ? std::byte{0} : std::byte{0x75};
  made[31] = static_cast<std::byte>(which);
  return made;
}

class Harness {
 public:
  void step(unsigned action, unsigned argument) {
    before_ = security();
    switch (action % 12) {
      case 0:
        set_passphrase(argument);
        break;
      case 1:
        disable_passphrase(argument);
        break;
      case 2:
        unlock(argument);
        break;
      case 3:
        require(send(0x4504, {}) == ReturnCode::success && security().frozen);
        break;
      case 4:
        erase(argument);
        break;
      case 5:
        reset(static_cast<ResetKind>(argument % 5));
        break;
      case 6:
        (void)device_.write_media(Dpa{kCapacity}, std::array{kSecret});
        break;
      case 7:
        sanitize();
        break;
      case 8:
        (void)send(0x0005, {});
        break;
      case 9:
        timeline_.advance_to(timeline_.now() + std::chrono::milliseconds(argument));
        break;
      case 10:
        set_labels();
        break;
      case 11:
        save_and_restore();
        break;
    }
    check();
  }

 private:
  const SecurityState& security() { return device_.logical_device().state.security; }
  bool disabled() { return device_.logical_device().state.media_disabled; }

  ReturnCode send(std::uint16_t opcode, Bytes payload) {
    std::array<std::byte, 8192> space;
    cci::Cci& context = on_mailbox_ ? device_.cci(cci::kMailbox) : device_.cci(cci::kMctp);
    on_mailbox_ = !on_mailbox_;
    return cci::dispatch(context, {.opcode = Opcode{opcode}, .payload = payload}, space).return_code;
  }

  // What holds for each command that takes a passphrase of a type: the rules of frozen, attempts and comparison.
  void check_try(ReturnCode code, unsigned type, const Passphrase& given) {
    if (before_.frozen) require(code == ReturnCode::invalid_security_state);
    if (before_.frozen || code == ReturnCode::invalid_security_state) require(security() == before_);
    if (type > 1) {
      require(code != ReturnCode::success && code != ReturnCode::incorrect_passphrase);
      return;
    }
    const PassphraseState& state = type == 1 ? before_.user : before_.master;
    const PassphraseState& now = type == 1 ? security().user : security().master;
    const std::optional<Passphrase>& known = known_[type];
    if (state.attempt_count_reached()) {
      require(code != ReturnCode::success && code != ReturnCode::incorrect_passphrase && now == state);
    }
    if (known && code == ReturnCode::success) require(*known == given && now.wrong_tries == 0);
    if (code == ReturnCode::incorrect_passphrase) {
      require(known && *known != given && now.value == state.value && now.wrong_tries == state.wrong_tries + 1);
    }
  }

  void set_passphrase(unsigned argument) {
    const unsigned type = argument >> 4 & 3;
    SetPassphraseIn in{};
    in.passphrase_type = static_cast<PassphraseType>(type);
    in.current_passphrase = passphrase(argument & 3);
    in.new_passphrase = passphrase(argument >> 2 & 3);
    const ReturnCode code = send(0x4501, bytes_of(in));
    check_try(code, type, in.current_passphrase);
    if (code != ReturnCode::success) return;
    // The master passphrase only in the security disabled state, and neither while locked.
    require((type == 1 || !before_.user.value) && !before_.locked);
    known_[type] = in.new_passphrase;
  }

  void disable_passphrase(unsigned argument) {
    const unsigned type = argument >> 4 & 3;
    DisablePassphraseIn in{};
    in.passphrase_type = static_cast<PassphraseType>(type);
    in.current_passphrase = passphrase(argument & 3);
    const ReturnCode code = send(0x4502, bytes_of(in));
    check_try(code, type, in.current_passphrase);
    if (code != ReturnCode::success) return;
    require(known_[type].has_value());
    known_[type].reset();
  }

  void unlock(unsigned argument) {
    const UnlockIn in{passphrase(argument & 3)};
    const ReturnCode code = send(0x4503, bytes_of(in));
    check_try(code, 1, in.current_passphrase);
    if (code == ReturnCode::success) require(before_.locked && !security().locked);
  }

  void erase(unsigned argument) {
    const unsigned type = argument >> 4 & 3;
    PassphraseSecureEraseIn in{};
    in.passphrase_type = static_cast<PassphraseType>(type);
    in.current_passphrase = passphrase(argument & 3);
    const ReturnCode code = send(0x4505, bytes_of(in));
    check_try(code, type, in.current_passphrase);
    if (disabled()) require(code == ReturnCode::media_disabled || before_.frozen);
    if (code != ReturnCode::success) return;
    require(type == 1 || known_[0].has_value());
    require(!security().locked && security().master.value == before_.master.value);
    known_[1].reset();
    std::array<std::byte, 1> read;
    require(device_.logical_device().read(Dpa{kCapacity}, read) && read[0] == std::byte{0});
  }

  void sanitize() {
    const ReturnCode code = send(0x4400, {});
    if (code == ReturnCode::background_command_started) require(!known_[1]);
    if (known_[1]) require(code == ReturnCode::invalid_security_state || code == ReturnCode::busy);
  }

  void set_labels() {
    const std::array<std::byte, 9> in{};
    const ReturnCode code = send(0x4103, in);
    require(code == (before_.locked ? ReturnCode::invalid_security_state
                                    : (disabled() ? ReturnCode::media_disabled : ReturnCode::success)));
  }

  void reset(ResetKind kind) {
    device_.reset(kind);
    const bool cold = kind == ResetKind::cold || kind == ResetKind::power_loss;
    const bool locks = cold || kind == ResetKind::conventional;
    require(security().locked == (locks ? known_[1].has_value() : before_.locked));
    require(security().frozen == (before_.frozen && !cold));
    require(security().user.wrong_tries == (cold ? 0 : before_.user.wrong_tries));
    require(security().master.wrong_tries == (cold ? 0 : before_.master.wrong_tries));
  }

  void save_and_restore() {
    const MemoryDeviceState state = device_.save();
    auto read = parse_state(Json::parse(state_json(state).text()).value());
    require(read && *read == state);
    device_.restore(std::move(*read));
  }

  void check() {
    require(security().user.value == known_[1] && security().master.value == known_[0]);
    require(!security().locked || known_[1].has_value());
    require(security().user.wrong_tries <= kMaximumWrongTries && security().master.wrong_tries <= kMaximumWrongTries);
    // Persistent memory is reached exactly while it is neither locked nor disabled, volatile memory while not disabled.
    std::array<std::byte, 2> read;
    LogicalDevice& media = device_.logical_device();
    require(media.read(Dpa{kCapacity}, read).has_value() == (!security().locked && !disabled()));
    require(media.read(Dpa{kCapacity - 1}, read).has_value() == (!security().locked && !disabled()));
    require(media.read(Dpa{0}, read).has_value() == !disabled());
  }

  Timeline timeline_;
  Backing volatile_capacity_{kCapacity};
  Backing persistent_capacity_{kCapacity};
  Backing labels_{4096};
  MemoryDevice device_{"mem0", {}, timeline_, {&volatile_capacity_, &persistent_capacity_, &labels_}};
  bool on_mailbox_ = false;
  SecurityState before_;
  std::array<std::optional<Passphrase>, 2> known_;  // by PassphraseType
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Harness harness;
  for (std::size_t i = 0; i + 1 < size; i += 2) harness.step(data[i], data[i + 1]);
  return 0;
}
