// plugin.hpp: C++17 comfort for plugin authors: text views, errors, a guard at the border, the host, an entry from a class.
// Header-only, not ABI: everything here compiles into the plugin.
//
//     struct Tea {
//       explicit Tea(sotto::plugin::Host host) : host(host) { host.info("kettle: 1.7 l"); }
//       const void* query(std::string_view id) const { return id == "com.example.tea/1" ? &kTable : nullptr; }
//       sotto::plugin::Host host;
//     };
//     using TeaEntry = sotto::plugin::Entry<Tea>;
//     SOTTO_PLUGIN_ENTRY(tea) = {SOTTO_PLUGIN_HEAD, "com.example.tea", "1.0.0", "brews",
//                                TeaEntry::create, TeaEntry::destroy, TeaEntry::query};
//
// A function of a table catches everything and names its failures:
//     sotto_status brew(void* self, sotto_str leaf, sotto_error* err) {
//       return sotto::plugin::guard(err, [&] { static_cast<Tea*>(self)->brew(sotto::plugin::view(leaf)); });
//     }
#ifndef SOTTO_PLUGIN_HPP
#define SOTTO_PLUGIN_HPP

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "sotto/plugin.h"

namespace sotto::plugin {

inline std::string_view view(sotto_str text) {
  return text.data ? std::string_view(text.data, static_cast<size_t>(text.size)) : std::string_view();
}
inline sotto_str str(std::string_view text) { return sotto_str{text.data(), text.size()}; }

// Thrown inside of the plugin, caught by guard: the status and the sentence that the caller gets.
class Failure : public std::runtime_error {
 public:
  Failure(sotto_status status, const std::string& text) : std::runtime_error(text), status_(status) {}
  sotto_status status() const noexcept { return status_; }

 private:
  sotto_status status_;
};

// Fills the caller's error, which may be NULL, as far as its struct_size reaches, never with part of a character; returns
// `status`: `return fail(err, SOTTO_NOT_FOUND, "no kettle")`.
inline sotto_status fail(sotto_error* err, sotto_status status, std::string_view text) noexcept {
  constexpr size_t kText = offsetof(sotto_error, text);
  const size_t size = err ? std::min<size_t>(err->struct_size, sizeof *err) : 0;
  if (size < kText) return status;
  err->status = status;
  if (size == kText) return status;
  size_t length = std::min(text.size(), size - kText - 1);
  if (length < text.size())
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0u) == 0x80u) --length;
  std::memcpy(err->text, text.data(), length);
  err->text[length] = '\0';
  return status;
}

// The failure that a call of the host or of another plugin left in `err`, to throw it on.
inline Failure failure(sotto_status status, const sotto_error& err) {
  return Failure(status, std::string(err.text, std::find(err.text, err.text + sizeof err.text, '\0')));
}

// Runs `body`, which returns a sotto_status or nothing, and lets no exception out.
template <class Body>
sotto_status guard(sotto_error* err, Body&& body) noexcept {
  try {
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      return SOTTO_OK;
    } else {
      return body();
    }
  } catch (const Failure& e) {
    return fail(err, e.status(), e.what());
  } catch (const std::bad_alloc&) {
    return fail(err, SOTTO_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    return fail(err, SOTTO_INTERNAL, e.what());
  } catch (...) {
    return fail(err, SOTTO_INTERNAL, "an exception of unknown type");
  }
}

// A complete copy of options that the caller filled up to their struct_size; NULL reads as all zero. Throws Failure.
template <class T>
T read_options(const T* options) {
  static_assert(std::is_trivially_copyable_v<T> && offsetof(T, struct_size) == 0);
  T copy{};
  if (options) {
    const uint32_t size = options->struct_size;
    if (size < sizeof size || size > 4096)
      throw Failure(SOTTO_INVALID_ARGUMENT, "struct_size " + std::to_string(size) + " of options");
    const char* bytes = reinterpret_cast<const char*>(options);
    for (size_t i = sizeof(T); i < size; ++i)
      if (bytes[i])
        throw Failure(SOTTO_UNSUPPORTED, "options set byte " + std::to_string(i) + ", which this plugin is too old to know");
    std::memcpy(&copy, options, std::min<size_t>(size, sizeof(T)));
  }
  copy.struct_size = sizeof(T);
  return copy;
}

// The host as the plugin sees it: a value, copied freely, valid from create to the return of destroy. [any thread]
class Host {
 public:
  explicit Host(const sotto_host* host) : host_(host) {}

  bool wants(int32_t level) const { return level <= host_->log_level; }
  void log(int32_t level, std::string_view line) const {
    if (wants(level)) host_->log(host_->context, level, str(line));
  }
  void error(std::string_view line) const { log(SOTTO_LOG_ERROR, line); }
  void warning(std::string_view line) const { log(SOTTO_LOG_WARNING, line); }
  void info(std::string_view line) const { log(SOTTO_LOG_INFO, line); }
  void debug(std::string_view line) const { log(SOTTO_LOG_DEBUG, line); }

  // A service or another plugin's interface; NULL when there is none, or when its table is shorter than T.
  //     void* self; const auto* blobs = host.find<sotto_blob_service>(SOTTO_BLOB_SERVICE_ID, &self);
  template <class T>
  const T* find(const char* id, void** self) const {
    const sotto_interface found = host_->query(host_->context, id);
    const T* table = static_cast<const T*>(found.table);
    if (!table || table->struct_size < sizeof(T)) return nullptr;
    *self = found.self;
    return table;
  }

 private:
  const sotto_host* host_;
};

// The entry's three functions for a class with Plugin(Host) and `const void* query(std::string_view id) const`.
template <class Plugin>
struct Entry {
  static sotto_status create(const sotto_host* host, void** self, sotto_error* err) {
    return guard(err, [&] { *self = new Plugin(Host(host)); });
  }
  static void destroy(void* self) { delete static_cast<Plugin*>(self); }
  static const void* query(void* self, const char* id) {
    const void* table = nullptr;
    guard(nullptr, [&] { table = static_cast<const Plugin*>(self)->query(id); });
    return table;
  }
};

}  // namespace sotto::plugin

#endif
