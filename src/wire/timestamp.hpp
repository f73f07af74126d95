// CXL r3.2 8.2.10.4 Timestamp command set (Opcodes 0300h and 0301h)
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

// CXL r3.2 8.2.10.4.1 Get Timestamp (Opcode 0300h), output, and 8.2.10.4.2 Set Timestamp (Opcode 0301h), input payload
struct Timestamp {
  Le64 timestamp;
};
static_assert(sizeof(Timestamp) == 8);
CXLEMU_DESCRIBE(Timestamp, CXLEMU_FIELD(Timestamp, timestamp, nanoseconds,
                                        "nanoseconds since midnight, 01-Jan-1970, UTC; 0: never set"));

}  // namespace cxlemu
