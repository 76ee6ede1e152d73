#include "text/values/parser.h"

#include <algorithm>
#include <iterator>

namespace sotto::values {
namespace {

// Of two readings of the same length the earlier rule's is taken.
constexpr Rule kRules[] = {find_time,  find_change, find_duration, find_percent, find_temperature, find_light,
                           find_phone, find_level,  find_color,    find_ordinal, find_number};

// How far behind a word of a change ("raise the volume by") its measure may stand, in bytes.
constexpr size_t kChangeReach = 64;
// More digits in words than a phone number has are no value.
constexpr int kMostSpelled = 15;

// Words that stand inside of a value or beside one, and never at its beginning: most of what is between values.
bool begins_none(Word word) {
  constexpr Word kInner[] = {
      Word::kAnd,        Word::kOf,      Word::kCounter,   Word::kNumberBefore, Word::kNotOne,   Word::kNotTenths,
      Word::kTenths,     Word::kPercent, Word::kNotClock,  Word::kClock,        Word::kExact,    Word::kUntil,
      Word::kTo,         Word::kAbout,   Word::kOrSo,      Word::kLater,        Word::kNotBare,  Word::kKelvin,
      Word::kColorMark,  Word::kGlue,    Word::kLevelMark, Word::kLevelBefore,  Word::kGear,     Word::kDial,
      Word::kTail,       Word::kByWord,  Word::kAt,        Word::kPoint,        Word::kOther,    Word::kMonthMark,
      Word::kYearMark,   Word::kDayMark, Word::kNotDay,    Word::kTimeUnit,     Word::kLongUnit, Word::kDegree,
      Word::kFractionOf, Word::kPeriod,  Word::kAm,        Word::kWeekdays,     Word::kPartShort};
  return std::find(std::begin(kInner), std::end(kInner), word) != std::end(kInner);
}

class Parser {
 public:
  Parser(std::string_view text, const sotto_values_options& options, const Sink& sink)
      : text_(text),
        options_(options),
        sink_(sink),
        reader_(text, languages(options.language)),
        context_{reader_, options.now_unix_ms != 0, 0, int64_t{options.utc_offset_minutes} * 60, options.expect} {
    const int64_t ms = options.now_unix_ms;
    context_.now = ms / 1000 - (ms % 1000 < 0 ? 1 : 0) + context_.offset;
  }

  void run() {
    for (size_t at = 0; at < text_.size();) at = step(at);
  }

 private:
  static uint32_t languages(uint32_t language) { return language == SOTTO_VALUES_ANY ? 0 : language; }

  // Looks at one place; returns the next.
  size_t step(size_t at) {
    const auto c = static_cast<unsigned char>(text_[at]);
    int digit = 0;
    const size_t behind_sign = c == '+' || c == '-' || c == '(' ? at + (text_.substr(at, 2) == "+(" ? 2 : 1) : 0;
    const bool is_sign = behind_sign != 0 && digit_at(text_, behind_sign, &digit) != 0;
    const bool is_digits = digit_at(text_, at, &digit) != 0;
    const Lexemes& words = reader_.lexemes(at);
    const bool is_word = std::any_of(words.items, words.items + words.count,
                                     [](const Lexemes::Item& item) { return !begins_none(item.entry->word); });
    if ((behind_sign != 0 ? !is_sign : !is_word && !is_digits) || (is_digits && letter_before(text_, at))) return behind(at);
    if (const size_t run = behind_long_run(at)) return run;
    size_t stop = 0;
    int32_t direction = 0;
    for (size_t i = 0; i < words.count; ++i) {
      const Entry& e = *words.items[i].entry;
      if (e.word == Word::kStop) stop = std::max(stop, words.items[i].end);
      if (e.word == Word::kUp && direction == 0) direction = e.value;
    }
    context_.direction = change_ != 0 && at - change_at_ <= kChangeReach ? change_ : 0;
    Readings best;
    for (const Rule rule : kRules) look(rule, at, &best);
    if (direction != 0) change_ = direction, change_at_ = at;
    if (best.end > stop) return emit(at, &best), best.end;
    return stop != 0 ? stop : behind(at);
  }

  // The end of a run of digits in words that is too long to be anything; 0: there is none.
  size_t behind_long_run(size_t at) {
    int count = 0;
    for (size_t end = 0;; ++count, at = end) {
      end = 0;
      for (const Word w : {Word::kDigit, Word::kUnit, Word::kPhoneDigit})
        if (end == 0) end = reader_.word(at, w);
      if (end == 0) break;
    }
    return count > kMostSpelled ? at : 0;
  }

  void look(Rule rule, size_t at, Readings* best) {
    Readings found;
    rule(context_, at, &found);
    if (found.end == 0 || found.count == 0 || found.end < best->end) return;
    if (found.end > best->end) {
      *best = found;
    } else if (found.is_shared && best->is_shared) {
      for (uint32_t i = 0; i < found.count; ++i) best->add(found.items[i]);
    }
  }

  // The next place where a value may begin: not inside of a word, nor of a run of digits.
  size_t behind(size_t at) {
    const auto c = static_cast<unsigned char>(text_[at]);
    if (std::string_view(".!?;\n").find(text_[at]) != std::string_view::npos || text_.substr(at, 3) == "。" ||
        text_.substr(at, 3) == "；")
      change_ = 0;
    int digit = 0;
    size_t end = digit_at(text_, at, &digit);
    if (end != 0) {
      for (size_t next; (next = digit_at(text_, end, &digit)) != 0;) end = next;
      return end;
    }
    end = at + character_size(text_, at);
    if (is_letter(c))
      while (letter_at(text_, end)) end += character_size(text_, end);
    return end;
  }

  bool is_wanted(const sotto_value& v) const { return options_.kinds == 0 || (options_.kinds >> v.kind & 1) != 0; }

  void emit(size_t at, Readings* found) {
    const auto keep = [&](auto is_kept) {
      found->count = static_cast<uint32_t>(
          std::remove_if(found->items, found->items + found->count, [&](const sotto_value& v) { return !is_kept(v); }) -
          found->items);
    };
    const auto is_expected = [this](const sotto_value& v) { return v.kind == options_.expect; };
    if (std::any_of(found->items, found->items + found->count, is_expected)) keep(is_expected);
    keep([this](const sotto_value& v) { return is_wanted(v); });
    if (found->count == 0) return;
    const bool is_about = reader_.word_before(at, Word::kAbout);
    for (uint32_t i = 0; i < found->count; ++i) {
      sotto_value& v = found->items[i];
      v.begin = at;
      v.end = found->end;
      v.group = group_;
      if (found->count > 1) v.flags |= SOTTO_VALUE_AMBIGUOUS;
      if (is_about) v.flags |= SOTTO_VALUE_APPROXIMATE;
    }
    ++group_;
    sink_(found->items, found->count);
  }

  std::string_view text_;
  const sotto_values_options& options_;
  const Sink& sink_;
  Reader reader_;
  Context context_;
  uint32_t group_ = 0;
  int change_ = 0;
  size_t change_at_ = 0;
};

}  // namespace

sotto_value number_value(uint32_t kind, double number, double to, uint32_t unit) {
  sotto_value value{};
  value.struct_size = sizeof value;
  value.kind = kind;
  value.number = number;
  value.number_to = to;
  value.unit = unit;
  return value;
}

void parse(std::string_view text, const sotto_values_options& options, const Sink& sink) { Parser(text, options, sink).run(); }

}  // namespace sotto::values
