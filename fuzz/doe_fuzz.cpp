// Any sequence of writes, reads, Go and Abort to the mailbox of Data Object Exchange, well formed requests among them.
// Beside it goes a model of the status; each response is checked for what it must be.
// Input: records of one byte: what is done in 2:0, and what follows it.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "pci/configuration_space.hpp"
#include "wire/cdat.hpp"
#include "wire/doe.hpp"
#include "wire/reader_writer.hpp"

namespace {

using namespace cxlemu;
using namespace cxlemu::pci;

constexpr std::uint64_t kDoe = 0x1DC, kControl = kDoe + 8, kStatus = kDoe + 0xC, kWrite = kDoe + 0x10,
                        kRead = kDoe + 0x14;
constexpr std::uint32_t kAbort = 1U << 0, kInterruptEnable = 1U << 1, kGo = 1U << 31;
constexpr std::uint32_t kBusy = 1U << 0, kInterruptStatus = 1U << 1, kError = 1U << 2, kReady = 1U << 31;

void require(bool holds) {
  if (!holds) std::abort();
}

class Harness {
 public:
  Harness() { doe_.add(table_access(cdat_)); }

  void run(Reader input) {
    while (const auto control = input.take<U8>()) {
      const std::uint8_t action = *control & 7;
      const std::uint8_t argument = *control >> 3;
      switch (action) {
        case 0:
          put(input.take<Le32>().value_or(0U));
          break;
        case 1:
          go(argument);
          break;
        case 2:
          abort(argument);
          break;
        case 3:
          take();
          break;
        case 4:
          request(argument, input.take<Le16>().value_or(std::uint16_t{0}));
          break;
        case 5:
          touch(argument, input.take<Le32>().value_or(0U));
          break;
        case 6:
          read_response();
          break;
        case 7:
          other(argument);
          break;
      }
      check();
    }
  }

