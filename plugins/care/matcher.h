// matcher.h: the automaton of the rules run over tokens. Time: linear in the tokens; each costs at most the steps of the open
// positions, whose number the rules bound.
#pragma once

#include <functional>

#include "rules.h"

namespace sotto::care {

struct Match {
  const Rule* rule;
  size_t begin, end;  // bytes, counted as the tokens' are
};

// [one thread]
class Matcher {
 public:
  using OnMatch = std::function<void(const Match&)>;
  // `side`: SOTTO_CARE_FROM_*. `on_match`: a match that no exception can touch any longer.
  Matcher(const Rules& rules, uint32_t side, OnMatch on_match);

  void take(const Token& token);
  void finish(size_t end);  // the text ended there
  // Nothing before it is part of anything unfinished. SIZE_MAX: nothing is unfinished.
  size_t open_from() const;
  // Whether an exception of that category that drops every severity stood anywhere so far.
  bool met_exception(uint32_t category) const { return (excepted_ >> category & 1u) != 0; }

 private:
  struct Open {
    uint32_t position;
    size_t begin;
  };
  void add(uint32_t position, size_t begin, size_t end);
  void pause();
  void begin_at(const Token& token);
  void settle();
  bool is_excepted(const Match& match) const;

  const Rules& rules_;
  uint32_t side_;
  OnMatch on_match_;
  std::vector<Open> open_, next_;
  std::vector<uint32_t> place_;  // by position: 1 + where it stands in next_, valid when stamp_ is current
  std::vector<uint32_t> stamp_;
  uint32_t round_ = 0;
  uint32_t excepted_ = 0;  // bits of categories
  std::vector<Match> waiting_, exceptions_;
};

}  // namespace sotto::care
