#include "voice.h"

#include <unistd.h>

#include <cstdio>

// What a model says must not drive the terminal: control characters but newline and tab become '?'.
int32_t show(void*, sotto_str piece) {
  for (uint64_t i = 0; i < piece.size; ++i) {
    const char c = piece.data[i];
    const auto byte = static_cast<unsigned char>(c);
    const bool is_c1 = byte == 0xC2 && i + 1 < piece.size && static_cast<unsigned char>(piece.data[i + 1]) < 0xA0;
    if (is_c1) ++i;
    const bool is_control = is_c1 || byte == 0x7F || (byte < 0x20 && c != '\n' && c != '\t');
    std::fputc(is_control ? '?' : c, stdout);
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

int32_t show_and_keep(void* text, sotto_str piece) {
  static_cast<std::string*>(text)->append(piece.data, static_cast<size_t>(piece.size));
  return show(nullptr, piece);
}

// A remark beside the conversation: stderr, dimmed on a terminal.
void remark(const std::string& text) {
  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  std::fprintf(stderr, is_terminal ? "\033[2m%s\033[0m\n" : "%s\n", text.c_str());
}
