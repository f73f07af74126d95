#include "options/topology_builder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mctp/eid.hpp"
#include "options/qemu_options.hpp"

namespace cxlemu::options {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

/// `-object` for what begins with memory-backend or rng, `-machine` for what begins with machine, else `-device`.
Result<BuiltTopology> build(const std::vector<std::string>& options) {
  std::vector<std::string> arguments;
  for (const std::string& option : options) {
    const bool is_object = option.starts_with("memory-backend") || option.starts_with("rng");
    arguments.push_back(is_object ? "-object" : option.starts_with("machine:") ? "-M" : "-device");
    arguments.push_back(option.starts_with("machine:") ? option.substr(8) : option);
  }
  const CommandLine line = TRY(split_command_line(arguments, {}));
  return build_topology(line.declarations, line.without_effect);
}
std::string error_of(const Result<BuiltTopology>& result) { return result ? "" : result.error().message; }

const std::string kRam = "memory-backend-ram,id=m0,size=256M";
const std::string kRam1 = "memory-backend-ram,id=m1,size=256M";
const std::string kDevice = "cxl-type3,volatile-memdev=m0";

TEST(TopologyBuilder, BuildsAVolatileDevice) {
  const auto lab = build({kRam, kDevice + ",id=vol0"});

  ASSERT_TRUE(lab) << error_of(lab);
  ASSERT_THAT(lab->topology.memory_devices, SizeIs(1));
  EXPECT_EQ(lab->topology.memory_devices[0].id, "vol0");
  EXPECT_EQ(lab->topology.memory_devices[0].volatile_memdev, "m0");
  EXPECT_EQ(lab->topology.backends[0].size_bytes, 256U << 20);
  EXPECT_THAT(lab->notices, SizeIs(0));
}

TEST(TopologyBuilder, ReferencesMayPointForward) { EXPECT_TRUE(build({kDevice, kRam})); }

TEST(TopologyBuilder, NothingIsALab) { EXPECT_TRUE(build({})); }

TEST(TopologyBuilder, BuildsTheCommandLineOfQemusDocumentation) {
  const std::vector<std::string> arguments = {
      "qemu-system-x86_64",
      "-M",
      "q35,cxl=on",
      "-m",
      "4G,maxmem=8G,slots=8",
      "-smp",
      "4",
      "...",
      "-object",
      "memory-backend-file,id=cxl-mem1,share=on,mem-path=/tmp/cxltest.raw,size=256M",
      "-object",
      "memory-backend-file,id=cxl-lsa1,share=on,mem-path=/tmp/lsa.raw,size=256M",
      "-device",
      "pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1",
      "-device",
      "cxl-rp,port=0,bus=cxl.1,id=root_port13,chassis=0,slot=2",
      "-device",
      "cxl-type3,bus=root_port13,persistent-memdev=cxl-mem1,lsa=cxl-lsa1,id=cxl-pmem0",
      "-M",
      "cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G"};
  const auto line = split_command_line(arguments, {});
  ASSERT_TRUE(line);

  const auto lab = build_topology(line->declarations, line->without_effect);

  ASSERT_TRUE(lab) << error_of(lab);
  EXPECT_THAT(line->own, SizeIs(0));
  ASSERT_THAT(lab->topology.memory_devices, SizeIs(1));
  const MemoryDeviceDeclaration& device = lab->topology.memory_devices[0];
  EXPECT_EQ(device.id, "cxl-pmem0");
  EXPECT_EQ(device.persistent_memdev, "cxl-mem1");
  EXPECT_EQ(device.lsa, "cxl-lsa1");
  EXPECT_EQ(lab->topology.backends[0].mem_path, "/tmp/cxltest.raw");
  EXPECT_THAT(lab->notices, ElementsAre("accepted without effect: -m, -smp, -machine, pxb-cxl, "
                                        "cxl-rp, cxl-type3 bus, cxl-fmw"));
}

TEST(TopologyBuilder, ReadsTheJsonForm) {
  const auto lab = build({kRam, R"({"driver":"cxl-type3","id":"a","volatile-memdev":"m0","sn":7})"});
  ASSERT_TRUE(lab) << error_of(lab);
  EXPECT_EQ(lab->topology.memory_devices[0].config.serial_number, 7U);
}

// ---- unknown names ----

struct Case {
  const char* name;
  std::vector<std::string> options;
  std::string error;
};
class TopologyBuilderRefuses : public testing::TestWithParam<Case> {};
TEST_P(TopologyBuilderRefuses, WithOneLine) { EXPECT_EQ(error_of(build(GetParam().options)), GetParam().error); }

INSTANTIATE_TEST_SUITE_P(
    Names, TopologyBuilderRefuses,
    testing::Values(
        Case{"property",
             {kRam, "cxl-type3,volatile-memdv=m0"},
             "-device #1: cxl-type3 has no property \"volatile-memdv\"; did you mean \"volatile-memdev\"?"},
        Case{"property_of_object",
             {"memory-backend-ram,id=m0,sizes=1M"},
             "-object #1: memory-backend-ram has no property \"sizes\"; did you mean \"size\"?"},
        Case{"property_far_off",
             {kRam, kDevice + ",frobnicate=1"},
             "-device #1: cxl-type3 has no property \"frobnicate\""},
        Case{"old_negation",
             {"memory-backend-ram,id=m0,size=1M,noshare"},
             "-object #1: memory-backend-ram has no property \"noshare\"; write share=off"},
        Case{"device", {"cxl-type4"}, "-device #1: unknown device \"cxl-type4\"; did you mean \"cxl-type3\"?"},
        Case{"object",
             {"memory-backend-rom,id=a"},
             "-object #1: unknown object type \"memory-backend-rom\"; did you mean \"memory-backend-ram\"?"},
        Case{"switch",
             {"cxl-upstream,id=us0"},
             "-device #1: cxl-upstream is not there yet: this version has memory devices (cxl-type3) only"},
        Case{"usb",
             {"usb-ehci,id=e", "usb-cxl-mctp,bus=e.0"},
             "-device #2: usb-cxl-mctp is not there yet: this version has memory devices (cxl-type3) only"},
        Case{"dynamic_capacity",
             {kRam, kDevice + ",num-dc-regions=1"},
             "-device #1: num-dc-regions: dynamic capacity is not there yet"},
        Case{"read_only",
             {"memory-backend-file,id=m0,size=256M,mem-path=/a,readonly=on"},
             "-object #1: readonly: the file is written to"},
        Case{"value",
             {kRam, kDevice + ",sn=abc"},
             "-device #1: cxl-type3 sn: \"abc\" is not a whole number; write it as 12 or 0x0c"}),
    [](const auto& param) { return std::string(param.param.name); });

// ---- ids ----

INSTANTIATE_TEST_SUITE_P(
    Ids, TopologyBuilderRefuses,
    testing::Values(Case{"two_objects", {kRam, kRam}, "-object #2: there is another object \"m0\""},
                    Case{"two_devices",
                         {kRam, kRam1, kDevice + ",id=a", "cxl-type3,volatile-memdev=m1,id=a"},
                         "-device #2: there is another device \"a\""},
                    Case{"device_and_plumbing",
                         {kRam, "cxl-rp,id=a", kDevice + ",id=a"},
                         "-device #2: there is another device \"a\""},
                    Case{"syntax",
                         {kRam, kDevice + ",id=0a"},
                         "-device #1: cxl-type3 id: \"0a\" is not an id: a letter, then letters, digits, - . _, at "
                         "most 64 characters"},
                    Case{"object_without", {"memory-backend-ram,size=1M"}, "-object #1: memory-backend-ram needs id"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(TopologyBuilderIds, ObjectsAndDevicesAreApart) { EXPECT_TRUE(build({kRam, kDevice + ",id=m0"})); }

TEST(TopologyBuilderIds, ADeviceWithoutOneGetsTheFirstFreeNumber) {
  const auto lab = build({kRam, kRam1, "memory-backend-ram,id=m2,size=256M", kDevice, "cxl-type3,volatile-memdev=m1",
                          "cxl-type3,volatile-memdev=m2,id=mem0"});
  ASSERT_TRUE(lab) << error_of(lab);
  EXPECT_EQ(lab->topology.memory_devices[0].id, "mem1");
  EXPECT_EQ(lab->topology.memory_devices[1].id, "mem2");
  EXPECT_EQ(lab->topology.memory_devices[2].id, "mem0");
}

// ---- backends ----

INSTANTIATE_TEST_SUITE_P(
    Backends, TopologyBuilderRefuses,
    testing::Values(
        Case{"dangling",
             {kRam, "cxl-type3,volatile-memdev=m1"},
             "-device #1: volatile-memdev names no memory backend: \"m1\"; did you mean \"m0\"?"},
        Case{"dangling_alone",
             {"cxl-type3,volatile-memdev=ram"},
             "-device #1: volatile-memdev names no memory backend: \"ram\""},
        Case{"twice",
             {kRam, kDevice + ",id=a", kDevice},
             "-device #2: memory backend \"m0\" can't be used multiple times; a as volatile-memdev uses it"},
        Case{"twice_in_one",
             {kRam, kDevice + ",id=a,persistent-memdev=m0,lsa=m0"},
             "-device #1: memory backend \"m0\" can't be used multiple times; a as volatile-memdev uses it"},
        Case{"size_missing", {"memory-backend-ram,id=m0"}, "-object #1: memory-backend-ram needs size"},
        Case{"size_zero",
             {"memory-backend-ram,id=m0,size=0"},
             "-object #1: memory-backend-ram size: \"0\" is not from 1 to 4P"},
        Case{"path_missing", {"memory-backend-file,id=m0,size=1M"}, "-object #1: memory-backend-file needs mem-path"},
        Case{
            "unit",
            {"memory-backend-ram,id=m0,size=255M", kDevice},
            "-device #1: volatile-memdev \"m0\" has 255M; capacity is reported in units of 256M, so give it a multiple "
            "(CXL r3.2 8.2.10.9.1.1)"},
        Case{"unit_of_alias",
             {"memory-backend-ram,id=m0,size=1M", kRam1, "cxl-type3,memdev=m0,lsa=m1"},
             "-device #1: memdev \"m0\" has 1M; capacity is reported in units of 256M, so give it a multiple "
             "(CXL r3.2 8.2.10.9.1.1)"},
        Case{"no_memory",
             {"cxl-type3,id=a"},
             "-device #1: \"a\" has no memory; set volatile-memdev or persistent-memdev to the id of a memory backend"},
        Case{"no_lsa",
             {kRam, "cxl-type3,id=a,persistent-memdev=m0"},
             "-device #1: lsa property must be set for persistent devices; give \"a\" lsa= and a memory backend"},
        Case{"large_lsa",
             {kRam, "memory-backend-ram,id=l,size=4G", "cxl-type3,persistent-memdev=m0,lsa=l"},
             "-device #1: lsa \"l\" has 4G; a label storage area is smaller than 4G"},
        Case{"both_memdevs",
             {kRam, kRam1, "cxl-type3,memdev=m0,persistent-memdev=m1"},
             "-device #1: [memdev] cannot be used with new [persistent-memdev] property"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(TopologyBuilderBackends, TheLargestLabelStorageIsAccepted) {
  EXPECT_TRUE(build({kRam, "memory-backend-ram,id=l,size=0xffffffff", "cxl-type3,persistent-memdev=m0,lsa=l"}));
}

TEST(TopologyBuilderBackends, WhatIsRefusedMaySayOffOrZero) {
  const auto lab =
      build({"memory-backend-file,id=m0,size=256M,mem-path=/a,readonly=off,offset=0", kDevice + ",num-dc-regions=0"});
  ASSERT_TRUE(lab) << error_of(lab);
  EXPECT_THAT(lab->notices,
              ElementsAre("accepted without effect: memory-backend-file readonly, memory-backend-file offset, "
                          "cxl-type3 num-dc-regions"));
}

TEST(TopologyBuilderBackends, MemdevIsPersistent) {
  const auto lab = build({kRam, "memory-backend-ram,id=l,size=256k", "cxl-type3,memdev=m0,lsa=l"});
  ASSERT_TRUE(lab) << error_of(lab);
  EXPECT_EQ(lab->topology.memory_devices[0].persistent_memdev, "m0");
}

TEST(TopologyBuilderBackends, OneThatNobodyUsesIsLeftOut) {
  const auto lab = build({kRam, "memory-backend-memfd,id=guest,size=4G", kDevice});
  ASSERT_TRUE(lab) << error_of(lab);
  EXPECT_THAT(lab->topology.backends, SizeIs(1));
  EXPECT_THAT(lab->notices, ElementsAre("accepted without effect: object guest (no device uses it)"));
}

// ---- serial numbers ----

TEST(TopologyBuilderSerialNumber, IsThatOfThePosition) {
  const auto lab = build({kRam, kRam1, kDevice + ",sn=5", "cxl-type3,volatile-memdev=m1"});
  ASSERT_TRUE(lab) << error_of(lab);
  EXPECT_EQ(lab->topology.memory_devices[0].config.serial_number, 5U);
  EXPECT_EQ(lab->topology.memory_devices[1].config.serial_number, 0x43584C0000000002U);
}

// ---- MCTP endpoints ----

std::vector<std::string> many_devices(std::size_t count, const std::string& last = "") {
  std::vector<std::string> options;
  for (std::size_t i = 0; i < count; ++i) {
    options.push_back(fmt::format("memory-backend-ram,id=m{},size=256M", i));
    options.push_back(fmt::format("cxl-type3,volatile-memdev=m{}{}", i, i + 1 == count ? last : ""));
  }
  return options;
}

TEST(TopologyBuilderMctp, AssignsFromEightPastWhatIsTaken) {
  auto options = many_devices(5, ",mctp=1:8");
  options[3] += ",mctp=2:9";
  options[5] += ",mctp=none";
  const auto lab = build(options);

  ASSERT_TRUE(lab) << error_of(lab);
  const auto placed = [&](std::size_t i) {
    const auto& mctp = lab->topology.memory_devices[i].mctp;
    return mctp.empty() ? "none" : fmt::format("{}:{}", mctp.front().network.value, mctp.front().eid.value);
  };
  EXPECT_EQ(placed(0), "1:9");
  EXPECT_EQ(placed(1), "2:9");
  EXPECT_EQ(placed(2), "none");
  EXPECT_EQ(placed(3), "1:10");
  EXPECT_EQ(placed(4), "1:8");
}

TEST(TopologyBuilderMctp, TwoDevicesHaveTwoEndpoints) {
  auto options = many_devices(2, ",mctp=3:9");
  options[1] += ",mctp=3:9,id=a";
  EXPECT_EQ(error_of(build(options)), "-device #2: mctp=3:9 is the endpoint of \"a\"; give another EID");
}

TEST(TopologyBuilderMctp, ADeviceMayHaveSeveralEndpoints) {
  auto options = many_devices(2, ",mctp=1:8+2:9+auto");
  options[1] += ",mctp=1:8+2:9+auto,id=a";
  EXPECT_EQ(error_of(build(options)), "-device #2: mctp=1:8 is the endpoint of \"a\"; give another EID");
  options = many_devices(1, ",mctp=1:9+auto+1:10+auto");
  const auto lab = build(options);
  ASSERT_TRUE(lab) << error_of(lab);
  EXPECT_THAT(lab->topology.memory_devices[0].mctp,
              ElementsAre(MctpPlacement{NetworkId(1), Eid(9)}, MctpPlacement{NetworkId(1), Eid(8)},
                          MctpPlacement{NetworkId(1), Eid(10)}, MctpPlacement{NetworkId(1), Eid(11)}));
  EXPECT_EQ(error_of(build(many_devices(1, ",mctp=1:9+1:9"))),
            "-device #1: mctp=1:9 is the endpoint of \"mem0\"; give another EID");
}

TEST(TopologyBuilderMctp, ANetworkHasALimit) {
  const auto full = build(many_devices(kMaximumEndpointsOfNetwork));
  ASSERT_TRUE(full) << error_of(full);
  EXPECT_EQ(full->topology.memory_devices.back().mctp.front().eid, Eid(253));
  EXPECT_EQ(
      error_of(build(many_devices(kMaximumEndpointsOfNetwork + 1))),
      "-device #247: network 1 has no free EID for \"mem246\": 246 endpoints are the most; give it mctp=NET:EID on "
      "another network, or mctp=none");
  EXPECT_TRUE(build(many_devices(kMaximumEndpointsOfNetwork + 1, ",mctp=none")));
  EXPECT_TRUE(build(many_devices(kMaximumEndpointsOfNetwork + 1, ",mctp=2:8")));
}

// ---- limits and notices ----

TEST(TopologyBuilder, HasALimitOfDeclarations) {
  std::vector<Declaration> declarations(
      kMaximumDeclarations, {.kind = DeclarationKind::device, .type = "e1000", .properties = {}, .place = "here"});
  EXPECT_TRUE(build_topology(declarations));
  declarations.push_back({.kind = DeclarationKind::device, .type = "e1000", .properties = {}, .place = "there"});
  EXPECT_EQ(error_of(build_topology(declarations)), "there: more than 100000 declarations");
}

TEST(TopologyBuilderNotice, NamesEachOnce) {
  const auto lab =
      build({"e1000", "e1000", "rng-random,id=r", "machine:q35", "machine:cxl-fmw.0.size=4G,cxl-fmw.1.size=4G"});
  ASSERT_TRUE(lab) << error_of(lab);
  EXPECT_THAT(lab->notices, ElementsAre("accepted without effect: e1000, rng-random, -machine, cxl-fmw"));
}

TEST(TopologyBuilderNotice, NamesOnlySoMany) {
  std::vector<std::string> options;
  for (std::size_t i = 0; i < kMaximumNoticeNames; ++i) options.push_back(fmt::format("virtio-{}", i));
  EXPECT_THAT(build(options)->notices[0], testing::EndsWith("virtio-38, virtio-39"));
  options.push_back("virtio-x");
  options.push_back("virtio-y");
  EXPECT_THAT(build(options)->notices[0], testing::EndsWith("virtio-38, virtio-39 and 2 more"));
}

TEST(TopologyBuilderNotice, StaysOnOneLine) {
  EXPECT_THAT(build({"virtio-\n"})->notices, ElementsAre("accepted without effect: virtio-\\x0a"));
}

}  // namespace
}  // namespace cxlemu::options
