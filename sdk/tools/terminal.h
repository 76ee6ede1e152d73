// terminal.h: what the command writes for people: results on stdout, sentences and progress on stderr.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace sotto::tools {

bool is_terminal(std::FILE* file);

// Control characters (but newline and tab) as \xNN, so that no model and no file can drive the terminal.
std::string escape_controls(std::string_view text);

// Results. Each throws sotto::Error when stdout does not take them (full disk, reader gone).
void write_bytes(std::string_view bytes);
void write_text(std::string_view text);  // bytes as they are; on a terminal controls are escaped
void flush_results();

// One line on stderr, controls escaped.
void say(std::string_view line);

// "93.8 MB"
std::string megabytes(unsigned long long bytes);

// A bar on stderr for work that turns out to take long; nothing when stderr is no terminal or `quiet`.
class ProgressBar {
 public:
  ProgressBar(std::string label, bool quiet);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void show(double fraction);  // 0..1

 private:
  std::string label_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool is_wanted_;
  int percent_ = -1;
};

}  // namespace sotto::tools
