#include "options.h"

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <type_traits>

namespace {

constexpr const char* kCommon =
    "  [MODEL.gguf] [--script FILE] [--domain FILE] [--state PATH] [--clock 2026-11-28T20:30]\n"
    "  [--plugins DIR] [--backend ID] [--threads N] [--context N]\n";

template <class Number>
bool read_number(const char* text, Number* out) {
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  constexpr double kMost = std::is_integral_v<Number> ? 4294967295.0 : std::numeric_limits<float>::max();
  if (end == text || *end != '\0' || !(value >= 0 && value <= kMost)) return false;
  *out = static_cast<Number>(value);
  return true;
}

bool take(const OptionRow& row, const char* value) {
  return std::visit(
      [&](auto* into) {
        if constexpr (std::is_same_v<decltype(into), std::string*>)
          return into->assign(value), true;
        else
          return read_number(value, into);
      },
      row.into);
}

}  // namespace

int read_options(int argc, char** argv, const char* usage, SampleOptions* options, std::vector<OptionRow> rows) {
  for (const OptionRow& row :
       {OptionRow{"--model", &options->model}, OptionRow{"--plugins", &options->plugins},
        OptionRow{"--script", &options->script}, OptionRow{"--backend", &options->backend},
        OptionRow{"--domain", &options->domain}, OptionRow{"--state", &options->state}, OptionRow{"--clock", &options->clock},
        OptionRow{"--threads", &options->threads}, OptionRow{"--context", &options->context}})
    rows.push_back(row);
  const std::string program(usage, std::string_view(usage).find_first_of(" :\n"));  // the usage begins with its name
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "-h" || word == "--help") return std::printf("%s%s", usage, kCommon), 1;
    if (word.substr(0, 1) != "-") {
      options->model = word;
      continue;
    }
    bool is_taken = false;
    for (const OptionRow& row : rows)
      if (word == row.name && i + 1 < argc) is_taken = take(row, argv[i + 1]);
    if (!is_taken) {
      std::fprintf(stderr, "%s: %s is not understood\n%s%s", program.c_str(), argv[i], usage, kCommon);
      return 3;
    }
    ++i;
  }
  return 0;
}
