#include "options.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr const char* kUsage =
    "smart_speaker [MODEL.gguf] [--script FILE] [--system TEXT] [--plugins DIR] [--backend ID]\n"
    "              [--threads N] [--context N] [--temp F] [--seed N] [--max-tokens N]\n"
    "              [--music FOLDER] [--weather FILE] [--state FILE] [--clock 2026-11-28T20:30]\n"
    "Without a script it talks with you; in a script each line is said to it (# comment, /reset, /undo, /home, /wait "
    "MINUTES).\n";

template <class Number>
bool read_number(const char* text, Number* out) {
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= 0 && value <= 4294967295.0)) return false;
  *out = static_cast<Number>(value);
  return true;
}

bool take(std::string_view name, const char* value, SpeakerOptions* o) {
  struct Text {
    const char* name;
    std::string* into;
  };
  for (const Text& row : {Text{"--model", &o->model},
                          {"--script", &o->script},
                          {"--system", &o->system_prompt},
                          {"--plugins", &o->plugins},
                          {"--backend", &o->backend},
                          {"--music", &o->music},
                          {"--weather", &o->weather},
                          {"--state", &o->state},
                          {"--clock", &o->clock}})
    if (name == row.name) return row.into->assign(value), true;
  if (name == "--threads") return read_number(value, &o->threads);
  if (name == "--context") return read_number(value, &o->context);
  if (name == "--max-tokens") return read_number(value, &o->max_tokens);
  if (name == "--temp") return read_number(value, &o->temperature);
  if (name == "--seed") return read_number(value, &o->seed);
  return false;
}

}  // namespace

int read_options(int argc, char** argv, SpeakerOptions* options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "-h" || word == "--help") return std::fputs(kUsage, stdout), 1;
    if (word.substr(0, 1) != "-") {
      options->model = word;
    } else if (i + 1 == argc || !take(word, argv[i + 1], options)) {
      std::fprintf(stderr, "smart_speaker: %s is not understood\n%s", argv[i], kUsage);
      return 3;
    } else {
      ++i;
    }
  }
  return 0;
}
