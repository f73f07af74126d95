#include "cci/command_effects_log.hpp"

#include <algorithm>

namespace cxlemu::cci {
namespace {

// The secondary mailbox returns the CEL of the primary (CXL r3.2 8.2.9.4.2).
Role listed_as(Role role) { return role == Role::secondary_mailbox ? Role::mailbox : role; }

template <typename Visit>
void for_each_entry(const Cci& cci, Visit&& visit) {
  const Role role = listed_as(cci.id.role);
  // Bit 7 means something on the mailboxes alone.
  const bool tells_of_secondary = role == Role::mailbox && cci.component->find(kSecondaryMailbox) != nullptr;
  const auto entry = [&](const auto& row) {
    if (!row.roles.has(role)) return;
    constexpr std::uint16_t kBit = effect::secondary_mailbox_supported;
    const bool set = tells_of_secondary && row.roles.has(Role::secondary_mailbox);
    visit(row.opcode, static_cast<std::uint16_t>(set ? row.effects | kBit : row.effects & ~kBit));
  };
  for (const Command& row : cci.component->commands.rows) entry(row);
  for (const RuntimeCommand& row : cci.component->commands.runtime) entry(row);
}

}  // namespace

std::uint32_t command_effects_log_size(const Cci& cci) {
  std::uint32_t size = 0;
  for_each_entry(cci,
                 [&](Opcode, std::uint16_t) { size += static_cast<std::uint32_t>(sizeof(CommandEffectsLogEntry)); });
  return size;
}

void read_command_effects_log(const Cci& cci, std::uint32_t offset, MutableBytes space) {
  const std::size_t end = offset + space.size();
  std::size_t at = 0;
  for_each_entry(cci, [&](Opcode opcode, std::uint16_t effects) {
    const CommandEffectsLogEntry entry{opcode.value, effects};
    for (const std::byte byte : bytes_of(entry)) {
      if (at >= offset && at < end) space[at - offset] = byte;
      ++at;
    }
  });
}

}  // namespace cxlemu::cci
