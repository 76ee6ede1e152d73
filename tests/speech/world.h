// world.h: a runtime with the speech plugin as built, and its interface as an application calls it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sotto/sotto.h"
#include "sotto/speech.h"

namespace sotto::speech_test {

struct Error : sotto_error {
  Error() : sotto_error{sizeof(sotto_error), SOTTO_OK, {}} {}
  bool says(const std::string& words) const { return std::string(text).find(words) != std::string::npos; }
};

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof value;
  return value;
}

inline sotto_str str(const std::string& text) { return {text.data(), text.size()}; }

inline void check(sotto_status status, const Error& error) {
  if (status != SOTTO_OK) throw std::runtime_error(error.text);
}

struct VoiceDeleter {
  const sotto_speech_api* api;
  void operator()(sotto_voice* v) const { api->voice_destroy(v); }
};
using VoicePtr = std::unique_ptr<sotto_voice, VoiceDeleter>;
struct RecogniserDeleter {
  const sotto_speech_api* api;
  void operator()(sotto_recogniser* r) const { api->recogniser_destroy(r); }
};
using RecogniserPtr = std::unique_ptr<sotto_recogniser, RecogniserDeleter>;
using Samples = std::vector<int16_t>;

class World {
 public:
  World() {
    const std::string plugin = SOTTO_PLUGIN_DIR "/speech/libspeech.so";
    const sotto_str file = str(plugin);
    auto options = sized<sotto_runtime_options>();
    options.plugin_files = &file;
    options.plugin_file_count = 1;
    sotto_runtime* made = nullptr;
    Error error;
    check(sotto_runtime_create(&options, &made, &error), error);
    runtime_.reset(made);
    skill_ = sotto_speech_find(made);
    if (skill_.api == nullptr) throw std::runtime_error("the speech plugin offers no table");
  }

  VoicePtr voice(sotto_voice_options options = {}) const {
    options.struct_size = sizeof options;
    sotto_voice* made = nullptr;
    Error error;
    check(api().voice_create(self(), &options, &made, &error), error);
    return VoicePtr(made, VoiceDeleter{skill_.api});
  }
  // `phrases` empty: anything.
  RecogniserPtr recogniser(const std::vector<std::string>& phrases, sotto_recogniser_options options = {}) const {
    std::vector<sotto_str> views;
    for (const std::string& phrase : phrases) views.push_back(str(phrase));
    options.struct_size = sizeof options;
    options.phrases = views.empty() ? nullptr : views.data();
    options.phrase_count = static_cast<uint32_t>(views.size());
    sotto_recogniser* made = nullptr;
    Error error;
    check(api().recogniser_create(self(), &options, &made, &error), error);
    return RecogniserPtr(made, RecogniserDeleter{skill_.api});
  }
  Samples speak(const VoicePtr& voice, const std::string& text) const {
    Samples samples;
    const auto take = [](void* user, const int16_t* s, uint64_t count) -> int32_t {
      static_cast<Samples*>(user)->insert(static_cast<Samples*>(user)->end(), s, s + count);
      return 0;
    };
    Error error;
    check(api().speak(voice.get(), str(text), take, &samples, nullptr, &error), error);
    return samples;
  }
  uint32_t rate(const VoicePtr& voice) const {
    uint32_t rate = 0;
    Error error;
    check(api().voice_rate(voice.get(), &rate, &error), error);
    return rate;
  }
  // The utterances of what a microphone gives; of each its list.
  std::vector<std::vector<std::string>> hear(const RecogniserPtr& recogniser, const Samples& samples) const {
    std::vector<std::vector<std::string>> utterances;
    for (size_t at = 0; at < samples.size();) {
      auto hearing = sized<sotto_hearing>();
      Error error;
      check(api().feed(recogniser.get(), samples.data() + at, samples.size() - at, &hearing, &error), error);
      at += hearing.taken;
      if (hearing.flags & SOTTO_HEARING_END || (at == samples.size() && hearing.flags & SOTTO_HEARING_SPEECH))
        utterances.push_back(finish(recogniser));
    }
    return utterances;
  }
  std::vector<std::string> finish(const RecogniserPtr& recogniser) const {
    std::vector<std::string> lines;
    const auto take = [](void* user, const sotto_hypothesis* h) -> int32_t {
      static_cast<std::vector<std::string>*>(user)->emplace_back(h->text.data, h->text.size);
      return 0;
    };
    Error error;
    check(api().finish(recogniser.get(), take, &lines, &error), error);
    return lines;
  }

  const sotto_speech_api& api() const { return *skill_.api; }
  void* self() const { return skill_.self; }

 private:
  struct RuntimeDeleter {
    void operator()(sotto_runtime* r) const { sotto_runtime_destroy(r); }
  };
  std::unique_ptr<sotto_runtime, RuntimeDeleter> runtime_;
  sotto_speech_skill skill_{};
};

}  // namespace sotto::speech_test
