// line_editor.h: a line typed on a terminal, with cursor keys and a history, where the build has a library for it.
#pragma once

#include <string>

namespace sotto::tools {

// One for the program; one thread.
class LineEditor {
 public:
  static bool is_built();

  // Shows the prompt; the terminal is the editor's until end() or a complete line.
  void begin(const char* prompt);
  // Takes what was typed; REQUIRES: standard input can be read without waiting.
  enum class Typed { kMore, kLine, kEnd };
  Typed read(std::string* line);
  void end();
};

}  // namespace sotto::tools
