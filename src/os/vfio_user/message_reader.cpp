#include "os/vfio_user/message_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "wire/reader_writer.hpp"

namespace cxlemu::os::vfio_user {

MessageReader::Progress MessageReader::take(Bytes bytes) {
  const bool has_header = message_.size() >= sizeof(Header);
  append(message_, bytes.first(std::min(bytes.size(), missing())));
  if (!has_header && message_.size() == sizeof(Header)) return look_at_header();
  return missing() == 0 ? Progress::complete : Progress::incomplete;
}

// No commands are sent to a client, so it has nothing to reply to.
MessageReader::Progress MessageReader::look_at_header() {
  const auto header = *Reader(message_).take<Header>();
  const auto type = header_flags::Type::get(header.flags.value());
  if (header.message_size < sizeof(Header) || header.message_size > kMessageLimit) {
    reason_ = fmt::format("a message of {} bytes; they have {} to {}", header.message_size.value(), sizeof(Header),
                          kMessageLimit);
  } else if (type != header_flags::kTypeCommand) {
    reason_ = fmt::format("a message of type {} where commands come", type);
  } else {
    wanted_ = header.message_size;
    return missing() == 0 ? Progress::complete : Progress::incomplete;
  }
  return Progress::broken;
}

void MessageReader::next() {
  if (message_.capacity() > kKeptSpace) message_ = {};
  message_.clear();
  wanted_ = sizeof(Header);
}

}  // namespace cxlemu::os::vfio_user
