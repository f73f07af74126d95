// Where a running lab keeps its sockets: $XDG_RUNTIME_DIR/cxlemu/NAME/, for root /run/cxlemu/NAME/.
// $CXLEMU_RUNTIME_DIR takes the place of everything before NAME.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "os/descriptor.hpp"

namespace cxlemu::os {

/// LIMIT: letters of a lab's name.
inline constexpr std::size_t kMaximumLabName = 64;

struct RunningLab {
  std::string name;
  std::filesystem::path path;
  std::optional<int> pid;  ///< unknown for a moment while the lab starts
};

/// The directory of the lab that this process runs. It is removed when this goes.
class LabDirectory {
 public:
  /// Makes the directory; one that a killed process left is taken over, and its sockets are removed. Files that are not
  /// ours stay. Fails where a lab of that name runs.
  static Result<LabDirectory> claim(std::string_view name);
  /// The directory of a running lab; where there is none, the error names those that run.
  static Result<std::filesystem::path> find(std::string_view name);
  /// The labs that run, by name.
  static Result<std::vector<RunningLab>> list();

  LabDirectory(LabDirectory&&) noexcept = default;
  LabDirectory& operator=(LabDirectory&&) = delete;
  ~LabDirectory();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  LabDirectory(std::string_view name, std::filesystem::path path) : name_(name), path_(std::move(path)) {}
  Result<bool> take();

  std::string name_;
  std::filesystem::path path_;
  OwnedDescriptor directory_;
  OwnedDescriptor lock_;
};

}  // namespace cxlemu::os
