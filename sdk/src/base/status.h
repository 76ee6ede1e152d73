// status.h: how a function inside Sotto says that it failed. No exceptions of our own, no last-error state.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "sotto/base.h"

namespace sotto {

// A status code with the sentence for the user. Default: success.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(sotto_status code, std::string text) : code_(code), text_(std::move(text)) {}

  bool ok() const { return code_ == SOTTO_OK; }
  sotto_status code() const { return code_; }
  const std::string& text() const { return text_; }

  // The same failure, told from further out: "loading model.gguf: <text>".
  Status within(std::string_view where) const;

 private:
  sotto_status code_ = SOTTO_OK;
  std::string text_;
};

// A value or the reason why there is none. REQUIRES: ok() before value().
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}         // NOLINT: implicit by design
  Result(Status status) : content_(std::in_place_index<1>, std::move(status)) {}  // NOLINT: implicit by design

  bool ok() const { return content_.index() == 0; }
  Status status() const { return ok() ? Status() : std::get<1>(content_); }
  T& value() { return *std::get_if<0>(&content_); }
  const T& value() const { return *std::get_if<0>(&content_); }
  T take() { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Status> content_;
};

inline Status status_of(Status s) { return s; }
template <class T>
Status status_of(const Result<T>& r) {
  return r.status();
}

}  // namespace sotto

// Leaves the function with the failure of `expression`, a Status.
#define SOTTO_TRY(expression)                                                           \
  do {                                                                                  \
    if (::sotto::Status sotto_try_ = (expression); !sotto_try_.ok()) return sotto_try_; \
  } while (false)

#define SOTTO_CONCAT_(a, b) a##b
#define SOTTO_CONCAT(a, b) SOTTO_CONCAT_(a, b)

// SOTTO_ASSIGN(auto file, open(path)): the value of a Result, or leaves the function with its failure.
#define SOTTO_ASSIGN(declaration, expression) SOTTO_ASSIGN_(SOTTO_CONCAT(sotto_result_, __LINE__), declaration, expression)
#define SOTTO_ASSIGN_(temporary, declaration, expression) \
  auto temporary = (expression);                          \
  if (!temporary.ok()) return temporary.status();         \
  declaration = temporary.take()
