// options.h: how structs and text cross the border: options are copied in by struct_size, results are written out by it.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/status.h"

namespace sotto {

// No struct of this major comes near: what is larger is an uninitialised struct_size, and reading that far would be a fault.
constexpr uint32_t kMaxStructSize = 4096;

Status check_struct_size(const char* type, uint32_t struct_size);
// The bytes of a newer caller that this library does not know must be zero.
Status check_unknown_bytes(const char* type, const void* options, size_t known, uint32_t struct_size);

// A complete copy of the caller's options. NULL reads as all zero. `type` is the struct's name for the sentence:
//   SOTTO_ASSIGN(const auto options, read_options("sotto_feed_options", caller));
template <class T>
Result<T> read_options(const char* type, const T* options) {
  static_assert(std::is_trivially_copyable_v<T> && offsetof(T, struct_size) == 0);
  T copy{};
  if (options != nullptr) {
    SOTTO_TRY(check_struct_size(type, options->struct_size));
    SOTTO_TRY(check_unknown_bytes(type, options, sizeof(T), options->struct_size));
    std::memcpy(&copy, options, std::min<size_t>(sizeof(T), options->struct_size));
  }
  copy.struct_size = sizeof(T);
  return copy;
}

// Fills the caller's out-struct as far as its struct_size reaches; struct_size itself stays.
template <class T>
Status write_out(const char* type, const T& value, T* out) {
  static_assert(std::is_trivially_copyable_v<T> && offsetof(T, struct_size) == 0);
  if (out == nullptr) return Status(SOTTO_INVALID_ARGUMENT, std::string(type) + ": the pointer for the result is NULL");
  SOTTO_TRY(check_struct_size(type, out->struct_size));
  constexpr size_t kFirst = sizeof(uint32_t);
  const size_t size = std::min<size_t>(sizeof(T), out->struct_size);
  std::memcpy(reinterpret_cast<char*>(out) + kFirst, reinterpret_cast<const char*>(&value) + kFirst, size - kFirst);
  return Status();
}

// The two-call idiom: *count receives what is needed, the buffer is written only if the capacity suffices.
template <class Item>
Status write_items(const Item* items, uint64_t needed, Item* buffer, uint64_t capacity, uint64_t* count) {
  if (count == nullptr) return Status(SOTTO_INVALID_ARGUMENT, "the pointer for the size of the result is NULL");
  if (buffer == nullptr && capacity != 0)
    return Status(SOTTO_INVALID_ARGUMENT, "a capacity of " + std::to_string(capacity) + " was given with a NULL buffer");
  if (needed <= capacity && needed > 0) std::memcpy(buffer, items, needed * sizeof(Item));
  *count = needed;
  return Status();
}

// A view of the caller's text; `name` is the argument for the sentence. Not given reads as empty.
Result<std::string_view> read_text(const char* name, sotto_str text);
// The same for a path: no zero byte inside, and given where it is required.
Result<std::string> read_path(const char* name, sotto_str text, bool is_required);
// Fails with a sentence when a pointer that must be given is NULL.
Status check_given(const char* name, const void* pointer);

// Copies `text` into a terminated field of fixed size, cut on the border of a UTF-8 character.
void copy_text(std::string_view text, char* field, size_t size);
template <size_t kSize>
void copy_text(std::string_view text, char (&field)[kSize]) {
  copy_text(text, field, kSize);
}

}  // namespace sotto
