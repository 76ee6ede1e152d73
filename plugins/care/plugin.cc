// plugin.cc: what the library exports: its entry, and the table "sotto.care/1" whose functions call Care and Stream.
#include "care.h"
#include "stream.h"

struct sotto_care {
  sotto_care(const sotto::care::Services& services, const sotto_care_options& options) : body(services, options) {}
  sotto::care::Care body;
};

struct sotto_care_stream {
  explicit sotto_care_stream(const sotto::care::Care& care) : body(care.rules(), care.answer_from(), care.hold_bytes()) {}
  sotto::care::Stream body;
};

namespace sotto::care {
namespace {

using plugin::guard;
using plugin::read_options;

constexpr uint64_t kMostTextBytes = 4096;

template <class T>
T& of(T* pointer, const char* what) {
  if (pointer == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, std::string("care: ") + what + " is NULL");
  return *pointer;
}

void check_text_key(uint32_t category, uint32_t language) {
  if (category >= SOTTO_CARE_CATEGORIES || (language != SOTTO_CARE_ZH && language != SOTTO_CARE_EN))
    throw Failure(SOTTO_INVALID_ARGUMENT, "care: category " + std::to_string(category) + " in language " +
                                              std::to_string(language) +
                                              ": there are SOTTO_CARE_SELF_HARM to _PERSONAL, ZH, EN");
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const uint32_t bytes = character_at(text, at).bytes;
    if (bytes == 1 && static_cast<uint8_t>(text[at]) >= 0x80) return false;
    at += bytes;
  }
  return true;
}

// Into an out-struct no more than the caller has.
void write_result(const sotto_care_result& from, sotto_care_result* to) {
  if (to == nullptr) return;
  const uint32_t size = to->struct_size;
  std::memcpy(to, &from, std::min<size_t>(sizeof from, size));
  to->struct_size = size;
}

void check_result(const sotto_care_result* result) {
  if (result != nullptr && result->struct_size < sizeof result->struct_size)
    throw Failure(SOTTO_INVALID_ARGUMENT, "care: the result's struct_size is not set: set it to its sizeof");
}

sotto_status create_care(void* self, const sotto_care_options* given, sotto_care** out, sotto_error* err) noexcept {
  return guard(err, [&] {
    const auto& services = of(static_cast<const Services*>(self), "self");
    sotto_care*& made = of(out, "out");
    const sotto_care_options options = read_options(given);
    made = std::make_unique<sotto_care>(services, options).release();
  });
}

void destroy_care(sotto_care* care) noexcept { delete care; }

sotto_status set_text(sotto_care* care, uint32_t category, uint32_t language, sotto_str text, sotto_error* err) noexcept {
  return guard(err, [&] {
    Texts& texts = of(care, "the object").body.texts();
    check_text_key(category, language);
    if (text.data == nullptr) return texts.reset(category, language);
    if (text.size > kMostTextBytes || !is_utf8(view(text)))
      throw Failure(SOTTO_INVALID_ARGUMENT,
                    "care: a fixed text of " + std::to_string(text.size) + " bytes: at most 4096 bytes of UTF-8 are taken");
    texts.set(category, language, view(text));
  });
}

sotto_status text(const sotto_care* care, uint32_t category, uint32_t language, char* buffer, uint64_t capacity, uint64_t* size,
                  sotto_error* err) noexcept {
  return guard(err, [&] {
    const Texts& texts = of(care, "the object").body.texts();
    of(size, "size");
    check_text_key(category, language);
    const std::string found = texts.get(category, language);
    *size = found.size();
    if (buffer != nullptr && capacity >= found.size() && !found.empty()) std::memcpy(buffer, found.data(), found.size());
  });
}

sotto_status check(sotto_care* care, sotto_str text, uint32_t from, sotto_on_care_finding on_finding, void* user,
                   sotto_care_result* result, sotto_error* err) noexcept {
  return guard(err, [&] {
    const Care& body = of(care, "the object").body;
    check_result(result);
    if (from > SOTTO_CARE_FROM_MODEL)
      throw Failure(SOTTO_INVALID_ARGUMENT,
                    "care: a text from " + std::to_string(from) + ": SOTTO_CARE_FROM_USER or _MODEL is wanted");
    write_result(body.check(view(text), from, on_finding, user), result);
  });
}

sotto_status stream_create(sotto_care* care, sotto_care_stream** out, sotto_error* err) noexcept {
  return guard(err, [&] {
    const Care& body = of(care, "the object").body;
    sotto_care_stream*& made = of(out, "out");  // before there is something to lose
    made = std::make_unique<sotto_care_stream>(body).release();
  });
}

void stream_destroy(sotto_care_stream* stream) noexcept { delete stream; }

void give(const std::string& text, sotto_on_text on_text, void* user) {
  if (text.empty() || on_text == nullptr) return;
  if (on_text(user, str(text)) != 0) throw Failure(SOTTO_CANCELLED, "care: the callback wants no more of the text");
}

sotto_status stream_feed(sotto_care_stream* stream, sotto_str piece, sotto_on_text on_text, void* user,
                         sotto_care_result* result, sotto_error* err) noexcept {
  return guard(err, [&] {
    Stream& body = of(stream, "the stream").body;
    check_result(result);
    const std::string out = body.feed(view(piece));
    write_result(body.result(), result);
    give(out, on_text, user);
  });
}

sotto_status stream_finish(sotto_care_stream* stream, sotto_on_text on_text, void* user, sotto_care_result* result,
                           sotto_error* err) noexcept {
  return guard(err, [&] {
    Stream& body = of(stream, "the stream").body;
    check_result(result);
    const std::string out = body.finish();
    write_result(body.result(), result);
    body.restart();
    give(out, on_text, user);
  });
}

constexpr sotto_care_api kApi = {
    sizeof(sotto_care_api), 0,           create_care,  destroy_care, set_text, text, check, stream_create,
    stream_destroy,         stream_feed, stream_finish};

sotto_status create(const sotto_host* host, void** self, sotto_error* err) noexcept {
  return guard(err, [&] { *self = std::make_unique<Services>(plugin::Host(host)).release(); });
}

void destroy(void* self) noexcept { delete static_cast<Services*>(self); }

const void* query(void*, const char* id) noexcept { return std::string_view(id) == SOTTO_CARE_ID ? &kApi : nullptr; }

}  // namespace
}  // namespace sotto::care

SOTTO_PLUGIN_ENTRY(care) = {
    SOTTO_PLUGIN_HEAD,   "dev.sotto.care",     SOTTO_VERSION_STRING, "what must not pass unheeded, with fixed answers",
    sotto::care::create, sotto::care::destroy, sotto::care::query,
};
