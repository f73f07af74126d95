// CXL r3.2 7.6.3 CCI Message Format: what travels over MCTP behind the message type byte, and inside tunnels.
#pragma once

#include "wire/fields.hpp"
#include "wire/return_code.hpp"

namespace cxlemu {

enum class CciMessageCategory : std::uint8_t { request = 0, response = 1 };

struct CciMessageHeader {
  U8 category;
  U8 cci_tag;
  Reserved<1> reserved;
  Le16 opcode;
  Le24 payload_length_and_background_operation;
  Le<ReturnCode> return_code;
  Le16 vendor_specific_extended_status;

  using Category = Bits<3, 0>;
  using PayloadLength = Bits<20, 0>;
  using BackgroundOperation = Bits<23>;
};
static_assert(sizeof(CciMessageHeader) == 12);

inline constexpr auto kCciMessageCategories = std::to_array<NamedValue>({{0, "Request"}, {1, "Response"}});

CXLEMU_DESCRIBE(
    CciMessageHeader, CXLEMU_FIELD(CciMessageHeader, category, choice, "Message Category", kCciMessageCategories),
    CXLEMU_FIELD(CciMessageHeader, cci_tag, hex, "Message Tag"), CXLEMU_RESERVED(CciMessageHeader, reserved),
    CXLEMU_FIELD(CciMessageHeader, opcode, hex, "Command Opcode"),
    CXLEMU_FIELD(CciMessageHeader, payload_length_and_background_operation, hex,
                 "Message Payload Length [20:0], Background Operation [23]"),
    CXLEMU_FIELD(CciMessageHeader, return_code, choice, "Return Code", kReturnCodes),
    CXLEMU_FIELD(CciMessageHeader, vendor_specific_extended_status, hex, "Vendor Specific Extended Status"));

}  // namespace cxlemu
