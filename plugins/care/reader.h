// reader.h: a text, whole or in parts, into findings: rules and personal data side by side, what touches made one.
#pragma once

#include <functional>
#include <map>

#include "matcher.h"
#include "personal.h"

namespace sotto::care {

// Notes findings and says what they come to.
class Verdict {
 public:
  Verdict();
  void note(const sotto_care_finding& finding);
  sotto_care_result result(const uint32_t (&answer_from)[SOTTO_CARE_CATEGORIES], bool is_chinese) const;

 private:
  sotto_care_finding highest_[SOTTO_CARE_CATEGORIES];  // the first of that severity
};

// [one thread]
class Reader {
 public:
  using OnFinding = std::function<void(const sotto_care_finding&)>;
  // `on_finding` may be empty.
  Reader(const Rules& rules, uint32_t from, OnFinding on_finding);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // `text` lies `offset` bytes into the whole, and holds all from min(read_to(), settled()) on.
  void push(std::string_view text, size_t offset, bool is_final);
  size_t read_to() const;  // what lies before is not looked at again
  size_t settled() const;  // what lies before is in no finding that is not handed out
  bool met_exception(uint32_t category) const { return matcher_.met_exception(category); }
  const Verdict& verdict() const { return verdict_; }                 // of what was found so far, joined or not
  bool is_chinese() const { return han_ > 0 && han_ / 2 >= words_; }  // two characters count as a word

 private:
  void take(const Match& match);
  void take(const PersonalMatch& match);
  void add(const sotto_care_finding& finding);
  size_t widened(size_t begin) const;

  const Rules& rules_;
  OnFinding on_finding_;
  Verdict verdict_;
  Matcher matcher_;
  PersonalScanner personal_;
  std::map<std::pair<uint32_t, uint32_t>, sotto_care_finding> last_;  // of each category and kind, to be joined with the next
  std::string_view text_;
  size_t offset_ = 0, tokens_to_ = 0, personal_to_ = 0;
  size_t han_ = 0, words_ = 0;
};

}  // namespace sotto::care
