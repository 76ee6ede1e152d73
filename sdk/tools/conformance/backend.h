// backend.h - a backend library opened as a host would, and its calls watched: what no function may ever do is a Fault.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sotto/backend.h"
#include "sotto/plugin.h"

namespace sotto::conformance {

// A promise that was not kept, as a sentence without its case.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
inline void expect(bool kept, const std::string& sentence) {
  if (!kept) throw Fault(sentence);
}

struct Error : sotto_error {
  Error() : sotto_error{sizeof(sotto_error), SOTTO_OK, {}} {}
};

const char* status_name(sotto_status status);  // "SOTTO_UNSUPPORTED"
// Throws Fault unless `s` is SOTTO_OK: "run answered SOTTO_BUSY: ...". The error is read after the call that fills it.
inline void succeed(sotto_status s, const char* what, const Error& error) {
  if (s != SOTTO_OK) throw Fault(std::string(what) + " answered " + status_name(s) + ": " + error.text);
}

// A function of the table with its name.
template <class... P>
struct Call {
  const char* name;
  sotto_status (*sotto_backend::*function)(P...);
};
template <class... P>
Call(const char*, sotto_status (*sotto_backend::*)(P...)) -> Call<P...>;

namespace calls {
inline constexpr Call device_count{"device_count", &sotto_backend::device_count};
inline constexpr Call device_info{"device_info", &sotto_backend::device_info};
inline constexpr Call group_create{"group_create", &sotto_backend::group_create};
inline constexpr Call check{"check", &sotto_backend::check};
inline constexpr Call weights_create{"weights_create", &sotto_backend::weights_create};
inline constexpr Call upload{"upload", &sotto_backend::upload};
inline constexpr Call compile{"compile", &sotto_backend::compile};
inline constexpr Call cache_create{"cache_create", &sotto_backend::cache_create};
inline constexpr Call cache_truncate{"cache_truncate", &sotto_backend::cache_truncate};
inline constexpr Call cache_copy{"cache_copy", &sotto_backend::cache_copy};
inline constexpr Call cache_export{"cache_export", &sotto_backend::cache_export};
inline constexpr Call cache_import{"cache_import", &sotto_backend::cache_import};
inline constexpr Call adapter_create{"adapter_create", &sotto_backend::adapter_create};
inline constexpr Call run{"run", &sotto_backend::run};
}  // namespace calls

class Backend;

// Owns an object of the backend; destroying it cannot throw: what the backend throws is kept for Backend::rethrow.
template <class T>
struct Destroyer {
  const Backend* backend = nullptr;
  void (*sotto_backend::*destroy)(T*) = nullptr;
  void operator()(T* object) const;
};
template <class T>
using Handle = std::unique_ptr<T, Destroyer<T>>;

// One thread at a time. Open for as long as it lives.
class Backend {
 public:
  // Throws Fault with the reason.
  explicit Backend(const std::string& path);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // The function's answer. A status of no meaning, a failure without a sentence, an exception: Fault.
  template <class... P, class... A>
  sotto_status call(Error* error, const Call<P...>& c, A... arguments) const {
    return watched(error, c.name, [&] { return (api_->*c.function)(arguments..., error); });
  }
  // A creating function, whose result stands last before the error: set on success and only then.
  template <class T, class... P, class... A>
  sotto_status make(Error* error, const Call<P...>& c, Handle<T>* out, void (*sotto_backend::*destroy)(T*),
                    A... arguments) const {
    T* const untouched = reinterpret_cast<T*>(const_cast<Backend*>(this));
    T* made = untouched;
    const sotto_status s = watched(error, c.name, [&] { return (api_->*c.function)(arguments..., &made, error); });
    if (s == SOTTO_OK && (made == untouched || made == nullptr))
      throw Fault(std::string(c.name) + " answered SOTTO_OK and left its result unset");
    if (s != SOTTO_OK && made != untouched) throw Fault(std::string(c.name) + " failed and yet wrote its result");
    *out = Handle<T>(s == SOTTO_OK ? made : nullptr, Destroyer<T>{this, destroy});
    return s;
  }
  template <class T>
  void destroy(void (*sotto_backend::*function)(T*), T* object) const {
    try {
      (api_->*function)(object);
    } catch (...) {
      late_fault_ = "an exception left a destroy function";
    }
  }
  // Throws what could not be thrown where it was found.
  void rethrow() const;
  void remember(const std::string& fault) const { late_fault_ = fault; }

  void* self() const { return self_; }
  const std::string& id() const { return id_; }
  const std::string& version() const { return version_; }
  bool is_reference() const { return id_ == "dev.sotto.reference"; }
  uint32_t devices() const;
  sotto_device_info info(uint32_t device) const;

 private:
  sotto_status watched(Error* error, const char* name, const std::function<sotto_status()>& body) const;
  void look_up(const std::string& path);

  std::unique_ptr<void, int (*)(void*)> library_;
  const sotto_plugin_entry* entry_ = nullptr;
  const sotto_backend* api_ = nullptr;
  void* self_ = nullptr;
  bool created_ = false;
  std::string id_, version_;
  mutable std::string late_fault_;
};

template <class T>
void Destroyer<T>::operator()(T* object) const {
  if (backend != nullptr) backend->destroy(destroy, object);
}

}  // namespace sotto::conformance
