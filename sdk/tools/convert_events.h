// convert_events.h: a conversion's progress as a bar, its warnings as lines, Ctrl-C as its end.
#pragma once

#include <string>

#include "interrupts.h"
#include "sotto/convert.h"
#include "terminal.h"

namespace sotto::tools {

class ConvertEvents {
 public:
  ConvertEvents(const std::string& label, bool quiet, Interrupts& interrupts)
      : bar_(label, quiet), interrupts_(interrupts), scope_(interrupts, [] {}), is_quiet_(quiet) {
    events_.struct_size = sizeof events_;
    events_.user = this;
    events_.progress = [](void* user, float fraction, sotto_str) -> int32_t {
      auto* self = static_cast<ConvertEvents*>(user);
      self->bar_.show(static_cast<double>(fraction));
      return self->interrupts_.signal();
    };
    events_.warning = [](void* user, sotto_str sentence) {
      if (!static_cast<ConvertEvents*>(user)->is_quiet_) say("sotto: " + std::string(sentence.data, sentence.size));
    };
  }
  const sotto_convert_events* c() const { return &events_; }

 private:
  ProgressBar bar_;
  Interrupts& interrupts_;
  Interrupts::Scope scope_;
  bool is_quiet_;
  sotto_convert_events events_{};
};

}  // namespace sotto::tools
