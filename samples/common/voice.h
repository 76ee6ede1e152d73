// voice.h: what a sample gives lines to: a dialogue that writes freely, or an assistant that does things.
#pragma once

#include <string>

#include "sotto/sotto.hpp"

class Voice {
 public:
  virtual ~Voice() = default;
  // Answers the line on stdout, or does what a line such as /undo says. False: the user is done.
  virtual bool hear(const std::string& line) = 0;
  virtual void stop() = 0;  // [any thread]
};

int32_t show(void*, sotto_str piece);  // a sotto_on_text that writes to stdout
void remark(const std::string& text);  // beside the conversation: stderr, dimmed on a terminal
