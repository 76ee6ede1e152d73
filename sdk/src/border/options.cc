#include "border/options.h"

#include <fmt/format.h>

#include "border/guard.h"

namespace sotto {

Status check_struct_size(const char* type, uint32_t struct_size) {
  if (struct_size >= sizeof(uint32_t) && struct_size <= kMaxStructSize) return Status();
  return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{0}.struct_size is {1}: set it to sizeof({0})", type, struct_size));
}

Status check_unknown_bytes(const char* type, const void* options, size_t known, uint32_t struct_size) {
  const auto* bytes = static_cast<const unsigned char*>(options);
  for (size_t i = known; i < struct_size; ++i)
    if (bytes[i] != 0)
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("{}: byte {} is set, but this library ({}) knows the first {} bytes only; use a newer library",
                                type, i, SOTTO_VERSION_STRING, known));
  return Status();
}

Result<std::string_view> read_text(const char* name, sotto_str text) {
  if (text.size == 0) return std::string_view();
  if (text.data == nullptr)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{}: {} bytes at a NULL pointer", name, text.size));
  if (text.size > PTRDIFF_MAX)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{}: a size of {} bytes is not possible", name, text.size));
  return std::string_view(text.data, static_cast<size_t>(text.size));
}

Result<std::string> read_path(const char* name, sotto_str text, bool is_required) {
  SOTTO_ASSIGN(const std::string_view path, read_text(name, text));
  if (path.find('\0') != std::string_view::npos)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{}: the path holds a zero byte", name));
  if (is_required && path.empty()) return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{}: no path is given", name));
  return std::string(path);
}

Status check_given(const char* name, const void* pointer) {
  if (pointer != nullptr) return Status();
  return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{} is NULL", name));
}

void copy_text(std::string_view text, char* field, size_t size) {
  const std::string_view fitting = cut_utf8(text.substr(0, text.find('\0')), size - 1);
  std::memcpy(field, fitting.data(), fitting.size());
  field[fitting.size()] = '\0';
}

}  // namespace sotto
