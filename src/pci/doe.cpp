#include "pci/doe.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "wire/doe.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu::pci {
namespace {

constexpr std::uint16_t kPciSigVendorId = 0x0001;
constexpr std::uint8_t kDiscovery = 0x00;
constexpr std::uint8_t kTableAccess = 0x02;

constexpr std::uint32_t kAbort = 1U << 0, kInterruptEnable = 1U << 1, kGo = 1U << 31;               // DOE Control
constexpr std::uint32_t kInterruptStatus = 1U << 1, kError = 1U << 2, kDataObjectReady = 1U << 31;  // DOE Status
constexpr std::uint32_t kInterruptSupport = 1U << 0;                                                // DOE Capabilities
constexpr std::uint32_t kDword = 0xFFFF'FFFF;

}  // namespace

DoeProtocol table_access(const Cdat& cdat) {
  return {kCxlVendorId, kTableAccess, [&cdat](Bytes payload) -> std::optional<Buffer> {
            const auto request = Reader(payload).take<ReadEntry>();
            if (!request || request->table_access_code != ReadEntry::kReadEntry ||
                request->table_type != ReadEntry::kCdat) {
              return std::nullopt;
            }
            const std::size_t entry = request->entry_handle;
            if (entry >= cdat.entries().size()) return std::nullopt;
            const bool is_last = entry + 1 == cdat.entries().size();
            ReadEntry response = *request;
            response.entry_handle = is_last ? ReadEntry::kLastEntry : static_cast<std::uint16_t>(entry + 1);
            Buffer answer = to_buffer(bytes_of(response));
            append(answer, cdat.entries()[entry]);
            return answer;
          }};
}

Doe::Doe(std::uint8_t message, Calls calls) : message_(message), calls_(std::move(calls)) {
  add({kPciSigVendorId, kDiscovery, [this](Bytes payload) { return discover(payload); }});
}

Capability Doe::capability() {
  std::vector<Register> rows;
  rows.push_back({.offset = 0x04, .name = "DOE Capabilities", .section = "PCIe 7.9.24.2", .read = [this] {
                    return std::uint64_t{kInterruptSupport | std::uint32_t{message()} << 1};
                  }});
  rows.push_back({.offset = 0x08,
                  .name = "DOE Control",
                  .section = "PCIe 7.9.24.3",
                  .read = [this] { return std::uint64_t{interrupt_enable_ ? kInterruptEnable : 0}; },
                  .written = [this](const RegisterWrite& write) { control_written(write); }});
  rows.push_back({.offset = 0x0C,
                  .name = "DOE Status",
                  .section = "PCIe 7.9.24.4",
                  .read = [this] { return std::uint64_t{status()}; },
                  .written = [this](const RegisterWrite& write) { status_written(write); }});
  rows.push_back({.offset = 0x10,
                  .name = "DOE Write Data Mailbox",
                  .section = "PCIe 7.9.24.5",
                  .read = [] { return std::uint64_t{0}; },
                  .written = [this](const RegisterWrite& write) { request_written(write); }});
  rows.push_back({.offset = 0x14,
                  .name = "DOE Read Data Mailbox",
                  .section = "PCIe 7.9.24.6",
                  .read = [this]() -> std::uint64_t {
                    Le32 dword;
                    if (ready()) std::memcpy(&dword, response_.data() + next_, sizeof(dword));
                    return dword;
                  },
                  .written = [this](const RegisterWrite&) { response_taken(); }});
  return pci::capability(ExtendedCapabilityId::data_object_exchange, 1, kLength, "PCIe 7.9.24.1", std::move(rows));
}

std::uint8_t Doe::message() const { return calls_.message_number ? calls_.message_number(message_) : message_; }

// DOE Busy is never seen: a request is answered before its write ends.
std::uint32_t Doe::status() const {
  return (interrupt_status_ ? kInterruptStatus : 0) | (error_ ? kError : 0) | (ready() ? kDataObjectReady : 0);
}

