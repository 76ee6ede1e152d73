// guard.h: the body of every C function: runs C++ code and turns its failure or exception into a status and a sentence.
#pragma once

#include <cstddef>
#include <exception>
#include <new>
#include <string_view>

#include "base/status.h"

namespace sotto {

// The longest prefix of `text` that has at most `limit` bytes and does not end inside a UTF-8 character.
std::string_view cut_utf8(std::string_view text, size_t limit);

// Writes status and text into the caller's error, which may be NULL, as far as its struct_size reaches. The text is cut on the
// border of a UTF-8 character. Returns `code`.
sotto_status report(sotto_error* err, sotto_status code, std::string_view text) noexcept;

// guard(err, [&] { return model.open(...); }): `body` returns a Status.
template <class Body>
sotto_status guard(sotto_error* err, Body&& body) noexcept {
  try {
    const Status status = body();
    return status.ok() ? SOTTO_OK : report(err, status.code(), status.text());
  } catch (const std::bad_alloc&) {
    return report(err, SOTTO_OUT_OF_MEMORY,
                  "out of memory: an allocation of the library failed; close other models or sessions");
  } catch (const std::exception& e) {
    return report(err, SOTTO_INTERNAL, e.what());
  } catch (...) {
    return report(err, SOTTO_INTERNAL, "an exception of unknown type; please report it");
  }
}

// The same for functions that return no status: `fallback` is their answer when `body` throws.
template <class Value, class Body>
Value guard_value(Value fallback, Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    return fallback;
  }
}

}  // namespace sotto
