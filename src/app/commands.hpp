// The subcommands of the program. Each returns the exit status (exit_code.hpp).
#pragma once

#include <string>
#include <vector>

namespace cxlemu::app {

/// `cxlemu run ...`: the arguments behind `run`, which may be QEMU's.
int run_command(const std::vector<std::string>& arguments);

int list_command(const std::string& lab, bool json);

struct CciOptions {
  std::string lab;
  std::string device;
  std::string command;              ///< empty: list the commands of the device
  std::vector<std::string> fields;  ///< field=value
  std::string via;                  ///< empty: the lab chooses
  std::string payload;              ///< the input payload in hexadecimal, instead of fields
  std::string output;               ///< write the bytes of the response there
  bool json = false;
  bool raw = false;
  bool wait = false;
};
int cci_command(const CciOptions& options);

/// `cxlemu firmware pack` and `cxlemu firmware inspect`.
int pack_firmware_command(const std::string& revision, const std::string& payload, const std::string& output);
int inspect_firmware_command(const std::string& file, bool json);

int qmp_command(const std::string& lab, const std::string& command, const std::vector<std::string>& arguments);

/// `cxlemu exec ...`: perhaps --lab NAME and --, then the program and its arguments as they are.
int exec_command(std::string lab, std::vector<std::string> arguments);

struct DoctorOptions {
  std::string qemu = "qemu-system-x86_64";
  std::string kernel_config;  ///< a file; empty: that of this machine
  bool json = false;
};
/// What this machine has for each way to attach. kRefused where something is missing.
int doctor_command(const DoctorOptions& options);

/// The story on one screen: a lab of its own, and every step read back by another path than the one that wrote it.
int demo_command();

}  // namespace cxlemu::app
