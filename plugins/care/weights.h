// weights.h: what no single rule says: words that lie near each other in sentences of self-harm, added up.
//
// A linear model over words and Han characters, and up to two or three of them in a row, learned by tests/care/weigh.py; the
// weights are data in weights/, compiled in. It is asked about what a user says where the rules found nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules.h"
#include "sotto/care.h"

namespace sotto::care {

// const after construction, any thread.
class Weights {
 public:
  using OnFinding = std::function<void(const sotto_care_finding&)>;

  // Reads the built-in files, or `files`: one a language, in the order SOTTO_CARE_ZH, SOTTO_CARE_EN. Throws Failure with file
  // and line.
  Weights();
  explicit Weights(const std::vector<RuleFile>& files);

  // Findings of severity SOTTO_CARE_MENTION, each a stretch of text of about a sentence. Linear in the text's size.
  void read(std::string_view text, const OnFinding& on_finding) const;

 private:
  struct Table {
    int32_t limit = 0;  // hundredths, as the weights are
    uint32_t language = 0;
    std::unordered_map<uint64_t, int32_t> of;  // by hash of the words
  };
  struct Unit {
    uint64_t hash;
    size_t begin, end;
    bool is_han;
  };

  void judge(const std::vector<Unit>& units, const OnFinding& on_finding) const;

  std::vector<Table> tables_;
};

// Made from weights/ when the plugin is configured.
extern const RuleFile kWeightFiles[];
extern const size_t kWeightFileCount;

}  // namespace sotto::care
