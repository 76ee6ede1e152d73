// report.h: how a failure is said. Inside it is an exception with a status and one sentence; sotto::plugin::guard turns it into
// the answer of the table's function, so that nothing is thrown across the border.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <string>

#include <sotto/plugin.hpp>

namespace external {

inline std::string write(const char* format, va_list arguments) {
  char text[sizeof sotto_error::text];
  (void)std::vsnprintf(text, sizeof text, format, arguments);
  return text;
}

// What was tried, on what, the numbers. The host puts the backend's id and the function in front.
[[noreturn]] __attribute__((format(printf, 2, 3))) inline void refuse(sotto_status status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const std::string text = write(format, arguments);
  va_end(arguments);
  throw sotto::plugin::Failure(status, text);
}

}  // namespace external
