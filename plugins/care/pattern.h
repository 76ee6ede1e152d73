// pattern.h: one pattern of a rule, as text, into positions of the automaton.
#pragma once

#include <map>

#include "rules.h"

namespace sotto::care {

constexpr size_t kMostPositions = 60000;
constexpr size_t kMostSteps = 4000000;  // from position to position, of all patterns

// Builds up `rules` and the steps of each position, pattern by pattern.
class PatternReader {
 public:
  explicit PatternReader(Rules& rules) : rules_(rules) {}

  // `where` is for sentences: "rules/zh/self_harm.txt:12".
  void read(std::string_view pattern, uint32_t rule, const std::string& where);
  // <name> in later patterns; the value is itself a pattern.
  void define(const std::string& name, std::string value) { names_[name] = std::move(value); }
  void forget_names() { names_.clear(); }
  void finish();  // flattens the steps into rules

 private:
  struct Part {
    std::vector<uint32_t> first, last;
    bool may_be_empty = true;
  };
  using Labels = std::vector<uint32_t>;

  Part read_choice(size_t depth, bool is_top);
  Part read_row(size_t depth);
  Part read_item(size_t depth);
  Part read_word();
  Part read_name(size_t depth);
  Part gap(uint32_t most);
  Part place(uint32_t label);
  bool simple_choice(Labels* labels);
  void append(Part* row, const Part& item);
  [[noreturn]] void fail(const std::string& what) const;

  Rules& rules_;
  std::map<std::string, std::string> names_;
  std::vector<std::vector<uint32_t>> steps_;
  size_t step_count_ = 0, item_count_ = 0;
  std::map<Labels, uint32_t> known_sets_;

  std::string_view text_;
  size_t at_ = 0;
  uint32_t rule_ = 0;
  const std::string* where_ = nullptr;
};

}  // namespace sotto::care
