#include "sound.h"

#include <poll.h>
#include <unistd.h>

#include <filesystem>

namespace {

constexpr size_t kStep = SOTTO_RECOGNISER_RATE / 50;  // of the microphone: 20 ms

bool is_typed_to() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return isatty(STDIN_FILENO) == 1 && poll(&input, 1, 0) > 0;
}

}  // namespace

Sound::Sound(const SpeakerOptions& options, Engine& engine, const std::vector<std::string>& phrases) {
  if (options.speak.empty() && options.listen.empty()) return;
  skill_ = sotto_speech_find(engine.runtime.get());
  if (skill_.api == nullptr)
    throw sotto::Error(
        SOTTO_NOT_FOUND,
        "no speech plugin was loaded (speech/libspeech.so in the folder of plugins): it is built where "
        "libespeak-ng-dev, libpocketsphinx-dev and pocketsphinx-en-us are, and installed by `cmake --install build "
        "--component speech` (docs/speech.md)");
  try {
    if (!options.listen.empty()) {
      microphone_.emplace(options.listen, SOTTO_RECOGNISER_RATE);
      make_recogniser(phrases);
    }
    if (!options.speak.empty()) make_voice(options.speak);
  } catch (...) {
    skill_.api->recogniser_destroy(recogniser_);
    skill_.api->voice_destroy(voice_);
    throw;
  }
}

Sound::~Sound() {
  if (skill_.api == nullptr) return;
  skill_.api->recogniser_destroy(recogniser_);
  skill_.api->voice_destroy(voice_);
}

void Sound::make_recogniser(const std::vector<std::string>& phrases) {
  std::vector<sotto_str> views;
  for (const std::string& phrase : phrases) views.push_back(sotto::str(phrase));
  sotto_recogniser_options o{};
  o.struct_size = sizeof o;
  o.phrases = views.empty() ? nullptr : views.data();
  o.phrase_count = static_cast<uint32_t>(views.size());
  sotto::call([&](sotto_error* err) { return skill_.api->recogniser_create(skill_.self, &o, &recogniser_, err); });
  sotto_recogniser_facts facts{};
  facts.struct_size = sizeof facts;
  sotto::call([&](sotto_error* err) { return skill_.api->recogniser_facts(recogniser_, &facts, err); });
  if (facts.skipped_phrases > 0)
    remark("[" + std::to_string(facts.skipped_phrases) + " of " + std::to_string(phrases.size()) +
           " phrases cannot be heard: \"" + facts.unknown_word + "\" is not in the recogniser's dictionary]");
}

void Sound::make_voice(const std::string& where) {
  sotto::call([&](sotto_error* err) { return skill_.api->voice_create(skill_.self, nullptr, &voice_, err); });
  sotto::call([&](sotto_error* err) { return skill_.api->voice_rate(voice_, &rate_, err); });
  if (rate_ < 4000 || rate_ > 192000)
    throw sotto::Error(SOTTO_INTERNAL,
                       ("the voice gives " + std::to_string(rate_) + " samples a second: its plugin is at fault").c_str());
  loudspeaker_ = make_loudspeaker(where, rate_);
}

void Sound::say(const std::string& text) {
  if (voice_ == nullptr) return;
  trouble_.clear();
  loudspeaker_->begin();
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status = skill_.api->speak(voice_, sotto::str(text), play, this, nullptr, &err);
  if (!trouble_.empty()) throw sotto::Error(SOTTO_IO_ERROR, trouble_.c_str());
  if (status == SOTTO_OK) return loudspeaker_->end([this] { return is_spoken_to(0.02); });
  loudspeaker_->break_off();
  if (status != SOTTO_CANCELLED) throw sotto::Error(status, err.text);
  remark("[it stops speaking]");
}

int32_t Sound::play(void* user, const int16_t* samples, uint64_t count) {
  auto* sound = static_cast<Sound*>(user);
  try {
    sound->loudspeaker_->play(samples, static_cast<size_t>(count));
    return sound->is_spoken_to(static_cast<double>(count) / sound->rate_) ? 1 : 0;
  } catch (const std::exception& e) {  // nothing may leave through the plugin
    sound->trouble_ = e.what();
    return 1;
  }
}

void Sound::stop() {
  if (voice_ != nullptr) skill_.api->voice_cancel(voice_);
}

bool Sound::is_spoken_to(double seconds) {
  if (!microphone_) return is_typed_to();
  owed_ += seconds * SOTTO_RECOGNISER_RATE;
  const auto samples = static_cast<size_t>(owed_);
  owed_ -= static_cast<double>(samples);
  listen(samples);
  return (hearing_ & SOTTO_HEARING_SPEECH) != 0;
}

bool Sound::listen(size_t samples) {
  while (samples > 0 && (hearing_ & SOTTO_HEARING_END) == 0) {
    if (heard_.empty()) {
      heard_.resize(std::min(samples, kStep));
      heard_.resize(microphone_->read(heard_.data(), heard_.size()));
      if (heard_.empty()) return false;
    }
    sotto_hearing hearing{};
    hearing.struct_size = sizeof hearing;
    sotto::call([&](sotto_error* err) { return skill_.api->feed(recogniser_, heard_.data(), heard_.size(), &hearing, err); });
    const bool is_stuck = hearing.taken == 0 && (hearing.flags & SOTTO_HEARING_END) == 0;
    if (is_stuck || hearing.taken > heard_.size())
      throw sotto::Error(SOTTO_INTERNAL, "the recogniser took more samples than it was given, or none: its plugin is at fault");
    heard_.erase(heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>(hearing.taken));
    samples -= std::min(samples, static_cast<size_t>(hearing.taken));
    hearing_ = hearing.flags;
  }
  return true;
}

bool Sound::next(std::vector<Reading>* readings) {
  readings->clear();
  const auto take = [](void* user, const sotto_hypothesis* h) -> int32_t {
    static_cast<std::vector<Reading>*>(user)->push_back(
        {std::string(h->text.data, static_cast<size_t>(h->text.size)), h->score});
    return 0;
  };
  for (bool goes_on = true; goes_on && readings->empty();) {
    while (goes_on && (hearing_ & SOTTO_HEARING_END) == 0) goes_on = listen(kStep);
    if ((hearing_ & SOTTO_HEARING_SPEECH) == 0) continue;
    hearing_ = 0;
    sotto::call([&](sotto_error* err) { return skill_.api->finish(recogniser_, take, readings, err); });
    if (readings->empty()) remark("[something was heard, no words]");
  }
  return !readings->empty();
}
