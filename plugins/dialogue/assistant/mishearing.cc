// A beam over the words of the device's talk, each matched to what was heard with few errors. In English blanks may be lost and
// added too; Chinese words follow each other without any.
#include "mishearing.h"

#include <algorithm>
#include <cmath>

namespace sotto::assistant {
namespace {

// Logarithms of how seldom something is. Ours, chosen on tests/assistant/tuning.
struct Costs {
  double error, first;         // a character changed, lost or added; more where it is a word's first
  double added, lost;          // beside `error`: which character was added nobody knows, which was lost the word tells
  double junk;                 // a Chinese character between two words that means nothing
  double hole, hole_letter;    // a word that nobody can know, and each of its characters
  double stays_in_hole;        // another such word behind one
  size_t no_error, one_error;  // up to so many characters a word has no error, and only one
  size_t an_error;             // characters of a text for each of its errors, and half of them for the first
};
constexpr Costs kCosts[kLanguages] = {{-8.0, 0, -3.0, 2.5, -10.0, -4.0, -5.5, -0.5, 1, 4, 6},
                                      {-5.5, -1.0, 0, 0, 0, -5.0, -1.4, -0.7, 2, 5, 6}};
constexpr size_t kBeam = 16, kLongest = 120;

bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || c == '\''; }
bool is_figure(char32_t c) { return c >= '0' && c <= '9'; }

struct Match {
  size_t end;
  uint32_t errors;
};

// Every place where the word may end when it begins at `begin`, with the fewest errors for it (Levenshtein 1966).
std::vector<Match> matches(std::u32string_view text, size_t begin, std::u32string_view word, uint32_t most) {
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
  std::u32string text;
  uint32_t errors = 0;
};

class Decoder {
 public:
  Decoder(const Phrases& phrases, const std::u32string& written)
      : phrases_(phrases),
        is_chinese_(phrases.language() == Language::kZh),
        costs_(kCosts[index_of(phrases.language())]),
        written_(written),
        text_(written),
        found_(written.size()),
        is_looked_up_(written.size(), false) {
    for (char32_t& c : text_)
      if (c >= 'A' && c <= 'Z') c += 32;
  }
  State best(bool may_mend) {
    most_errors_ = may_mend ? static_cast<uint32_t>((text_.size() + costs_.an_error / 2) / costs_.an_error) : 0;
    beams_.assign(text_.size() + 1, {});
    beams_[0].push_back(State{});
    for (size_t at = 0; at < text_.size(); ++at) {
      prune(&beams_[at]);
      for (const State& state : beams_[at]) step(state, at);
    }
    State best;
    best.log_p = -1e9;
    for (State& state : beams_.back()) {
      if (state.before != kEdge) state.log_p += phrases_.log_p(state.before, kEdge);
      if (state.log_p > best.log_p) best = state;
    }
    return best;
  }

 private:
  struct Found {
    const std::u32string* word;
    Unit unit;
    size_t end;
    uint32_t errors;
  };

  bool is_in_a_word(size_t at) const { return !is_chinese_ && at > 0 && is_letter(text_[at]) && is_letter(text_[at - 1]); }
  bool can_begin(size_t at) const { return is_chinese_ ? is_han(text_[at]) : is_letter(text_[at]); }

  void step(const State& state, size_t at) {
    if (!is_in_a_word(at)) as_heard(state, at);
    if (!can_begin(at)) return;
    if (is_chinese_ && state.errors < most_errors_) {
      State without = state;
      without.log_p += costs_.junk;
      ++without.errors;
      beams_[at + 1].push_back(std::move(without));
    }
    if (!is_looked_up_[at]) look_up(at);
    const uint32_t blank = is_in_a_word(at) ? 1 : 0;  // was lost
    for (const Found& found : found_[at]) {
      const uint32_t errors = found.errors + blank;
      if ((errors == 0 && !is_chinese_) || state.errors + errors > most_errors_) continue;
      const bool is_first_wrong = (*found.word)[0] != text_[at];
      State other = state;
      other.log_p += cost_of(found, at) + costs_.error * blank + (is_first_wrong ? costs_.first : 0) +
                     phrases_.log_p(state.before, found.unit);
      other.errors += errors;
      other.before = found.unit;
      if (blank > 0) other.text += U' ';
      other.text += errors == 0 ? written_.substr(at, found.end - at) : *found.word;
      beams_[found.end].push_back(std::move(other));
    }
  }

