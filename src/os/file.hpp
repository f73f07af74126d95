// Whole files. Errors name the path and what the system said.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace cxlemu::os {

/// The file's bytes; one that holds more than `limit` is refused. Pipes and /proc files are read to their end.
Result<Buffer> read_file(const std::filesystem::path& path, std::size_t limit);
Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t limit);

/// After success, and after a crash at any moment, the file has either its old contents or all of the new ones.
Result<void> write_file_atomically(const std::filesystem::path& path, Bytes contents, unsigned mode = 0644);

/// For a file that a user named: as above for a regular or missing file, whose mode and links are kept; what is not a
/// regular file (a pipe, a terminal, /dev/null) is written to.
Result<void> write_output(const std::filesystem::path& path, Bytes contents);

}  // namespace cxlemu::os
