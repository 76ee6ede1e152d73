// score.cc: how many words of sentences that the voice speaks the recogniser hears wrong.
//
//     speech_score SENTENCES [--phrases FILE] [--rate F] [--pitch F] [--lines]
//
// Spoken by the plugin's own voice: one clear speaker without a room, far from how people sound. docs/speech.md has the
// figures.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "sound.h"
#include "world.h"

namespace sotto::speech_test {
namespace {

struct Options {
  std::string sentences, phrases;
  float rate = 0, pitch = 0;
  bool shows_lines = false;
};

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error(path + " cannot be opened");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  return lines;
}

bool read_options(int argc, char** argv, Options* o) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--lines") {
      o->shows_lines = true;
    } else if (word.rfind("--", 0) == 0 && i + 1 < argc) {
      const char* const value = argv[++i];
      if (word == "--phrases")
        o->phrases = value;
      else if (word == "--rate")
        o->rate = static_cast<float>(std::atof(value));
      else if (word == "--pitch")
        o->pitch = static_cast<float>(std::atof(value));
      else
        return false;
    } else {
      o->sentences = word;
    }
  }
  return !o->sentences.empty();
}

struct Score {
  size_t words = 0, errors = 0, best_of_list = 0, whole = 0, sentences = 0;
};

void run(const Options& o) {
  const World world;
  auto options = sized<sotto_voice_options>();
  options.language = SOTTO_SPEECH_EN;
  options.rate = o.rate;
  options.pitch = o.pitch;
  const VoicePtr voice = world.voice(options);
  const RecogniserPtr recogniser = world.recogniser(o.phrases.empty() ? std::vector<std::string>{} : lines_of(o.phrases));
  Score score;
  double speech = 0, work = 0;
  for (const std::string& sentence : lines_of(o.sentences)) {
    const Samples spoken = resampled(world.speak(voice, sentence), world.rate(voice), SOTTO_RECOGNISER_RATE);
    const Samples heard = joined({room(0.5, 16000), spoken, room(1, 16000)});
    const auto begin = std::chrono::steady_clock::now();
    const auto utterances = world.hear(recogniser, heard);
    work += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    speech += static_cast<double>(heard.size()) / SOTTO_RECOGNISER_RATE;
    const std::vector<std::string> list = utterances.empty() ? std::vector<std::string>{} : utterances[0];
    const std::string best = list.empty() ? "" : list[0];
    size_t least = word_count(sentence);
    for (const std::string& line : list) least = std::min(least, word_errors(sentence, line));
    const size_t errors = word_errors(sentence, best);
    score.words += word_count(sentence);
    score.errors += errors;
    score.best_of_list += least;
    score.whole += errors == 0 ? 1 : 0;
    ++score.sentences;
    if (o.shows_lines) {
      std::printf("%zu %zu  %s\n", errors, utterances.size(), sentence.c_str());
      for (size_t i = 0; i < list.size() && errors > 0; ++i) std::printf("       %s\n", list[i].c_str());
    }
  }
  const auto percent = [&](size_t errors) { return 100.0 * static_cast<double>(errors) / static_cast<double>(score.words); };
  std::printf(
      "%zu sentences, %zu words: word error rate %.1f %%, of the best in the list %.1f %%; whole sentences right %zu; "
      "%.2f s of work for a second of sound\n",
      score.sentences, score.words, percent(score.errors), percent(score.best_of_list), score.whole, work / speech);
}

}  // namespace
}  // namespace sotto::speech_test

int main(int argc, char** argv) {
  sotto::speech_test::Options options;
  if (!sotto::speech_test::read_options(argc, argv, &options)) {
    std::fprintf(stderr, "speech_score SENTENCES [--phrases FILE] [--rate F] [--pitch F] [--lines]\n");
    return 2;
  }
  try {
    sotto::speech_test::run(options);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "speech_score: %s\n", e.what());
    return 1;
  }
}
