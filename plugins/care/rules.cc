#include "rules.h"

#include <algorithm>

#include "pattern.h"
#include "sotto/plugin.hpp"

namespace sotto::care {
namespace {

constexpr size_t kLongestLine = 4096;

struct Word {
  std::string_view key, value;
  uint32_t number;
};
constexpr Word kWords[] = {
    {"category", "self_harm", SOTTO_CARE_SELF_HARM},
    {"category", "violence", SOTTO_CARE_VIOLENCE},
    {"category", "adult", SOTTO_CARE_ADULT},
    {"category", "machine", SOTTO_CARE_MACHINE},
    {"category", "personal", SOTTO_CARE_PERSONAL},
    {"language", "zh", SOTTO_CARE_ZH},
    {"language", "en", SOTTO_CARE_EN},
    {"kind", "none", 0},
    {"kind", "phone", SOTTO_CARE_PHONE},
    {"kind", "id", SOTTO_CARE_ID_NUMBER},
    {"kind", "card", SOTTO_CARE_CARD},
    {"kind", "mail", SOTTO_CARE_MAIL},
    {"kind", "address", SOTTO_CARE_ADDRESS},
    {"from", "user", 1u << SOTTO_CARE_FROM_USER},
    {"from", "model", 1u << SOTTO_CARE_FROM_MODEL},
    {"from", "both", 1u << SOTTO_CARE_FROM_USER | 1u << SOTTO_CARE_FROM_MODEL},
};

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// One file: lines that set what the next rules are, names, rules and exceptions.
class FileReader {
 public:
  FileReader(Rules& rules, PatternReader& patterns, const RuleFile& file)
      : rules_(rules), patterns_(patterns), name_(file.name) {
    patterns_.forget_names();
    rule_.category = SOTTO_NONE;
    rule_.sides = 1u << SOTTO_CARE_FROM_USER | 1u << SOTTO_CARE_FROM_MODEL;
    for (size_t at = 0; at < file.text.size();) {
      const size_t end = std::min(file.text.find('\n', at), file.text.size());
      where_ = name_ + ":" + std::to_string(++line_);
      if (end - at > kLongestLine) fail("a line of more than 4096 bytes");
      read(trimmed(file.text.substr(at, end - at)));
      at = end + 1;
    }
  }

 private:
  void read(std::string_view line) {
    if (line.empty() || line[0] == ';') return;
    if (line[0] == '!') return except(line.substr(1));
    if (line.size() > 1 && line[0] >= '1' && line[0] <= '3' && line[1] == ' ')
      return add(line.substr(2), static_cast<uint32_t>(line[0] - '0'));
    if (line[0] == '=') return name(line.substr(1));
    set(line);
  }

  // "! pattern" drops findings of every severity, "!1 pattern" those of 1 alone.
  void except(std::string_view line) {
    const bool is_weak = line.size() > 1 && line[0] >= '1' && line[0] <= '3' && line[1] == ' ';
    if (is_weak) return add(line.substr(2), static_cast<uint32_t>(line[0] - '0'), true);
    add(line, kMostSevere, true);
  }

  void add(std::string_view pattern, uint32_t severity, bool is_exception = false) {
    if (rule_.category == SOTTO_NONE) fail("a rule before its category");
    Rule rule = rule_;
    rule.severity = severity;
    rule.is_exception = is_exception;
    rules_.all.push_back(rule);
    patterns_.read(trimmed(pattern), static_cast<uint32_t>(rules_.all.size() - 1), where_);
  }

  void name(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) fail("a name without a colon: = name : pattern");
    patterns_.define(std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1))));
  }

  void set(std::string_view line) {
    const size_t space = std::min(line.find(' '), line.size());
    const std::string_view key = line.substr(0, space), value = trimmed(line.substr(space));
    const auto* const word =
        std::find_if(std::begin(kWords), std::end(kWords), [&](const Word& w) { return w.key == key && w.value == value; });
    if (word == std::end(kWords)) fail("neither a rule nor a setting that is known");
    if (key == "category") rule_.category = word->number;
    if (key == "language") rule_.language = word->number;
    if (key == "kind") rule_.kind = word->number;
    if (key == "from") rule_.sides = word->number;
  }

  [[noreturn]] void fail(const char* what) const {
    throw plugin::Failure(SOTTO_BAD_FILE, "care: " + where_ + ": " + what + ": docs/care.md describes the format");
  }

  Rules& rules_;
  PatternReader& patterns_;
  std::string name_, where_;
  size_t line_ = 0;
  Rule rule_;
};

}  // namespace

Rules::Rules(std::string_view further)
    : Rules([&] {
        std::vector<RuleFile> files(kRuleFiles, kRuleFiles + kRuleFileCount);
        if (!further.empty()) files.push_back({"the maker's rules", further});
        return files;
      }()) {}

Rules::Rules(const std::vector<RuleFile>& files) {
  PatternReader patterns(*this);
  for (const RuleFile& file : files) FileReader(*this, patterns, file);
  patterns.finish();
}

bool Rules::accepts(uint32_t label, uint32_t token) const {
  if (label == kAnyWord) return token != kEnd;
  if ((label & kSetBit) == 0) return label == token;
  const std::vector<uint32_t>& set = sets[label & ~kSetBit];
  return std::binary_search(set.begin(), set.end(), token);
}

}  // namespace sotto::care
