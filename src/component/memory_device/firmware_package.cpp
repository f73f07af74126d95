#include "component/memory_device/firmware_package.hpp"

#include <algorithm>
#include <cstring>

#include "base/sha256.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu {
namespace {

bool is_printable(char c) { return c >= 0x20 && c < 0x7F; }

}  // namespace

std::optional<FwRevision> parse_revision(std::string_view text) {
  if (text.empty() || text.size() > kMaximumRevision || !std::ranges::all_of(text, is_printable)) return std::nullopt;
  FwRevision revision{};
  std::memcpy(revision.data(), text.data(), text.size());
  return revision;
}

std::string revision_text(const FwRevision& revision) {
  const auto end = std::ranges::find(revision, std::byte{0});
  return std::string(text_of(Bytes(revision).first(static_cast<std::size_t>(end - revision.begin()))));
}

Buffer pack_firmware(const FwRevision& revision, Bytes payload) {
  FirmwarePackageHeader header{};
  std::memcpy(header.magic.data(), FirmwarePackageHeader::kMagic.data(), header.magic.size());
  header.format_version = FirmwarePackageHeader::kFormatVersion;
  header.header_size = static_cast<std::uint16_t>(sizeof header);
  header.payload_size = payload.size();
  header.revision = revision;
  header.sha256 = sha256({revision, payload});
  const std::size_t size = sizeof header + payload.size();
  Buffer package((size + kFwAlignment - 1) / kFwAlignment * kFwAlignment);
  std::ranges::copy(bytes_of(header), package.begin());
  std::ranges::copy(payload, package.begin() + sizeof header);
  return package;
}

Result<FirmwarePackage> parse_firmware_package(Bytes bytes) {
  Reader reader(bytes);
  const auto header = reader.take<FirmwarePackageHeader>();
  if (!header || text_of(header->magic) != FirmwarePackageHeader::kMagic) {
    return failure("this is no firmware package: it does not begin with CXLEMUFW");
  }
  if (header->format_version != FirmwarePackageHeader::kFormatVersion || header->header_size != sizeof *header) {
    return failure("the firmware package has a format that this version does not know");
  }
  if (header->payload_size > reader.rest().size()) return failure("the firmware package is cut short");
  const auto size = static_cast<std::size_t>(header->payload_size.value());
  const Bytes padding = reader.rest().subspan(size);
  if (padding.size() >= kFwAlignment || std::ranges::any_of(padding, [](std::byte b) { return b != std::byte{0}; })) {
    return failure("the firmware package goes on behind its payload");
  }
  FirmwarePackage package{header->revision, to_buffer(reader.rest().first(size))};
  // Behind the text are zeros alone: Get FW Info shows the field as it is.
  if (parse_revision(revision_text(package.revision)) != package.revision) {
    return failure("the firmware package has no revision of printable ASCII");
  }
  if (sha256({package.revision, package.payload}) != header->sha256) {
    return failure("the firmware package is corrupt: its SHA-256 does not fit");
  }
  return package;
}

}  // namespace cxlemu
