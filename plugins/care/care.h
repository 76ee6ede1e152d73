// care.h: one object of the interface: rules, fixed texts, perhaps a head.
#pragma once

#include "head.h"
#include "reader.h"
#include "texts.h"
#include "weights.h"

namespace sotto::care {

// [any thread]; const after construction but for its texts.
class Care {
 public:
  Care(const Services& services, const sotto_care_options& options);

  // `on_finding` may be NULL.
  sotto_care_result check(std::string_view text, uint32_t from, sotto_on_care_finding on_finding, void* user) const;

  Texts& texts() { return texts_; }
  const Texts& texts() const { return texts_; }
  const Rules& rules() const { return rules_; }
  const uint32_t (&answer_from() const)[SOTTO_CARE_CATEGORIES] { return answer_from_; }
  uint32_t hold_bytes() const { return hold_bytes_; }

 private:
  Rules rules_;
  Weights weights_;
  Texts texts_;
  uint32_t answer_from_[SOTTO_CARE_CATEGORIES];
  uint32_t hold_bytes_;
  std::unique_ptr<Head> head_;
};

}  // namespace sotto::care
