#include "weights.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "characters.h"
#include "sotto/plugin.hpp"

namespace sotto::care {
namespace {

constexpr size_t kLongestRow = 3;    // words of one weight
constexpr size_t kFewestUnits = 3;   // of a stretch; what is shorter is left to rules
constexpr size_t kEnoughUnits = 24;  // a stretch of so many ends with its sentence
constexpr size_t kMostUnits = 64;    // of a stretch
constexpr uint64_t kHashStart = 0xCBF29CE484222325u, kHashStep = 0x100000001B3u;  // FNV-1a

uint64_t hashed(uint64_t hash, uint32_t code) { return (hash ^ code) * kHashStep; }

uint64_t joined(uint64_t row, uint64_t unit) { return (row ^ (unit + ' ')) * kHashStep; }

bool is_word(uint32_t c) { return is_letter(c) || is_digit(c); }

// Of words apart by spaces; Han characters are words of their own.
uint64_t hash_of(std::string_view words) {
  uint64_t row = 0;
  bool is_first = true;
  for (size_t at = 0; at < words.size();) {
    const Character first = character_at(words, at);
    at += first.bytes;
    if (first.code == ' ') continue;
    uint64_t word = hashed(kHashStart, first.code);
    while (is_word(first.code) && at < words.size() && is_word(static_cast<uint8_t>(words[at])))
      word = hashed(word, static_cast<uint8_t>(words[at++]));
    row = is_first ? word : joined(row, word);
    is_first = false;
  }
  return row;
}

}  // namespace

Weights::Weights() : Weights(std::vector<RuleFile>(kWeightFiles, kWeightFiles + kWeightFileCount)) {}

Weights::Weights(const std::vector<RuleFile>& files) {
  for (const RuleFile& file : files) {
    Table table;
    table.language = file.name.find("zh") != std::string_view::npos ? SOTTO_CARE_ZH : SOTTO_CARE_EN;
    size_t line = 0;
    for (size_t at = 0; at < file.text.size();) {
      const size_t end = std::min(file.text.find('\n', at), file.text.size());
      const std::string row(file.text.substr(at, end - at));
      at = end + 1;
      ++line;
      char* behind = nullptr;
      const auto value = static_cast<int32_t>(std::strtol(row.c_str(), &behind, 10));  // a float would hang on the locale
      if (behind == row.c_str())
        throw plugin::Failure(SOTTO_BAD_FILE, "care: " + std::string(file.name) + ":" + std::to_string(line) + ": no number");
      if (line == 1) {
        table.limit = value;
        continue;
      }
      table.of[hash_of(std::string_view(row).substr(static_cast<size_t>(behind - row.c_str())))] = value;
    }
    tables_.push_back(std::move(table));
  }
}

void Weights::read(std::string_view text, const OnFinding& on_finding) const {
  std::vector<Unit> units;
  bool is_inside = false;  // of a word
  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    const size_t begin = at;
    at += c.bytes;
    if (c.code == 0 || c.code == '\'') continue;
    if (is_word(c.code) && is_inside) {
      units.back().hash = hashed(units.back().hash, c.code);
      units.back().end = at;
      continue;
    }
    is_inside = is_word(c.code);
    if ((is_end(c.code) && units.size() >= kEnoughUnits) || units.size() >= kMostUnits) {
      judge(units, on_finding);
      units.clear();
    }
    if (is_inside || is_han(c.code)) units.push_back({hashed(kHashStart, c.code), begin, at, is_han(c.code)});
  }
  judge(units, on_finding);
}

// Each row of words counts once, however often it stands there.
void Weights::judge(const std::vector<Unit>& units, const OnFinding& on_finding) const {
  if (units.size() < kFewestUnits) return;
  const auto han = static_cast<size_t>(std::count_if(units.begin(), units.end(), [](const Unit& u) { return u.is_han; }));
  const uint32_t language = han * 2 > units.size() ? SOTTO_CARE_ZH : SOTTO_CARE_EN;
  std::vector<uint64_t> rows;
  for (size_t i = 0; i < units.size(); ++i) {
    uint64_t row = units[i].hash;
    for (size_t length = 1; length <= kLongestRow; ++length) {
      rows.push_back(row);
      if (i + length >= units.size()) break;
      row = joined(row, units[i + length].hash);
    }
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  for (const Table& table : tables_) {
    if (table.language != language) continue;
    int64_t sum = 0;
    for (const uint64_t row : rows) {
      const auto found = table.of.find(row);
      if (found != table.of.end()) sum += found->second;
    }
    if (sum <= table.limit) continue;
    sotto_care_finding f{};
    f.struct_size = sizeof f;
    f.category = SOTTO_CARE_SELF_HARM;
    f.severity = SOTTO_CARE_MENTION;
    f.source = SOTTO_CARE_BY_RULE;
    f.probability = 1;
    f.begin = units.front().begin;
    f.end = units.back().end;
    f.language = language;
    on_finding(f);
  }
}

}  // namespace sotto::care
