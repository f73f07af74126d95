#include "os/dbus.hpp"

#include <poll.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "os/file.hpp"
#include "os/system.hpp"

namespace cxlemu::os {
namespace {

struct BusRelease {
  void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};
constexpr std::uint64_t kPatienceMicroseconds = 5'000'000;

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string signature_of(const DbusValue& value) {
  return std::visit(
      Overloaded{[](std::uint8_t) { return std::string("y"); }, [](std::uint32_t) { return std::string("u"); },
                 [](const std::string&) { return std::string("s"); }, [](const Buffer&) { return std::string("ay"); },
                 [](const DbusNoElements& array) { return "a" + array.element; }},
      value);
}

int append_value(sd_bus_message* message, const DbusValue& value) {
  return std::visit(
      Overloaded{
          [&](std::uint8_t number) { return sd_bus_message_append_basic(message, 'y', &number); },
          [&](std::uint32_t number) { return sd_bus_message_append_basic(message, 'u', &number); },
          [&](const std::string& text) { return sd_bus_message_append_basic(message, 's', text.c_str()); },
          [&](const Buffer& bytes) { return sd_bus_message_append_array(message, 'y', bytes.data(), bytes.size()); },
          [&](const DbusNoElements& array) {
            const int opened = sd_bus_message_open_container(message, 'a', array.element.c_str());
            return opened < 0 ? opened : sd_bus_message_close_container(message);
          }},
      value);
}

bool is_below(std::string_view path, std::string_view root) {
  return path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/';
}

}  // namespace

struct DbusExport::Impl {
  /// What sd-bus is told of an interface once: its properties by name and type. It keeps the pointers.
  struct Table {
    std::string interface;
    std::vector<std::string> names;
    std::vector<std::string> signatures;
    std::vector<sd_bus_vtable> rows;
  };

  std::vector<DbusService> services;
  DbusTree tree;
  std::vector<std::unique_ptr<Table>> tables;
  std::move_only_function<void()> gone;
  std::unique_ptr<sd_bus, BusRelease> bus;  // goes first: it still looks at the tables

  [[nodiscard]] const DbusInterface* find(std::string_view path, std::string_view interface) const {
    const auto object = tree.find(path);
    if (object == tree.end()) return nullptr;
    const auto found = std::ranges::find(object->second, interface, &DbusInterface::name);
    return found == object->second.end() ? nullptr : &*found;
  }

  static int on_find(sd_bus*, const char* path, const char* interface, void* data, void** found,
                     sd_bus_error*) noexcept {
    *found = data;
    return static_cast<Impl*>(data)->find(path, interface) != nullptr ? 1 : 0;
  }

  static int on_get(sd_bus*, const char* path, const char* interface, const char* name, sd_bus_message* reply,
                    void* data, sd_bus_error*) noexcept {
    const auto* there = static_cast<Impl*>(data)->find(path, interface);
    if (there == nullptr) return -ENOENT;
    const auto property = std::ranges::find(there->properties, std::string_view(name), &DbusProperty::name);
    return property == there->properties.end() ? -ENOENT : append_value(reply, property->value);
  }

  static int on_disconnected(sd_bus_message*, void* data, sd_bus_error*) noexcept {
    auto callback = std::exchange(static_cast<Impl*>(data)->gone, nullptr);
    if (callback) callback();
    return 0;
  }

  // The paths below a root, for introspection and GetManagedObjects. sd-bus frees them.
  static int on_enumerate(sd_bus*, const char* root, void* data, char*** nodes, sd_bus_error*) noexcept {
    const auto& objects = static_cast<Impl*>(data)->tree;
    auto** list = static_cast<char**>(std::calloc(objects.size() + 1, sizeof(char*)));
    if (list == nullptr) return -ENOMEM;
    std::size_t count = 0;
    for (const auto& [path, interfaces] : objects) {
      if (!is_below(path, root)) continue;
      list[count] = ::strdup(path.c_str());
      if (list[count++] == nullptr) {
        for (std::size_t i = 0; i < count; ++i) std::free(list[i]);
        std::free(list);
        return -ENOMEM;
      }
    }
    *nodes = list;
    return 0;
  }

  Result<void> register_services() {
    for (const DbusService& service : services) {
      int result = sd_bus_add_object_manager(bus.get(), nullptr, service.root.c_str());
      if (result >= 0) {
        result = sd_bus_add_node_enumerator(bus.get(), nullptr, service.root.c_str(), &Impl::on_enumerate, this);
      }
      if (result < 0) return system_failure(-result, "cannot make the D-Bus objects of {}", service.name);
    }
    return {};
  }

