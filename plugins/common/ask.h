// ask.h: calls on the host's services whose failures are thrown on, for the border's guard to catch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sotto/plugin.hpp"

namespace sotto::plugins {

// ask([&](sotto_error* err) { return service.session_feed(..., err); })
template <class Call>
void ask(Call&& call) {
  sotto_error err{};
  err.struct_size = sizeof err;
  if (const sotto_status status = call(&err); status != SOTTO_OK) throw plugin::failure(status, err);
}

// The two-call idiom, with room for what usually suffices: fetch<char>(64, [&](buffer, capacity, size, err) { ... }).
template <class Item, class Fill>
std::vector<Item> fetch(size_t guess, Fill&& fill) {
  std::vector<Item> items(guess);
  uint64_t count = 0;
  const auto again = [&](sotto_error* err) { return fill(items.data(), uint64_t{items.size()}, &count, err); };
  ask(again);
  if (count > items.size()) {
    items.resize(static_cast<size_t>(count));
    ask(again);
  }
  items.resize(static_cast<size_t>(count));
  return items;
}

}  // namespace sotto::plugins
