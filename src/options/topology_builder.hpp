// From declarations to the lab that the machine is built from.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "machine/topology.hpp"
#include "options/option_grammar.hpp"

namespace cxlemu::options {

struct BuiltTopology {
  Topology topology;
  std::vector<std::string> notices;  ///< a line each; what was accepted without effect is one line together
};

/// Checks declarations against each other and against the rows of properties.hpp. References may point forward. The
/// rules beyond the rows:
/// - ids are unique among objects and among devices, as in QEMU; a device without one is mem0, mem1 ...: the first
/// number
///   that no other device has;
/// - a backend that no device uses is left out; one serves one property of one device; volatile and persistent capacity
/// are multiples of 256 MiB;
/// - a device without sn has the serial number kFirstSerialNumber + its position among the cxl-type3 devices;
/// - a device without mctp has the first free EID from 8 on network 1, in the order of declaration, after the fixed
/// ones;
///   the topology has an EID for every endpoint.
/// An error is one line: the place, what is wrong, and the remedy or the nearest known name.
/// `without_effect` are options to name in the notice, as CommandLine gives them.
Result<BuiltTopology> build_topology(std::span<const Declaration> declarations,
                                     std::span<const std::string> without_effect = {});

/// "CXL" in its high bytes; the first device has one more, so that it is never 0.
inline constexpr std::uint64_t kFirstSerialNumber = 0x43584C00'00000001;
/// LIMIT: Identify Memory Device reports the size of the label storage area in 32 bits (CXL r3.2 8.2.10.9.1.1).
inline constexpr std::uint64_t kMaximumLabelStorage = 0xFFFF'FFFF;
/// LIMIT: names that the notice lists; of more it says how many.
inline constexpr std::size_t kMaximumNoticeNames = 40;

}  // namespace cxlemu::options
