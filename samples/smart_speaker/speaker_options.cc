#include "speaker_options.h"

#include <cstdio>

int read_speaker_options(int argc, char** argv, SpeakerOptions* options) {
  constexpr const char* kUsage =
      "smart_speaker [--system TEXT] [--temp F] [--seed N] [--max-tokens N] [--music FOLDER] [--weather FILE]\n"
      "  [--speak play|FILE.wav] [--listen FILE.wav|-]\n"
      "Without a script it talks with you; in a script each line is said to it (# comment, /reset, /undo, /home, /wait "
      "MINUTES).\n";
  const int done = read_options(argc, argv, kUsage, options,
                                {{"--system", &options->system_prompt},
                                 {"--music", &options->music},
                                 {"--speak", &options->speak},
                                 {"--listen", &options->listen},
                                 {"--weather", &options->weather},
                                 {"--max-tokens", &options->max_tokens},
                                 {"--temp", &options->temperature},
                                 {"--seed", &options->seed}});
  if (done != 0) return done;
  if (!options->listen.empty() && !options->script.empty()) {
    std::fprintf(stderr, "smart_speaker: --listen and --script both give words: take one of them\n");
    return 3;
  }
  if (!options->speak.empty() || !options->listen.empty()) options->plugin_files = {"speech/libspeech.so"};
  return 0;
}
