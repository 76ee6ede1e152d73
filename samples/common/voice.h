// voice.h: what a sample gives lines to: a dialogue that writes freely, or an assistant that does things.
#pragma once

#include <string>
#include <vector>

#include "sotto/sotto.hpp"

// One of the things that a recogniser may have heard; score: sotto_hypothesis.
struct Reading {
  std::string text;
  float score = 0;
};

// Where words come from when they are not typed.
class Ears {
 public:
  virtual ~Ears() = default;
  // Waits for the user's next words; the likeliest reading is the first. False: no more will come.
  virtual bool next(std::vector<Reading>* readings) = 0;
};

class Voice {
 public:
  virtual ~Voice() = default;
  // Answers the line on stdout, or does what a line such as /undo says. False: the user is done.
  virtual bool hear(const std::string& line) = 0;
  // The same for what was heard; at least one reading.
  virtual bool hear_readings(const std::vector<Reading>& readings) { return hear(readings.front().text); }
  virtual Ears* ears() { return nullptr; }  // nullptr: lines are typed, or stand in a script
  virtual void stop() = 0;                  // [any thread]
};

int32_t show(void*, sotto_str piece);                // a sotto_on_text that writes to stdout
int32_t show_and_keep(void* text, sotto_str piece);  // and appends to a std::string
void remark(const std::string& text);                // beside the conversation: stderr, dimmed on a terminal
