// What the exit status of the program means.
#pragma once

namespace cxlemu::app {

enum ExitCode : int {
  kSuccess = 0,
  kRefused = 1,  ///< the device or the lab refused
  kUsage = 2,    ///< the command line is wrong
  kNoLab = 3,    ///< no lab to talk to, or it could not be started
};

}  // namespace cxlemu::app
