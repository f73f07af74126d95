// Hostile vfio-user clients: a stream cut anywhere, commands of any content, descriptors with any of them, clients that
// go and come. Whatever comes, the device is only asked for what it has, every command that wants a reply gets one of
// the right form, and nothing is left of a client that has gone.
// Input: records of {kind, which, length (2 bytes), bytes}. kind: 0 bytes of the stream, with `which` descriptors, 1
// the payload of command `which & 31`, with `which >> 5` descriptors, 2 the same posted, 3 a version message that is
// good, 4 the client goes and another one comes, 5 as 1 with descriptors that are no events or were lost.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <string_view>

#include "os/vfio_user/message_reader.hpp"
#include "os/vfio_user/session.hpp"
#include "wire/reader_writer.hpp"

namespace {

using namespace cxlemu;
using namespace cxlemu::os::vfio_user;

void require(bool holds) {
  if (!holds) std::abort();
}

class Target {
 public:
  Target() {
    device_.regions[0].size = 0x1000;
    device_.regions[1].size = 3;
    device_.regions[1].is_writable = false;
    device_.regions[2] = {.size = 0x4000, .mappable = {{.offset = 0x2000, .size = 0x1000}}, .descriptor = kDescriptor};
    device_.regions[3] = {.size = 64 << 20, .is_readable = false};
    device_.regions[kConfigurationSpace].size = 0x1000;
    device_.interrupts = {0, 1, 20, 0, 0};
    device_.read = [this](std::uint32_t region, std::uint64_t offset, MutableBytes to) {
      require_access(region, offset, to.size());
      require(device_.regions[region].is_readable);
      std::ranges::fill(to, std::byte{0xA5});
    };
    device_.write = [this](std::uint32_t region, std::uint64_t offset, Bytes from) {
      require_access(region, offset, from.size());
      require(device_.regions[region].is_writable);
    };
    device_.reset = [this] { require(is_agreed_); };
    device_.dma_mapped = [this](const DmaRange& range) { mapped(range); };
    device_.dma_unmapped = [this](const DmaRange& range) {
      const auto found = ranges_.find(range.address);
      require(found != ranges_.end() && found->second == range);
      ranges_.erase(found);
    };
    require(check(device_).has_value());
    come();
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target() { go(); }

  void step(unsigned kind, unsigned which, Bytes bytes) {
    switch (kind) {
      case 0:
        stream(bytes, {.count = which % (kDescriptorLimit + 1)});
        break;
      case 1:
        command(which, bytes, 0, {.count = which >> 5});
        break;
      case 2:
        command(which, bytes, header_flags::kNoReply, {.count = which >> 5});
        break;
      case 3: {
        static constexpr std::string_view kText = "{\"capabilities\":{\"max_msg_fds\":16}}";
        Buffer payload(sizeof(Version));
        append(payload, bytes_of(kText));
        payload.push_back({});
        command(static_cast<unsigned>(Command::version), payload, 0, {});
        break;
      }
      case 4:
        go();
        come();
        break;
      default:
        command(which, bytes, 0, {.count = which >> 5, .are_events = false, .some_lost = (bytes.size() & 1) != 0});
    }
    if (session_) require(session_->dma_ranges() == ranges_.size() && ranges_.size() <= kDmaRangeLimit);
  }

 private:
  static constexpr int kDescriptor = 77;

  void come() {
    reader_.emplace();
    session_.emplace(device_);
    is_agreed_ = false;
    attached_ = {};
  }
  void go() {
    session_.reset();
    require(ranges_.empty());
  }

  void require_access(std::uint32_t region, std::uint64_t offset, std::size_t count) const {
    require(is_agreed_ && region < kRegions && count > 0 && count <= kTransferLimit);
    require(offset < device_.regions[region].size && count <= device_.regions[region].size - offset);
  }

  void mapped(const DmaRange& range) {
    require(is_agreed_ && range.size > 0 && range.address + (range.size - 1) >= range.address);
    const auto behind = ranges_.upper_bound(range.address);
    if (behind != ranges_.end()) require(range.address + (range.size - 1) < behind->first);
    if (behind != ranges_.begin()) {
      const DmaRange& before = std::prev(behind)->second;
      require(before.address + (before.size - 1) < range.address);
    }
    ranges_.emplace(range.address, range);
  }

  void command(unsigned which, Bytes payload, std::uint32_t flags, Attached attached) {
    const Header header{.message_id = static_cast<std::uint16_t>(payload.size()),
                        .command = static_cast<Command>(which & 31),
                        .message_size = static_cast<std::uint32_t>(sizeof(Header) + payload.size()),
                        .flags = flags,
                        .error = 0};
    Buffer message = to_buffer(cxlemu::bytes_of(header));
    append(message, payload);
    stream(message, attached);
  }

  void stream(Bytes bytes, Attached attached) {
    attached_.count = std::min(attached_.count + attached.count, kDescriptorLimit);
    attached_.are_events = attached_.are_events && attached.are_events;
    attached_.some_lost = attached_.some_lost || attached.some_lost;
    while (!bytes.empty()) {
      const std::size_t part = std::min(bytes.size(), reader_->missing());
      require(part > 0);
      const auto progress = reader_->take(bytes.first(part));
      bytes = bytes.subspan(part);
      if (progress == MessageReader::Progress::incomplete) continue;
      if (progress == MessageReader::Progress::broken) {
        require(!reader_->reason().empty());
        go();
        come();
        return;
      }
      if (!handle()) {
        go();
        come();
        return;
      }
      reader_->next();
      attached_ = {};
    }
  }

  // False where the connection ends.
  bool handle() {
    const auto request = *Reader(reader_->message()).take<Header>();
    require(reader_->message().size() == request.message_size);
    // What the version message does not agree on cannot have reached the device.
    const bool is_version = request.command == Command::version;
    const auto outcome = session_->handle(reader_->message(), attached_);
    require(is_agreed_ || is_version || outcome.is_refused);
    require(outcome.ends.empty() == (is_agreed_ || !outcome.is_refused));
    require_reply(request, outcome);
    require_interrupts(outcome);
    is_agreed_ = is_agreed_ || !outcome.is_refused;
    return outcome.ends.empty();
  }

  static void require_reply(const Header& request, const Outcome& outcome) {
    require(outcome.reply.empty() == ((request.flags & header_flags::kNoReply) != 0));
    if (outcome.descriptor != -1) {
      require(outcome.descriptor == kDescriptor && request.command == Command::device_get_region_info);
    }
    if (outcome.reply.empty()) return;
    const auto reply = *Reader(outcome.reply).take<Header>();
    require(reply.message_id == request.message_id && reply.command == request.command);
    require(reply.message_size == outcome.reply.size() && outcome.reply.size() <= kMessageLimit);
    require(reply.flags ==
            (outcome.is_refused ? header_flags::kTypeReply | header_flags::kError : header_flags::kTypeReply));
    require((reply.error != 0) == outcome.is_refused);
    if (outcome.is_refused) require(outcome.reply.size() == sizeof(Header) && outcome.descriptor == -1);
  }

  void require_interrupts(const Outcome& outcome) const {
    const auto is_there = [this](const InterruptRange& range) {
      const auto kind = static_cast<std::size_t>(range.kind);
      return kind < kInterruptKinds && range.first <= device_.interrupts[kind] &&
             range.count <= device_.interrupts[kind] - range.first;
    };
    if (outcome.is_refused) require(std::holds_alternative<std::monostate>(outcome.interrupts));
    if (const auto* assign = std::get_if<AssignInterrupts>(&outcome.interrupts)) {
      require(is_there(assign->range) && assign->range.count == attached_.count);
      require(attached_.are_events && !attached_.some_lost);
    }
    if (const auto* release = std::get_if<ReleaseInterrupts>(&outcome.interrupts)) require(is_there(release->range));
    if (const auto* trigger = std::get_if<TriggerInterrupts>(&outcome.interrupts)) {
      for (const auto vector : trigger->vectors) require(is_there({trigger->kind, vector, 1}));
    }
  }

  Device device_;
  std::map<std::uint64_t, DmaRange> ranges_;
  std::optional<MessageReader> reader_;
  std::optional<Session> session_;
  bool is_agreed_ = false;
  Attached attached_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Target target;
  Bytes input = std::as_bytes(std::span(data, size));
  while (input.size() >= 4) {
    const auto stated = std::to_integer<std::size_t>(input[2]) | std::to_integer<std::size_t>(input[3]) << 8;
    const std::size_t length = std::min(stated, input.size() - 4);
    target.step(std::to_integer<unsigned>(input[0]) % 6, std::to_integer<unsigned>(input[1]), input.subspan(4, length));
    input = input.subspan(4 + length);
  }
  return 0;
}
