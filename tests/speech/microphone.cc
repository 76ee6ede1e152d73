// microphone.cc: what a microphone would record, for tests and transcripts: the plugin's voice says sentences in a quiet room.
//
//     speech_microphone OUT.wav SECONDS SENTENCE [SECONDS SENTENCE]... [SECONDS]
//
// Seconds of silence, then a sentence, and so on. 16 bits, one channel, 16000 Hz.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sound.h"
#include "world.h"

namespace {

using sotto::speech_test::Samples;

void write_wav(const char* path, const Samples& samples) {
  const auto bytes = static_cast<uint32_t>(samples.size() * sizeof samples[0]);
  const uint32_t rate = SOTTO_RECOGNISER_RATE, words[] = {36 + bytes};
  const uint32_t format[] = {16, 1u | 1u << 16, rate, 2 * rate, 2u | 16u << 16};
  std::FILE* const file = std::fopen(path, "wb");
  if (file == nullptr) throw std::runtime_error(std::string(path) + " cannot be written");
  std::fwrite("RIFF", 1, 4, file);
  std::fwrite(words, 1, sizeof words, file);
  std::fwrite("WAVEfmt ", 1, 8, file);
  std::fwrite(format, 1, sizeof format, file);
  std::fwrite("data", 1, 4, file);
  std::fwrite(&bytes, 1, sizeof bytes, file);
  std::fwrite(samples.data(), 1, bytes, file);
  if (std::fclose(file) != 0) throw std::runtime_error(std::string(path) + " cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sotto::speech_test;
  if (argc < 3) {
    std::fprintf(stderr, "speech_microphone OUT.wav SECONDS SENTENCE [SECONDS SENTENCE]... [SECONDS]\n");
    return 2;
  }
  try {
    const World world;
    const VoicePtr voice = world.voice();
    std::vector<Samples> parts;
    for (int i = 2; i < argc; i += 2) {
      parts.push_back(room(std::atof(argv[i]), SOTTO_RECOGNISER_RATE));
      if (i + 1 < argc) parts.push_back(resampled(world.speak(voice, argv[i + 1]), world.rate(voice), SOTTO_RECOGNISER_RATE));
    }
    write_wav(argv[1], joined(parts));
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "speech_microphone: %s\n", e.what());
    return 1;
  }
}