// PCIe 6.30.3.
template <typename Change>
void Doe::change(Change&& make) {
  const bool before = interrupt_enable_ && interrupt_status_;
  make();
  if (!before && interrupt_enable_ && interrupt_status_ && calls_.interrupt) calls_.interrupt(message());
}

void Doe::control_written(const RegisterWrite& write) {
  change([&] { interrupt_enable_ = (write.after & kInterruptEnable) != 0; });
  if ((write.value & kAbort) != 0) {
    abort();
  } else if ((write.value & kGo) != 0) {
    go();
  }
}

void Doe::status_written(const RegisterWrite& write) {
  if ((write.value & kInterruptStatus) != 0) interrupt_status_ = false;
}

// A mailbox takes whole DWORDs (SILENT: what a part of one does. It is dropped).
void Doe::request_written(const RegisterWrite& write) {
  if (write.enabled != kDword) return;
  ++request_dwords_;
  if (request_dwords_ <= kMaximumDoeRequest) append(request_, bytes_of(Le32{static_cast<std::uint32_t>(write.value)}));
}

void Doe::response_taken() {
  if (ready()) next_ += sizeof(Le32);
}

// PCIe 6.30.2: Data Object Ready and DOE Error are cleared. DOE Interrupt Status stays.
void Doe::abort() {
  request_.clear();
  request_dwords_ = 0;
  response_.clear();
  next_ = 0;
  error_ = false;
}

// SILENT: what Go does while an error is shown, and what becomes of a response that was not taken. The first waits for
// an abort, the second makes room.
void Doe::go() {
  if (error_) return;
  if (!request_is_whole()) {
    request_.clear();
    request_dwords_ = 0;
    return;
  }
  auto response = answer();
  abort();
  change([&] {
    error_ = !response;
    if (response) response_ = std::move(*response);
    interrupt_status_ = true;
  });
}

// PCIe 6.30.1: a data object that is not as long as its Length says is discarded in silence.
bool Doe::request_is_whole() const {
  const auto header = Reader(request_).take<DoeHeader>();
  return header && DoeHeader::Length::get(header->length.value()) == request_dwords_;
}

// SILENT: whether a data object of an unknown type is discarded, too. There is no response to it, which is what DOE
// Error tells (PCIe 7.9.24.4).
std::optional<Buffer> Doe::answer() {
  Reader reader(request_);
  const auto header = reader.take<DoeHeader>();
  if (!header || request_dwords_ > kMaximumDoeRequest) return std::nullopt;
  const auto protocol = std::ranges::find_if(protocols_, [&](const DoeProtocol& known) {
    return known.vendor_id == header->vendor_id && known.data_object_type == header->data_object_type;
  });
  if (protocol == protocols_.end()) return std::nullopt;
  const auto payload = protocol->answer(reader.rest());
  if (!payload) return std::nullopt;
  DoeHeader answered{};
  answered.vendor_id = protocol->vendor_id;
  answered.data_object_type = protocol->data_object_type;
  answered.length = static_cast<std::uint32_t>((sizeof(DoeHeader) + payload->size()) / sizeof(Le32));
  Buffer response = to_buffer(bytes_of(answered));
  append(response, *payload);
  return response;
}

// PCIe 6.30.1.1. SILENT: an index that names nothing; FFFFh is no vendor, and there is no next one.
std::optional<Buffer> Doe::discover(Bytes payload) const {
  const auto request = Reader(payload).take<DoeDiscoveryRequest>();
  if (!request) return std::nullopt;
  const std::size_t index = request->index;
  DoeDiscoveryResponse response{};
  response.vendor_id = std::uint16_t{0xFFFF};
  response.data_object_type = std::uint8_t{0xFF};
  if (index < protocols_.size()) {
    const bool is_last = index + 1 == protocols_.size();
    response.vendor_id = protocols_[index].vendor_id;
    response.data_object_type = protocols_[index].data_object_type;
    response.next_index = static_cast<std::uint8_t>(is_last ? 0 : index + 1);
  }
  return to_buffer(bytes_of(response));
}

void Doe::reset() {
  abort();
  interrupt_enable_ = false;
  interrupt_status_ = false;
}

}  // namespace cxlemu::pci
