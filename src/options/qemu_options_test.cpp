#include "options/qemu_options.hpp"

#include <gtest/gtest.h>

#include <array>

namespace cxlemu::options {
namespace {

constexpr std::array kOwn = {OwnOption{"--name", true}, OwnOption{"--clock", true}, OwnOption{"--quiet", false}};

Result<CommandLine> split(std::vector<std::string> arguments) { return split_command_line(arguments, kOwn); }
std::string error_of(const Result<CommandLine>& result) { return result ? "" : result.error().message; }
using Strings = std::vector<std::string>;

TEST(QemuCommandLine, TakesDeclarationsInOrder) {
  const auto line = split({"-device", "cxl-type3,id=a", "-object", "memory-backend-ram,id=m", "-device",
                           "cxl-type3,id=b", "-M", "q35", "-machine", "cxl-fmw.0.size=4G"});

  ASSERT_TRUE(line);
  ASSERT_EQ(line->declarations.size(), 5U);
  EXPECT_EQ(line->declarations[0].place, "-device #1");
  EXPECT_EQ(line->declarations[1].place, "-object #1");
  EXPECT_EQ(line->declarations[2].place, "-device #2");
  EXPECT_EQ(line->declarations[3].place, "-M #1");
  EXPECT_EQ(line->declarations[4].place, "-machine #2");
  EXPECT_EQ(line->declarations[3].kind, DeclarationKind::machine);
}

TEST(QemuCommandLine, PassesOverOptionsWithTheirArguments) {
  const auto line = split({"/usr/bin/qemu-system-x86_64", "-m", "4G,maxmem=8G", "-nographic", "--enable-kvm", "-m",
                           "1G", "-S", "-s", "-d", "-device", "-name", "x", "..."});

  ASSERT_TRUE(line);
  EXPECT_EQ(line->without_effect, (Strings{"-m", "-nographic", "-enable-kvm", "-S", "-s", "-d", "-name"}));
  EXPECT_TRUE(line->declarations.empty());
  EXPECT_TRUE(line->own.empty());
}

TEST(QemuCommandLine, LeavesOwnOptionsToTheCaller) {
  const auto line = split({"lab.toml", "--name", "-m", "--clock=auto", "--quiet", "--device", "cxl-type3", "--", "-x"});

  ASSERT_TRUE(line);
  EXPECT_EQ(line->own, (Strings{"lab.toml", "--name", "-m", "--clock=auto", "--quiet", "--", "-x"}));
  EXPECT_EQ(line->declarations.size(), 1U);
}

TEST(QemuCommandLine, NamesTheNearestOption) {
  EXPECT_EQ(error_of(split({"-devce", "x"})), "unknown option \"-devce\"; did you mean \"-device\"?");
  EXPECT_EQ(error_of(split({"-nographics"})), "unknown option \"-nographics\"; did you mean \"-nographic\"?");
  EXPECT_EQ(error_of(split({"--nme=x"})), "unknown option \"--nme=x\"; did you mean \"--name\"?");
  EXPECT_EQ(error_of(split({"-frobnicate"})), "unknown option \"-frobnicate\"");
}

TEST(QemuCommandLine, AnOptionNeedsItsArgument) {
  EXPECT_EQ(error_of(split({"-m"})), "-m needs an argument");
  EXPECT_EQ(error_of(split({"-device"})), "-device #1: needs an argument");
}

TEST(QemuCommandLine, CarriesTheErrorOfAnOption) {
  EXPECT_EQ(error_of(split({"-device", "cxl-type3", "-device", "id=a"})),
            "-device #2: no type; begin with its name, as in -device cxl-type3,id=mem0");
}

TEST(QemuCommandLine, HasALimitOfDeclarations) {
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < kMaximumDeclarations; ++i) arguments.insert(arguments.end(), {"-device", "e1000"});
  EXPECT_EQ(split(arguments)->declarations.size(), kMaximumDeclarations);
  arguments.insert(arguments.end(), {"-device", "e1000"});
  EXPECT_EQ(error_of(split(arguments)), "-device #100001: more than 100000 declarations");
}

struct Driver {
  const char* name;
  const char* driver;
  DriverUse use;
};
class UseOfDriver : public testing::TestWithParam<Driver> {};
TEST_P(UseOfDriver, IsKnown) { EXPECT_EQ(use_of_driver(GetParam().driver), GetParam().use); }
INSTANTIATE_TEST_SUITE_P(Drivers, UseOfDriver,
                         testing::Values(Driver{"pxb_cxl", "pxb-cxl", DriverUse::without_effect},
                                         Driver{"cxl_rp", "cxl-rp", DriverUse::without_effect},
                                         Driver{"virtio", "virtio-net-pci", DriverUse::without_effect},
                                         Driver{"e1000", "e1000e", DriverUse::without_effect},
                                         Driver{"ehci", "usb-ehci", DriverUse::without_effect},
                                         Driver{"usb", "usb-cxl-mctp", DriverUse::not_there_yet},
                                         Driver{"misspelt_usb", "usb-cxl-mtcp", DriverUse::unknown},
                                         Driver{"i2c", "i2c_mctp_cxl", DriverUse::not_there_yet},
                                         Driver{"upstream", "cxl-upstream", DriverUse::not_there_yet},
                                         Driver{"mailbox", "cxl-switch-mailbox-cci", DriverUse::not_there_yet},
                                         Driver{"none", "frobnicator", DriverUse::unknown}),
                         [](const auto& param) { return std::string(param.param.name); });

TEST(UseOfObject, KnowsQemusOthers) {
  EXPECT_EQ(use_of_object("rng-random"), DriverUse::without_effect);
  EXPECT_EQ(use_of_object("memory-backend-epc"), DriverUse::without_effect);
  EXPECT_EQ(use_of_object("memory-backend-rom"), DriverUse::unknown);
}

}  // namespace
}  // namespace cxlemu::options
