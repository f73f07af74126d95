#include "os/vfio_user/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>

#include "base/json.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu::os::vfio_user {
namespace {

std::uint64_t last_address(const DmaRange& range) { return range.address + (range.size - 1); }

// What a server answers of the capabilities that a client proposes.
// COMPAT(qemu): write_multiple is not among them. With it QEMU (proxy.h: VFIO_PROXY_USE_MULTI has the bit of
// VFIO_PROXY_FORCE_QUEUED) hands every message to another thread, which costs more than a joined write gains.
Json answered(const Json& proposed) {
  const std::array<std::pair<const char*, std::size_t>, 3> known{
      {{"max_msg_fds", kDescriptorLimit}, {"max_data_xfer_size", kTransferLimit}, {"max_dma_maps", kDmaRangeLimit}}};
  Json answer = Json::object();
  for (const auto& [name, value] : known) {
    if (proposed.contains(name)) answer.set(name, value);
  }
  return Json::object({{"capabilities", answer}});
}

// The capabilities that a version message proposes: null where there are none.
std::optional<Json> proposed_capabilities(Bytes data) {
  if (data.empty()) return Json();
  if (data.size() > kVersionDataLimit || data.back() != std::byte{0}) return std::nullopt;
  const auto parsed = Json::parse(text_of(data.first(data.size() - 1)));
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const Json& capabilities = (*parsed)["capabilities"];
  if (!capabilities.is_null() && !capabilities.is_object()) return std::nullopt;
  return capabilities;
}

}  // namespace

template <Wire T>
void Session::put(const T& value) {
  append(reply_, cxlemu::bytes_of(value));
}

// The text asks for a major version that is the same and for capabilities that were proposed.
Session::Status Session::version(const Version& in, Request& request) {
  if (has_version_) return std::unexpected(EINVAL);
  if (in.version_major != 0) return std::unexpected(EINVAL);
  const auto proposed = proposed_capabilities(request.rest);
  if (!proposed) return std::unexpected(EINVAL);
  if (proposed->contains("max_msg_fds")) {
    const auto descriptors = (*proposed)["max_msg_fds"].unsigned_integer();
    if (!descriptors) return std::unexpected(EINVAL);
    takes_descriptors_ = *descriptors > 0;
  }
  has_version_ = true;
  put(Version{.version_major = 0, .version_minor = 0});
  const auto text = answered(*proposed).text();
  put(bytes_of(std::string_view(text.c_str(), text.size() + 1)));
  return {};
}

// The memory of the client is not mapped, because the device does no DMA: descriptors are closed behind the message.
Session::Status Session::dma_map(const DmaMap& in, Request&) {
  const DmaRange range{.address = in.address,
                       .size = in.size,
                       .is_readable = (in.flags & dma_flags::kReadable) != 0,
                       .is_writable = (in.flags & dma_flags::kWriteable) != 0};
  if (in.argsz < sizeof(DmaMap) || (in.flags & ~(dma_flags::kReadable | dma_flags::kWriteable)) != 0 ||
      range.size == 0 || range.size - 1 > std::numeric_limits<std::uint64_t>::max() - range.address) {
    return std::unexpected(EINVAL);
  }
  const auto behind = dma_.upper_bound(last_address(range));
  if (behind != dma_.begin() && last_address(std::prev(behind)->second) >= range.address) {
    return std::unexpected(EEXIST);
  }
  if (dma_.size() >= kDmaRangeLimit) return std::unexpected(ENOSPC);
  dma_.emplace(range.address, range);
  if (device_->dma_mapped) device_->dma_mapped(range);
  return {};
}

Session::Status Session::dma_unmap(const DmaUnmap& in, Request&) {
  if (in.argsz < sizeof(DmaUnmap) || (in.flags & ~dma_flags::kUnmapAll) != 0) return std::unexpected(EINVAL);
  if ((in.flags & dma_flags::kUnmapAll) != 0) {
    unmap_all();
  } else {
    const auto found = dma_.find(in.address);
    if (found == dma_.end() || found->second.size != in.size) return std::unexpected(ENOENT);
    const auto range = found->second;
    dma_.erase(found);
    if (device_->dma_unmapped) device_->dma_unmapped(range);
  }
  DmaUnmap out = in;
  out.argsz = sizeof(DmaUnmap);
  put(out);
  return {};
}

void Session::unmap_all() {
  const auto gone = std::exchange(dma_, {});
  if (!device_->dma_unmapped) return;
  for (const auto& [address, range] : gone) device_->dma_unmapped(range);
}

Session::Status Session::device_get_info(const DeviceInfo& in, Request&) {
  if (in.argsz < sizeof(DeviceInfo)) return std::unexpected(EINVAL);
  put(DeviceInfo{.argsz = sizeof(DeviceInfo),
                 .flags = device_flags::kReset | device_flags::kPci,
                 .num_regions = kRegions,
                 .num_irqs = kInterruptKinds});
  return {};
}

