// plugin.cc: what the library exports: its entry, and the table "sotto.sentiment/1" whose functions call Sentiment.
#include "sentiment.h"
#include "wording.h"

struct sotto_sentiment {
  sotto_sentiment(const sotto::sentiment::Services& services, sotto_model* model, const sotto_sentiment_options& options)
      : body(services, model, options) {}
  sotto::sentiment::Sentiment body;
};

namespace sotto::sentiment {
namespace {

using plugin::guard;
using plugin::read_options;

constexpr uint64_t kMostTexts = 65536;

Sentiment& of(sotto_sentiment* reader) {
  if (reader == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, "sentiment: the reader is NULL: make one with create");
  return reader->body;
}

void require(const void* pointer, const char* what) {
  if (pointer == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, std::string("sentiment: ") + what + " is NULL");
}

// Into an out-struct no more than the caller has.
template <class T>
void write_struct(const T& from, T* to) {
  const uint32_t size = to->struct_size;
  if (size < sizeof size)
    throw Failure(SOTTO_INVALID_ARGUMENT,
                  "sentiment: the result's struct_size is " + std::to_string(size) + ": set it to its sizeof");
  std::memcpy(to, &from, std::min<size_t>(sizeof(T), size));
  to->struct_size = size;
}

void give(std::string_view text, char* buffer, uint64_t capacity, uint64_t* size) {
  require(size, "size");
  *size = text.size();
  if (buffer != nullptr && capacity >= text.size() && !text.empty()) std::memcpy(buffer, text.data(), text.size());
}

sotto_status create_reader(void* self, sotto_model* model, const sotto_sentiment_options* given, sotto_sentiment** out,
                           sotto_error* err) noexcept {
  return guard(err, [&] {
    require(self, "self");
    require(model, "the model");
    require(out, "out");
    const sotto_sentiment_options options = read_options(given);
    *out = std::make_unique<sotto_sentiment>(*static_cast<const Services*>(self), model, options).release();
  });
}

// The session goes last: with it the model and the runtime may end, and with them the services.
void destroy_reader(sotto_sentiment* reader) noexcept {
  if (reader == nullptr) return;
  void (*const destroy_session)(sotto_session*) = reader->body.services().session->session_destroy;
  sotto_session* const session = reader->body.release_session();
  delete reader;
  destroy_session(session);
}

sotto_status read(sotto_sentiment* reader, const sotto_str* texts, uint64_t count, const sotto_sentiment_read_options* given,
                  sotto_sentiment_result* results, uint64_t stride, sotto_error* err) noexcept {
  return guard(err, [&] {
    Sentiment& body = of(reader);
    const sotto_sentiment_read_options options = read_options(given);
    if (count == 0) return;
    require(texts, "texts");
    require(results, "results");
    if (count > kMostTexts || stride < 2 * sizeof(uint32_t))
      throw Failure(SOTTO_INVALID_ARGUMENT, "sentiment: " + std::to_string(count) + " texts with results " +
                                                std::to_string(stride) +
                                                " bytes apart: at most 65536, and sizeof(sotto_sentiment_result) are wanted");
    const auto read = body.read(texts, static_cast<size_t>(count), options);
    const auto size = static_cast<uint32_t>(std::min<uint64_t>(stride, sizeof(sotto_sentiment_result)));
    for (size_t i = 0; i < read.size(); ++i) {
      char* const into = reinterpret_cast<char*>(results) + i * stride;
      std::memcpy(into, &read[i], size);
      std::memcpy(into, &size, sizeof size);
    }
  });
}

sotto_status read_session(sotto_sentiment* reader, sotto_session* session, const uint32_t* ids, uint64_t count,
                          const sotto_sentiment_read_options* given, sotto_sentiment_result* result,
                          sotto_error* err) noexcept {
  return guard(err, [&] {
    Sentiment& body = of(reader);
    const sotto_sentiment_read_options options = read_options(given);
    require(session, "the session");
    require(result, "the result");
    if (count > 0) require(ids, "ids");
    if (result->struct_size < sizeof result->struct_size)  // before tokens are fed
      throw Failure(SOTTO_INVALID_ARGUMENT, "sentiment: the result's struct_size is not set");
    write_struct(body.read_session(session, ids, static_cast<size_t>(count), options), result);
  });
}

sotto_status read_hidden(sotto_sentiment* reader, const float* hidden, uint64_t count,
                         const sotto_sentiment_read_options* given, sotto_sentiment_result* result, sotto_error* err) noexcept {
  return guard(err, [&] {
    Sentiment& body = of(reader);
    const sotto_sentiment_read_options options = read_options(given);
    require(hidden, "the hidden state");
    require(result, "the result");
    constexpr uint64_t kWidest = 1 << 20;
    if (count > kWidest)
      throw Failure(SOTTO_INVALID_ARGUMENT, "sentiment: a hidden state of " + std::to_string(count) + " numbers");
    write_struct(body.read_hidden(hidden, static_cast<size_t>(count), options), result);
  });
}

void cancel(sotto_sentiment* reader) noexcept {
  guard(nullptr, [&] { of(reader).cancel(); });
}

sotto_status set_consent(sotto_sentiment* reader, uint32_t is_given, sotto_error* err) noexcept {
  return guard(err, [&] {
    Sentiment& body = of(reader);
    if (is_given > 1) throw Failure(SOTTO_INVALID_ARGUMENT, "sentiment: consent is 0 or 1, not " + std::to_string(is_given));
    body.mood().set_consent(is_given == 1);
  });
}

sotto_status note_turn(sotto_sentiment* reader, const sotto_sentiment_result* turn, sotto_error* err) noexcept {
  return guard(err, [&] {
    Sentiment& body = of(reader);
    require(turn, "the turn");
    body.mood().note_turn(read_options(turn));
  });
}

sotto_status note_event(sotto_sentiment* reader, uint32_t event, sotto_error* err) noexcept {
  return guard(err, [&] { of(reader).mood().note_event(event); });
}

sotto_status mood(sotto_sentiment* reader, sotto_mood* out, sotto_error* err) noexcept {
  return guard(err, [&] {
    Sentiment& body = of(reader);
    require(out, "out");
    write_struct(body.mood().now(), out);
  });
}

sotto_status reset(sotto_sentiment* reader, sotto_error* err) noexcept {
  return guard(err, [&] { of(reader).mood().reset(); });
}

sotto_status reason(sotto_sentiment* reader, uint32_t language, char* buffer, uint64_t capacity, uint64_t* size,
                    sotto_error* err) noexcept {
  return guard(err, [&] { give(reason_text(of(reader).mood().now(), language), buffer, capacity, size); });
}

sotto_status hint(sotto_sentiment* reader, uint32_t language, char* buffer, uint64_t capacity, uint64_t* size,
                  sotto_error* err) noexcept {
  return guard(err, [&] {
    Mood& mood = of(reader).mood();
    give(mood.has_hints() ? hint_text(mood.now(), language) : std::string_view(), buffer, capacity, size);
  });
}

constexpr sotto_sentiment_api kApi = {sizeof(sotto_sentiment_api),
                                      0,
                                      create_reader,
                                      destroy_reader,
                                      read,
                                      read_session,
                                      cancel,
                                      set_consent,
                                      note_turn,
                                      note_event,
                                      mood,
                                      reset,
                                      reason,
                                      hint,
                                      read_hidden};

sotto_status create(const sotto_host* host, void** self, sotto_error* err) noexcept {
  return guard(err, [&] { *self = std::make_unique<Services>(plugin::Host(host)).release(); });
}

void destroy(void* self) noexcept { delete static_cast<Services*>(self); }

const void* query(void*, const char* id) noexcept { return std::string_view(id) == SOTTO_SENTIMENT_ID ? &kApi : nullptr; }

}  // namespace
}  // namespace sotto::sentiment

SOTTO_PLUGIN_ENTRY(sentiment) = {
    SOTTO_PLUGIN_HEAD,        "dev.sotto.sentiment",
    SOTTO_VERSION_STRING,     "what words sound like, and the session's mood",
    sotto::sentiment::create, sotto::sentiment::destroy,
    sotto::sentiment::query,
};
