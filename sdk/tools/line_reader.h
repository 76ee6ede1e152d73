// line_reader.h: lines from standard input, where Ctrl-C is an answer too. On a terminal they can be edited.
#pragma once

#include <string>

#include "interrupts.h"
#include "line_editor.h"

namespace sotto::tools {

enum class Line { kText, kEnd, kInterrupted };

class LineReader {
 public:
  // `prompt`: shown before each line that is typed; NULL: input and output are no terminal.
  LineReader(Interrupts& interrupts, const char* prompt) : interrupts_(interrupts), prompt_(prompt) {}
  // The next line without its end. Waits; [one thread].
  Line next(std::string* line);

 private:
  Line next_typed(std::string* line);
  Line next_plain(std::string* line);
  // False: a signal came, or nothing can be read any more.
  bool wait();

  Interrupts& interrupts_;
  const char* prompt_;
  LineEditor editor_;
  std::string pending_;
  bool is_at_end_ = false;
};

}  // namespace sotto::tools
