// lexicon.h: the words that values are made of, Chinese and English, each with what it means to the rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/span.h"

namespace sotto::values {

enum class Word : uint8_t {
  // numbers
  kDigit,         // 三: its value
  kPower,         // 百: 100
  kUnit,          // "twelve": 1 to 19, 0
  kTens,          // "forty"
  kScale,         // "hundred", "thousand"
  kFuzzy,         // "a couple of", 几: value low * 100 + high
  kSign,          // "minus", 负
  kPoint,         // "point"
  kArticle,       // "a", "an"
  kAnd,           // "and"
  kOf,            // "of", 的
  kThe,           // "the"
  kHalf,          // "half", 半
  kQuarter,       // "quarter", "third" as fractions: 1 / value
  kOrdinal,       // "third": value
  kOrdinalTens,   // "twentieth"
  kOrdinalMark,   // 第; value -1: 倒数第
  kLast,          // "last one": value
  kCounter,       // 个, 条: a number stands before it
  kNumberBefore,  // "to", 到: a number stands behind it
  kNotOne,        // "this", "which": "one" behind it is no number
  // percent, temperature, light
  kPercent,       // "percent"
  kPercentOf,     // 百分之: value of the whole
  kPercentWhole,  // 一半, 百分百
  kTenths,        // 成
  kNotTenths,     // 成功: what 成 begins
  kFractionOf,    // 分之
  kDegree,        // 度, "degrees": unit
  kScaleName,     // "celsius", 摄氏: unit
  kBelow,         // "below zero": behind a number
  kFreezing,      // 零下
  kKelvin,
  kLight,  // "warm white": kelvin
  // durations
  kTimeUnit,        // "minutes": SOTTO_UNIT_*; + kWeakUnit, + kTightUnit
  kLongUnit,        // value seconds: 刻钟, "fortnight"
  kQuarterMinutes,  // 一刻: minutes
  kLater,           // 后, "from now": +1, 前, "ago": -1
  kIn,              // "in"
  // times
  kDay,           // "tomorrow": days from now
  kDayPart,       // 明早: (days + 8) * 16 + part
  kPart,          // "morning": part
  kPartShort,     // 早, 晚: behind a date only
  kNotBare,       // a part by itself is no time behind or before this ("good morning", "night mode")
  kWeekday,       // "friday": 1 to 7
  kWeekdayShort,  // "fri": with a word before it only
  kWeek,          // 周, 星期
  kWeekend,
  kMonthWord,   // "march"
  kMonthVerb,   // "may": a month only with something before or behind it
  kThisNext,    // "next": 1, "this": 0, "last": -1, "coming": 2
  kPeriod,      // "week", "month", "year" behind kThisNext: unit
  kZhPeriod,    // 下周, 明年: (count + 8) * 16 + unit
  kZhNext,      // 下, 这, 上: weeks
  kMonthMark,   // 月
  kYearMark,    // 年
  kDayMark,     // 号, 日: value 1 for 号
  kNotDay,      // 号线, 号楼
  kEdge,        // 月底: unit * 16 + 0 begin, 1 middle, 2 end
  kEnEdge,      // "end of": 2
  kHoliday,     // month * 100 + day; + 10000 lunar
  kLunar,       // 农历
  kLunarMonth,  // 正月, 腊月
  kLunarDay,    // 初
  kClock,       // 点
  kNotClock,    // 点建议: what makes 点 no clock
  kExact,       // 整, 钟, "o'clock"
  kFixedClock,  // "noon": minutes of the day
  kAm,          // "am", "pm": 0, 12
  kPast,        // "past": 1, "to": -1, 差: -1
  kAt,          // "at", "by", "until": a clock time stands behind it; 2: "for", "by"
  kGlue,        // "on", "in the", 的: between the parts of a time
  kUntil,       // "to", 到, "until": between two times
  kAbout,       // "about", 大约
  kOrSo,        // 左右
  // repeats
  kEvery,       // "every", 每
  kEveryWhole,  // "daily", 每天: repeat unit; "weekdays"
  kOther,       // "other": every second one
  kWeekdays,    // "weekday", 工作日
  // changes
  kUp,         // "up", 调高: +1, -1
  kMore,       // "louder", 亮: +1, -1
  kTo,         // 到: what follows is where, not how far
  kAmount,     // "a bit", 一点
  kAmountAdj,  // "slightly": behind it stands kMore
  kByWord,     // "by"
  kTail,       // 吧, 儿: what may stand behind 点
  // names
  kColor,      // RGB
  kColorOne,   // 红: only before 色
  kColorMark,  // 色
  kLevel,      // "max"
  kLevelWeak,  // "low": with something around it only
  kLevelMark,  // "speed", 档: behind kLevelWeak
  kLevelBefore,
  kGear,        // 档: a number stands before it
  kPhoneDigit,  // 幺, "oh"
  kDouble,      // "double"
  kDial,        // "call", 打
  kStop,        // 十分, 一起: no value begins here, unless a longer one does
};

struct Entry {
  std::string_view text;
  Word word;
  int32_t value;
};

// Of kTimeUnit: 分, which counts points too; "h", which stands close to its digits; "second", which is an ordinal too.
constexpr int32_t kWeakUnit = 16, kTightUnit = 32, kOrdinalUnit = 64;

enum Language : uint8_t { kZh = 1, kEn = 2 };

// The tables: lexicon_zh.cc, lexicon_zh_times.cc, lexicon_en.cc, colors.cc.
Span<const Entry> zh_entries();
Span<const Entry> zh_times();
Span<const Entry> en_entries();
Span<const Entry> zh_colors();
Span<const Entry> en_colors();
// Signs that are of no language: °C, %.
Span<const Entry> common_entries();

// What the lexicon knows at one place of a text, longest first.
struct Lexemes {
  static constexpr size_t kMost = 12;
  struct Item {
    const Entry* entry;
    size_t end;
  };
  size_t count = 0;
  Item items[kMost];
};

// Const after construction, any thread.
class Lexicon {
 public:
  explicit Lexicon(uint32_t languages);  // bits of Language
  // A blank of an entry stands for one to three blanks of the text, upper case is as lower, words of letters end where letters
  // do.
  void find(std::string_view text, size_t at, Lexemes* out) const;

 private:
  std::vector<Entry> entries_;  // sorted by text
  uint32_t first_[257];         // entries that begin with a byte: [first_[b], first_[b + 1])
};

// Made at the first use, one for each set of languages.
const Lexicon& lexicon_of(uint32_t languages);

// Characters as far as the rules need them. Bytes that are no UTF-8 are characters of one byte.
bool is_letter(unsigned char c);  // ASCII
bool is_digit(unsigned char c);   // ASCII
unsigned char lower(unsigned char c);
// Bytes of the character at `at`, at least 1. REQUIRES: at < text.size().
size_t character_size(std::string_view text, size_t at);
// Whether a letter of a word (ASCII, or a two-byte character as in "café") ends before or begins at `at`.
bool letter_before(std::string_view text, size_t at);
bool letter_at(std::string_view text, size_t at);
// Whether the character at, or before, is a Chinese one (three bytes from E3 80 to E9: ideographs).
bool ideograph_at(std::string_view text, size_t at);
bool ideograph_before(std::string_view text, size_t at);
// Behind at most three blanks.
size_t skip_blanks(std::string_view text, size_t at);

}  // namespace sotto::values
