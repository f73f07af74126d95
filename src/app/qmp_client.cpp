#include "app/qmp_client.hpp"

#include <array>

#include "os/lab_directory.hpp"
#include "os/unix_socket.hpp"

namespace cxlemu::app {

Result<QmpClient> QmpClient::connect(const std::string& lab) {
  const auto directory = TRY(os::LabDirectory::find(lab));
  QmpClient client(TRY(os::connect_stream(directory / "qmp.sock")));
  TRY(client.receive());  // the greeting
  TRY(client.call("qmp_capabilities"));
  return client;
}

Result<Json> QmpClient::receive() {
  while (received_.empty()) {
    std::array<std::byte, 65536> space;
    const std::size_t size = TRY(os::read_some(descriptor_.get(), space));
    if (size == 0) return failure("the lab has ended");
    received_ = splitter_.feed(Bytes(space).first(size));
  }
  const auto text = std::move(received_.front());
  received_.erase(received_.begin());
  if (!text) return std::unexpected(text.error());
  return Json::parse(*text);
}

Result<Json> QmpClient::call(std::string_view command, const Json& arguments) {
  const Json request = Json::object({{"execute", command}, {"arguments", arguments}});
  TRY_VOID(os::write_all(descriptor_.get(), bytes_of(request.text() + "\n")));
  const Json answer = TRY(receive());
  if (answer.contains("error")) return failure(std::string(answer["error"]["desc"].string().value_or("refused")));
  return answer["return"];
}

}  // namespace cxlemu::app
