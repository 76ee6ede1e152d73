#include "text/grammar/matcher.h"

#include <algorithm>

#include "text/grammar/limits.h"

namespace sotto::grammar {
namespace {

constexpr uint32_t kBottom = 0;  // the node below the rule that the matcher began in
constexpr uint32_t kEnd = UINT32_MAX;
constexpr size_t kFew = 32;  // looked through one after another

}  // namespace

Matcher::Matcher(const Compiled& grammar, Bare) : grammar_(&grammar), entered_(grammar.starts.size()) {
  nodes_.push_back({kEnd, 0, kNoRule});
  levels_.push_back({0, 1, 0, false, false});
}

Matcher::Matcher(const Compiled& grammar) : Matcher(grammar, Bare{}) {
  add(grammar.starts[grammar.root], kBottom);
  close();
}

Matcher Matcher::inside(const Compiled& grammar, uint32_t state) {
  Matcher m(grammar, Bare{});
  m.is_open_ = true;
  m.items_.push_back({state, kBottom});
  return m;
}

bool Matcher::push(uint8_t byte) {
  const uint32_t first = levels_.back().first_item, last = static_cast<uint32_t>(items_.size());
  levels_.push_back({last, static_cast<uint32_t>(nodes_.size()), static_cast<uint32_t>(returns_.size()), false, false});
  for (uint32_t i = first; i < last; ++i) {
    const Item item = items_[i];
    const Compiled::State& s = grammar_->states[item.state];
    const Compiled::ByteEdge* edge = grammar_->edges.data() + s.first_edge;
    const Compiled::ByteEdge* const end = grammar_->edges.data() + (&s + 1)->first_edge;
    for (; edge != end && edge->first <= byte; ++edge)
      if (byte <= edge->last) add(edge->to, item.node);
    ++steps_;
  }
  if (!work_.empty()) close();
  const Level& now = levels_.back();
  if (!is_exhausted_ && (items_.size() > last || now.is_complete || now.has_left)) return true;
  const bool exhausted = is_exhausted_;
  pop(1);
  is_exhausted_ = exhausted;
  return false;
}

void Matcher::pop(size_t bytes) {
  is_exhausted_ = false;
  if (bytes == 0) return;
  const Level& oldest = levels_[levels_.size() - bytes];
  items_.resize(oldest.first_item);
  nodes_.resize(oldest.nodes);
  returns_.resize(oldest.returns);
  levels_.resize(levels_.size() - bytes);
}

bool Matcher::is_new(uint32_t state, uint32_t node) {
  const uint64_t key = uint64_t{state} << 32 | node;
  ++steps_;
  if (seen_.size() < kFew) {
    if (std::find(seen_.begin(), seen_.end(), key) != seen_.end()) return false;
    seen_.push_back(key);
    return true;
  }
  if (many_.empty()) many_.insert(seen_.begin(), seen_.end());
  if (many_.size() >= kMostReadings) is_exhausted_ = true;
  return many_.insert(key).second;
}

void Matcher::add(uint32_t state, uint32_t node) {
  if (!is_exhausted_ && is_new(state, node)) work_.push_back({state, node});
}

void Matcher::close() {
  while (!work_.empty() && !is_exhausted_) {
    const Item item = work_.back();
    work_.pop_back();
    const Compiled::State& s = grammar_->states[item.state];
    const Compiled::State& next = *(&s + 1);
    for (uint32_t c = s.first_call; c < next.first_call; ++c) call(grammar_->calls[c], item.node);
    if (s.is_final) leave(item.node);
    if (s.first_edge != next.first_edge) items_.push_back(item);
  }
  if (items_.size() + nodes_.size() + returns_.size() > kMostStackEntries) is_exhausted_ = true;
  work_.clear();
  seen_.clear();
  if (!many_.empty()) many_.clear();
}

void Matcher::call(const Compiled::Call& call, uint32_t node) {
  const uint32_t start = grammar_->starts[call.rule];
  if (grammar_->states[call.to].is_end) return add(start, node);
  const uint32_t known = entered_[call.rule];
  if (known >= levels_.back().nodes && known < nodes_.size() && nodes_[known].rule == call.rule) {
    for (uint32_t r = nodes_[known].first_return; r != kEnd; r = returns_[r].next, ++steps_)
      if (returns_[r].state == call.to && returns_[r].node == node) return;
    returns_.push_back({call.to, node, nodes_[known].first_return});
    nodes_[known].first_return = static_cast<uint32_t>(returns_.size() - 1);
    return;
  }
  const auto entered = static_cast<uint32_t>(nodes_.size());
  returns_.push_back({call.to, node, kEnd});
  nodes_.push_back({static_cast<uint32_t>(returns_.size() - 1), static_cast<uint32_t>(levels_.size() - 1), call.rule});
  entered_[call.rule] = entered;
  add(start, entered);
}

// What a rule reads in no bytes at all its callers know already (compile.cc).
void Matcher::leave(uint32_t node) {
  if (node == kBottom) {
    if (is_open_)
      levels_.back().has_left = true;
    else
      levels_.back().is_complete = true;
    return;
  }
  if (nodes_[node].level == levels_.size() - 1) return;
  for (uint32_t r = nodes_[node].first_return; r != kEnd; r = returns_[r].next, ++steps_)
    add(returns_[r].state, returns_[r].node);
}

}  // namespace sotto::grammar
