// fail.h - how this plugin fails: a status and one sentence in the caller's sotto_error.
#pragma once

#include <cstdarg>
#include <cstdio>

#include "sotto/plugin.hpp"

namespace sotto::mpi {

__attribute__((format(printf, 3, 4))) inline sotto_status fail(sotto_error* err, sotto_status status, const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return plugin::fail(err, status, text);
}

}  // namespace sotto::mpi
