// Coherent Device Attribute Table (CDAT) Specification 1.04
#pragma once

#include "wire/fields.hpp"

namespace cxlemu {

/// Type of a CDAT structure.
enum class CdatType : std::uint8_t { dsmas = 0, dslbis = 1, dsmscis = 2, dsis = 3, dsemts = 4, sslbis = 5 };

// CDAT 1.04 Table 1 CDAT Header
struct CdatHeader {
  Le32 length;
  U8 revision;
  U8 checksum;
  Reserved<6> reserved;
  Le32 sequence;

  static constexpr std::uint8_t kRevision = 2;
};
static_assert(sizeof(CdatHeader) == 16);
CXLEMU_DESCRIBE(CdatHeader, CXLEMU_FIELD(CdatHeader, length, number, "bytes of the whole table"),
                CXLEMU_FIELD(CdatHeader, revision, number, "Revision"),
                CXLEMU_FIELD(CdatHeader, checksum, hex, "makes the sum of all bytes zero"),
                CXLEMU_RESERVED(CdatHeader, reserved),
                CXLEMU_FIELD(CdatHeader, sequence, number, "changes with the contents"));

// CDAT 1.04 Table 3 Device Scoped Memory Affinity Structure
struct Dsmas {
  Le<CdatType> type;
  Reserved<1> reserved;
  Le16 length;
  U8 dsmad_handle;
  U8 flags;
  Reserved<2> reserved2;
  Le64 dpa_base;
  Le64 dpa_length;

  static constexpr std::uint8_t kNonVolatile = 1 << 2;
};
static_assert(sizeof(Dsmas) == 24);
CXLEMU_DESCRIBE(Dsmas, CXLEMU_FIELD(Dsmas, type, number, "0"), CXLEMU_RESERVED(Dsmas, reserved),
                CXLEMU_FIELD(Dsmas, length, number, "bytes"), CXLEMU_FIELD(Dsmas, dsmad_handle, number, "DSMADHandle"),
                CXLEMU_FIELD(Dsmas, flags, hex, "bit 2: non-volatile"), CXLEMU_RESERVED(Dsmas, reserved2),
                CXLEMU_FIELD(Dsmas, dpa_base, hex, "DPA Base"), CXLEMU_FIELD(Dsmas, dpa_length, hex, "DPA Length"));

// CDAT 1.04 Table 4 Device Scoped Latency and Bandwidth Information Structure
struct Dslbis {
  Le<CdatType> type;
  Reserved<1> reserved;
  Le16 length;
  U8 handle;
  U8 flags;
  U8 data_type;
  Reserved<1> reserved2;
  Le64 entry_base_unit;
  Le16 entry;
  Reserved<4> other_entries;
  Reserved<2> reserved3;

  static constexpr std::uint8_t kReadLatency = 1;
  static constexpr std::uint8_t kWriteLatency = 2;
  static constexpr std::uint8_t kReadBandwidth = 4;
  static constexpr std::uint8_t kWriteBandwidth = 5;
};
static_assert(sizeof(Dslbis) == 24);
CXLEMU_DESCRIBE(Dslbis, CXLEMU_FIELD(Dslbis, type, number, "1"), CXLEMU_RESERVED(Dslbis, reserved),
                CXLEMU_FIELD(Dslbis, length, number, "bytes"), CXLEMU_FIELD(Dslbis, handle, number, "DSMADHandle"),
                CXLEMU_FIELD(Dslbis, flags, hex, "bits 3:0: memory hierarchy, 0: memory"),
                CXLEMU_FIELD(Dslbis, data_type, number, "1 and 2: read and write latency, 4 and 5: bandwidth"),
                CXLEMU_RESERVED(Dslbis, reserved2),
                CXLEMU_FIELD(Dslbis, entry_base_unit, number, "picoseconds or MB/s that an entry is multiplied with"),
                CXLEMU_FIELD(Dslbis, entry, number, "FFFFh: unreachable"), CXLEMU_RESERVED(Dslbis, other_entries),
                CXLEMU_RESERVED(Dslbis, reserved3));

// CDAT 1.04 Table 5 Device Scoped Memory Side Cache Information Structure
struct Dsmscis {
  Le<CdatType> type;
  Reserved<1> reserved;
  Le16 length;
  U8 dsmas_handle;
  Reserved<3> reserved2;
  Le64 memory_side_cache_size;
  Le32 cache_attributes;
};
static_assert(sizeof(Dsmscis) == 20);
CXLEMU_DESCRIBE(
    Dsmscis, CXLEMU_FIELD(Dsmscis, type, number, "2"), CXLEMU_RESERVED(Dsmscis, reserved),
    CXLEMU_FIELD(Dsmscis, length, number, "bytes"), CXLEMU_FIELD(Dsmscis, dsmas_handle, number, "DSMADHandle"),
    CXLEMU_RESERVED(Dsmscis, reserved2), CXLEMU_FIELD(Dsmscis, memory_side_cache_size, hex, "bytes"),
    CXLEMU_FIELD(Dsmscis, cache_attributes, hex,
                 "bits 3:0 levels, 7:4 this level, 11:8 associativity, 15:12 write policy, 31:16 line size"));

// CDAT 1.04 Table 7 Device Scoped EFI Memory Type Structure
struct Dsemts {
  Le<CdatType> type;
  Reserved<1> reserved;
  Le16 length;
  U8 dsmas_handle;
  U8 efi_memory_type_and_attribute;
  Reserved<2> reserved2;
  Le64 dpa_offset;
  Le64 dpa_length;

  static constexpr std::uint8_t kConventionalSpecificPurpose = 1;
  static constexpr std::uint8_t kReserved = 2;
};
static_assert(sizeof(Dsemts) == 24);
CXLEMU_DESCRIBE(Dsemts, CXLEMU_FIELD(Dsemts, type, number, "4"), CXLEMU_RESERVED(Dsemts, reserved),
                CXLEMU_FIELD(Dsemts, length, number, "bytes"),
                CXLEMU_FIELD(Dsemts, dsmas_handle, number, "DSMADHandle"),
                CXLEMU_FIELD(Dsemts, efi_memory_type_and_attribute, number,
                             "0: conventional, 1: conventional for a specific purpose, 2: reserved"),
                CXLEMU_RESERVED(Dsemts, reserved2), CXLEMU_FIELD(Dsemts, dpa_offset, hex, "from the base of the DSMAS"),
                CXLEMU_FIELD(Dsemts, dpa_length, hex, "bytes"));

}  // namespace cxlemu