 private:
  std::uint32_t read(std::uint64_t offset) const {
    Le32 value;
    space_.read(offset, std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  void write(std::uint64_t offset, std::uint32_t value) { space_.write(offset, bytes_of(Le32{value})); }

  void put(std::uint32_t dword) {
    write(kWrite, dword);
    if (written_ == 1) length_ = DoeHeader::Length::get(dword);
    ++written_;
  }

  void go(std::uint8_t argument) {
    const std::uint32_t before = read(kStatus);
    write(kControl, kGo | ((argument & 1) != 0 ? kInterruptEnable : 0));
    const std::uint32_t after = read(kStatus);
    if ((before & kError) != 0) {
      require((after & (kError | kReady)) == kError);
      return;
    }
    // What is not as long as it says is discarded in silence.
    if (written_ < 2 || length_ != written_) {
      require(after == before);
      written_ = 0;
      return;
    }
    // Exactly one of the two tells of every request.
    require(((after & kError) != 0) != ((after & kReady) != 0));
    require((after & kInterruptStatus) != 0);
    require(written_ <= kMaximumDoeRequest || (after & kError) != 0);
    written_ = 0;
  }

  void abort(std::uint8_t argument) {
    const std::uint32_t before = read(kStatus);
    write(kControl, kAbort | ((argument & 1) != 0 ? kGo : 0) | ((argument & 2) != 0 ? kInterruptEnable : 0));
    require(read(kStatus) == (before & kInterruptStatus));
    written_ = 0;
  }

  void take() {
    if ((read(kStatus) & kReady) == 0) require(read(kRead) == 0);
    write(kRead, 0);
  }

  // A request that is right but for what the argument spoils.
  void request(std::uint8_t argument, std::uint16_t handle) {
    const bool is_discovery = (argument & 1) != 0;
    DoeHeader header{};
    header.vendor_id = is_discovery ? std::uint16_t{1} : kCxlVendorId;
    header.data_object_type = is_discovery ? std::uint8_t{0} : std::uint8_t{2};
    header.length = 3U + ((argument & 2) != 0 ? 1U : 0U);
    Buffer bytes = to_buffer(bytes_of(header));
    if (is_discovery) {
      append(bytes, bytes_of(Le32{std::uint32_t{handle} & 0xFF}));
    } else {
      append(bytes, bytes_of(Le32{std::uint32_t{handle} << 16}));
    }
    const bool is_fresh = written_ == 0 && (read(kStatus) & (kError | kReady)) == 0;
    for (std::size_t at = 0; at < bytes.size(); at += 4) {
      Le32 dword;
      std::memcpy(&dword, bytes.data() + at, sizeof(dword));
      put(dword);
    }
    if ((argument & 4) != 0) return;
    go(0);
    if (!is_fresh) return;
    const bool is_right = (argument & 2) == 0 && (is_discovery || handle < cdat_.entries().size());
    require(((read(kStatus) & kReady) != 0) == is_right);
    if (!is_right) return;
    const Buffer response = read_response();
    if (is_discovery) {
      require(response.size() == 12);
    } else {
      require(response.size() == 12 + cdat_.entries()[handle].size());
      require(std::ranges::equal(Bytes(response).subspan(12), cdat_.entries()[handle]));
    }
  }

  // Any access that is not a DWORD, or not at its place.
  void touch(std::uint8_t argument, std::uint32_t value) {
    const std::size_t size = argument % 4 + 1U;
    const std::uint64_t offset = kDoe + argument % 24;
    space_.write(offset, bytes_of(Le32{value}).first(size));
    if (offset < kRead + 4 && offset + size > kControl) has_lost_count_ = true;
  }

  // All of it, from where it stands.
  Buffer read_response() {
    Buffer response;
    while ((read(kStatus) & kReady) != 0) {
      const std::uint32_t dword = read(kRead);
      require(read(kRead) == dword);
      append(response, bytes_of(Le32{dword}));
      write(kRead, 0xFFFF'FFFF);
      require(response.size() <= 8 + 4 + 24);
    }
    return response;
  }

  void other(std::uint8_t argument) {
    switch (argument % 4) {
      case 0:
        space_.reset(static_cast<Reset>(argument / 4 % 4));
        break;
      case 1:
        cdat_.update(cdat_memory({std::uint64_t{argument} << 28, std::uint64_t{1} << 28}));
        break;
      case 2:
        write(kStatus, kInterruptStatus);
        break;
      case 3:
        write(kControl, (argument & 4) != 0 ? kInterruptEnable : 0);
        break;
    }
    if (argument % 4 == 0) {
      written_ = 0;
      require(read(kControl) == 0 && read(kStatus) == 0);
    }
  }

  void check() {
    if (has_lost_count_) {
      write(kControl, kAbort);
      written_ = 0;
      has_lost_count_ = false;
    }
    const std::uint32_t status = read(kStatus);
    require((status & ~(kInterruptStatus | kError | kReady)) == 0 && (status & kBusy) == 0);
    require((status & kError) == 0 || (status & kReady) == 0);
    require((read(kControl) & ~kInterruptEnable) == 0);
    require(read(kWrite) == 0);
    require(read(kDoe) == 0x0001'002E);
    unsigned sum = 0;
    std::size_t length = 0;
    for (const Buffer& entry : cdat_.entries()) {
      length += entry.size();
      for (const std::byte byte : entry) sum += std::to_integer<unsigned>(byte);
    }
    const auto header = Reader(cdat_.entries().front()).take<CdatHeader>();
    require(sum % 256 == 0 && header && header->length == length);
  }

  std::uint64_t written_ = 0;    ///< DWORDs of a request, since the last Go or Abort
  std::uint64_t length_ = 0;     ///< that the second of them says
  bool has_lost_count_ = false;  ///< of the DWORDs
  Cdat cdat_{cdat_memory({1 << 28, 0})};
  Doe doe_{0, {.interrupt = [](std::uint8_t message) { require(message == 0); }}};
  ConfigurationSpace space_{FunctionConfig{}, &doe_};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Harness().run(Reader(std::as_bytes(std::span(data, size))));
  return 0;
}
