// An AF_MCTP client as any program has it: it works with a kernel's MCTP as well.
#pragma once

#include <linux/mctp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "wire/cci_message.hpp"
#include "wire/reader_writer.hpp"

namespace cxlemu::bench {

inline constexpr int kAddressFamily = 45;  // AF_MCTP; glibc 2.36 has no name for it
inline constexpr std::uint8_t kCciMessageType = 8;
inline constexpr unsigned kNetwork = 1;
inline constexpr std::uint8_t kDeviceEid = 8;
inline constexpr int kTimeoutMs = 2000;

inline Buffer cci_request(Opcode opcode, Bytes payload) {
  CciMessageHeader header{};
  header.opcode = opcode.value;
  header.payload_length_and_background_operation = static_cast<std::uint32_t>(payload.size());
  Buffer message(sizeof header + payload.size());
  std::memcpy(message.data(), &header, sizeof header);
  std::ranges::copy(payload, message.begin() + sizeof header);
  return message;
}

class MctpSocket {
 public:
  MctpSocket() : descriptor_(::socket(kAddressFamily, SOCK_DGRAM, 0)) {}
  MctpSocket(const MctpSocket&) = delete;
  MctpSocket& operator=(const MctpSocket&) = delete;
  ~MctpSocket() { ::close(descriptor_); }

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  /// One request to the device and its response; the bytes of the response, or -1.
  [[nodiscard]] ssize_t exchange(Bytes request, MutableBytes response) const {
    sockaddr_mctp address{};
    address.smctp_family = kAddressFamily;
    address.smctp_network = kNetwork;
    address.smctp_addr.s_addr = kDeviceEid;
    address.smctp_type = kCciMessageType;
    address.smctp_tag = MCTP_TAG_OWNER;
    if (::sendto(descriptor_, request.data(), request.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                 sizeof address) < 0) {
      return -1;
    }
    pollfd readable{descriptor_, POLLIN, 0};
    if (::poll(&readable, 1, kTimeoutMs) != 1) return -1;
    socklen_t size = sizeof address;
    return ::recvfrom(descriptor_, response.data(), response.size(), 0, reinterpret_cast<sockaddr*>(&address), &size);
  }

 private:
  int descriptor_;
};

inline bool is_success(Bytes response) {
  const auto header = Reader(response).take<CciMessageHeader>();
  return header && header->return_code == ReturnCode::success;
}

}  // namespace cxlemu::bench
