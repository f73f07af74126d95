// Data objects of Data Object Exchange (PCIe 6.30) and those of CXL (CXL r3.2 8.1.11)
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

// PCIe 6.30.1 Data Object Header 1 and 2. A request and its response have the same type.
struct DoeHeader {
  Le16 vendor_id;
  U8 data_object_type;
  Reserved<1> reserved;
  Le32 length;

  using Length = Bits<17, 0>;
};
static_assert(sizeof(DoeHeader) == 8);
CXLEMU_DESCRIBE(DoeHeader, CXLEMU_FIELD(DoeHeader, vendor_id, hex, "Vendor ID"),
                CXLEMU_FIELD(DoeHeader, data_object_type, hex, "Data Object Type"),
                CXLEMU_RESERVED(DoeHeader, reserved),
                CXLEMU_FIELD(DoeHeader, length, number,
                             "bits 17:0: DWORDs of the data object with its header; 0: 2^18"));

// PCIe 6.30.1.1 DOE Discovery Request, third DWORD
struct DoeDiscoveryRequest {
  U8 index;
  U8 doe_discovery_version;
  Reserved<2> reserved;
};
static_assert(sizeof(DoeDiscoveryRequest) == 4);
CXLEMU_DESCRIBE(DoeDiscoveryRequest, CXLEMU_FIELD(DoeDiscoveryRequest, index, number, "Index"),
                CXLEMU_FIELD(DoeDiscoveryRequest, doe_discovery_version, number, "DOE Discovery Version"),
                CXLEMU_RESERVED(DoeDiscoveryRequest, reserved));

// PCIe 6.30.1.1 DOE Discovery Response, third DWORD
struct DoeDiscoveryResponse {
  Le16 vendor_id;
  U8 data_object_type;
  U8 next_index;
};
static_assert(sizeof(DoeDiscoveryResponse) == 4);
CXLEMU_DESCRIBE(DoeDiscoveryResponse, CXLEMU_FIELD(DoeDiscoveryResponse, vendor_id, hex, "Vendor ID"),
                CXLEMU_FIELD(DoeDiscoveryResponse, data_object_type, hex, "Data Object Type"),
                CXLEMU_FIELD(DoeDiscoveryResponse, next_index, number, "Next Index; 0: this is the last"));

// CXL r3.2 8.1.11.1 Read Entry Request and the fixed part of Read Entry Response, behind the data object header
struct ReadEntry {
  U8 table_access_code;
  U8 table_type;
  Le16 entry_handle;

  static constexpr std::uint8_t kReadEntry = 0;
  static constexpr std::uint8_t kCdat = 0;
  static constexpr std::uint16_t kLastEntry = 0xFFFF;
};
static_assert(sizeof(ReadEntry) == 4);
CXLEMU_DESCRIBE(ReadEntry, CXLEMU_FIELD(ReadEntry, table_access_code, number, "0: Read Entry"),
                CXLEMU_FIELD(ReadEntry, table_type, number, "0: CDAT"),
                CXLEMU_FIELD(ReadEntry, entry_handle, number,
                             "of the entry that is asked for; in a response of the next one, FFFFh: there is none"));

}  // namespace cxlemu
