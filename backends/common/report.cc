#include "common/report.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace sotto::backend {

sotto_status fail(sotto_error* err, sotto_status status, const char* format, ...) {
  constexpr size_t kText = offsetof(sotto_error, text);
  const size_t size = err == nullptr ? 0 : std::min<size_t>(err->struct_size, sizeof *err);
  if (size < kText) return status;
  err->status = status;
  if (size == kText) return status;

  char text[sizeof err->text + 4];  // room for the character that the caller's end would cut
  va_list arguments;
  va_start(arguments, format);
  const int written = std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  size_t length = std::min<size_t>(written < 0 ? 0 : static_cast<size_t>(written), sizeof text - 1);
  const size_t room = size - kText - 1;
  if (length > room) {
    length = room;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0u) == 0x80u) --length;
  }
  std::memcpy(err->text, text, length);
  err->text[length] = '\0';
  return status;
}

}  // namespace sotto::backend
