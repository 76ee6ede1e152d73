// matcher.h: follows a text byte by byte through a compiled grammar, with all its readings at once. Every byte can be taken
// back.
//
// The readings share one stack: a graph whose nodes are rules entered at a place, so that however ambiguous a grammar is, what
// is held grows with the text times the rules and not with the number of readings (Tomita 1985; Scott and Johnstone, "GLL
// Parsing", 2010). A call after which nothing can come takes the place of its caller: lists written as recursion to the right
// stay flat.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "text/grammar/compile.h"

namespace sotto::grammar {

// One thread at a time; copying forks. The grammar must outlive it.
class Matcher {
 public:
  // At the beginning of the grammar.
  explicit Matcher(const Compiled& grammar);
  // In one state of a rule whose callers are not known, for masks computed ahead: has_left() tells where the rule may have
  // ended.
  static Matcher inside(const Compiled& grammar, uint32_t state);

  // False: the grammar does not allow this byte here, and nothing has changed; or is_exhausted().
  bool push(uint8_t byte);
  void pop(size_t bytes);  // REQUIRES: at most depth()
  size_t depth() const { return levels_.size() - 1; }

  bool is_complete() const { return levels_.back().is_complete; }
  // Whether any byte may follow.
  bool can_go_on() const { return levels_.back().first_item < items_.size(); }
  // Of inside(): the rule may end at this place.
  bool has_left() const { return levels_.back().has_left; }

  struct Item {
    uint32_t state;
    uint32_t node;
  };
  // The readings that go on: their states have edges.
  const Item* begin() const { return items_.data() + levels_.back().first_item; }
  const Item* end() const { return items_.data() + items_.size(); }

  // A limit of limits.h was met: the grammar is too ambiguous for this text.
  bool is_exhausted() const { return is_exhausted_; }
  uint64_t steps() const { return steps_; }
  const Compiled& grammar() const { return *grammar_; }

 private:
  struct Node {
    uint32_t first_return;  // a list in returns_
    uint32_t level;         // where the rule was entered
    uint32_t rule;
  };
  struct Return {
    uint32_t state;  // of the caller, behind the call
    uint32_t node;   // the caller's
    uint32_t next;
  };
  struct Level {
    uint32_t first_item, nodes, returns;  // sizes before this level
    bool is_complete, has_left;
  };

  struct Bare {};
  Matcher(const Compiled& grammar, Bare);
  void add(uint32_t state, uint32_t node);
  void close();  // follows calls and ends of rules until nothing new comes
  void call(const Compiled::Call& call, uint32_t node);
  void leave(uint32_t node);
  bool is_new(uint32_t state, uint32_t node);

  const Compiled* grammar_;
  std::vector<Item> items_;  // of all levels
  std::vector<Node> nodes_;
  std::vector<Return> returns_;
  std::vector<Level> levels_;
  bool is_open_ = false;  // made by inside()
  bool is_exhausted_ = false;
  uint64_t steps_ = 0;

  std::vector<Item> work_;
  std::vector<uint32_t> entered_;      // for each rule its last node, of this level perhaps
  std::vector<uint64_t> seen_;         // (state, node) of this level, the first few
  std::unordered_set<uint64_t> many_;  // all of them, where there are more
};

}  // namespace sotto::grammar
