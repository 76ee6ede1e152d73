#include "pattern.h"

#include <algorithm>

#include "sotto/plugin.hpp"

namespace sotto::care {
namespace {

constexpr size_t kDeepest = 16;
constexpr uint32_t kWidestGap = 8;
constexpr size_t kMostItems = 1000000;  // of all rules, names read at each place where they stand
constexpr std::string_view kMeta = "()[]|~*#<>^$ \t";

bool is_meta(char c) { return kMeta.find(c) != std::string_view::npos; }

template <class T>
void join(std::vector<T>* into, const std::vector<T>& more) {
  into->insert(into->end(), more.begin(), more.end());
}

}  // namespace

void PatternReader::fail(const std::string& what) const {
  throw plugin::Failure(SOTTO_BAD_FILE, "care: " + *where_ + ": " + what + " at byte " + std::to_string(at_) + " of \"" +
                                            std::string(text_.substr(0, 80)) + "\"");
}

void PatternReader::read(std::string_view pattern, uint32_t rule, const std::string& where) {
  text_ = pattern;
  at_ = 0;
  rule_ = rule;
  where_ = &where;
  const Part whole = read_choice(0, true);
  if (at_ < text_.size()) fail("a bracket too many");
  if (whole.may_be_empty) fail("a pattern that may be empty");
  for (const uint32_t p : whole.last) rules_.positions[p].is_last = true;
  for (const uint32_t p : whole.first) {
    const uint32_t label = rules_.positions[p].label;
    if (label == kAnyWord) {
      rules_.beginning_any.push_back(p);
      continue;
    }
    const Labels one = {label};
    for (const uint32_t word : (label & kSetBit) != 0 ? rules_.sets[label & ~kSetBit] : one) {
      if (rules_.beginning.size() <= word) rules_.beginning.resize(word + 1);
      rules_.beginning[word].push_back(p);
    }
  }
}

void PatternReader::finish() {
  for (size_t p = 0; p < steps_.size(); ++p) {
    std::vector<uint32_t>& steps = steps_[p];
    std::sort(steps.begin(), steps.end());
    steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
    rules_.positions[p].first_next = static_cast<uint32_t>(rules_.next.size());
    rules_.positions[p].next_count = static_cast<uint32_t>(steps.size());
    join(&rules_.next, steps);
  }
  rules_.beginning.resize(rules_.words.size());
}

PatternReader::Part PatternReader::place(uint32_t label) {
  if (rules_.positions.size() >= kMostPositions) fail("more than 60000 words in all rules");
  const auto at = static_cast<uint32_t>(rules_.positions.size());
  Position position;
  position.label = label;
  position.rule = rule_;
  rules_.positions.push_back(position);
  steps_.emplace_back();
  return {{at}, {at}, false};
}

void PatternReader::append(Part* row, const Part& item) {
  step_count_ += row->last.size() * item.first.size();
  if (step_count_ > kMostSteps) fail("alternatives that multiply too far");
  for (const uint32_t from : row->last) join(&steps_[from], item.first);
  if (row->may_be_empty) join(&row->first, item.first);
  if (!item.may_be_empty) row->last.clear();
  join(&row->last, item.last);
  row->may_be_empty = row->may_be_empty && item.may_be_empty;
}

PatternReader::Part PatternReader::read_choice(size_t depth, bool is_top) {
  if (depth > kDeepest) fail("brackets deeper than 16");
  Labels labels;
  if (!is_top && simple_choice(&labels)) {
    const auto [at, is_new] = known_sets_.try_emplace(labels, static_cast<uint32_t>(rules_.sets.size()) | kSetBit);
    if (is_new) rules_.sets.push_back(labels);
    return place(at->second);
  }
  Part choice = read_row(depth);
  while (at_ < text_.size() && text_[at_] == '|') {
    ++at_;
    const Part other = read_row(depth);
    join(&choice.first, other.first);
    join(&choice.last, other.last);
    choice.may_be_empty = choice.may_be_empty || other.may_be_empty;
  }
  return choice;
}

// Alternatives of one word each are one position: at_ is moved behind them, up to the closing bracket.
bool PatternReader::simple_choice(Labels* labels) {
  size_t at = at_;
  while (at < text_.size()) {
    size_t end = at;
    while (end < text_.size() && !is_meta(text_[end])) end += character_at(text_, end).bytes;
    if (end == at || end >= text_.size()) return false;
    const std::string_view word = text_.substr(at, end - at);
    const Character c = character_at(word, 0);
    const bool is_one_han = c.bytes == word.size() && c.code >= 0x80;
    const bool is_latin = std::all_of(word.begin(), word.end(), [](char l) {
      return is_letter(static_cast<uint8_t>(l)) || is_digit(static_cast<uint8_t>(l));
    });
    if (!is_one_han && !is_latin) return false;
    labels->push_back(rules_.words.intern(word));
    at = end;
    if (text_[at] == '|') {
      ++at;
      continue;
    }
    if (text_[at] != ')' || labels->size() < 2) return false;
    std::sort(labels->begin(), labels->end());
    labels->erase(std::unique(labels->begin(), labels->end()), labels->end());
    at_ = at;
    return true;
  }
  return false;
}

PatternReader::Part PatternReader::read_row(size_t depth) {
  Part row;
  while (at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')' && text_[at_] != ']') {
    if (text_[at_] == ' ' || text_[at_] == '\t') {
      ++at_;
      continue;
    }
    append(&row, read_item(depth));
  }
  return row;
}

PatternReader::Part PatternReader::read_item(size_t depth) {
  if (++item_count_ > kMostItems) fail("names that multiply too far");
  const char c = text_[at_];
  if (!is_meta(c)) return read_word();
  ++at_;
  switch (c) {
    case '(':
    case '[': {
      Part part = read_choice(depth + 1, c == '[');
      const char closing = c == '(' ? ')' : ']';
      if (at_ >= text_.size() || text_[at_] != closing) fail("a bracket that is not closed");
      ++at_;
      if (c == '[') part.may_be_empty = true;
      return part;
    }
    case '~': {
      const uint32_t most = at_ < text_.size() ? static_cast<uint8_t>(text_[at_]) - uint32_t{'0'} : 0;
      if (most == 0 || most > kWidestGap) fail("a gap that is not ~1 to ~8");
      ++at_;
      return gap(most);
    }
    case '*':
      return place(kAnyWord);
    case '#':
      return place(kNumber);
    case '^':
    case '$':
      return place(kEnd);
    case '<':
      return read_name(depth);
    default:
      fail("an unexpected sign");
  }
}

PatternReader::Part PatternReader::read_name(size_t depth) {
  const size_t end = text_.find('>', at_);
  const auto found = end == std::string_view::npos ? names_.end() : names_.find(std::string(text_.substr(at_, end - at_)));
  if (found == names_.end()) fail("a name in <> that was not defined");
  const std::string_view outer = text_;
  const size_t behind = end + 1;
  const std::string inner = found->second + ")";  // closed, so that simple choices are seen
  text_ = inner;
  at_ = 0;
  const Part part = read_choice(depth + 1, false);
  if (at_ + 1 != text_.size()) fail("a bracket too many in the value of a name");
  text_ = outer;
  at_ = behind;
  return part;
}

PatternReader::Part PatternReader::gap(uint32_t most) {
  Part part;
  for (uint32_t i = 0; i < most; ++i) {
    Part one = place(kAnyWord);
    one.may_be_empty = true;
    append(&part, one);
  }
  return part;
}

PatternReader::Part PatternReader::read_word() {
  Part row;
  while (at_ < text_.size() && !is_meta(text_[at_])) {
    const size_t begin = at_;
    const Character c = character_at(text_, at_);
    if (c.code >= 0x80) {
      at_ += c.bytes;
    } else {
      while (at_ < text_.size() && (is_letter(static_cast<uint8_t>(text_[at_])) || is_digit(static_cast<uint8_t>(text_[at_]))))
        ++at_;
      if (at_ == begin) fail("a sign that is neither a small letter, a digit nor Han");
    }
    append(&row, place(rules_.words.intern(text_.substr(begin, at_ - begin))));
  }
  return row;
}

}  // namespace sotto::care
