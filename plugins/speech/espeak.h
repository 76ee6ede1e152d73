// espeak.h: the engine that speaks, eSpeak NG. The only place that knows it.
//
// Its library has one state for the whole process: one voice speaks at a time, the others wait for the end of the part that is
// being computed. No callback of an application runs while they wait.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "text_parts.h"

namespace sotto::speech {

struct VoiceSettings {
  int words_a_minute, pitch, volume;  // in eSpeak's own numbers
};

// The library, ready. Once begun it stays so until the process ends: its way of ending waits for a thread of its own, and in
// version 1.51 sometimes for ever. [any thread]
class Espeak {
 public:
  // `folder` of espeak-ng-data; empty: the library's own, or that which is open. Throws Failure.
  explicit Espeak(const std::string& folder);

  uint32_t rate() const { return rate_; }  // samples a second
  // Replaces *samples by the part's. Ends early, with what there is, when `is_cancelled` becomes true.
  void speak(const TextPart& part, const VoiceSettings& settings, const std::atomic<bool>& is_cancelled,
             std::vector<int16_t>* samples) const;

  static std::string name();  // "eSpeak NG 1.51"

 private:
  uint32_t rate_;
};

}  // namespace sotto::speech
