// Errors of a device's CXL protocols: QEMU's commands that inject them, and what shows and clears them.
#include <fmt/format.h>

#include <algorithm>

#include "qmp/arguments.hpp"
#include "qmp/targets.hpp"
#include "qmp/verbs/verbs.hpp"

namespace cxlemu::qmp {
namespace {

using enum ArgumentKind;

template <std::size_t N>
constexpr std::array<std::string_view, N> names_of(const std::array<RasError, N>& errors) {
  std::array<std::string_view, N> names;
  std::ranges::transform(errors, names.begin(), &RasError::name);
  return names;
}
constexpr auto kCorrectableNames = names_of(kCorrectableErrors);

const RasError* find_error(std::span<const RasError> errors, const Json& name) {
  const auto found = std::ranges::find(errors, name.string().value_or(""), &RasError::name);
  return found == errors.end() ? nullptr : &*found;
}

// QEMU answers {} whatever becomes of the error; members that it has not do not disturb its scripts.
Json outcome(const Json& masked) {
  Json answer = Json::object();
  if (!masked.elements().empty()) answer.set("masked", masked);
  return answer;
}

constexpr auto kInjectCorrectable =
    std::to_array<Argument>({kPath, {"type", choice, "which error", false, kCorrectableNames}});

Result<Json> inject_correctable(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  const RasError* error = find_error(kCorrectableErrors, arguments["type"]);
  if (error == nullptr) return failure("Invalid COR error");
  if (ras::record_correctable(node.device->ras(), error->bit) == RasOutcome::masked) {
    return outcome(Json::array({error->name}));
  }
  node.device->changes().mark(StateKey::ras);
  return Json::object();
}

constexpr auto kInjectUncorrectable = std::to_array<Argument>({
    kPath,
    {"errors", object_list,
     "each with `type` (cache-data-parity, cache-address-parity, cache-be-parity, cache-data-ecc, mem-data-parity, "
     "mem-address-parity, mem-be-parity, mem-data-ecc, reinit-threshold, rsvd-encoding, poison-received, "
     "receiver-overflow, "
     "internal, cxl-ide-tx, cxl-ide-rx) and `header`, a list of up to 32 numbers of 32 bits"},
});

// COMPAT(qemu): it takes up to 32 dwords, and its texts; the register has sixteen (fault B32).
Result<RasHeader> header_of(const Json& error) {
  const RasError* known = find_error(kUncorrectableErrors, error["type"]);
  if (known == nullptr) return failure("Unknown error code");
  constexpr std::size_t kMaximumDwords = 32;
  const Json& header = error["header"];
  if (!header.is_array()) return failure("parameter \"header\" must be a list of numbers of 32 bits");
  if (header.elements().size() > kMaximumDwords) return failure("Header must be 32 DWORD or less");
  RasHeader made{.error = known->bit};
  std::size_t at = 0;
  for (const Json& dword : header.elements()) {
    const auto value = dword.unsigned_integer();
    if (!value || *value > 0xFFFF'FFFF) return failure("parameter \"header\" must be a list of numbers of 32 bits");
    if (at < made.header.size()) made.header[at] = static_cast<std::uint32_t>(*value);
    ++at;
  }
  return made;
}

// All of them, or where anything is refused none.
Result<Json> inject_uncorrectable(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  RasState state = node.device->ras();
  Json masked = Json::array();
  for (const Json& error : arguments["errors"].elements()) {
    switch (ras::record_uncorrectable(state, TRY(header_of(error)))) {
      case RasOutcome::recorded:
        break;
      case RasOutcome::masked:
        masked.push_back(error["type"]);
        break;
      case RasOutcome::full:
        return failure(fmt::format("at most {} errors wait; cxlemu-write-ras clears them", kMaximumRasHeaders));
    }
  }
  if (node.device->ras() != state) node.device->changes().mark(StateKey::ras);
  node.device->ras() = std::move(state);
  return outcome(masked);
}

Json names_of_bits(std::span<const RasError> errors, std::uint32_t bits) {
  Json names = Json::array();
  for (const RasError& error : errors) {
    if ((bits >> error.bit & 1U) != 0) names.push_back(error.name);
  }
  return names;
}

constexpr auto kQuery = std::to_array<Argument>({kPath});

Result<Json> query_ras(QmpContext& context, const Json& arguments) {
  const RasState& state = TRY(find_device(context, arguments)).device->ras();
  const auto name_of_bit = [](std::uint8_t bit) {
    return std::ranges::find(kUncorrectableErrors, bit, &RasError::bit)->name;
  };
  Json headers = Json::array();
  for (const RasHeader& logged : state.headers) {
    Json dwords = Json::array();
    for (const std::uint32_t dword : logged.header) dwords.push_back(dword);
    headers.push_back(Json::object({{"type", name_of_bit(logged.error)}, {"header", std::move(dwords)}}));
  }
  const std::uint32_t status = ras::uncorrectable_status(state);
  const auto first = ras::first_error(state);
  return Json::object(
      {{"uncorrectable", Json::object({{"status", names_of_bits(kUncorrectableErrors, status)},
                                       {"masked", names_of_bits(kUncorrectableErrors, state.uncorrectable_mask)},
                                       {"fatal", names_of_bits(kUncorrectableErrors, state.uncorrectable_severity)},
                                       {"first-error", first ? Json(name_of_bit(*first)) : Json()},
                                       {"errors", std::move(headers)}})},
       {"correctable", Json::object({{"status", names_of_bits(kCorrectableErrors, state.correctable_status)},
                                     {"masked", names_of_bits(kCorrectableErrors, state.correctable_mask)}})}});
}

constexpr auto kRegisters = std::to_array<std::string_view>(
    {"uncorrectable-status", "uncorrectable-mask", "uncorrectable-severity", "correctable-status", "correctable-mask"});
constexpr auto kWrite = std::to_array<Argument>({
    kPath,
    {"register", choice, "which", false, kRegisters},
    {"value", u32, "its 32 bits; ones clear a status"},
});

// The registers are in this order, four bytes each.
Result<Json> write_ras(QmpContext& context, const Json& arguments) {
  MemoryDevice& device = *TRY(find_device(context, arguments)).device;
  const auto index = std::ranges::find(kRegisters, *arguments["register"].string()) - kRegisters.begin();
  ras::write(device.ras(), static_cast<std::uint32_t>(4 * index),
             static_cast<std::uint32_t>(number_of(arguments["value"])));
  device.changes().mark(StateKey::ras);
  return Json::object();
}

constexpr std::string_view kMasked = "`masked`: the errors that were dropped because they are masked; absent: none";
constexpr auto kRows = std::to_array<QmpCommand>({
    {"cxl-inject-correctable-error",
     "A correctable error of the device's CXL protocols (CXL r3.2 8.2.4.17). After a cold reset all are masked, and "
     "leave "
     "nothing: ras-unmasked=on, or cxlemu-write-ras.",
     kMasked, kInjectCorrectable, inject_correctable},
    {"cxl-inject-uncorrectable-errors",
     "Uncorrectable errors of the device's CXL protocols, in their order; all of them or none. Masked as above.",
     kMasked, kInjectUncorrectable, inject_uncorrectable},
    {"cxlemu-query-ras", "The RAS capability of a device: what was recorded, what is masked, what is fatal.",
     "`uncorrectable` with `status`, `masked`, `fatal`, `first-error` and the `errors` that wait with their headers; "
     "`correctable` with `status` and `masked`",
     kQuery, query_ras},
    {"cxlemu-write-ras", "Writes a register of the RAS capability, as software does through the PCIe function.",
     "nothing", kWrite, write_ras},
});

}  // namespace

std::span<const QmpCommand> ras_commands() { return kRows; }

}  // namespace cxlemu::qmp
