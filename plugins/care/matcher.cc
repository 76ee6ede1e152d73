#include "matcher.h"

#include <algorithm>

namespace sotto::care {
namespace {

constexpr size_t kNowhere = SIZE_MAX;

}  // namespace

Matcher::Matcher(const Rules& rules, uint32_t side, OnMatch on_match)
    : rules_(rules),
      side_(1u << side),
      on_match_(std::move(on_match)),
      place_(rules.positions.size()),
      stamp_(rules.positions.size()) {
  begin_at({kEnd, 0, 0});  // a text begins as a sentence does
  std::swap(open_, next_);
}

void Matcher::take(const Token& token) {
  if (token.id == kPause) return pause();
  next_.clear();
  if (++round_ == 0) {  // once in 4 billion tokens
    std::fill(stamp_.begin(), stamp_.end(), 0);
    round_ = 1;
  }
  for (const Open& open : open_) {
    const Position& from = rules_.positions[open.position];
    for (uint32_t i = 0; i < from.next_count; ++i) {
      const uint32_t to = rules_.next[from.first_next + i];
      if (rules_.accepts(rules_.positions[to].label, token.id)) add(to, open.begin, token.end);
    }
  }
  begin_at(token);
  std::swap(open_, next_);
  if (!waiting_.empty() || !exceptions_.empty()) settle();
}

void Matcher::pause() {
  const auto is_exception = [&](const Open& o) { return rules_.all[rules_.positions[o.position].rule].is_exception; };
  open_.erase(std::remove_if(open_.begin(), open_.end(), is_exception), open_.end());
  if (!waiting_.empty() || !exceptions_.empty()) settle();
}

void Matcher::begin_at(const Token& token) {
  const size_t begin = token.id == kEnd ? token.end : token.begin;
  if (token.id < rules_.beginning.size())
    for (const uint32_t p : rules_.beginning[token.id]) add(p, begin, token.end);
  if (token.id == kEnd) return;
  for (const uint32_t p : rules_.beginning_any) add(p, begin, token.end);
}

// Of several ways to a position the one that began first is kept.
void Matcher::add(uint32_t position, size_t begin, size_t end) {
  const Position& p = rules_.positions[position];
  const Rule& rule = rules_.all[p.rule];
  if ((rule.sides & side_) == 0) return;
  if (stamp_[position] == round_ && round_ != 0) {
    Open& there = next_[place_[position]];
    if (there.begin <= begin) return;
    there.begin = begin;
  } else {
    stamp_[position] = round_;
    place_[position] = static_cast<uint32_t>(next_.size());
    next_.push_back({position, begin});
  }
  if (p.is_last && rule.is_exception && rule.severity == kMostSevere) excepted_ |= 1u << rule.category;
  if (p.is_last) (rule.is_exception ? exceptions_ : waiting_).push_back({&rule, begin, std::max(begin, end)});
}

size_t Matcher::open_from() const {
  size_t from = kNowhere;
  for (const Open& open : open_)
    if (rules_.positions[open.position].next_count > 0) from = std::min(from, open.begin);
  for (const Match& match : waiting_) from = std::min(from, match.begin);
  return from;
}

bool Matcher::is_excepted(const Match& match) const {
  return std::any_of(exceptions_.begin(), exceptions_.end(), [&](const Match& e) {
    return e.rule->category == match.rule->category && match.rule->severity <= e.rule->severity && e.begin < match.end &&
           match.begin < e.end;
  });
}

void Matcher::settle() {
  size_t exception_from = kNowhere;  // where the first begins that may still become one
  size_t from = kNowhere;
  for (const Open& open : open_) {
    const Position& p = rules_.positions[open.position];
    if (p.next_count == 0) continue;
    from = std::min(from, open.begin);
    if (rules_.all[p.rule].is_exception) exception_from = std::min(exception_from, open.begin);
  }
  size_t kept = 0;
  for (size_t i = 0; i < waiting_.size(); ++i) {
    if (exception_from < waiting_[i].end) {
      from = std::min(from, waiting_[i].begin);
      waiting_[kept++] = waiting_[i];
    } else if (!is_excepted(waiting_[i])) {
      on_match_(waiting_[i]);
    }
  }
  waiting_.resize(kept);
  const auto is_past = [&](const Match& e) { return e.end <= from; };
  exceptions_.erase(std::remove_if(exceptions_.begin(), exceptions_.end(), is_past), exceptions_.end());
}

void Matcher::finish(size_t end) {
  take({kEnd, end, end});
  open_.clear();
  settle();
}

}  // namespace sotto::care
