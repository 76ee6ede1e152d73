#include "terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sotto/sotto.hpp"

namespace sotto::tools {

bool is_terminal(std::FILE* file) { return isatty(fileno(file)) == 1; }

std::string escape_controls(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+0080..U+009F are controls too: C2 80..9F in UTF-8.
    const bool is_c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
      out += fmt::format("\\x{:02x}", c);
    } else if (is_c1) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else {
      out.push_back(static_cast<char>(c));
    }
  }
  return out;
}

namespace {

[[noreturn]] void fail_to_write() {
  throw Error(SOTTO_IO_ERROR, fmt::format("writing the result to standard output: {}", std::strerror(errno)).c_str());
}

}  // namespace

void write_bytes(std::string_view bytes) {
  if (!bytes.empty() && std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) fail_to_write();
}

void write_text(std::string_view text) {
  if (is_terminal(stdout))
    write_bytes(escape_controls(text));
  else
    write_bytes(text);
}

void flush_results() {
  if (std::fflush(stdout) != 0) fail_to_write();
}

void say(std::string_view line) {
  const std::string text = escape_controls(line) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::string megabytes(unsigned long long bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); }

ProgressBar::ProgressBar(std::string label, bool quiet)
    : label_(escape_controls(label)), is_wanted_(!quiet && is_terminal(stderr)) {}

void ProgressBar::show(double fraction) {
  constexpr auto kPatience = std::chrono::milliseconds(300);
  constexpr int kWidth = 30;
  if (!is_wanted_ || std::chrono::steady_clock::now() - start_ < kPatience) return;
  const int percent = static_cast<int>(100 * std::clamp(fraction, 0.0, 1.0));
  if (percent == percent_) return;
  percent_ = percent;
  const int full = percent * kWidth / 100;
  std::fputs(fmt::format("\r{} [{:#<{}}{:.<{}}] {:3} %", label_, "", full, "", kWidth - full, percent).c_str(), stderr);
  std::fflush(stderr);
}

ProgressBar::~ProgressBar() {
  if (percent_ >= 0) std::fputs("\r\033[K", stderr);
}

}  // namespace sotto::tools
