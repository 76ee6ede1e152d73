#include "voice.h"

#include <algorithm>
#include <cmath>

namespace sotto::speech {
namespace {

constexpr uint64_t kMostText = 1 << 20;
constexpr float kUsualWordsAMinute = 175;
constexpr uint32_t kPiecesASecond = 20;  // a cancel is seen after 50 ms of speech at the latest

// `given` 0: 1. Not a number is out of every range.
float factor(float given, const char* what, float least, float most) {
  if (given == 0) return 1;
  if (!(given >= least && given <= most))
    throw Failure(SOTTO_INVALID_ARGUMENT, std::string("speech: a voice's ") + what + " is " + std::to_string(given) + ": " +
                                              std::to_string(least) + " to " + std::to_string(most) + " are taken, 0 for 1");
  return given;
}

VoiceSettings settings_of(const sotto_voice_options& o) {
  const float rate = factor(o.rate, "rate", 0.5f, 2.5f), pitch = factor(o.pitch, "pitch", 0.5f, 2),
              volume = factor(o.volume, "volume", 0.01f, 2);
  // eSpeak's pitches 0, 50, 100 are half, once and twice the voice's own; its volume 100 is the usual.
  return {static_cast<int>(std::lround(kUsualWordsAMinute * rate)), static_cast<int>(std::lround(50 + 50 * std::log2(pitch))),
          static_cast<int>(std::lround(100 * volume))};
}

uint32_t language_of(const sotto_voice_options& o) {
  if (o.language == 0 || o.language == SOTTO_SPEECH_ZH || o.language == SOTTO_SPEECH_EN) return o.language;
  throw Failure(SOTTO_UNSUPPORTED, "speech: this voice has no language " + std::to_string(o.language) +
                                       ": SOTTO_SPEECH_ZH, SOTTO_SPEECH_EN or 0, each run of text in its own");
}

}  // namespace

Voice::Voice(const sotto_voice_options& options)
    : engine_(std::string(plugin::view(options.data_folder))),
      settings_(settings_of(options)),
      language_(language_of(options)) {}

void Voice::speak(std::string_view text, sotto_on_samples on_samples, void* user, sotto_spoken* spoken) {
  const Turns::Turn turn(turns_, "the voice");
  if (text.size() > kMostText)
    throw Failure(SOTTO_INVALID_ARGUMENT, "speech: a text of " + std::to_string(text.size()) +
                                              " bytes: at most 1 MiB is spoken at once, give it in pieces");
  is_cancelled_ = false;
  TextParts parts(text, language_);
  std::vector<int16_t> samples;
  for (TextPart part; parts.next(&part);) {
    engine_.speak(part, settings_, is_cancelled_, &samples);
    spoken->languages |= part.language;
    hand_out(samples, on_samples, user, spoken);
    spoken->text_bytes = part.end;
  }
  spoken->text_bytes = text.size();
}

void Voice::hand_out(const std::vector<int16_t>& samples, sotto_on_samples on_samples, void* user, sotto_spoken* spoken) {
  const size_t piece = std::max<size_t>(rate() / kPiecesASecond, 1);
  for (size_t at = 0; at < samples.size() || is_cancelled_; at += piece) {
    if (is_cancelled_) throw Failure(SOTTO_CANCELLED, "speech: the speaking was cancelled");
    const size_t count = std::min(piece, samples.size() - at);
    spoken->samples += count;
    if (on_samples(user, samples.data() + at, count) != 0)
      throw Failure(SOTTO_CANCELLED, "speech: the callback wants no more samples");
  }
}

}  // namespace sotto::speech
