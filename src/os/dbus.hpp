// Objects with properties on a D-Bus, as values; no other file includes sd-bus. What asks is answered from the event
// loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "os/event_loop.hpp"
#include "os/process.hpp"

namespace cxlemu::os {

/// An array without elements, by the signature of one.
struct DbusNoElements {
  std::string element;
  bool operator==(const DbusNoElements&) const = default;
};
/// Signatures y, u, s, ay; and an empty array of anything.
using DbusValue = std::variant<std::uint8_t, std::uint32_t, std::string, Buffer, DbusNoElements>;

struct DbusProperty {
  std::string name;
  DbusValue value;
  bool operator==(const DbusProperty&) const = default;
};
struct DbusInterface {
  std::string name;
  std::vector<DbusProperty> properties;  ///< for one interface always the same names and types, in the same order
  bool operator==(const DbusInterface&) const = default;
};
/// Interfaces by object path.
using DbusTree = std::map<std::string, std::vector<DbusInterface>, std::less<>>;

/// A well-known name, and the object that lists all objects below it (org.freedesktop.DBus.ObjectManager).
struct DbusService {
  std::string name;
  std::string root;
};

class DbusExport {
 public:
  /// `address` is a D-Bus address, or "system" or "session". Every service shows what `tree` has below its root.
  /// Fails where the bus cannot be reached or does not give a name; does not wait longer than five seconds for it.
  static Result<std::unique_ptr<DbusExport>> open(EventLoop& loop, std::string_view address,
                                                  std::vector<DbusService> services, DbusTree tree);
  ~DbusExport();
  DbusExport(const DbusExport&) = delete;
  DbusExport& operator=(const DbusExport&) = delete;

  /// The D-Bus address that it is connected to.
  [[nodiscard]] std::string address() const;
  /// From now on these objects are there; who listens is told which came and which went.
  void set(DbusTree tree);
  /// Called once, when the bus has gone. It must not destroy the export.
  void on_gone(std::move_only_function<void()> callback);

 private:
  struct Impl;
  explicit DbusExport(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A bus of our own for programs of the same user; it ends with this object.
class PrivateBus {
 public:
  /// Starts dbus-daemon with its socket and its configuration in `directory`, and waits until it listens.
  static Result<PrivateBus> start(EventLoop& loop, const std::filesystem::path& directory);
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  PrivateBus(Child daemon, std::unique_ptr<Watch> output, std::string address)
      : daemon_(std::move(daemon)), output_(std::move(output)), address_(std::move(address)) {}

  Child daemon_;
  std::unique_ptr<Watch> output_;  ///< what the daemon says is read, so that it never waits for us
  std::string address_;
};

}  // namespace cxlemu::os
