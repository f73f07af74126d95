// The version of the program. CMakeLists.txt reads it from here.
#pragma once

#include <string_view>

namespace cxlemu {

inline constexpr int kVersionMajor = 0;
inline constexpr int kVersionMinor = 1;
inline constexpr int kVersionMicro = 0;
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace cxlemu
