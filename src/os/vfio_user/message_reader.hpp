// Cuts the stream of a client into messages.
#pragma once

#include <cstddef>
#include <string>

#include "base/bytes.hpp"
#include "os/vfio_user/protocol.hpp"

namespace cxlemu::os::vfio_user {

/// One message at a time: it says how many bytes may come next, so that no byte of the message behind is ever read with
/// it and descriptors are known to belong to this one.
class MessageReader {
 public:
  enum class Progress {
    incomplete,
    complete,
    broken,  ///< what follows in the stream has no meaning any more
  };

  /// At least 1 until the message is complete.
  [[nodiscard]] std::size_t missing() const { return wanted_ - message_.size(); }
  /// Takes the next bytes, at most missing(). Nothing may follow a broken message.
  Progress take(Bytes bytes);
  /// The complete message, with its header, until next().
  [[nodiscard]] Bytes message() const { return message_; }
  void next();
  /// Why it is broken.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  Progress look_at_header();

  Buffer message_;
  std::size_t wanted_ = sizeof(Header);
  std::string reason_;
};

}  // namespace cxlemu::os::vfio_user
