// Chinese: character by character, a beam over what each may have been.
#include <algorithm>
#include <cmath>

#include "mishearing.h"

namespace sotto::assistant {
namespace {

constexpr ErrorCosts kCosts{-6.5, -6.5, -6.0, -6.0};
constexpr size_t kBeam = 24, kLongest = 60, kCharactersAnError = 4;
constexpr double kInName = 0.3;  // a character that follows so surely that the one behind it may be wrong too

struct State {
  double log_p = 0;
  Unit before = kEdge;
  std::u32string text;
  uint32_t errors = 0;
};

Unit unit_of(char32_t c) {
  if (is_numeral(c)) return kNumber;
  if (is_han(c)) return c;
  return c < 0x80 && c != ' ' && c != ',' && c != '.' && c != ';' && c != '?' && c != '!' ? kHole : kEdge;
}

// Behind `before` a unit as it was heard: one that was never seen there may be of a hole.
double as_heard(const Phrases& phrases, Unit before, Unit unit, Unit* now) {
  *now = unit;
  if (unit == kEdge && before == kEdge) return 0;
  if (unit == kNumber && before == kNumber) return 0;
  const double known = phrases.log_p(before, unit);
  const double hole = (before == kHole ? -0.5 : phrases.log_p(before, kHole)) + kCosts.hole;
  if (unit == kEdge || unit == kNumber || known >= hole) return known;
  *now = kHole;
  return hole;
}

class Decoder {
 public:
  Decoder(const Phrases& phrases, const std::u32string& text)
      : phrases_(phrases), text_(text), most_errors_(static_cast<uint32_t>(1 + text.size() / kCharactersAnError)) {
    for (const char32_t c : text) units_.push_back(unit_of(c));
  }
  double heard() const {
    double sum = 0;
    Unit before = kEdge;
    for (const Unit unit : units_) sum += as_heard(phrases_, before, unit, &before);
    return sum + as_heard(phrases_, before, kEdge, &before);
  }
  State best() const {
    std::vector<State> beam{State{}};
    for (size_t i = 0; i < text_.size(); ++i) {
      std::vector<State> next;
      for (const State& state : beam) {
        step(state, i, &next);
        if (state.errors < most_errors_) insert_before(state, i, &next);
      }
      beam = pruned(std::move(next));
    }
    State best;
    best.log_p = -1e9;
    for (State& state : beam) {
      state.log_p += as_heard(phrases_, state.before, kEdge, &state.before);
      if (state.log_p > best.log_p) best = state;
    }
    return best;
  }

 private:
  Unit unit_at(size_t i) const { return i < units_.size() ? units_[i] : kEdge; }

  // The character i as it is, as another one, or as none.
  void step(const State& state, size_t i, std::vector<State>* out) const {
    State same = state;
    same.log_p += as_heard(phrases_, state.before, units_[i], &same.before);
    same.text.push_back(text_[i]);
    out->push_back(std::move(same));
    const bool can_be_wrong = units_[i] != kEdge && units_[i] != kNumber;
    if (!can_be_wrong || state.errors >= most_errors_) return;
    State without = state;
    without.log_p += kCosts.added;
    ++without.errors;
    out->push_back(std::move(without));
    for (const Unit other : phrases_.after(state.before))
      if (other != units_[i] && is_candidate(state.before, other, unit_at(i + 1)))
        out->push_back(put(state, other, kCosts.changed));
  }
  void insert_before(const State& state, size_t i, std::vector<State>* out) const {
    for (const Unit other : phrases_.after(state.before)) {
      if (!is_candidate(state.before, other, units_[i])) continue;
      std::vector<State> one;
      step_as_heard(put(state, other, kCosts.lost), i, &one);
      out->insert(out->end(), one.begin(), one.end());
    }
  }
  void step_as_heard(State state, size_t i, std::vector<State>* out) const {
    state.log_p += as_heard(phrases_, state.before, units_[i], &state.before);
    state.text.push_back(text_[i]);
    out->push_back(std::move(state));
  }
  bool is_candidate(Unit before, Unit other, Unit next) const {
    return other > kHole && (phrases_.has_pair(other, next) || phrases_.log_p(before, other) > std::log(kInName));
  }
  State put(State state, Unit other, double cost) const {
    state.log_p += cost + phrases_.log_p(state.before, other);
    state.before = other;
    state.text.push_back(other);
    ++state.errors;
    return state;
  }
  static std::vector<State> pruned(std::vector<State> states) {
    std::sort(states.begin(), states.end(), [](const State& a, const State& b) { return a.log_p > b.log_p; });
    std::vector<State> kept;
    for (State& state : states) {
      const bool is_known = std::any_of(kept.begin(), kept.end(), [&](const State& k) { return k.text == state.text; });
      if (!is_known) kept.push_back(std::move(state));
      if (kept.size() == kBeam) break;
    }
    return kept;
  }

  const Phrases& phrases_;
  const std::u32string& text_;
  uint32_t most_errors_;
  std::vector<Unit> units_;
};

}  // namespace

Repair repair_zh(const Phrases& phrases, std::string_view text) {
  const std::u32string characters = code_points(text);
  Repair repair;
  repair.text = std::string(text);
  if (characters.empty() || characters.size() > kLongest) return repair;
  const Decoder decoder(phrases, characters);
  repair.as_heard = decoder.heard();
  const State best = decoder.best();
  if (best.errors == 0 || best.text.empty() || best.log_p <= repair.as_heard) return repair;
  repair.text = utf8(best.text);
  repair.gain = best.log_p - repair.as_heard;
  repair.errors = best.errors;
  return repair;
}

}  // namespace sotto::assistant