// Where the client has no room for the capability, it learns how much it needs and asks again.
// COMPAT(qemu): the first answer then has MMAP and not CAPS, which QEMU takes only together with a cap_offset.
Session::Status Session::device_get_region_info(const RegionInfo& in, Request& request) {
  if (in.argsz < sizeof(RegionInfo) || in.index >= kRegions) return std::unexpected(EINVAL);
  const Region& region = device_->regions[in.index];
  RegionInfo out{
      .argsz = sizeof(RegionInfo), .flags = 0, .index = in.index, .cap_offset = 0, .size = region.size, .offset = 0};
  if (region.size == 0) {
    put(out);
    return {};
  }
  std::uint32_t flags = 0;
  if (region.is_readable) flags |= region_flags::kRead;
  if (region.is_writable) flags |= region_flags::kWrite;
  const bool is_mappable = takes_descriptors_ && !region.mappable.empty();
  const std::size_t needed = sizeof(RegionInfo) + sizeof(SparseMmap) + region.mappable.size() * sizeof(SparseMmapArea);
  const bool has_room = is_mappable && in.argsz >= needed;
  if (is_mappable) {
    flags |= region_flags::kMmap;
    out.argsz = static_cast<std::uint32_t>(needed);
    out.offset = region.descriptor_offset;
  }
  if (has_room) {
    flags |= region_flags::kCaps;
    out.cap_offset = sizeof(RegionInfo);
    request.outcome.descriptor = region.descriptor;
  }
  out.flags = flags;
  put(out);
  if (!has_room) return {};
  put(SparseMmap{.id = SparseMmap::kId,
                 .version = SparseMmap::kVersion,
                 .next = 0,
                 .nr_areas = static_cast<std::uint32_t>(region.mappable.size())});
  for (const auto& [offset, size] : region.mappable) put(SparseMmapArea{.offset = offset, .size = size});
  return {};
}

Session::Status Session::device_get_irq_info(const IrqInfo& in, Request&) {
  if (in.argsz < sizeof(IrqInfo) || in.index >= kInterruptKinds) return std::unexpected(EINVAL);
  const auto count = device_->interrupts[in.index];
  put(IrqInfo{
      .argsz = sizeof(IrqInfo), .flags = count > 0 ? irq_info_flags::kEventfd : 0, .index = in.index, .count = count});
  return {};
}

// No kind of interrupt is maskable here, as the answer to device_get_irq_info says: the only action is to trigger.
Session::Status Session::device_set_irqs(const IrqSet& in, Request& request) {
  namespace flags = irq_set_flags;
  if (in.argsz < sizeof(IrqSet) || in.index >= kInterruptKinds) return std::unexpected(EINVAL);
  if ((in.flags & ~flags::kDataMask) != flags::kActionTrigger) return std::unexpected(EINVAL);
  const auto data = in.flags & flags::kDataMask;
  if (data != flags::kDataNone && data != flags::kDataBool && data != flags::kDataEventfd) {
    return std::unexpected(EINVAL);
  }
  if (request.attached.count > 0 && data != flags::kDataEventfd) return std::unexpected(EINVAL);
  const auto kind = static_cast<Interrupt>(in.index.value());
  const auto total = device_->interrupts[in.index];
  if (in.count == 0) {
    if (in.start != 0 || data != flags::kDataNone) return std::unexpected(EINVAL);
    request.outcome.interrupts = ReleaseInterrupts{{kind, 0, total}};
    return {};
  }
  if (in.start > total || in.count > total - in.start) return std::unexpected(EINVAL);

  const InterruptRange range{kind, in.start, in.count};
  if (data == flags::kDataEventfd) {
    if (request.attached.count == 0) {
      request.outcome.interrupts = ReleaseInterrupts{range};
      return {};
    }
    if (request.attached.count != range.count || !request.attached.are_events) return std::unexpected(EINVAL);
    request.outcome.interrupts = AssignInterrupts{range};
    return {};
  }
  if (data == flags::kDataBool && request.rest.size() != range.count) return std::unexpected(EINVAL);
  TriggerInterrupts trigger{kind, {}};
  for (std::uint32_t i = 0; i < range.count; ++i) {
    if (data == flags::kDataNone || request.rest[i] != std::byte{0}) trigger.vectors.push_back(range.first + i);
  }
  request.outcome.interrupts = std::move(trigger);
  return {};
}

