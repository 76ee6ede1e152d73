// plugin.cc: what the library exports: its entry, and the table "sotto.speech/1" whose functions call Voice and Recogniser.
#include <memory>

#include "recogniser.h"
#include "voice.h"

struct sotto_voice {
  explicit sotto_voice(const sotto_voice_options& options) : body(options) {}
  sotto::speech::Voice body;
};

struct sotto_recogniser {
  explicit sotto_recogniser(const sotto_recogniser_options& options) : body(options) {}
  sotto::speech::Recogniser body;
};

namespace sotto::speech {
namespace {

using plugin::guard;
using plugin::read_options;

template <class T>
T& of(T* pointer, const char* what) {
  if (pointer == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, std::string("speech: ") + what + " is NULL");
  return *pointer;
}

template <class T>
void check_struct(const T* out, const char* what) {
  if (out->struct_size < sizeof out->struct_size || out->struct_size > 4096)
    throw Failure(SOTTO_INVALID_ARGUMENT, std::string("speech: the struct_size of ") + what + " is " +
                                              std::to_string(out->struct_size) + ": set it to its sizeof");
}

// Into an out-struct no more than the caller has.
template <class T>
void write_struct(const T& from, T* to) {
  const uint32_t size = to->struct_size;
  std::memcpy(to, &from, std::min<size_t>(sizeof from, size));
  to->struct_size = size;
}

void check_text(sotto_str text, const char* what) {
  if (text.data == nullptr && text.size != 0)
    throw Failure(SOTTO_INVALID_ARGUMENT, std::string("speech: ") + what + " is NULL and has a size");
}

sotto_status facts(void*, sotto_speech_facts* out, sotto_error* err) noexcept {
  return guard(err, [&] {
    of(out, "out");
    check_struct(out, "the facts");
    sotto_speech_facts facts{};
    facts.voice_languages = SOTTO_SPEECH_ZH | SOTTO_SPEECH_EN;
    Espeak::name().copy(facts.voice, sizeof facts.voice - 1);
    if (RecogniserModel({}).is_there()) {
      facts.recogniser_languages = SOTTO_SPEECH_EN;
      std::string_view("PocketSphinx with en-us").copy(facts.recogniser, sizeof facts.recogniser - 1);
    }
    write_struct(facts, out);
  });
}

sotto_status voice_create(void*, const sotto_voice_options* given, sotto_voice** out, sotto_error* err) noexcept {
  return guard(err, [&] {
    sotto_voice*& made = of(out, "out");
    const sotto_voice_options options = read_options(given);
    check_text(options.data_folder, "data_folder");
    made = std::make_unique<sotto_voice>(options).release();
  });
}

void voice_destroy(sotto_voice* voice) noexcept { delete voice; }

sotto_status voice_rate(const sotto_voice* voice, uint32_t* rate, sotto_error* err) noexcept {
  return guard(err, [&] { of(rate, "rate") = of(voice, "the voice").body.rate(); });
}

sotto_status speak(sotto_voice* voice, sotto_str text, sotto_on_samples on_samples, void* user, sotto_spoken* out,
                   sotto_error* err) noexcept {
  sotto_spoken spoken{};
  const sotto_status status = guard(err, [&] {
    Voice& body = of(voice, "the voice").body;
    if (on_samples == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, "speech: on_samples is NULL: the samples go to it");
    if (out != nullptr) check_struct(out, "the result");
    check_text(text, "the text");
    body.speak(plugin::view(text), on_samples, user, &spoken);
  });
  if (out != nullptr && (status == SOTTO_OK || status == SOTTO_CANCELLED)) write_struct(spoken, out);
  return status;
}

void voice_cancel(sotto_voice* voice) noexcept {
  if (voice != nullptr) voice->body.cancel();
}

sotto_status recogniser_create(void*, const sotto_recogniser_options* given, sotto_recogniser** out,
                               sotto_error* err) noexcept {
  return guard(err, [&] {
    sotto_recogniser*& made = of(out, "out");
    const sotto_recogniser_options options = read_options(given);
    check_text(options.model_folder, "model_folder");
    made = std::make_unique<sotto_recogniser>(options).release();
  });
}

void recogniser_destroy(sotto_recogniser* recogniser) noexcept { delete recogniser; }

sotto_status recogniser_facts(const sotto_recogniser* recogniser, sotto_recogniser_facts* out, sotto_error* err) noexcept {
  return guard(err, [&] {
    const Recogniser& body = of(recogniser, "the recogniser").body;
    check_struct(&of(out, "out"), "the facts");
    write_struct(body.facts(), out);
  });
}

sotto_status feed(sotto_recogniser* recogniser, const int16_t* samples, uint64_t count, sotto_hearing* out,
                  sotto_error* err) noexcept {
  return guard(err, [&] {
    Recogniser& body = of(recogniser, "the recogniser").body;
    check_struct(&of(out, "out"), "the result");
    if (count > 0) of(samples, "samples");
    write_struct(body.feed(samples, count), out);
  });
}

sotto_status partial(sotto_recogniser* recogniser, char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) noexcept {
  return guard(err, [&] {
    Recogniser& body = of(recogniser, "the recogniser").body;
    of(size, "size");
    const std::string text = body.partial();
    *size = text.size();
    if (buffer != nullptr && capacity >= text.size() && !text.empty()) std::memcpy(buffer, text.data(), text.size());
  });
}

sotto_status finish(sotto_recogniser* recogniser, sotto_on_hypothesis on_hypothesis, void* user, sotto_error* err) noexcept {
  return guard(err, [&] {
    Recogniser& body = of(recogniser, "the recogniser").body;
    if (on_hypothesis == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, "speech: on_hypothesis is NULL: the list goes to it");
    body.finish(on_hypothesis, user);
  });
}

sotto_status reset(sotto_recogniser* recogniser, sotto_error* err) noexcept {
  return guard(err, [&] { of(recogniser, "the recogniser").body.reset(); });
}

constexpr sotto_speech_api kApi = {sizeof(sotto_speech_api),
                                   0,
                                   facts,
                                   voice_create,
                                   voice_destroy,
                                   voice_rate,
                                   speak,
                                   voice_cancel,
                                   recogniser_create,
                                   recogniser_destroy,
                                   recogniser_facts,
                                   feed,
                                   partial,
                                   finish,
                                   reset};

// The plugin has no state of its own; the host wants something that is not NULL.
sotto_status create(const sotto_host*, void** self, sotto_error*) noexcept {
  static char nothing;
  *self = &nothing;
  return SOTTO_OK;
}

void destroy(void*) noexcept {}

const void* query(void*, const char* id) noexcept { return std::string_view(id) == SOTTO_SPEECH_ID ? &kApi : nullptr; }

}  // namespace
}  // namespace sotto::speech

SOTTO_PLUGIN_ENTRY(speech) = {
    SOTTO_PLUGIN_HEAD,     "dev.sotto.speech",     SOTTO_VERSION_STRING, "a voice (eSpeak NG) and a recogniser (PocketSphinx)",
    sotto::speech::create, sotto::speech::destroy, sotto::speech::query,
};
