#include "phrases.h"

#include <algorithm>
#include <cmath>

#include "lexicon.h"

namespace sotto::assistant {
namespace {

// Shares of what was seen behind this unit, of what is said at all, and of what never was. Ours.
constexpr double kOfPair = 0.80, kOfUnit = 0.18, kOfNothing = 0.02;
constexpr double kUnits = 3000;  // as many may be said
constexpr double kHoleEverywhere = 0.02;
constexpr size_t kLongestPiece = 4;  // Han characters
constexpr double kOftenEnough = 4, kUnknownPiece = -12;

constexpr std::u32string_view kNumerals = U"零一二三四五六七八九十百千万两半几○";
constexpr std::string_view kNumberWords[] = {
    "zero",   "one",    "two",      "three",    "four",    "five",    "six",       "seven",    "eight",    "nine",   "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty",
    "forty",  "fifty",  "sixty",    "seventy",  "eighty",  "ninety",  "hundred",   "half",     "quarter"};

// How values of a type are said, "#" for a number.
constexpr struct {
  SlotType type;
  const char *zh, *en;
} kValues[] = {
    {SlotType::kPercent, "百分之#|#|一半|最大|最小", "# percent|#|half|maximum|minimum"},
    {SlotType::kTemperature, "#度|#", "# degrees|#"},
    {SlotType::kDuration, "#分钟|#小时|#个小时|#秒|#个半小时|#刻钟",
     "# minutes|# hours|# seconds|half an hour|a minute|an hour"},
    {SlotType::kTime, "今天|明天|后天|今晚|明早|早上#点|下午#点|晚上#点|#点#分|明天早上#点|下周#|周#",
     "today|tomorrow|tonight|at #|# am|# pm|tomorrow morning|this evening|on monday|on friday|next week"},
    {SlotType::kRepeat, "每天|每周#|工作日|周末", "every day|every morning|on weekdays|every week"},
    {SlotType::kAmount, "一点|一些|#度|百分之#|一下", "a bit|a little|by # degrees|by # percent|some"},
    {SlotType::kColor, "红色|蓝色|绿色|黄色|白色|暖白|紫色|橙色", "red|blue|green|yellow|white|warm white|purple|orange"},
    {SlotType::kNumber, "#", "#"}};

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('|', at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || c == '\'' || (c >= 0xC0 && c < 0x2000); }

}  // namespace

bool is_numeral(char32_t c) { return (c >= '0' && c <= '9') || kNumerals.find(c) != std::u32string_view::npos; }

Phrases::Phrases(const Domain& domain, const Home& home, const Functions& functions, Language language) : language_(language) {
  for (const std::string_view word : kNumberWords)
    if (language == Language::kEn) {
      const std::u32string letters = code_points(word);
      known_.emplace(letters, kNumber);
      words_.emplace_back(letters, kNumber);
    }
  std::vector<std::string> patterns;
  for (const std::string& pattern : domain.patterns(language)) patterns.push_back(normal_form(pattern));
  for (const std::string& pattern : patterns_of_talk(language)) patterns.push_back(pattern);
  for (const auto& [name, function] : functions.all())
    for (const std::string& example : function->examples)
      if (language_of(example, language) == language) patterns.push_back(example);
  learn_words(patterns);
  std::map<std::string, std::vector<Sequence>> fillers;
  const auto add_names = [&](const char* slot, const Place& place) {
    for (const auto& names : place.names)
      for (const std::string& name : names)
        if (language_of(name, language) == language) fillers[slot].push_back(units_of_name(normal_form(name)));
  };
  for (const Place& area : home.areas()) add_names("area", area);
  for (const Device& device : home.devices()) add_names("name", device);
  for (const auto& [kind, names] : domain.kinds())
    if (home.has_kind({kind}))
      for (const std::string& name : names[index_of(language)]) fillers["name"].push_back(units_of_name(name));
  for (const auto& [slot, type] : domain.slots())
    for (const auto& row : kValues)
      if (row.type == type)
        for (const std::string& said : parts_of(language == Language::kZh ? row.zh : row.en))
          fillers[slot].push_back(units_of(said));
  for (const auto& [slot, sequences] : fillers)
    for (const Sequence& sequence : sequences) add_inside(sequence, 1);
  for (const std::string& pattern : patterns) add_pattern(pattern, fillers);
}

// Chinese words are what stands together often: runs of two to four characters of the patterns, and every name as a whole.
void Phrases::learn_words(const std::vector<std::string>& patterns) {
  if (language_ != Language::kZh) return;
  std::unordered_map<std::u32string, double> counts;
  for (const std::string& pattern : patterns) {
    const std::u32string text = code_points(pattern);
    for (size_t i = 0; i < text.size(); ++i)
      for (size_t n = 1; n <= kLongestPiece && i + n <= text.size() && is_han(text[i + n - 1]) && !is_numeral(text[i + n - 1]);
           ++n)
        counts[text.substr(i, n)] += 1;
  }
  for (const auto& [piece, count] : counts)
    if (piece.size() == 1 || count >= kOftenEnough) pieces_[piece] = std::log(count / static_cast<double>(patterns.size() * 8));
}

Unit Phrases::number_of(const std::u32string& word) {
  const auto [at, is_new] = known_.emplace(word, kFirstUnit + static_cast<Unit>(known_.size()));
  if (is_new) words_.emplace_back(word, at->second);
  return at->second;
}

// The likeliest words of a run of Han characters, each by itself (Viterbi 1967).
void Phrases::add_pieces(std::u32string_view run, Sequence* units) {
  std::vector<double> best(run.size() + 1, -1e9);
  std::vector<size_t> from(run.size() + 1, 0);
  best[0] = 0;
  for (size_t i = 0; i < run.size(); ++i)
    for (size_t n = 1; n <= kLongestPiece && i + n <= run.size(); ++n) {
      const auto at = pieces_.find(std::u32string(run.substr(i, n)));
      const double log_p = at != pieces_.end() ? at->second : n == 1 ? kUnknownPiece : -1e8;
      if (best[i] + log_p > best[i + n]) best[i + n] = best[i] + log_p, from[i + n] = i;
    }
  Sequence backwards;
  for (size_t end = run.size(); end > 0; end = from[end])
    backwards.push_back(number_of(std::u32string(run.substr(from[end], end - from[end]))));
  units->insert(units->end(), backwards.rbegin(), backwards.rend());
}

Phrases::Sequence Phrases::units_of(std::string_view normal) {
  Sequence units;
  const std::u32string text = code_points(normal);
  for (size_t i = 0; i < text.size();) {
    const char32_t c = text[i];
    size_t end = i + 1;
    if (c == '#' || is_numeral(c)) {
      if (units.empty() || units.back() != kNumber) units.push_back(kNumber);
    } else if (is_letter(c)) {
      while (end < text.size() && is_letter(text[end])) ++end;
      units.push_back(number_of(text.substr(i, end - i)));
    } else if (is_han(c) && language_ == Language::kZh) {
      while (end < text.size() && is_han(text[end]) && !is_numeral(text[end])) ++end;
      add_pieces(std::u32string_view(text).substr(i, end - i), &units);
    }
    i = end;
  }
  return units;
}

// A Chinese name is one word.
Phrases::Sequence Phrases::units_of_name(const std::string& normal) {
  const std::u32string text = code_points(normal);
  const bool is_one = language_ == Language::kZh && std::all_of(text.begin(), text.end(), [](char32_t c) { return is_han(c); });
  return is_one ? Sequence{number_of(text)} : units_of(normal);
}

// Holes that nothing is known of stay holes; the others are filled with each of their words, so that what stands beside them is
// known.
void Phrases::add_pattern(std::string_view pattern, const std::map<std::string, std::vector<Sequence>>& fillers) {
  std::vector<std::vector<Sequence>> parts;
  for (size_t at = 0; at < pattern.size();) {
    const size_t open = std::min(pattern.find('{', at), pattern.size());
    if (Sequence units = units_of(pattern.substr(at, open - at)); !units.empty()) parts.push_back({std::move(units)});
    if (open == pattern.size()) break;
    const size_t close = std::min(pattern.find('}', open), pattern.size() - 1);
    const auto filler = fillers.find(std::string(pattern.substr(open + 1, close - open - 1)));
    parts.push_back(filler == fillers.end() || filler->second.empty() ? std::vector<Sequence>{{kHole}} : filler->second);
    at = close + 1;
  }
  std::vector<Sequence> before{{kEdge}};
  parts.push_back({{kEdge}});
  for (const std::vector<Sequence>& part : parts) {
    const double share = 1.0 / static_cast<double>(before.size() * part.size());
    for (const Sequence& a : before)
      for (const Sequence& b : part)
        if (!a.empty() && !b.empty()) add_pair(a.back(), b.front(), share);
    if (part.size() == 1) add_inside(part.front(), 1);
    before = part;
  }
}

void Phrases::add_inside(const Sequence& sequence, double count) {
  for (size_t i = 1; i < sequence.size(); ++i) add_pair(sequence[i - 1], sequence[i], count);
}

void Phrases::add_pair(Unit before, Unit unit, double count) {
  double& pair = pairs_[key(before, unit)];
  pair += count;
  sums_[before] += count;
  counts_[unit] += count;
  all_ += count;
}

double Phrases::log_p(Unit before, Unit unit) const {
  const auto pair = pairs_.find(key(before, unit));
  const auto sum = sums_.find(before);
  const auto count = counts_.find(unit);
  double p = kOfNothing / kUnits;
  if (count != counts_.end()) p += kOfUnit * count->second / all_;
  if (pair != pairs_.end()) p += kOfPair * pair->second / sum->second;
  if (unit == kHole) p = std::max(p, kHoleEverywhere);
  return std::log(p);
}

Unit Phrases::unit_of(std::u32string_view word) const {
  if (!word.empty() && word.find_first_not_of(U"0123456789.:%") == std::u32string_view::npos) return kNumber;
  const auto at = known_.find(std::u32string(word));
  return at == known_.end() ? kHole : at->second;
}

}  // namespace sotto::assistant
