#include "component/memory_device/vendor_command.hpp"

#include <algorithm>

#include "component/memory_device/memory_device.hpp"

namespace cxlemu::vendor {
namespace {

cci::Result<void> answer(MemoryDevice& device, const VendorCommand& command, Bytes request, Writer& out) {
  if (request.size() > command.maximum_length) return cci::refuse(ReturnCode::invalid_payload_length);
  const auto put = [&](Bytes bytes) -> cci::Result<void> {
    // SILENT: an answer that the response limit of the CCI is too small for.
    if (!out.put_bytes(bytes)) return cci::refuse(ReturnCode::invalid_input);
    return {};
  };
  auto& registers = device.vendor_registers();
  const auto found = std::ranges::find(registers, command.register_name, &VendorRegister::name);
  switch (command.answer) {
    case VendorAnswer::nothing:
      return {};
    case VendorAnswer::payload:
      return put(command.payload);
    case VendorAnswer::echo:
      return put(request);
    case VendorAnswer::return_code:
      return cci::refuse(command.return_code);
    case VendorAnswer::get:
      if (found == registers.end()) break;
      return put(found->value);
    case VendorAnswer::set:
      if (found == registers.end()) break;
      std::ranges::fill(found->value, std::byte{0});
      std::ranges::copy(request.first(std::min(request.size(), found->value.size())), found->value.begin());
      device.changes().mark(StateKey::vendor_registers);
      return {};
  }
  return cci::refuse(ReturnCode::internal_error);
}

}  // namespace

void add_commands(MemoryDevice& device) {
  for (const VendorCommand& command : device.config().vendor_commands) {
    const cci::Roles mailbox = command.by_mailbox ? cci::only(cci::Role::mailbox) : cci::Roles{};
    const cci::Roles mctp = command.by_mctp ? cci::only(cci::Role::mctp) : cci::Roles{};
    device.commands().add({.opcode = Opcode{command.opcode},
                           .title = command.name,
                           .effects = command.effects,
                           .roles = mailbox | mctp,
                           .minimum_input = command.minimum_length,
                           .maximum_input = command.maximum_length,
                           .run = [&device, &command](cci::Cci&, const cci::Request& request, Writer& out) {
                             return answer(device, command, request.payload, out);
                           }});
  }
}

void restore(std::vector<VendorRegister>& registers, const std::vector<VendorRegister>& saved) {
  for (VendorRegister& known : registers) {
    const auto found = std::ranges::find(saved, known.name, &VendorRegister::name);
    if (found != saved.end() && found->value.size() == known.value.size()) known.value = found->value;
  }
}

}  // namespace cxlemu::vendor
