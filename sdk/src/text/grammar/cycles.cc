#include "text/grammar/cycles.h"

#include <algorithm>

namespace sotto::grammar {
namespace {

class Search {
 public:
  explicit Search(const std::vector<std::vector<uint32_t>>& callees)
      : callees_(callees), index_(callees.size()), low_(callees.size()), on_stack_(callees.size()) {
    out_.is_in_one.resize(callees.size());
  }

  Cycles run() {
    for (uint32_t root = 0; root < callees_.size(); ++root) {
      if (index_[root] == 0) enter(root);
      while (!frames_.empty()) step();
    }
    return std::move(out_);
  }

 private:
  struct Frame {
    uint32_t place;
    size_t next;
  };

  void enter(uint32_t place) {
    index_[place] = low_[place] = ++counter_;
    stack_.push_back(place);
    on_stack_[place] = true;
    frames_.push_back({place, 0});
  }

  void step() {
    Frame& f = frames_.back();
    const uint32_t place = f.place;
    if (f.next < callees_[place].size()) {
      const uint32_t callee = callees_[place][f.next++];
      if (callee == place) out_.is_in_one[place] = true;
      if (index_[callee] == 0)
        enter(callee);
      else if (on_stack_[callee])
        low_[place] = std::min(low_[place], index_[callee]);
      return;
    }
    frames_.pop_back();
    if (!frames_.empty()) low_[frames_.back().place] = std::min(low_[frames_.back().place], low_[place]);
    if (low_[place] == index_[place]) take_component(place);
  }

  void take_component(uint32_t root) {
    const bool is_alone = stack_.back() == root;
    for (bool more = true; more;) {
      const uint32_t member = stack_.back();
      stack_.pop_back();
      on_stack_[member] = false;
      if (!is_alone) out_.is_in_one[member] = true;
      out_.callees_first.push_back(member);
      more = member != root;
    }
  }

  const std::vector<std::vector<uint32_t>>& callees_;
  std::vector<uint32_t> index_, low_, stack_;
  std::vector<bool> on_stack_;
  std::vector<Frame> frames_;
  uint32_t counter_ = 0;
  Cycles out_;
};

}  // namespace

Cycles find_cycles(const std::vector<std::vector<uint32_t>>& callees) { return Search(callees).run(); }

}  // namespace sotto::grammar
