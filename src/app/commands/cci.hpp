// What `cxlemu cci` was asked for.
#pragma once

#include <string>
#include <vector>

namespace cxlemu::app {

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

}  // namespace cxlemu::app
