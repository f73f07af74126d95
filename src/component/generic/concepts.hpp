// What a component must have so that the handlers of a command set, written once, serve it.
#pragma once

#include <concepts>

#include "cci/dispatch.hpp"
#include "component/changes.hpp"
#include "component/generic/timestamp_state.hpp"
#include "component/memory_device/config.hpp"
#include "wire/information_and_status.hpp"

namespace cxlemu {

/// Every component: commands, changes, the profile of the clients it serves, and whether it is strict about lengths.
template <typename C>
concept AnyComponent = requires(C& component) {
  { component.commands() } -> std::same_as<cci::CommandSet&>;
  { component.changes() } -> std::same_as<Changes&>;
  { component.profile() } -> std::same_as<Profile>;
  { component.refuses_surplus_payload() } -> std::same_as<bool>;
};

template <typename C>
concept HasIdentity = AnyComponent<C> && requires(const C& component) {
  { component.identity() } -> std::same_as<IdentifyOut>;
};

/// The choices that Request Abort Background Operation leaves open.
template <typename C>
concept HasAbortPolicy = AnyComponent<C> && requires(C& component, cci::Context& context) {
  { component.abort_threshold() } -> std::convertible_to<std::uint8_t>;
  { component.abort_when_idle() } -> std::same_as<AbortWhenIdle>;
  { component.target(context) } -> std::same_as<cci::Target>;
};

template <typename C>
concept HasTimestamp = AnyComponent<C> && requires(C& component) {
  { component.timestamp() } -> std::same_as<TimestampState&>;
  { component.now() } -> std::same_as<Time>;
};

}  // namespace cxlemu
