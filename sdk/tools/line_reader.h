// line_reader.h: lines from standard input, where Ctrl-C is an answer too.
#pragma once

#include <string>

#include "interrupts.h"

namespace sotto::tools {

enum class Line { kText, kEnd, kInterrupted };

class LineReader {
 public:
  explicit LineReader(Interrupts& interrupts) : interrupts_(interrupts) {}
  // The next line without its end. Waits; [one thread].
  Line next(std::string* line);

 private:
  Interrupts& interrupts_;
  std::string pending_;
  bool is_at_end_ = false;
};

}  // namespace sotto::tools
