// guard.h: what must not pass unheeded, over sotto/care.h: what a user says is answered with a fixed text where it calls for
// one, "are you a machine?" among them.
#pragma once

#include <string>

#include "engine.h"
#include "sotto/care.h"

class Guard {
 public:
  explicit Guard(Engine& engine);  // throws sotto::Error. Without the plugin nothing is looked at.
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  bool is_there() const { return care_ != nullptr; }
  // The fixed text that answers, or empty: go on. *is_chinese is set with a text.
  std::string answer(const std::string& words, bool* is_chinese);

 private:
  sotto_care_skill skill_;
  sotto_care* care_ = nullptr;
};
