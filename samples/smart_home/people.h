// people.h: two people with different habits, from a table: what each does when, with what chance and how punctually.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct Deed {
  int64_t at_ms = 0;
  std::string user, action;
};

// What they do on a day that begins at `midnight_ms` (UTC), in order of time. The same seed gives the same days.
std::vector<Deed> a_day(int64_t midnight_ms, uint64_t seed);
