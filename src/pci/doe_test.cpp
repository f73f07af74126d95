#include "pci/doe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.hpp"
#include "pci/configuration_space.hpp"

namespace cxlemu::pci {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kDoe = 0x1DC, kControl = kDoe + 8, kStatus = kDoe + 0xC, kWrite = kDoe + 0x10,
                        kRead = kDoe + 0x14;

/// A function with a mailbox that answers discovery and reads of a table with one range of memory.
class Function {
 public:
  Function() { doe.add(table_access(cdat)); }
  std::string read(std::uint64_t offset, std::size_t size = 4) {
    Buffer bytes(size);
    space.read(offset, bytes);
    return to_hex(bytes);
  }
  void write(std::uint64_t offset, std::string_view hex) { space.write(offset, from_hex(hex).value()); }
  void put(std::string_view hex) {
    for (std::size_t at = 0; at < hex.size(); at += 8) write(kWrite, hex.substr(at, 8));
  }
  /// As Linux does it: the request word by word, Go, the response while Data Object Ready.
  std::string exchange(std::string_view hex) {
    put(hex);
    write(kControl, "00000080");
    std::string response;
    while (read(kStatus) == "02000080" && response.size() < 1000) {
      response += read(kRead);
      write(kRead, "00000000");
    }
    return response.empty() ? "status " + read(kStatus) : response;
  }

