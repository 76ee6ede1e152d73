// profile.h - what the operations of a program take, counted while somebody asks for it ("sotto.profile/1").
#pragma once

#include <cstdint>
#include <vector>

#include "lower.h"
#include "sotto/profile.h"

namespace sotto::cpu {

struct Run;

// One row per kind of operation and weight type. One call at a time.
class Profile {
 public:
  bool counts() const { return counts_; }
  void count(bool on);
  void add(const Run& run, const Op& op, uint64_t nanoseconds);
  // Null behind the last.
  const sotto_profile_row* row(uint32_t index) const;

 private:
  sotto_profile_row& row_of(uint32_t kind, uint32_t weight_type, const char* name);

  struct Row {
    uint32_t kind = 0;
    uint32_t weight_type = 0;
    sotto_profile_row counted = {};
  };
  bool counts_ = false;
  std::vector<Row> rows_;
};

uint64_t profile_clock_ns();

}  // namespace sotto::cpu
