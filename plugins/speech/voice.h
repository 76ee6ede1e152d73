// voice.h: a voice: its settings, and speaking part by part into a callback that may take its time.
#pragma once

#include <atomic>
#include <string_view>

#include "espeak.h"
#include "sotto/speech.h"
#include "turn.h"

namespace sotto::speech {

// One thread at a time (Turns); cancel: any thread.
class Voice {
 public:
  explicit Voice(const sotto_voice_options& options);  // throws Failure
  uint32_t rate() const { return engine_.rate(); }
  // Throws Failure (SOTTO_CANCELLED too); *spoken is right then as well.
  void speak(std::string_view text, sotto_on_samples on_samples, void* user, sotto_spoken* spoken);
  void cancel() { is_cancelled_ = true; }

 private:
  void hand_out(const std::vector<int16_t>& samples, sotto_on_samples on_samples, void* user, sotto_spoken* spoken);

  Espeak engine_;
  VoiceSettings settings_;
  uint32_t language_;
  Turns turns_;
  std::atomic<bool> is_cancelled_{false};
};

}  // namespace sotto::speech
