#include <editline/readline.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>

#include "line_editor.h"

namespace sotto::tools {
namespace {

// The library knows one terminal and calls back without a user pointer.
struct Terminal {
  LineEditor::Typed typed = LineEditor::Typed::kMore;
  std::string line;
  bool is_ours = false;
} g_terminal;

void take_line(char* line) {
  g_terminal.typed = line ? LineEditor::Typed::kLine : LineEditor::Typed::kEnd;
  g_terminal.line = line ? line : "";
  if (line && *line) add_history(line);
  std::free(line);
  rl_callback_handler_remove();
  g_terminal.is_ours = false;
}

}  // namespace

bool LineEditor::is_built() { return true; }

void LineEditor::begin(const char* prompt) {
  static const bool is_set_up = [] {
    std::setlocale(LC_CTYPE, "");  // characters of several bytes
    rl_catch_signals = 0;          // Ctrl-C has a thread of its own
    rl_readline_name = const_cast<char*>("sotto");
    using_history();
    stifle_history(1000);
    return true;
  }();
  (void)is_set_up;
  g_terminal.typed = Typed::kMore;
  rl_callback_handler_install(prompt, take_line);
  g_terminal.is_ours = true;
  std::fflush(stdout);
}

LineEditor::Typed LineEditor::read(std::string* line) {
  rl_callback_read_char();
  if (g_terminal.typed == Typed::kLine) *line = std::move(g_terminal.line);
  return g_terminal.typed;
}

void LineEditor::end() {
  if (g_terminal.is_ours) rl_callback_handler_remove();
  g_terminal.is_ours = false;
}

}  // namespace sotto::tools
