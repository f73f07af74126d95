// CXL r3.2 8.2.4.17 CXL RAS Capability Structure of a device: errors of its CXL.cache and CXL.mem protocols. The
// registers are state here, read and written by their offsets; whoever has a PCIe function maps them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

namespace cxlemu {

/// Offsets of the registers.
enum class RasRegister : std::uint32_t {
  uncorrectable_error_status = 0x00,
  uncorrectable_error_mask = 0x04,
  uncorrectable_error_severity = 0x08,
  correctable_error_status = 0x0C,
  correctable_error_mask = 0x10,
  error_capabilities_and_control = 0x14,
  header_log = 0x18,  ///< sixteen of 4 bytes
};
inline constexpr std::size_t kRasHeaderDwords = 16;
inline constexpr std::uint32_t kRasSize = 0x58;

/// A name of an error, and its bit in status, mask and severity.
struct RasError {
  std::string_view name;
  std::uint8_t bit;
};
inline constexpr auto kUncorrectableErrors = std::to_array<RasError>({{"cache-data-parity", 0},
                                                                      {"cache-address-parity", 1},
                                                                      {"cache-be-parity", 2},
                                                                      {"cache-data-ecc", 3},
                                                                      {"mem-data-parity", 4},
                                                                      {"mem-address-parity", 5},
                                                                      {"mem-be-parity", 6},
                                                                      {"mem-data-ecc", 7},
                                                                      {"reinit-threshold", 8},
                                                                      {"rsvd-encoding", 9},
                                                                      {"poison-received", 10},
                                                                      {"receiver-overflow", 11},
                                                                      {"internal", 14},
                                                                      {"cxl-ide-tx", 15},
                                                                      {"cxl-ide-rx", 16}});
inline constexpr auto kCorrectableErrors = std::to_array<RasError>({{"cache-data-ecc", 0},
                                                                    {"mem-data-ecc", 1},
                                                                    {"crc-threshold", 2},
                                                                    {"retry-threshold", 3},
                                                                    {"cache-poison-received", 4},
                                                                    {"mem-poison-received", 5},
                                                                    {"physical", 6}});
inline constexpr std::uint32_t kUncorrectableErrorBits = 0x1CFFF;
inline constexpr std::uint32_t kCorrectableErrorBits = 0x7F;

/// An uncorrectable error with the header that was logged for it.
struct RasHeader {
  std::uint8_t error = 0;  ///< its bit
  std::array<std::uint32_t, kRasHeaderDwords> header{};
  bool operator==(const RasHeader&) const = default;
};

/// LIMIT: uncorrectable errors that wait for software to clear them (Multiple_Header_Recording).
inline constexpr std::size_t kMaximumRasHeaders = 64;

/// What an error that is not masked leaves. Everything is sticky: only a cold reset makes it anew.
struct RasState {
  std::uint32_t uncorrectable_mask = kUncorrectableErrorBits;
  std::uint32_t uncorrectable_severity = kUncorrectableErrorBits;  ///< set: fatal
  std::uint32_t correctable_status = 0;
  std::uint32_t correctable_mask = kCorrectableErrorBits;
  std::deque<RasHeader> headers;  ///< the first error first; the uncorrectable status is their bits
  bool operator==(const RasState&) const = default;
};

enum class RasOutcome : std::uint8_t { recorded, masked, full };

namespace ras {

/// Masked errors leave nothing.
RasOutcome record_uncorrectable(RasState& state, const RasHeader& error);
RasOutcome record_correctable(RasState& state, std::uint8_t bit);
/// What reset leaves: everything masked, or, where `unmasked`, nothing.
RasState reset_state(bool unmasked);

std::uint32_t uncorrectable_status(const RasState& state);
/// The bit of the error that the header log belongs to; nothing where there is none.
std::optional<std::uint8_t> first_error(const RasState& state);

/// A register as software reads it; 0 where there is none. Offsets are multiples of 4.
std::uint32_t read(const RasState& state, std::uint32_t offset);
/// What software's write does. Status bits are cleared by writing 1: the first error alone makes room for the next one
/// in the header log, any other choice removes every error that it names.
void write(RasState& state, std::uint32_t offset, std::uint32_t value);

}  // namespace ras
}  // namespace cxlemu
