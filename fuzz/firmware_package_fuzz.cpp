// Firmware packages: whatever the bytes are, they are a package that packs again to what a device stores, or one line
// says why they are none.
#include <algorithm>
#include <cstdlib>

#include "component/memory_device/firmware_package.hpp"

using namespace cxlemu;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

void expect_round_trip(const FirmwarePackage& package) {
  const auto again = parse_firmware_package(pack_firmware(package.revision, package.payload));
  expect(again && again->revision == package.revision && again->payload == package.payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto package = parse_firmware_package(bytes)) {
    expect(size >= sizeof(FirmwarePackageHeader) + package->payload.size());
    expect(parse_revision(revision_text(package->revision)) == package->revision);
    expect_round_trip(*package);
  } else {
    expect(!package.error().message.empty());
  }
  // As a payload everything can be packed.
  expect_round_trip({*parse_revision("1"), to_buffer(bytes)});
  return 0;
}
