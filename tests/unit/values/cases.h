// cases.h: the hand-written sentences of zh.tsv and en.tsv; the head of each says how they are written.
#pragma once

#include <string>
#include <vector>

#include "sotto/values.h"

namespace sotto::values {

struct Case {
  std::string file;
  int line;
  std::string marked;    // the sentence with its spans in brackets
  std::string text;      // the sentence
  std::string expected;  // normal forms
  sotto_values_options options;
};

std::vector<Case> read_cases(const std::string& path, uint32_t language);

// What the parser finds, written as in the files.
struct Found {
  std::string marked, forms;
};
Found find(const std::string& text, const sotto_values_options& options);
// 2026-11-28T10:00, +08:00, a Saturday.
sotto_values_options default_options();

}  // namespace sotto::values
