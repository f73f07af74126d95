// Attaches QMP clients to a lab: `qmp.sock` in its directory.
#pragma once

#include "app/attach/connections.hpp"
#include "qmp/server.hpp"

namespace cxlemu::app {

/// The gate and the server must outlive what comes back.
Result<std::unique_ptr<Connections>> attach_qmp(os::EventLoop& loop, Gate& gate, const qmp::Server& server,
                                                const std::filesystem::path& directory);

}  // namespace cxlemu::app
