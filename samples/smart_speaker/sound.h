// sound.h: the speaker's mouth and ears over sotto/speech.h. It stops when spoken to.
//
// Both run on one clock, the microphone's: while a second is spoken, a second of the microphone is listened to. So a file plays
// the part of a room as well as a microphone does. A microphone that hears the loudspeaker needs echo cancelling before it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine.h"
#include "loudspeaker.h"
#include "sotto/speech.h"
#include "speaker_options.h"
#include "voice.h"
#include "wav.h"

class Sound : private Ears {
 public:
  // `phrases`: what is likely to be said. Throws sotto::Error. Without --speak and --listen it does nothing.
  Sound(const SpeakerOptions& options, Engine& engine, const std::vector<std::string>& phrases);
  ~Sound() override;
  Sound(const Sound&) = delete;
  Sound& operator=(const Sound&) = delete;

  // Speaks, until it is done or spoken to. Nothing but `stop` may be called meanwhile.
  void say(const std::string& text);
  void stop();                                           // the speaking [any thread]
  Ears* ears() { return microphone_ ? this : nullptr; }  // nullptr: words are typed

 private:
  static int32_t play(void* user, const int16_t* samples, uint64_t count);
  bool next(std::vector<Reading>* readings) override;
  bool is_spoken_to(double seconds);  // so much of the microphone goes by
  bool listen(size_t samples);        // False: there is no more sound
  void make_recogniser(const std::vector<std::string>& phrases);
  void make_voice(const std::string& where);

  sotto_speech_skill skill_{};
  sotto_voice* voice_ = nullptr;
  uint32_t rate_ = 0;
  std::unique_ptr<Loudspeaker> loudspeaker_;
  std::string trouble_;  // of the loudspeaker; empty: none
  sotto_recogniser* recogniser_ = nullptr;
  std::optional<WavReader> microphone_;
  std::vector<int16_t> heard_;  // read and not fed yet: what follows an utterance's end
  uint32_t hearing_ = 0;        // SOTTO_HEARING_*
  double owed_ = 0;             // of a sample of the microphone, for what was spoken
};
