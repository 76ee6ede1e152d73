// status.h: how the dialogue plugin carries failures inside and hands them over the C border.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "sotto/plugin.hpp"

namespace sotto::dialogue {

using plugin::str;
using plugin::view;

// A status code with the sentence for the user. Default: success.
struct [[nodiscard]] Status {
  sotto_status code = SOTTO_OK;
  std::string text;

  bool ok() const { return code == SOTTO_OK; }
  Status within(const std::string& where) const { return ok() ? *this : Status{code, where + ": " + text}; }
};

// Runs one function of a C table: call([&](sotto_error* err) { return service.feed(..., err); }).
template <class Function>
Status call(Function&& function) {
  sotto_error error{};
  error.struct_size = sizeof error;
  const sotto_status code = function(&error);
  if (code == SOTTO_OK) return {};
  return {code, error.text[0] != '\0' ? error.text : "status " + std::to_string(code) + " without a sentence"};
}

// The body of every function of the table: its failure goes into the caller's error, no exception leaves it.
template <class Function>
sotto_status guard(sotto_error* err, Function&& function) noexcept {
  return plugin::guard(err, [&] {
    const Status status = function();
    return status.ok() ? SOTTO_OK : plugin::fail(err, status.code, status.text);
  });
}

// Copies what both sides know of a struct that begins with struct_size; refuses what only the caller knows. NULL: all zero.
template <class T>
Status read_struct(const T* given, const char* name, T* out) {
  *out = T{};
  out->struct_size = sizeof(T);
  if (given == nullptr) return {};
  if (given->struct_size < sizeof given->struct_size)
    return {SOTTO_INVALID_ARGUMENT,
            std::string(name) + ": struct_size is " + std::to_string(given->struct_size) + ", set it to sizeof(" + name + ")"};
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (size_t i = sizeof(T); i < given->struct_size; ++i)
    if (bytes[i] != 0)
      return {SOTTO_UNSUPPORTED, std::string(name) + ": byte " + std::to_string(i) + " is set, this library knows " +
                                     std::to_string(sizeof(T)) + " bytes: it is older than the caller's headers"};
  std::memcpy(out, given, std::min<size_t>(sizeof(T), given->struct_size));
  out->struct_size = sizeof(T);
  return {};
}

// Fills an out-struct of the caller, never beyond the caller's struct_size.
template <class T>
void write_struct(const T& from, T* to) {
  if (to == nullptr || to->struct_size < sizeof to->struct_size) return;
  const uint32_t size = to->struct_size;
  std::memcpy(to, &from, std::min<size_t>(sizeof(T), size));
  to->struct_size = size;
}

// The two-call idiom: always the size, the bytes only if they fit.
template <class Item>
Status give(const Item* items, size_t count, Item* buffer, uint64_t capacity, uint64_t* needed) {
  if (needed != nullptr) *needed = count;
  if (buffer != nullptr && capacity >= count && count > 0) std::memcpy(buffer, items, count * sizeof(Item));
  return {};
}

}  // namespace sotto::dialogue
