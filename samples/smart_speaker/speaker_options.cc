#include "speaker_options.h"

int read_speaker_options(int argc, char** argv, SpeakerOptions* options) {
  constexpr const char* kUsage =
      "smart_speaker [--system TEXT] [--temp F] [--seed N] [--max-tokens N] [--music FOLDER] [--weather FILE]\n"
      "Without a script it talks with you; in a script each line is said to it (# comment, /reset, /undo, /home, /wait "
      "MINUTES).\n";
  return read_options(argc, argv, kUsage, options,
                      {{"--system", &options->system_prompt},
                       {"--music", &options->music},
                       {"--weather", &options->weather},
                       {"--max-tokens", &options->max_tokens},
                       {"--temp", &options->temperature},
                       {"--seed", &options->seed}});
}