  // Interfaces are made known when the first object has them.
  Result<void> register_interfaces() {
    for (const auto& [path, interfaces] : tree) {
      for (const DbusInterface& interface : interfaces) {
        const bool known =
            std::ranges::any_of(tables, [&](const auto& table) { return table->interface == interface.name; });
        if (!known) TRY_VOID(register_interface(interface));
      }
    }
    return {};
  }

  Result<void> register_interface(const DbusInterface& interface) {
    auto table = std::make_unique<Table>();
    table->interface = interface.name;
    for (const DbusProperty& property : interface.properties) {
      table->names.push_back(property.name);
      table->signatures.push_back(signature_of(property.value));
    }
    sd_bus_vtable row{};
    row.type = _SD_BUS_VTABLE_START;
    row.x.start.element_size = sizeof(sd_bus_vtable);
    row.x.start.features = _SD_BUS_VTABLE_PARAM_NAMES;
    row.x.start.vtable_format_reference = &sd_bus_object_vtable_format;
    table->rows.push_back(row);
    for (std::size_t i = 0; i < table->names.size(); ++i) {
      row = {};
      row.type = _SD_BUS_VTABLE_PROPERTY;
      row.flags = SD_BUS_VTABLE_PROPERTY_CONST;
      row.x.property.member = table->names[i].c_str();
      row.x.property.signature = table->signatures[i].c_str();
      row.x.property.get = &Impl::on_get;
      table->rows.push_back(row);
    }
    row = {};
    row.type = _SD_BUS_VTABLE_END;
    table->rows.push_back(row);
    for (const DbusService& service : services) {
      const int result = sd_bus_add_fallback_vtable(bus.get(), nullptr, service.root.c_str(), table->interface.c_str(),
                                                    table->rows.data(), &Impl::on_find, this);
      if (result < 0) return system_failure(-result, "cannot make the D-Bus interface {}", interface.name);
    }
    tables.push_back(std::move(table));
    return {};
  }
};

namespace {

std::string bus_name(std::string_view address) {
  return address == "system" || address == "session" ? fmt::format("the D-Bus {} bus", address)
                                                     : fmt::format("the D-Bus at {}", address);
}

Result<std::unique_ptr<sd_bus, BusRelease>> connect(std::string_view address) {
  sd_bus* bus = nullptr;
  int result = 0;
  if (address == "system") {
    result = sd_bus_open_system(&bus);
  } else if (address == "session") {
    result = sd_bus_open_user(&bus);
  } else {
    result = sd_bus_new(&bus);
    if (result >= 0) result = sd_bus_set_address(bus, std::string(address).c_str());
    if (result >= 0) result = sd_bus_set_bus_client(bus, 1);
    if (result >= 0) result = sd_bus_start(bus);
  }
  std::unique_ptr<sd_bus, BusRelease> made(bus);
  if (result < 0) return system_failure(-result, "cannot reach {}", bus_name(address));
  sd_bus_set_method_call_timeout(bus, kPatienceMicroseconds);
  return made;
}

Result<void> take_name(sd_bus* bus, const DbusService& service, std::string_view address) {
  const int result = sd_bus_request_name(bus, service.name.c_str(), 0);
  if (result >= 0) return {};
  if (result == -EEXIST) {
    return failure(fmt::format("{} is taken on {}: another lab or mctpd serves it", service.name, bus_name(address)));
  }
  if (result == -EACCES || result == -EPERM) {
    return failure(fmt::format("{} does not allow this user to own {}", bus_name(address), service.name));
  }
  return system_failure(-result, "cannot reach {}", bus_name(address));
}

}  // namespace

Result<std::unique_ptr<DbusExport>> DbusExport::open(EventLoop& loop, std::string_view address,
                                                     std::vector<DbusService> services, DbusTree tree) {
  auto impl = std::make_unique<Impl>();
  impl->bus = TRY(connect(address));
  impl->services = std::move(services);
  impl->tree = std::move(tree);
  TRY_VOID(impl->register_services());
  TRY_VOID(impl->register_interfaces());
  // Names last: who sees one finds everything there.
  for (const DbusService& service : impl->services) TRY_VOID(take_name(impl->bus.get(), service, address));
  // sd-bus says this itself, to whoever listens in this process.
  constexpr const char* kLocal = "org.freedesktop.DBus.Local";
  int result = sd_bus_match_signal(impl->bus.get(), nullptr, kLocal, "/org/freedesktop/DBus/Local", kLocal,
                                   "Disconnected", &Impl::on_disconnected, impl.get());
  if (result >= 0) result = sd_bus_attach_event(impl->bus.get(), static_cast<sd_event*>(loop.native()), 0);
  if (result < 0) return system_failure(-result, "cannot wait for {}", bus_name(address));
  return std::unique_ptr<DbusExport>(new DbusExport(std::move(impl)));
}

DbusExport::DbusExport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DbusExport::~DbusExport() = default;

std::string DbusExport::address() const {
  const char* address = nullptr;
  return sd_bus_get_address(impl_->bus.get(), &address) < 0 ? "" : address;
}

void DbusExport::on_gone(std::move_only_function<void()> callback) { impl_->gone = std::move(callback); }

// Signals that cannot be sent, because the bus has gone, are not missed by anybody.
void DbusExport::set(DbusTree tree) {
  if (tree == impl_->tree) return;
  std::vector<std::string> gone;
  std::vector<std::string> come;
  for (const auto& [path, interfaces] : impl_->tree) {
    const auto now = tree.find(path);
    if (now == tree.end() || now->second != interfaces) gone.push_back(path);
  }
  for (const auto& [path, interfaces] : tree) {
    const auto before = impl_->tree.find(path);
    if (before == impl_->tree.end() || before->second != interfaces) come.push_back(path);
  }
  // sd-bus looks the interfaces up, so each signal is sent while they are there.
  for (const std::string& path : gone) (void)sd_bus_emit_object_removed(impl_->bus.get(), path.c_str());
  impl_->tree = std::move(tree);
  (void)impl_->register_interfaces();
  for (const std::string& path : come) (void)sd_bus_emit_object_added(impl_->bus.get(), path.c_str());
}

// --------------------------------------------------------------------------------------------------- a bus of our own

namespace {

// Everything is allowed: the socket is in a directory that no other user enters.
constexpr std::string_view kConfiguration =
    R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>custom</type>
  <listen>{}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
)";

// The first line that a program prints, or all that it printed before it ended.
std::string first_line(int descriptor, int patience_ms) {
  std::string text;
  pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
  while (text.find('\n') == std::string::npos && text.size() < 4096) {
    if (retry([&] { return ::poll(&entry, 1, patience_ms); }) <= 0) break;
    std::array<char, 256> part{};
    const auto got = retry([&] { return ::read(descriptor, part.data(), part.size()); });
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text.substr(0, text.find('\n'));
}

// Bytes of an address that are not letters, digits or one of -_/.\* are escaped (D-Bus Specification, Server
// Addresses).
std::string escaped(std::string_view path) {
  constexpr std::string_view kPlain = "-_/.\\*";
  std::string text;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    text += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return text;
}

}  // namespace

Result<PrivateBus> PrivateBus::start(EventLoop& loop, const std::filesystem::path& directory) {
  const std::string address = "unix:path=" + escaped((directory / "dbus.sock").native());
  const auto configuration = directory / "dbus.conf";
  const std::string text = fmt::format(kConfiguration, address);
  TRY_VOID(write_file_atomically(configuration, std::as_bytes(std::span(text)), 0600));
  const std::vector<std::string> command = {"dbus-daemon", "--config-file=" + configuration.native(),
                                            "--nofork",    "--nopidfile",
                                            "--nosyslog",  "--print-address=1"};
  // Where setpriv is at hand (util-linux), the daemon ends even with a lab that is killed.
  // In a group of its own, because the first interrupt from the terminal asks the program to end and not the lab, and
  // until then the program may need its bus.
  std::vector<std::string> bound_to_us = {"setpriv", "--pdeathsig", "KILL", "--"};
  bound_to_us.insert(bound_to_us.end(), command.begin(), command.end());
  auto started = Child::start(bound_to_us, {}, Output::captured, Group::own);
  if (!started) started = Child::start(command, {}, Output::captured, Group::own);
  auto daemon = TRY(std::move(started));
  const int output = daemon.output();
  const std::string said = first_line(output, static_cast<int>(kPatienceMicroseconds / 1000));
  if (!said.starts_with("unix:")) {
    return failure(fmt::format("dbus-daemon did not start: {}", said.empty() ? "it said nothing" : said));
  }
  auto watch = std::make_unique<Watch>();
  *watch = TRY(loop.watch(output, {}, [output, self = watch.get()](Ready) {
    std::array<char, 4096> part{};
    const auto got = retry([&] { return ::read(output, part.data(), part.size()); });
    if (got <= 0) self->set_interest({.read = false, .write = false});
  }));
  return PrivateBus(std::move(daemon), std::move(watch), address);
}

}  // namespace cxlemu::os
