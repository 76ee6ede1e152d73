// log.h: one line to the host's log hook. The library itself never prints.
#pragma once

#include <string_view>

#include "sotto/base.h"

namespace sotto {

// Where lines go. A value, copied freely. [any thread], as the hook must be.
class Log {
 public:
  using Hook = void (*)(void* user, int32_t level, sotto_str text);

  Log() = default;
  Log(Hook hook, void* user, int32_t level) : hook_(hook), user_(user), level_(level) {}

  bool wants(int32_t level) const { return hook_ != nullptr && level <= level_; }
  void write(int32_t level, std::string_view text) const {
    if (wants(level)) hook_(user_, level, sotto_str{text.data(), text.size()});
  }
  void warning(std::string_view text) const { write(SOTTO_LOG_WARNING, text); }
  void info(std::string_view text) const { write(SOTTO_LOG_INFO, text); }

 private:
  Hook hook_ = nullptr;
  void* user_ = nullptr;
  int32_t level_ = 0;
};

}  // namespace sotto
