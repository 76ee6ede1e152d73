#include "recogniser.h"

#include <sphinxbase/cmn.h>
#include <sphinxbase/feat.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace sotto::speech {
namespace {

constexpr size_t kFrame = 160;  // samples of a frame, 10 ms: what the library decides by
constexpr double kQuiet = 20;   // root of the mean square, -64 dB of the loudest: below no utterance begins, whatever the noise
constexpr uint32_t kPrelude = 30;  // frames that may lie between something loud and the library's finding that it is speech
constexpr uint32_t kMostPhrases = 65536;
constexpr uint64_t kMostPhraseBytes = 1024;
constexpr size_t kMostReadings = 200;    // of the lattice, of which many are the same words
constexpr double kLanguageWeight = 6.5;  // the library's own
// The library keeps logarithms to the base 1.0001, shifted right by 10 bits; sounds count against words by the language weight,
// and a list's likelihoods are right when they are divided by it (Wessel et al. 2001).
constexpr double kNatsAUnit = 1024 / kLanguageWeight;
// By so much the search's best is likelier than the list's: on the sentences of tests/speech/tuning.en.txt it had the fewest
// errors three times as often as the next.
constexpr double kBestIsAhead = 1.1;

uint32_t chosen(uint32_t given, uint32_t usual, uint32_t least, uint32_t most, const char* what) {
  if (given == 0) return usual;
  if (given < least || given > most)
    throw Failure(SOTTO_INVALID_ARGUMENT, std::string("speech: a recogniser's ") + what + " is " + std::to_string(given) +
                                              ": " + std::to_string(least) + " to " + std::to_string(most) +
                                              " are taken, 0 for " + std::to_string(usual));
  return given;
}

struct Reading {
  std::string text;
  int32 units;  // the library's logarithm
};

bool is_file(const std::string& path) { return access(path.c_str(), R_OK) == 0; }

// The library reads language models from files alone; this one never reaches a disk.
struct MemoryFile {
  explicit MemoryFile(const std::string& text) : descriptor(memfd_create("sotto-phrases", MFD_CLOEXEC)) {
    size_t at = 0;
    while (descriptor >= 0 && at < text.size()) {
      const ssize_t written = write(descriptor, text.data() + at, text.size() - at);
      if (written <= 0) break;
      at += static_cast<size_t>(written);
    }
    if (at == text.size() && descriptor >= 0) return;
    if (descriptor >= 0) close(descriptor);
    throw Failure(SOTTO_OUT_OF_MEMORY,
                  "speech: there is no memory for the phrases' model of " + std::to_string(text.size()) + " bytes");
  }
  ~MemoryFile() { close(descriptor); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  const int descriptor;
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
};

std::vector<std::string> phrases_of(const sotto_recogniser_options& o) {
  if (o.phrases == nullptr) return {};
  if (o.phrase_count == 0 || o.phrase_count > kMostPhrases)
    throw Failure(SOTTO_INVALID_ARGUMENT, "speech: " + std::to_string(o.phrase_count) + " phrases: 1 to 65536 are taken");
  std::vector<std::string> phrases;
  for (uint32_t i = 0; i < o.phrase_count; ++i) {
    const std::string_view phrase = plugin::view(o.phrases[i]);
    if (phrase.size() > kMostPhraseBytes)
      throw Failure(SOTTO_INVALID_ARGUMENT, "speech: phrase " + std::to_string(i) + " has " + std::to_string(phrase.size()) +
                                                " bytes: a phrase is a sentence of at most 1024");
    phrases.emplace_back(phrase);
  }
  return phrases;
}

}  // namespace

RecogniserModel::RecogniserModel(std::string_view given)
    : folder(given.empty() ? SOTTO_POCKETSPHINX_MODEL : std::string(given)),
      sounds(folder + "/en-us"),
      dictionary(folder + "/cmudict-en-us.dict"),
      language(folder + "/en-us.lm.bin") {}

bool RecogniserModel::is_there() const {
  for (const char* file : {"/mdef", "/means", "/variances", "/transition_matrices", "/feat.params"})
    if (!is_file(sounds + file)) return false;
  return is_file(dictionary) && is_file(language);
}

Recogniser::Recogniser(const sotto_recogniser_options& o)
    : end_silence_ms_(chosen(o.end_silence_ms, 500, 100, 5000, "end_silence_ms")),
      longest_samples_(chosen(o.longest_ms, 20000, 1000, 60000, "longest_ms") * (SOTTO_RECOGNISER_RATE / 1000)),
      hypotheses_(chosen(o.hypotheses, 8, 1, SOTTO_HYPOTHESES_MAX, "hypotheses")) {
  if (o.language != 0 && o.language != SOTTO_SPEECH_EN)
    throw Failure(SOTTO_UNSUPPORTED,
                  o.language == SOTTO_SPEECH_ZH
                      ? "speech: this recogniser hears English alone: for Chinese plug in one of your own "
                        "under \"sotto.speech/1\"; typed input works"
                      : "speech: this recogniser has no language " + std::to_string(o.language) + ": SOTTO_SPEECH_EN is heard");
  const RecogniserModel model(plugin::view(o.model_folder));
  if (model.folder.find('\0') != std::string::npos || !model.is_there())
    throw Failure(SOTTO_NOT_FOUND,
                  "speech: there is no model of PocketSphinx in " + std::string(model.folder.c_str()) +
                      " (en-us/mdef, cmudict-en-us.dict, en-us.lm.bin): install pocketsphinx-en-us or name its "
                      "folder by model_folder");
  const std::vector<std::string> phrases = phrases_of(o);
  facts_ = {sizeof facts_, SOTTO_SPEECH_EN, 0, 0, {}};
  try {
    open(model, !phrases.empty());
    if (!phrases.empty()) listen_for(phrases);
    begin();
  } catch (...) {
    if (decoder_ != nullptr && !is_broken_) ps_free(decoder_);
    throw;
  }
}

Recogniser::~Recogniser() {
  if (!is_broken_) ps_free(decoder_);
}

template <class Body>
std::string Recogniser::call(const char* doing, const Body& body) {
  try {
    return quietly(doing, body);
  } catch (...) {
    is_broken_ = true;
    throw;
  }
}

void Recogniser::refuse_if_broken() const {
  if (is_broken_) throw Failure(SOTTO_INTERNAL, "speech: the recogniser failed before: make it anew");
}

void Recogniser::open(const RecogniserModel& model, bool has_phrases) {
  const std::string silence = std::to_string(end_silence_ms_ / 10);  // in frames
  const std::string why = call("reading its model", [&] {
    cmd_ln_t* const config =
        cmd_ln_init(nullptr, ps_args(), TRUE, "-hmm", model.sounds.c_str(), "-dict", model.dictionary.c_str(),
                    "-vad_postspeech", silence.c_str(), static_cast<char*>(nullptr));
    if (config == nullptr) return;
    if (!has_phrases) cmd_ln_set_str_r(config, "-lm", model.language.c_str());
    decoder_ = ps_init(config);
    cmd_ln_free_r(config);
  });
  if (decoder_ == nullptr)
    throw Failure(SOTTO_BAD_FILE, "speech: PocketSphinx cannot read the model in " + model.folder + ": " + why);
  const feat_t* const features = ps_get_feat(decoder_);
  first_mean_.resize(static_cast<size_t>(features->cmn_struct->veclen));
  cmn_live_get(features->cmn_struct, first_mean_.data());
}

void Recogniser::listen_for(const std::vector<std::string>& phrases) {
  const PhraseModel model = model_of(phrases, [&](const std::string& word) {
    char* const sounds = ps_lookup_word(decoder_, word.c_str());
    ckd_free(sounds);
    return sounds != nullptr;
  });
  facts_.phrases = model.phrases;
  facts_.skipped_phrases = model.skipped;
  model.unknown.copy(facts_.unknown_word, sizeof facts_.unknown_word - 1);
  if (model.phrases == 0)
    throw Failure(SOTTO_UNSUPPORTED, "speech: of " + std::to_string(phrases.size()) + " phrases none can be heard (\"" +
                                         std::string(facts_.unknown_word) +
                                         "\" is not in the dictionary): give English sentences, numbers as words");
  const MemoryFile file(model.arpa);
  bool is_taken = false;
  const std::string why = call("taking phrases", [&] {
    is_taken = ps_set_lm_file(decoder_, "phrases", file.path.c_str()) == 0 && ps_set_search(decoder_, "phrases") == 0;
  });
  if (!is_taken) throw Failure(SOTTO_INTERNAL, "speech: PocketSphinx did not take the phrases: " + why);
}

void Recogniser::begin() {
  is_speech_ = is_over_ = false;
  speech_samples_ = 0;
  bool is_begun = false;
  const std::string why = call("beginning an utterance", [&] { is_begun = ps_start_utt(decoder_) == 0; });
  if (is_begun) return;
  is_broken_ = true;
  throw Failure(SOTTO_INTERNAL, "speech: PocketSphinx begins no utterance: " + why);
}

sotto_hearing Recogniser::feed(const int16_t* samples, uint64_t count) {
  const Turns::Turn turn(turns_, "the recogniser");
  refuse_if_broken();
  sotto_hearing hearing{sizeof hearing, 0, 0};
  while (hearing.taken < count && !is_over_) {
    const uint64_t step = std::min<uint64_t>(kFrame - frame_.size(), count - hearing.taken);
    frame_.insert(frame_.end(), samples + hearing.taken, samples + hearing.taken + step);
    hearing.taken += step;
    if (frame_.size() == kFrame) listen();
  }
  hearing.flags = (is_speech_ ? SOTTO_HEARING_SPEECH : 0) | (is_over_ ? SOTTO_HEARING_END : 0);
  return hearing;
}

void Recogniser::listen() {
  int done = 0;
  bool is_speech = false;
  call("listening", [&] {
    done = ps_process_raw(decoder_, frame_.data(), frame_.size(), FALSE, FALSE);
    is_speech = ps_get_in_speech(decoder_) != 0;
  });
  double power = 0;
  for (const int16_t s : frame_) power += static_cast<double>(s) * s;
  loud_frames_ = power > kQuiet * kQuiet * kFrame ? kPrelude : std::max(loud_frames_, 1u) - 1;
  is_speech = is_speech && (is_speech_ || loud_frames_ > 0);
  if (is_speech || is_speech_) speech_samples_ += frame_.size();
  frame_.clear();
  if (done < 0) throw Failure(SOTTO_INTERNAL, "speech: PocketSphinx takes no more samples: reset the recogniser");
  is_over_ = (is_speech_ && !is_speech) || speech_samples_ >= longest_samples_;
  is_speech_ = is_speech_ || is_speech;
}

std::string Recogniser::partial() {
  const Turns::Turn turn(turns_, "the recogniser");
  refuse_if_broken();
  const char* text = nullptr;
  call("reading what was heard so far", [&] { text = ps_get_hyp(decoder_, nullptr); });
  return text == nullptr ? "" : text;
}

std::vector<Recogniser::Line> Recogniser::end() {
  std::vector<Reading> readings;
  readings.reserve(kMostReadings + 1);
  call("making its list", [&] {
    ps_end_utt(decoder_);
    int32 units = 0;
    const char* const best = ps_get_hyp(decoder_, &units);
    if (best == nullptr) return;
    readings.push_back({best, units});
    ps_nbest_t* list = hypotheses_ > 1 ? ps_nbest(decoder_) : nullptr;
    for (; list != nullptr && readings.size() <= kMostReadings; list = ps_nbest_next(list))
      if (const char* const text = ps_nbest_hyp(list, &units); text != nullptr) readings.push_back({text, units});
    if (list != nullptr) ps_nbest_free(list);
  });
  if (readings.size() > 1) {
    std::stable_sort(readings.begin() + 1, readings.end(),
                     [](const Reading& a, const Reading& b) { return a.units > b.units; });
    // The best one is found by another search, whose scores cannot be compared.
    readings[0].units = readings[1].units;
  }
  const double nats = kNatsAUnit * std::log(logmath_get_base(ps_get_logmath(decoder_)));
  std::vector<Line> lines;
  for (const Reading& reading : readings) {
    const bool is_known = std::any_of(lines.begin(), lines.end(), [&](const Line& l) { return l.text == reading.text; });
    if (lines.size() < hypotheses_ && !reading.text.empty() && !is_known)
      lines.push_back({reading.text, static_cast<float>(reading.units * nats + (lines.empty() ? kBestIsAhead : 0))});
  }
  return lines;
}

void Recogniser::finish(sotto_on_hypothesis on_hypothesis, void* user) {
  const Turns::Turn turn(turns_, "the recogniser");
  refuse_if_broken();
  if (!is_over_ && !frame_.empty()) listen();
  const bool is_speech = is_speech_;
  const std::vector<Line> lines = end();
  begin();
  if (!is_speech) return;  // what is made out of silence was not said
  for (const Line& line : lines) {
    const sotto_hypothesis hypothesis{sizeof hypothesis, line.score, plugin::str(line.text)};
    if (on_hypothesis(user, &hypothesis) != 0) return;
  }
}

void Recogniser::reset() {
  const Turns::Turn turn(turns_, "the recogniser");
  refuse_if_broken();
  frame_.clear();
  call("starting anew", [&] {
    ps_end_utt(decoder_);
    ps_start_stream(decoder_);
    cmn_live_set(ps_get_feat(decoder_)->cmn_struct, first_mean_.data());
  });
  begin();
}

}  // namespace sotto::speech
