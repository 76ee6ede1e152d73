// personal.h: numbers and addresses that lead to one person, found by their form and their check digits. Words of addresses are
// rules (rules/*/personal.txt).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::care {

struct PersonalMatch {
  uint32_t kind;  // SOTTO_CARE_PHONE, _ID_NUMBER, _CARD, _MAIL
  size_t begin, end;
};

// Reads a text in parts. Time: linear; a candidate is at most 254 bytes long. [one thread]
class PersonalScanner {
 public:
  using OnMatch = std::function<void(const PersonalMatch&)>;
  explicit PersonalScanner(OnMatch on_match) : on_match_(std::move(on_match)) {}

  // `text` begins where the last call stopped, `offset` bytes into the whole. Returns how far it was read: all of it when
  // final.
  size_t scan(std::string_view text, size_t offset, bool is_final);

 private:
  OnMatch on_match_;
  size_t no_mail_before_ = 0;  // a byte of the whole: up to there was looked already
  bool is_in_word_ = false;    // what stands before is a letter, a digit or a sign of words
};

// For tests: Luhn's check, and the check digit of GB 11643-1999 with a date that there was.
bool passes_luhn(std::string_view digits);
bool is_resident_id(std::string_view id);

}  // namespace sotto::care
