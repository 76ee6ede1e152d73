// English: a beam over words of the device's talk, each matched to letters with few errors; blanks may be lost and added too.
#include <algorithm>
#include <cmath>

#include "mishearing.h"

namespace sotto::assistant {
namespace {

constexpr ErrorCosts kCosts{-5.5, -5.5, -5.5, -1.4};  // hole: of each of its letters, with kHoleWord
constexpr double kHoleWord = -5.0;
constexpr size_t kBeam = 16, kLongest = 120, kLettersAnError = 6;
constexpr size_t kFewLetters = 2, kManyLetters = 6;  // up to these a word has no error, and only one
constexpr double kFirstLetter = -1.0;                // is seldom wrong

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || c == '\''; }
bool is_figure(char c) { return c >= '0' && c <= '9'; }

struct Match {
  size_t end;
  uint32_t errors;
};

// Every place where the word may end when it begins at `begin`, with the fewest errors for it.
std::vector<Match> matches(std::string_view text, size_t begin, std::string_view word, uint32_t most) {
  const size_t reach = std::min(text.size() - begin, word.size() + most);
  std::vector<uint32_t> row(reach + 1), last;
  for (size_t k = 0; k <= reach; ++k) row[k] = static_cast<uint32_t>(k);
  for (size_t w = 1; w <= word.size(); ++w) {
    last = row;
    row[0] = static_cast<uint32_t>(w);
    uint32_t least = row[0];
    for (size_t k = 1; k <= reach; ++k) {
      const uint32_t kept = last[k - 1] + (word[w - 1] == text[begin + k - 1] ? 0 : 1);
      row[k] = std::min({kept, last[k] + 1, row[k - 1] + 1});
      least = std::min(least, row[k]);
    }
    if (least > most) return {};
  }
  std::vector<Match> all;
  for (size_t k = 1; k <= reach; ++k)
    if (row[k] <= most && text[begin + k - 1] != ' ') all.push_back({begin + k, row[k]});
  return all;
}

struct State {
  double log_p = 0;
  Unit before = kEdge;
  std::string text;
  uint32_t errors = 0;
};

class Decoder {
 public:
  Decoder(const Phrases& phrases, std::string_view written, const std::string& text)
      : phrases_(phrases),
        written_(written),
        text_(text),
        beams_(text.size() + 1),
        most_errors_(static_cast<uint32_t>(1 + text.size() / kLettersAnError)) {}

  double heard() const {
    State state;
    size_t at = 0;
    while (at < text_.size()) at = take_as_heard(at, &state);
    return state.log_p + end_of(state);
  }
  State best() {
    beams_[0].push_back(State{});
    for (size_t at = 0; at < text_.size(); ++at) {
      prune(&beams_[at]);
      for (const State& state : beams_[at]) step(state, at);
    }
    State best;
    best.log_p = -1e9;
    for (State& state : beams_.back()) {
      state.log_p += end_of(state);
      if (state.log_p > best.log_p) best = state;
    }
    return best;
  }

 private:
  double end_of(const State& state) const { return state.before == kEdge ? 0 : phrases_.log_p(state.before, kEdge); }

  // A blank, a sign, a figure, or a whole word; where it ends.
  size_t take_as_heard(size_t at, State* state) const {
    size_t end = at + 1;
    if (text_[at] == ' ') return state->text += ' ', end;
    if (is_letter(text_[at]) || is_figure(text_[at])) {
      while (end < text_.size() && (is_letter(text_[end]) || is_figure(text_[end]))) ++end;
      Unit unit = phrases_.unit_of(std::string_view(text_).substr(at, end - at));
      const double known = unit == kHole ? -1e9 : phrases_.log_p(state->before, unit);
      const double hole = (state->before == kHole ? -0.7 : phrases_.log_p(state->before, kHole)) + kHoleWord +
                          kCosts.hole * static_cast<double>(end - at);
      if (hole > known) unit = kHole;
      state->log_p += std::max(known, hole);
      state->before = unit;
    } else if (state->before != kEdge) {
      state->log_p += phrases_.log_p(state->before, kEdge);
      state->before = kEdge;
    }
    state->text += written_.substr(at, end - at);
    return end;
  }
  void step(const State& state, size_t at) {
    const bool is_inside = at > 0 && is_letter(text_[at]) && is_letter(text_[at - 1]);  // a blank was lost here
    if (!is_inside) {
      State same = state;
      const size_t end = take_as_heard(at, &same);
      beams_[end].push_back(std::move(same));
    }
    if (!is_letter(text_[at]) || state.errors >= most_errors_) return;
    if (cache_.size() <= at) cache_.resize(text_.size());
    if (cache_[at].empty()) look_up(at);
    for (const Found& found : cache_[at]) {
      State other = state;
      const uint32_t errors = found.errors + (is_inside ? 1 : 0);
      if (errors == 0 || state.errors + errors > most_errors_ + 1) continue;
      other.log_p += kCosts.changed * errors + phrases_.log_p(state.before, found.unit) + found.first;
      other.errors += errors;
      other.before = found.unit;
      if (is_inside) other.text += ' ';
      other.text += *found.word;
      beams_[found.end].push_back(std::move(other));
    }
  }

  struct Found {
    const std::string* word;
    Unit unit;
    size_t end;
    uint32_t errors;
    double first;
  };
  // Words that end where a word may: before a blank or a sign, or inside where a blank may be lost.
  void look_up(size_t at) {
    for (const auto& [word, unit] : phrases_.words()) {
      const uint32_t most = word.size() <= kFewLetters ? 0 : word.size() < kManyLetters ? 1 : 2;
      const double first = word[0] == text_[at] ? 0 : kFirstLetter;
      for (const Match& match : matches(text_, at, word, most))
        cache_[at].push_back({&word, unit, match.end, match.errors, first});
    }
    if (cache_[at].empty()) cache_[at].push_back({&kNothing, kHole, text_.size(), 100, 0});
  }
  static void prune(std::vector<State>* states) {
    std::sort(states->begin(), states->end(), [](const State& a, const State& b) { return a.log_p > b.log_p; });
    if (states->size() > kBeam) states->resize(kBeam);
  }

  static inline const std::string kNothing;
  const Phrases& phrases_;
  std::string_view written_;
  const std::string& text_;  // in small letters, as long
  std::vector<std::vector<State>> beams_;
  std::vector<std::vector<Found>> cache_;
  uint32_t most_errors_;
};

}  // namespace

Repair repair_en(const Phrases& phrases, std::string_view text) {
  Repair repair;
  repair.text = std::string(text);
  if (text.empty() || text.size() > kLongest) return repair;
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  Decoder decoder(phrases, text, small);
  repair.as_heard = decoder.heard();
  const State best = decoder.best();
  if (best.errors == 0 || best.log_p <= repair.as_heard) return repair;
  repair.text = best.text;
  repair.gain = best.log_p - repair.as_heard;
  repair.errors = best.errors;
  return repair;
}

}  // namespace sotto::assistant
