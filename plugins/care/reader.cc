#include "reader.h"

#include <algorithm>

namespace sotto::care {
namespace {

constexpr size_t kWiden = 12;                                                   // characters before the words of an address
constexpr std::string_view kBefore = "在是到去往于址为给我你他她它的住，。：";  // 3 bytes each: where an address does not go on

sotto_care_finding finding_of(uint32_t category, uint32_t severity, size_t begin, size_t end) {
  sotto_care_finding f{};
  f.struct_size = sizeof f;
  f.category = category;
  f.severity = severity;
  f.source = SOTTO_CARE_BY_RULE;
  f.begin = begin;
  f.end = end;
  f.probability = 1;
  return f;
}

}  // namespace

Reader::Reader(const Rules& rules, uint32_t from, OnFinding on_finding)
    : rules_(rules),
      on_finding_(std::move(on_finding)),
      matcher_(rules, from, [this](const Match& m) { take(m); }),
      personal_([this](const PersonalMatch& m) { take(m); }) {}

void Reader::push(std::string_view text, size_t offset, bool is_final) {
  text_ = text;
  offset_ = offset;
  Tokenizer tokenizer(rules_.words, text.substr(tokens_to_ - offset), is_final);
  for (Token token{}; tokenizer.next(&token);) {
    const size_t shift = tokens_to_;
    token.begin += shift;
    token.end += shift;
    if (token.id != kEnd && token.id != kPause)
      ++(token.end - token.begin >= 3 && is_han(character_at(text, token.begin - offset).code) ? han_ : words_);
    matcher_.take(token);
  }
  tokens_to_ += tokenizer.rest();
  personal_to_ += personal_.scan(text.substr(personal_to_ - offset), personal_to_, is_final);
  if (!is_final) return;
  matcher_.finish(offset + text.size());
  if (on_finding_)
    for (const auto& row : last_) on_finding_(row.second);
  last_.clear();
}

size_t Reader::read_to() const { return std::min(tokens_to_, personal_to_); }
size_t Reader::settled() const { return std::min(read_to(), matcher_.open_from()); }

void Reader::take(const Match& match) {
  const Rule& rule = *match.rule;
  const bool is_address = rule.kind == SOTTO_CARE_ADDRESS && rule.language == SOTTO_CARE_ZH;
  sotto_care_finding f = finding_of(rule.category, rule.severity, is_address ? widened(match.begin) : match.begin, match.end);
  f.kind = rule.kind;
  f.language = rule.language;
  add(f);
}

void Reader::take(const PersonalMatch& match) {
  sotto_care_finding f = finding_of(SOTTO_CARE_PERSONAL, SOTTO_CARE_CONCERN, match.begin, match.end);
  f.kind = match.kind;
  add(f);
}

void Reader::add(const sotto_care_finding& f) {
  verdict_.note(f);
  if (!on_finding_) return;
  const auto [at, is_first] = last_.try_emplace({f.category, f.kind}, f);
  sotto_care_finding& last = at->second;
  if (is_first) return;
  if (f.begin > last.end || f.end < last.begin) {
    on_finding_(last);
    last = f;
    return;
  }
  last.begin = std::min(last.begin, f.begin);
  last.end = std::max(last.end, f.end);
  if (f.severity > last.severity) last.severity = f.severity, last.language = f.language;
}

// The begin of the Han characters that stand before the words of a Chinese address: district and street.
size_t Reader::widened(size_t begin) const {
  for (size_t i = 0; i < kWiden && begin >= offset_ + 3; ++i) {
    const std::string_view before = text_.substr(begin - 3 - offset_, 3);
    const Character c = character_at(before, 0);
    if (c.bytes != 3 || !is_han(c.code)) break;
    bool is_stop = false;
    for (size_t at = 0; at < kBefore.size(); at += 3) is_stop = is_stop || kBefore.substr(at, 3) == before;
    if (is_stop) break;
    begin -= 3;
  }
  return begin;
}

Verdict::Verdict() {
  for (sotto_care_finding& f : highest_) f = finding_of(0, 0, 0, 0);
}

void Verdict::note(const sotto_care_finding& finding) {
  sotto_care_finding& highest = highest_[finding.category];
  if (finding.severity > highest.severity) highest = finding;
}

sotto_care_result Verdict::result(const uint32_t (&answer_from)[SOTTO_CARE_CATEGORIES], bool is_chinese) const {
  sotto_care_result r{};
  r.struct_size = sizeof r;
  r.answer = SOTTO_NONE;
  r.language = is_chinese ? SOTTO_CARE_ZH : SOTTO_CARE_EN;
  for (uint32_t i = 0; i < SOTTO_CARE_CATEGORIES; ++i) {
    const sotto_care_finding& highest = highest_[i];
    r.severities[i] = highest.severity;
    if (highest.severity == 0) continue;
    r.categories |= 1u << i;
    if (r.answer != SOTTO_NONE || highest.severity < answer_from[i]) continue;
    r.answer = i;
    r.begin = highest.begin;
    r.end = highest.end;
    if (highest.language != 0) r.language = highest.language;
  }
  return r;
}

}  // namespace sotto::care
