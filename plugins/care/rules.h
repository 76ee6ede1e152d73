// rules.h: rule files read into one automaton. The format is in docs/care.md; the rules themselves lie in rules/.
//
// A pattern becomes positions (Glushkov 1961): each word of it is one, with the positions that may follow; there are no empty
// moves, so that a text is matched in one pass with a set of open positions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sotto/care.h"
#include "tokens.h"

namespace sotto::care {

constexpr uint32_t kAnyWord = 0xFFFFFFFFu;  // a label: every token but the end of a sentence
constexpr uint32_t kSetBit = 0x80000000u;   // a label: one of the words of sets[label & ~kSetBit]

constexpr uint32_t kMostSevere = 3;

struct Rule {
  uint32_t category = 0, kind = 0, language = 0;
  uint32_t severity = 0;      // of an exception: the most that it drops
  uint32_t sides = 0;         // bits 1 << SOTTO_CARE_FROM_*
  bool is_exception = false;  // what it matches is no finding of its category, nor is what touches it
};

struct Position {
  uint32_t label = 0, rule = 0;
  uint32_t first_next = 0, next_count = 0;  // in Rules::next
  bool is_last = false;
};

struct RuleFile {
  std::string_view name, text;
};

// const after construction, any thread.
struct Rules {
  // Reads the built-in files and `further`, which may be empty. Throws Failure with file and line.
  explicit Rules(std::string_view further);
  // Those files alone.
  explicit Rules(const std::vector<RuleFile>& files);

  bool accepts(uint32_t label, uint32_t token) const;

  Vocabulary words;
  std::vector<Rule> all;
  std::vector<Position> positions;
  std::vector<uint32_t> next;
  std::vector<std::vector<uint32_t>> sets;       // sorted
  std::vector<std::vector<uint32_t>> beginning;  // by token: positions that a match can begin with
  std::vector<uint32_t> beginning_any;
};

// The built-in files, made from rules/ when the plugin is configured.
extern const RuleFile kRuleFiles[];
extern const size_t kRuleFileCount;

}  // namespace sotto::care
