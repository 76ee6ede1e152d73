#include "error.h"

#include <cstdarg>
#include <cstdio>

namespace sotto::cpu {

sotto_status fail(sotto_error* err, sotto_status status, const char* format, ...) {
  if (err == nullptr) return status;
  if (SOTTO_HAS(sotto_error, err, status)) err->status = status;
  if (!SOTTO_HAS(sotto_error, err, text)) return status;
  va_list arguments;
  va_start(arguments, format);
  (void)std::vsnprintf(err->text, sizeof err->text, format, arguments);
  va_end(arguments);
  return status;
}

}  // namespace sotto::cpu
