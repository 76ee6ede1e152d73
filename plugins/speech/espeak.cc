#include "espeak.h"

#include <espeak-ng/speak_lib.h>
#include <unistd.h>

#include <mutex>

#include "sotto/plugin.hpp"
#include "sotto/speech.h"

namespace sotto::speech {
namespace {

using plugin::Failure;

constexpr size_t kMostSamples = 22050 * 120;  // of one part, whose text is short: an engine that runs on is stopped

// What the library itself keeps once for the process can be guarded only once for the process; no constructor runs.
std::mutex g_mutex;       // guards the library and what follows
int g_rate = 0;           // samples a second; 0: it is not open
uint32_t g_language = 0;  // whose voice is chosen; 0: none yet
char g_folder[512] = {};  // that was asked for; empty: the library's own

struct Take {
  std::vector<int16_t>* samples;
  const std::atomic<bool>* is_cancelled;
  bool is_stopped = false, is_out_of_memory = false;
};

// Called by the library in the thread that called espeak_Synth.
int take(short* samples, int count, espeak_EVENT* events) {
  auto* into = static_cast<Take*>(events->user_data);
  if (into == nullptr) return 0;
  into->is_stopped = *into->is_cancelled || into->samples->size() > kMostSamples;
  if (into->is_stopped) return 1;
  if (samples == nullptr || count <= 0) return 0;
  try {
    into->samples->insert(into->samples->end(), samples, samples + count);
    return 0;
  } catch (...) {  // no exception may cross the library
    into->is_out_of_memory = true;
    return 1;
  }
}

void open(const std::string& folder) {
  if (folder.size() >= sizeof g_folder)
    throw Failure(SOTTO_INVALID_ARGUMENT, "speech: the folder of eSpeak's data has a name of " + std::to_string(folder.size()) +
                                              " bytes: at most 511 are taken");
  // Where a folder has no data the library looks elsewhere: what was named is not exchanged for something else.
  const bool is_there = folder.empty() || access((folder + "/espeak-ng-data/phontab").c_str(), R_OK) == 0;
  // Samples are handed over, none is played; without its data the library would end the process but for the last flag.
  const int rate = !is_there ? 0
                             : espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 60, folder.empty() ? nullptr : folder.c_str(),
                                                 espeakINITIALIZE_DONT_EXIT);
  if (rate <= 0)
    throw Failure(SOTTO_NOT_FOUND, "speech: eSpeak NG finds no data in " + (folder.empty() ? "its own folder" : folder) +
                                       ": install espeak-ng-data, or name the folder that holds espeak-ng-data");
  espeak_SetSynthCallback(take);
  g_rate = rate;
  folder.copy(g_folder, sizeof g_folder - 1);
  g_folder[folder.size()] = '\0';
}

const char* voice_of(uint32_t language) { return language == SOTTO_SPEECH_ZH ? "cmn" : "en-us"; }

void choose(uint32_t language) {
  if (g_language == language) return;
  g_language = 0;
  if (espeak_SetVoiceByName(voice_of(language)) != EE_OK)
    throw Failure(SOTTO_NOT_FOUND, std::string("speech: eSpeak NG has no voice \"") + voice_of(language) +
                                       "\": its data is not whole, install espeak-ng-data");
  g_language = language;
}

}  // namespace

Espeak::Espeak(const std::string& folder) {
  const std::lock_guard<std::mutex> lock(g_mutex);
  if (g_rate == 0)
    open(folder);
  else if (!folder.empty() && folder != g_folder)
    throw Failure(SOTTO_MISMATCH, "speech: eSpeak NG has the data of " + std::string(*g_folder ? g_folder : "its own folder") +
                                      " open, not of " + folder + ": a process can have one, name it for its first voice");
  rate_ = static_cast<uint32_t>(g_rate);
}

void Espeak::speak(const TextPart& part, const VoiceSettings& settings, const std::atomic<bool>& is_cancelled,
                   std::vector<int16_t>* samples) const {
  samples->clear();
  const std::lock_guard<std::mutex> lock(g_mutex);
  if (is_cancelled) return;
  choose(part.language);
  espeak_SetParameter(espeakRATE, settings.words_a_minute, 0);
  espeak_SetParameter(espeakPITCH, settings.pitch, 0);
  espeak_SetParameter(espeakVOLUME, settings.volume, 0);
  Take into{samples, &is_cancelled};
  const espeak_ERROR done =
      espeak_Synth(part.text.c_str(), part.text.size() + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8, nullptr, &into);
  if (into.is_out_of_memory) throw std::bad_alloc();
  if (done != EE_OK && !into.is_stopped)  // the library calls being stopped an error
    throw Failure(SOTTO_INTERNAL, "speech: eSpeak NG failed with " + std::to_string(done) + " on a part of " +
                                      std::to_string(part.text.size()) + " bytes");
}

std::string Espeak::name() {
  const char* const text = espeak_Info(nullptr);
  const std::string version = text == nullptr ? "" : text;
  return "eSpeak NG " + version.substr(0, version.find(' '));
}

}  // namespace sotto::speech
