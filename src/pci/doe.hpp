// Data Object Exchange (PCIe 6.30, 7.9.24): a mailbox in configuration space, discovery, and the table access of CXL.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "pci/capability.hpp"
#include "pci/cdat.hpp"

namespace cxlemu::pci {

/// LIMIT: DWORDs of a request, with its header. Every type that is answered has shorter ones.
inline constexpr std::size_t kMaximumDoeRequest = 16;

/// A type of data objects, and what answers them: the payload behind the header, of whole DWORDs; nothing where there
/// is no answer.
struct DoeProtocol {
  std::uint16_t vendor_id = 0;
  std::uint8_t data_object_type = 0;
  std::move_only_function<std::optional<Buffer>(Bytes payload)> answer;
};

/// Table Access, Read Entry (CXL r3.2 8.1.11.1). `cdat` outlives it.
DoeProtocol table_access(const Cdat& cdat);

class Doe {
 public:
  static constexpr std::uint16_t kLength = 0x18;

  /// What the mailbox asks of others; unset: no interrupts.
  struct Calls {
    std::move_only_function<std::uint8_t(std::uint8_t) const> message_number{};
    std::move_only_function<void(std::uint8_t message)> interrupt{};
  };

  /// Answers DOE Discovery. `message` is the Interrupt Message Number, before it is folded into those that are
  /// assigned.
  Doe(std::uint8_t message, Calls calls);
  Doe(const Doe&) = delete;
  Doe& operator=(const Doe&) = delete;

  /// Answers these data objects too.
  void add(DoeProtocol protocol) { protocols_.push_back(std::move(protocol)); }

  /// The extended capability. Its registers are this mailbox.
  Capability capability();
  /// Any reset.
  void reset();

 private:
  [[nodiscard]] std::uint8_t message() const;
  [[nodiscard]] std::uint32_t status() const;
  [[nodiscard]] bool ready() const { return next_ < response_.size(); }
  void control_written(const RegisterWrite& write);
  void status_written(const RegisterWrite& write);
  void request_written(const RegisterWrite& write);
  void response_taken();
  void abort();
  void go();
  [[nodiscard]] bool request_is_whole() const;
  [[nodiscard]] std::optional<Buffer> answer();
  [[nodiscard]] std::optional<Buffer> discover(Bytes payload) const;
  /// Interrupt Enable and Interrupt Status are set, and were not both before.
  template <typename Change>
  void change(Change&& make);

  std::vector<DoeProtocol> protocols_;
  std::uint8_t message_;
  Calls calls_;
  bool interrupt_enable_ = false;
  bool interrupt_status_ = false;
  bool error_ = false;
  Buffer request_;                    ///< at most kMaximumDoeRequest DWORDs
  std::uint64_t request_dwords_ = 0;  ///< that were written
  Buffer response_;
  std::size_t next_ = 0;  ///< of the bytes of the response; all were taken: there is none
};

}  // namespace cxlemu::pci
