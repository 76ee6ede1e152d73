// cases.h: the hand-written cases, and what the rules make of them.
#pragma once

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "care.h"

namespace sotto::care_test {

constexpr const char* kNames[SOTTO_CARE_CATEGORIES] = {"self_harm", "violence", "adult", "machine", "personal"};
constexpr size_t kUnseenEvery = 4;

struct Case {
  size_t line;
  bool is_unseen;
  std::string expected, kind, text;
};

inline std::vector<Case> read_cases(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::vector<Case> cases;
  size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    Case c{number, number % kUnseenEvery == 0, "", "", ""};
    std::getline(fields, c.expected, '\t');
    std::getline(fields, c.kind, '\t');
    std::getline(fields, c.text);
    cases.push_back(c);
  }
  return cases;
}

// As with a host that offers nothing: rules alone.
inline care::Services no_services() {
  static const sotto_host host = [] {
    sotto_host h{};
    h.struct_size = sizeof h;
    h.query = [](void*, const char*) { return sotto_interface{nullptr, nullptr}; };
    return h;
  }();
  return care::Services(plugin::Host(&host));
}

inline std::unique_ptr<care::Care> make_care(const care::Services& services, sotto_care_options options = {}) {
  options.struct_size = sizeof options;
  return std::make_unique<care::Care>(services, options);
}

inline uint32_t found_in(const care::Care& care, const std::string& text) {
  return care.check(text, SOTTO_CARE_FROM_USER, nullptr, nullptr).categories;
}

inline std::string names_of(uint32_t categories) {
  std::string names;
  for (uint32_t i = 0; i < SOTTO_CARE_CATEGORIES; ++i)
    if ((categories >> i & 1u) != 0) names += (names.empty() ? "" : "+") + std::string(kNames[i]);
  return names.empty() ? "nothing" : names;
}

struct Score {
  size_t cases = 0, right = 0;
};

// A case is right when its category is found, or for "none" when nothing is.
inline bool judge(const care::Care& care, const Case& c, Score* score) {
  const uint32_t found = found_in(care, c.text);
  bool is_right = c.expected == "none" && found == 0;
  for (uint32_t i = 0; i < SOTTO_CARE_CATEGORIES; ++i)
    if (c.expected == kNames[i]) is_right = (found >> i & 1u) != 0;
  ++score->cases;
  score->right += is_right ? 1 : 0;
  return is_right;
}

}  // namespace sotto::care_test
