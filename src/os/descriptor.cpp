#include "os/descriptor.hpp"

#include <unistd.h>

namespace cxlemu::os {

void OwnedDescriptor::reset(int descriptor) {
  // Not retried: Linux has released the number even where close() was interrupted.
  if (descriptor_ >= 0 && descriptor_ != descriptor) ::close(descriptor_);
  descriptor_ = descriptor;
}

}  // namespace cxlemu::os