std::expected<const Region*, int> Session::find(const RegionAccess& access) const {
  if (access.region >= kRegions || access.count > kTransferLimit) return std::unexpected(EINVAL);
  const Region& region = device_->regions[access.region];
  if (access.offset > region.size || access.count > region.size - access.offset) return std::unexpected(EINVAL);
  return &region;
}

Session::Status Session::region_read(const RegionAccess& in, Request&) {
  const Region* region = TRY(find(in));
  if (!region->is_readable) return std::unexpected(EPERM);
  put(in);
  const auto at = reply_.size();
  reply_.resize(at + in.count);
  if (in.count > 0) device_->read(in.region, in.offset, MutableBytes(reply_).subspan(at));
  return {};
}

Session::Status Session::region_write(const RegionAccess& in, Request& request) {
  const Region* region = TRY(find(in));
  if (!region->is_writable) return std::unexpected(EPERM);
  if (request.rest.size() != in.count) return std::unexpected(EINVAL);
  put(in);
  if (in.count > 0) device_->write(in.region, in.offset, request.rest);
  return {};
}

// The interrupts keep their descriptors: a client that resets its machine gives new ones when it has some.
Session::Status Session::device_reset(Request&) {
  device_->reset();
  return {};
}

/// The commands that there are. SILENT: surplus bytes behind a fixed part are ignored, as argsz lets structs grow,
/// except where a count says how many there must be.
struct SessionCommands {
  struct Row {
    Command command;
    std::size_t descriptors;  ///< at most
    Session::Status (*run)(Session&, Bytes payload, Session::Request&);
  };

  template <typename In>
  static Session::Status call(Session& session, Bytes payload, Session::Request& request,
                              Session::Status (Session::*handler)(const In&, Session::Request&)) {
    Reader reader(payload);
    const auto in = reader.take<In>();
    if (!in) return std::unexpected(EINVAL);
    request.rest = reader.rest();
    return (session.*handler)(*in, request);
  }
  static Session::Status call(Session& session, Bytes, Session::Request& request,
                              Session::Status (Session::*handler)(Session::Request&)) {
    return (session.*handler)(request);
  }
  template <auto handler>
  static constexpr Row row(Command command, std::size_t descriptors = 0) {
    return {command, descriptors, [](Session& session, Bytes payload, Session::Request& request) {
              return call(session, payload, request, handler);
            }};
  }

  static const Row* find(Command command) {
    static constexpr std::array kRows{
        row<&Session::version>(Command::version),
        row<&Session::dma_map>(Command::dma_map, 1),
        row<&Session::dma_unmap>(Command::dma_unmap),
        row<&Session::device_get_info>(Command::device_get_info),
        row<&Session::device_get_region_info>(Command::device_get_region_info),
        row<&Session::device_get_irq_info>(Command::device_get_irq_info),
        row<&Session::device_set_irqs>(Command::device_set_irqs, kDescriptorLimit),
        row<&Session::region_read>(Command::region_read),
        row<&Session::region_write>(Command::region_write),
        row<&Session::device_reset>(Command::device_reset),
    };
    const auto found = std::ranges::find(kRows, command, &Row::command);
    return found == kRows.end() ? nullptr : &*found;
  }
};

Session::Status Session::run(const Header& header, Bytes payload, Request& request) {
  const Command command = header.command;
  if (!has_version_ && command != Command::version) return std::unexpected(EINVAL);
  const auto* row = SessionCommands::find(command);
  if (row == nullptr) return std::unexpected(ENOTSUP);
  if (request.attached.some_lost || request.attached.count > row->descriptors) return std::unexpected(EINVAL);
  return row->run(*this, payload, request);
}

Outcome Session::handle(Bytes message, Attached attached) {
  Outcome outcome;
  Reader reader(message);
  const auto header = reader.take<Header>();
  if (!header) {
    outcome.ends = "a message without a header";
    return outcome;
  }
  if (reply_.capacity() > kKeptSpace) reply_ = {};
  reply_.assign(sizeof(Header), std::byte{0});
  Request request{.rest = {}, .attached = attached, .outcome = outcome};
  const auto status = run(*header, reader.rest(), request);
  outcome.is_refused = !status;
  if (!has_version_) outcome.ends = "its first message agrees on no version";
  if ((header->flags & header_flags::kNoReply) != 0) return outcome;

  // An error is a header alone.
  if (!status) reply_.resize(sizeof(Header));
  const Header head{.message_id = header->message_id,
                    .command = header->command,
                    .message_size = static_cast<std::uint32_t>(reply_.size()),
                    .flags = header_flags::kTypeReply | (status ? 0 : header_flags::kError),
                    .error = status ? 0 : static_cast<std::uint32_t>(status.error())};
  std::ranges::copy(cxlemu::bytes_of(head), reply_.begin());
  outcome.reply = reply_;
  return outcome;
}

}  // namespace cxlemu::os::vfio_user
