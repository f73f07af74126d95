// Opcodes that are named outside of the rows of commands: by programs that put several commands together.
#pragma once

#include "base/ids.hpp"

namespace cxlemu {

inline constexpr Opcode kGetFwInfo{0x0200};             // CXL r3.2 8.2.10.3.1
inline constexpr Opcode kTransferFw{0x0201};            // CXL r3.2 8.2.10.3.2
inline constexpr Opcode kGetSupportedLogs{0x0400};      // CXL r3.2 8.2.10.5.1
inline constexpr Opcode kGetLog{0x0401};                // CXL r3.2 8.2.10.5.2
inline constexpr Opcode kGetSupportedFeatures{0x0500};  // CXL r3.2 8.2.10.6.1
inline constexpr Opcode kGetFeature{0x0501};            // CXL r3.2 8.2.10.6.2
inline constexpr Opcode kSetFeature{0x0502};            // CXL r3.2 8.2.10.6.3
inline constexpr Opcode kPerformMaintenance{0x0600};    // CXL r3.2 8.2.10.7.1
inline constexpr Opcode kIdentifyMemoryDevice{0x4000};  // CXL r3.2 8.2.10.9.1.1
inline constexpr Opcode kGetLsa{0x4102};                // CXL r3.2 8.2.10.9.2.3
inline constexpr Opcode kSetLsa{0x4103};                // CXL r3.2 8.2.10.9.2.4

}  // namespace cxlemu
