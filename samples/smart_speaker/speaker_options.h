// speaker_options.h: what the smart speaker is started with.
#pragma once

#include "options.h"

struct SpeakerOptions : SampleOptions {
  std::string music;    // folder; empty: a few titles that are not there
  std::string speak;    // "play" or a sound file: answers are heard too; empty: they are not
  std::string listen;   // a sound file, "-": words are heard, not typed
  std::string weather;  // file; empty: a made-up week
  std::string system_prompt =
      "You are the voice of a smart speaker at home. Answer in one or two short sentences, in the language of the user.";
  uint32_t max_tokens = 160;
  float temperature = 0;
  uint64_t seed = 0;
};

// 0: go on; else the exit status plus one (the usage was printed).
int read_speaker_options(int argc, char** argv, SpeakerOptions* options);
