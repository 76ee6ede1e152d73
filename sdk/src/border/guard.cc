#include "border/guard.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace sotto {

std::string_view cut_utf8(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t end = limit;
  while (end > 0 && limit - end < 4 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  return text.substr(0, end);
}

sotto_status report(sotto_error* err, sotto_status code, std::string_view text) noexcept {
  if (err == nullptr) return code;
  constexpr size_t kText = offsetof(sotto_error, text);
  const size_t size = std::min<size_t>(err->struct_size, sizeof(sotto_error));
  if (size >= kText) err->status = code;
  if (size > kText) {
    const std::string_view fitting = cut_utf8(text.substr(0, text.find('\0')), size - kText - 1);
    std::memcpy(err->text, fitting.data(), fitting.size());
    err->text[fitting.size()] = '\0';
  }
  return code;
}

}  // namespace sotto
