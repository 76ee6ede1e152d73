// texts.h: the fixed texts, as the maker set them or by default. Never generated.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "sotto/care.h"

namespace sotto::care {

// [any thread]
class Texts {
 public:
  void set(uint32_t category, uint32_t language, std::string_view text);
  void reset(uint32_t category, uint32_t language);
  std::string get(uint32_t category, uint32_t language) const;

 private:
  mutable std::mutex mutex_;  // guards set_
  std::map<std::pair<uint32_t, uint32_t>, std::string> set_;
};

}  // namespace sotto::care
