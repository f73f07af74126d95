#include "cci/command_effects_log.hpp"

#include <algorithm>

namespace cxlemu::cci {
namespace {

// Bit 7 means something on the mailboxes alone.
std::uint16_t effects_of(const CommandSet& commands, const auto& row, Carrier carrier) {
  constexpr std::uint16_t kBit = effect::secondary_mailbox_supported;
  const bool set = commands.secondary_mailbox && carrier == Carrier::mailbox &&
                   is_carried(row.carriers, row.effects, Carrier::secondary_mailbox);
  return static_cast<std::uint16_t>(set ? row.effects | kBit : row.effects & ~kBit);
}

// The secondary mailbox returns the CEL of the primary (CXL r3.2 8.2.9.4.2).
Carrier listed_as(Carrier carrier) { return carrier == Carrier::secondary_mailbox ? Carrier::mailbox : carrier; }

template <typename Visit>
void for_each_entry(const CommandSet& commands, Carrier carrier, Visit&& visit) {
  carrier = listed_as(carrier);
  for (const Command& row : commands.rows) {
    if (row.carriers.has(carrier)) visit(row.opcode, effects_of(commands, row, carrier));
  }
  for (const RuntimeCommand& row : commands.runtime) {
    if (row.carriers.has(carrier)) visit(row.opcode, effects_of(commands, row, carrier));
  }
}

}  // namespace

std::uint32_t command_effects_log_size(const CommandSet& commands, Carrier carrier) {
  std::uint32_t size = 0;
  for_each_entry(commands, carrier,
                 [&](Opcode, std::uint16_t) { size += static_cast<std::uint32_t>(sizeof(CommandEffectsLogEntry)); });
  return size;
}

void read_command_effects_log(const CommandSet& commands, Carrier carrier, std::uint32_t offset, MutableBytes space) {
  const std::size_t end = offset + space.size();
  std::size_t at = 0;
  for_each_entry(commands, carrier, [&](Opcode opcode, std::uint16_t effects) {
    const CommandEffectsLogEntry entry{opcode.value, effects};
    for (const std::byte byte : bytes_of(entry)) {
      if (at >= offset && at < end) space[at - offset] = byte;
      ++at;
    }
  });
}

}  // namespace cxlemu::cci