  double cost_of(const Found& found, size_t at) const {
    const auto longer = static_cast<double>(found.end - at) - static_cast<double>(found.word->size());
    return costs_.error * found.errors + (longer > 0 ? costs_.added * longer : costs_.lost * -longer);
  }

  // A blank, a sign, figures, or a word as it stands there, which may be one that nobody can know.
  void as_heard(const State& state, size_t at) {
    size_t end = at + 1;
    if (text_[at] == ' ') return go(state, at, end, state.before, 0);
    if (is_chinese_ && is_numeral(text_[at])) {
      while (end < text_.size() && is_numeral(text_[end])) ++end;
      return go(state, at, end, kNumber, phrases_.log_p(state.before, kNumber));
    }
    const bool is_word = is_letter(text_[at]) || is_figure(text_[at]);
    while (is_word && end < text_.size() && (is_letter(text_[end]) || is_figure(text_[end]))) ++end;
    if (!is_word && !(is_chinese_ && is_han(text_[at])))
      return go(state, at, end, kEdge, state.before == kEdge ? 0 : phrases_.log_p(state.before, kEdge));
    const Unit unit = phrases_.unit_of(std::u32string_view(text_).substr(at, end - at));
    if (unit != kHole) go(state, at, end, unit, phrases_.log_p(state.before, unit));
    const double enters = state.before == kHole ? costs_.stays_in_hole : phrases_.log_p(state.before, kHole);
    go(state, at, end, kHole, enters + costs_.hole + costs_.hole_letter * static_cast<double>(end - at));
  }
  void go(const State& state, size_t at, size_t end, Unit unit, double log_p) {
    State next = state;
    next.log_p += log_p;
    next.before = unit;
    next.text += written_.substr(at, end - at);
    beams_[end].push_back(std::move(next));
  }

  void look_up(size_t at) {
    is_looked_up_[at] = true;
    for (const auto& [word, unit] : phrases_.words()) {
      const uint32_t most = word.size() <= costs_.no_error ? 0 : word.size() <= costs_.one_error ? 1 : 2;
      for (const Match& match : matches(text_, at, word, most))
        if (match.errors < word.size()) found_[at].push_back({&word, unit, match.end, match.errors});
    }
  }
  static void prune(std::vector<State>* states) {
    std::sort(states->begin(), states->end(), [](const State& a, const State& b) { return a.log_p > b.log_p; });
    std::vector<State> kept;
    for (State& state : *states) {
      const bool is_known = std::any_of(kept.begin(), kept.end(),
                                        [&](const State& k) { return k.before == state.before && k.text == state.text; });
      if (!is_known) kept.push_back(std::move(state));
      if (kept.size() == kBeam) break;
    }
    *states = std::move(kept);
  }

  const Phrases& phrases_;
  const bool is_chinese_;
  const Costs& costs_;
  const std::u32string& written_;
  std::u32string text_;  // in small letters
  std::vector<std::vector<Found>> found_;
  std::vector<bool> is_looked_up_;
  std::vector<std::vector<State>> beams_;  // by where the words so far end
  uint32_t most_errors_ = 0;
};

}  // namespace

Repair repaired(const Phrases& phrases, std::string_view text) {
  Repair repair;
  repair.text = std::string(text);
  const std::u32string written = code_points(text);
  if (written.empty() || written.size() > kLongest) return repair;
  Decoder decoder(phrases, written);
  repair.as_heard = decoder.best(false).log_p;
  const State best = decoder.best(true);
  if (best.errors == 0 || best.log_p <= repair.as_heard) return repair;
  repair.text = utf8(best.text);
  repair.gain = best.log_p - repair.as_heard;
  repair.errors = best.errors;
  return repair;
}

}  // namespace sotto::assistant
