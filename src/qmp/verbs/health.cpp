// The condition of a device.
#include <algorithm>
#include <array>

#include "qmp/arguments.hpp"
#include "qmp/lab_query.hpp"
#include "qmp/targets.hpp"
#include "qmp/verbs/verbs.hpp"

namespace cxlemu::qmp {
namespace {

using enum ArgumentKind;

constexpr auto kSetHealth = std::to_array<Argument>({
    kPath,
    {"temperature", i16, "degrees Celsius; 32767: not available", true},
    {"life-used", u8, "percentage, 0 to 100; 255: not available", true},
    {"health-status", u8, "bits of Health Status, 0 to 15", true},
    {"media-status", u8, "Media Status, 0 to 9", true},
    {"corrected-volatile-errors", u32, "Corrected Volatile Error Count", true},
    {"corrected-persistent-errors", u32, "Corrected Persistent Error Count", true},
    {"dirty-shutdowns", u32, "Dirty Shutdown Count", true},
});

Result<Json> set_health(QmpContext& context, const Json& arguments) {
  const DeviceTarget node = TRY(find_device(context, arguments));
  HealthState wanted = node.device->health();
  constexpr std::uint64_t kHighestHealthStatus = 15;
  constexpr std::uint64_t kHighestMediaStatus = 9;
  const auto take = [&](std::string_view name, auto& field) {
    if (arguments.contains(name))
      field = static_cast<std::remove_reference_t<decltype(field)>>(number_of(arguments[name]));
    return arguments.contains(name);
  };
  const std::array given = {take("temperature", wanted.temperature),
                            take("life-used", wanted.life_used),
                            take("health-status", wanted.health_status),
                            take("media-status", wanted.media_status),
                            take("corrected-volatile-errors", wanted.corrected_volatile_error_count),
                            take("corrected-persistent-errors", wanted.corrected_persistent_error_count),
                            take("dirty-shutdowns", wanted.dirty_shutdown_count)};
  if (std::ranges::count(given, true) == 0)
    return failure("nothing to set: give temperature, life-used or another argument");
  if (wanted.life_used > 100 && wanted.life_used != 255)
    return failure("parameter \"life-used\" is from 0 to 100, or 255");
  if (wanted.health_status > kHighestHealthStatus) return failure("parameter \"health-status\" is from 0 to 15");
  if (wanted.media_status > kHighestMediaStatus) return failure("parameter \"media-status\" is from 0 to 9");
  health::set(*node.device, wanted);
  return Json::object();
}

constexpr auto kQueryHealth = std::to_array<Argument>({kPath});

Result<Json> query_health_command(QmpContext& context, const Json& arguments) {
  return query_health(*TRY(find_device(context, arguments)).device);
}

constexpr auto kRows = std::to_array<QmpCommand>({
    {"cxlemu-query-health", "The condition of a device, and when it warns.",
     "`health` as Get Health Info, `alerts` as Get Alert Configuration, `shutdown` dirty or clean, `qos`: Backpressure "
     "Average "
     "Percentage",
     kQueryHealth, query_health_command},
    {"cxlemu-set-health", "Changes the condition of a device; what becomes worse is told of by Memory Module Events.",
     "nothing", kSetHealth, set_health},
});

}  // namespace

std::span<const QmpCommand> health_commands() { return kRows; }

}  // namespace cxlemu::qmp