  Cdat cdat{{{.dpa_length = 0x1000'0000}}};
  std::vector<std::uint8_t> interrupts;
  Doe doe{6,
          {.message_number = [](std::uint8_t wanted) { return static_cast<std::uint8_t>(wanted & 3); },
           .interrupt = [this](std::uint8_t message) { interrupts.push_back(message); }}};
  ConfigurationSpace space{FunctionConfig{}, &doe};
};

TEST(Doe, IsTheLastExtendedCapability) {
  Function function;
  EXPECT_EQ(function.space.table().fault(), std::nullopt);
  EXPECT_EQ(function.read(0x1D0), "0300c11d");
  EXPECT_EQ(function.read(kDoe, 24),
            "2e000100"
            "05000000"
            "00000000"
            "00000000"
            "00000000"
            "00000000");
}

TEST(Discovery, NamesEveryType) {
  Function function;
  EXPECT_EQ(function.exchange("01000000"
                              "03000000"
                              "00000000"),
            "01000000"
            "03000000"
            "01000001");
  EXPECT_EQ(function.exchange("01000000"
                              "03000000"
                              "01020000"),
            "01000000"
            "03000000"
            "981e0200");
  EXPECT_EQ(function.exchange("01000000"
                              "03000000"
                              "02000000"),
            "01000000"
            "03000000"
            "ffffff00");
  EXPECT_EQ(function.exchange("01000000"
                              "03000000"
                              "FF000000"),
            "01000000"
            "03000000"
            "ffffff00");
}

TEST(TableAccess, ReadsTheTableEntryByEntry) {
  Function function;
  EXPECT_EQ(function.exchange("981E0200"
                              "03000000"
                              "00000000"),
            "981e0200"
            "07000000"
            "00000100"
            "a000000002" +
                to_hex(function.cdat.entries()[0]).substr(10));
  EXPECT_EQ(function.exchange("981E0200"
                              "03000000"
                              "00000100"),
            "981e0200"
            "09000000"
            "00000200"
            "000018000000000000000000000000000000001000000000");
  std::string table;
  std::string handle = "0000";
  for (int i = 0; i < 7; ++i) {
    const std::string response = function.exchange(
        "981E0200"
        "03000000"
        "0000" +
        handle);
    handle = response.substr(20, 4);
    table += response.substr(24);
  }
  EXPECT_EQ(handle, "ffff");
  EXPECT_EQ(table.size(), 2U * 160);
}

// QEMU before 11.1.3 indexes its table with what it gets.
TEST(TableAccess, RefusesWhatIsNotThere) {
  for (const char* request : {"00000700", "0000FFFF", "01000000", "00010000"}) {
    Function function;
    EXPECT_EQ(function.exchange("981E0200"
                                "03000000" +
                                std::string(request)),
              "status 06000000")
        << request;
    function.write(kControl, "01000000");
    EXPECT_EQ(function.read(kStatus), "02000000");
  }
}

// PCIe 6.30.1: nothing, one DWORD, and a Length above, below and far above the DWORDs that came (0 is 2^18).
TEST(Doe, DiscardsWhatIsNotAsLongAsItSaysInSilence) {
  for (const char* request : {"", "01000000", "0100000001000000", "010000000200000000000000",
                              "010000000400000000000000", "010000000000000000000000"}) {
    Function function;
    EXPECT_EQ(function.exchange(request), "status 00000000") << request;
    // It is gone, and the mailbox is as it was.
    EXPECT_EQ(function.exchange("01000000"
                                "03000000"
                                "00000000"),
              "01000000"
              "03000000"
              "01000001")
        << request;
  }
}

class BadRequests : public testing::TestWithParam<const char*> {};
TEST_P(BadRequests, AreErrorsUntilAnAbort) {
  Function function;
  EXPECT_EQ(function.exchange(GetParam()), "status 06000000");
  EXPECT_EQ(function.exchange("01000000"
                              "03000000"
                              "00000000"),
            "status 06000000");
  function.write(kControl, "01000000");
  EXPECT_EQ(function.exchange("01000000"
                              "03000000"
                              "00000000"),
            "01000000"
            "03000000"
            "01000001");
}
INSTANTIATE_TEST_SUITE_P(Each, BadRequests,
                         testing::Values("01000000"
                                         "02000000",
                                         "981E0000"
                                         "03000000"
                                         "00000000",  // Compliance is not there
                                         "01000100"
                                         "03000000"
                                         "00000000"));  // nor CMA

TEST(Doe, TakesRequestsUpToItsLimit) {
  Function function;
  const std::string header = "01000000";
  EXPECT_EQ(function.exchange(header + "10000000" + std::string(14 * 8, '0')),
            "01000000"
            "03000000"
            "01000001");
  EXPECT_EQ(function.exchange(header + "11000000" + std::string(15 * 8, '0')), "status 06000000");
}

TEST(Doe, TakesWholeWords) {
  Function function;
  function.write(kWrite, "0100");
  function.write(kWrite + 2, "0000");
  EXPECT_EQ(function.exchange("01000000"
                              "03000000"
                              "00000000"),
            "01000000"
            "03000000"
            "01000001");
}

TEST(Doe, KeepsReadyUntilTheLastWordIsTaken) {
  Function function;
  function.put(
      "01000000"
      "03000000"
      "00000000");
  EXPECT_EQ(function.read(kStatus), "00000000");
  function.write(kControl, "00000080");
  EXPECT_EQ(function.read(kRead), "01000000");
  EXPECT_EQ(function.read(kRead), "01000000");
  function.write(kRead, "00000000");
  function.write(kRead, "00000000");
  EXPECT_EQ(function.read(kStatus), "02000080");
  EXPECT_EQ(function.read(kRead), "01000001");
  function.write(kRead, "00000000");
  EXPECT_EQ(function.read(kStatus), "02000000");
  EXPECT_EQ(function.read(kRead), "00000000");
  function.write(kRead, "00000000");
  EXPECT_EQ(function.read(kStatus), "02000000");
}

// As Linux begins: Abort, then neither Busy nor Error.
TEST(Doe, ForgetsWhatWasBegunAtAnAbort) {
  Function function;
  function.put("DEADBEEF");
  function.write(kControl, "01000080");
  EXPECT_EQ(function.read(kStatus), "00000000");
  EXPECT_EQ(function.read(kControl), "00000000");
  function.put(
      "01000000"
      "03000000"
      "00000000");
  function.write(kControl, "00000080");
  function.write(kControl, "01000000");
  EXPECT_EQ(function.read(kStatus), "02000000");
  EXPECT_EQ(function.exchange("01000000"
                              "03000000"
                              "00000000"),
            "01000000"
            "03000000"
            "01000001");
}

TEST(Doe, MakesRoomForANewResponse) {
  Function function;
  function.put(
      "01000000"
      "03000000"
      "00000000");
  function.write(kControl, "00000080");
  EXPECT_EQ(function.exchange("01000000"
                              "03000000"
                              "01000000"),
            "01000000"
            "03000000"
            "981e0200");
}

// PCIe 6.30.3: when both Interrupt Enable and Interrupt Status become set.
TEST(Doe, TellsOfItselfByAnInterrupt) {
  Function function;
  function.exchange(
      "01000000"
      "03000000"
      "00000000");
  EXPECT_THAT(function.interrupts, IsEmpty());
  function.write(kControl, "02000000");
  EXPECT_THAT(function.interrupts, ElementsAre(2));
  EXPECT_EQ(function.read(kControl), "02000000");
  function.put(
      "01000000"
      "03000000"
      "00000000");
  function.write(kControl, "02000080");
  EXPECT_THAT(function.interrupts, ElementsAre(2));  // the status was not cleared
  function.write(kStatus, "02000000");
  EXPECT_EQ(function.read(kStatus), "00000080");
  function.write(kControl, "03000000");
  // Two DWORDs, which are too short for Discovery: an error is told of, too.
  function.put(
      "01000000"
      "02000000");
  function.write(kControl, "02000080");
  EXPECT_THAT(function.interrupts, ElementsAre(2, 2));
  EXPECT_EQ(function.read(kStatus), "06000000");
}

TEST(Doe, IsEmptyAfterAnyReset) {
  for (const Reset kind : {Reset::flr, Reset::cxl, Reset::conventional, Reset::cold}) {
    Function function;
    function.put(
        "01000000"
        "03000000"
        "00000000");
    function.write(kControl, "02000080");
    function.put("01000000");
    function.space.reset(kind);
    EXPECT_EQ(function.read(kControl, 16), std::string(32, '0'));
    EXPECT_EQ(function.exchange("01000000"
                                "03000000"
                                "00000000"),
              "01000000"
              "03000000"
              "01000001");
  }
}

}  // namespace
}  // namespace cxlemu::pci
