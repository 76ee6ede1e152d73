// sotto.hpp: C++17 comfort over sotto.h and dialogue.h for applications: owners, text views, lambdas, errors as exceptions.
// Header-only, not ABI: everything here compiles into the application. Exceptions stay on this side of the border.
#ifndef SOTTO_SOTTO_HPP
#define SOTTO_SOTTO_HPP

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sotto/dialogue.h"
#include "sotto/sotto.h"

namespace sotto {

// A failed call: what() is the sentence of sotto_error.
class Error : public std::runtime_error {
 public:
  Error(sotto_status status, const char* text) : std::runtime_error(text), status_(status) {}
  sotto_status status() const noexcept { return status_; }

 private:
  sotto_status status_;
};

inline sotto_str str(std::string_view text) { return sotto_str{text.data(), text.size()}; }

// call([&](sotto_error* err) { return sotto_...(..., err); }): throws Error unless the status is SOTTO_OK.
template <class Function>
void call(Function&& function) {
  sotto_error error{};
  error.struct_size = sizeof error;
  const sotto_status status = function(&error);
  if (status != SOTTO_OK) throw Error(status, error.text[0] ? error.text : sotto_status_text(status));
}

// Runs the two-call idiom: fill(buffer, capacity, &size, err) twice.
template <class Item, class Fill>
std::vector<Item> fetch(Fill&& fill) {
  std::vector<Item> items;
  uint64_t size = 0;
  call([&](sotto_error* err) { return fill(static_cast<Item*>(nullptr), uint64_t{0}, &size, err); });
  items.resize(static_cast<size_t>(size));
  if (size) call([&](sotto_error* err) { return fill(items.data(), uint64_t{items.size()}, &size, err); });
  return items;
}

using OnText = std::function<bool(std::string_view)>;  // false ends the answer

namespace detail {
// A C++ callback behind a C one: an exception in it ends the generation and comes out of the call that ran it.
struct Streamed {
  const OnText& on_text;
  std::exception_ptr thrown;

  static int32_t relay(void* user, sotto_str piece) {
    auto* self = static_cast<Streamed*>(user);
    try {
      return self->on_text(std::string_view(piece.data, static_cast<size_t>(piece.size))) ? 0 : 1;
    } catch (...) {
      self->thrown = std::current_exception();
      return 1;
    }
  }
};
}  // namespace detail

class Runtime {
 public:
  explicit Runtime(const sotto_runtime_options& options) {
    sotto_runtime* made = nullptr;
    call([&](sotto_error* err) { return sotto_runtime_create(&options, &made, err); });
    handle_.reset(made);
  }
  // Loads every plugin of the folder.
  explicit Runtime(std::string_view plugin_folder) : Runtime(with_folder(plugin_folder)) {}
  sotto_runtime* get() const { return handle_.get(); }

 private:
  static sotto_runtime_options with_folder(std::string_view folder) {
    sotto_runtime_options options{};
    options.struct_size = sizeof options;
    options.plugin_folder = str(folder);
    return options;
  }
  struct Destroy {
    void operator()(sotto_runtime* r) const { sotto_runtime_destroy(r); }
  };
  std::unique_ptr<sotto_runtime, Destroy> handle_;
};

class Model {
 public:
  Model(const Runtime& runtime, std::string_view path, const sotto_model_options* options = nullptr) {
    sotto_model_source source{};
    source.struct_size = sizeof source;
    source.path = str(path);
    sotto_model* made = nullptr;
    call([&](sotto_error* err) { return sotto_model_open(runtime.get(), &source, options, &made, err); });
    handle_.reset(made);
  }
  sotto_model* get() const { return handle_.get(); }

  std::vector<uint32_t> tokenize(std::string_view text, uint32_t flags = 0) const {
    return fetch<uint32_t>([&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
      return sotto_tokenize(get(), str(text), flags, ids, capacity, count, err);
    });
  }
  std::string detokenize(const std::vector<uint32_t>& ids, uint32_t flags = 0) const {
    const std::vector<char> text = fetch<char>([&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return sotto_detokenize(get(), ids.data(), ids.size(), flags, buffer, capacity, size, err);
    });
    return std::string(text.begin(), text.end());
  }

 private:
  struct Destroy {
    void operator()(sotto_model* m) const { sotto_model_destroy(m); }
  };
  std::unique_ptr<sotto_model, Destroy> handle_;
};

class Session {
 public:
  explicit Session(const Model& model) {
    sotto_session* made = nullptr;
    call([&](sotto_error* err) { return sotto_session_create(model.get(), nullptr, &made, err); });
    handle_.reset(made);
  }
  sotto_session* get() const { return handle_.get(); }

  void generate(std::string_view prompt, const OnText& on_text, const sotto_generate_options* options = nullptr) {
    detail::Streamed streamed{on_text, nullptr};
    call([&](sotto_error* err) {
      return sotto_generate(get(), str(prompt), options, &detail::Streamed::relay, &streamed, err);
    });
    if (streamed.thrown) std::rethrow_exception(streamed.thrown);
  }

 private:
  struct Destroy {
    void operator()(sotto_session* s) const { sotto_session_destroy(s); }
  };
  std::unique_ptr<sotto_session, Destroy> handle_;
};

// A conversation through the runtime's dialogue plugin.
class Dialogue {
 public:
  Dialogue(const Runtime& runtime, const Model& model, std::string_view system_prompt = {})
      : skill_(sotto_dialogue_find(runtime.get())), handle_(nullptr, Destroy{skill_.api}) {
    if (!skill_.api) throw Error(SOTTO_NOT_FOUND, "no dialogue plugin is loaded: name its library or folder in the options");
    sotto_dialogue_options options{};
    options.struct_size = sizeof options;
    options.system_prompt = str(system_prompt);
    sotto_dialogue* made = nullptr;
    call([&](sotto_error* err) { return skill_.api->create(skill_.self, model.get(), &options, &made, err); });
    handle_.reset(made);
  }
  sotto_dialogue* get() const { return handle_.get(); }

  sotto_turn_result say(std::string_view text, const OnText& on_text, const sotto_generate_options* options = nullptr) {
    detail::Streamed streamed{on_text, nullptr};
    sotto_turn_result result{};
    result.struct_size = sizeof result;
    call([&](sotto_error* err) {
      return skill_.api->say(get(), str("user"), str(text), options, &detail::Streamed::relay, &streamed, &result, err);
    });
    if (streamed.thrown) std::rethrow_exception(streamed.thrown);
    return result;
  }

 private:
  struct Destroy {
    const sotto_dialogue_api* api;
    void operator()(sotto_dialogue* d) const { api->destroy(d); }
  };
  sotto_dialogue_skill skill_;
  std::unique_ptr<sotto_dialogue, Destroy> handle_;
};

}  // namespace sotto

#endif
