// The native functions of Natives.java about sentiment: the table of the sentiment plugin.
#include "sotto/sentiment.h"

#include <algorithm>

#include "generated/dev_sotto_Natives.h"
#include "objects.h"
#include "skill.h"

namespace sotto::jni {
namespace {

using Reader = Skill<sotto_sentiment_api, sotto_sentiment>;

// As SentimentResult.java holds them.
constexpr size_t kNumbers = 8;
constexpr size_t kFloats = SOTTO_SENTIMENT_LABELS + SOTTO_EMOTION_LABELS + 1;

void append(const sotto_sentiment_result& r, std::vector<uint32_t>* numbers, std::vector<float>* floats) {
  numbers->insert(numbers->end(), {r.label, r.emotion, r.language, r.label_source, r.emotion_source, r.skipped_bytes,
                                   r.extra_tokens, r.calibration_tokens});
  floats->insert(floats->end(), std::begin(r.probabilities), std::end(r.probabilities));
  floats->insert(floats->end(), std::begin(r.emotions), std::end(r.emotions));
  floats->push_back(r.intensity);
}

void give(const Call& call, const std::vector<sotto_sentiment_result>& results, jintArray numbers, jfloatArray floats) {
  std::vector<uint32_t> n;
  std::vector<float> f;
  for (const sotto_sentiment_result& r : results) append(r, &n, &f);
  call.fill(numbers, n);
  call.fill(floats, f);
}

sotto_sentiment_result taken(const Call& call, jintArray numbers, jfloatArray floats) {
  const std::vector<uint32_t> n = call.ids(numbers);
  const std::vector<float> f = call.floats(floats);
  sotto_sentiment_result r{};
  r.struct_size = sizeof r;
  r.label = n.at(0);
  r.emotion = n.at(1);
  r.language = n.at(2);
  r.label_source = n.at(3);
  r.emotion_source = n.at(4);
  r.skipped_bytes = n.at(5);
  r.extra_tokens = n.at(6);
  r.calibration_tokens = n.at(7);
  static_assert(kNumbers == 8);
  r.intensity = f.at(kFloats - 1);
  std::copy_n(f.begin(), SOTTO_SENTIMENT_LABELS, r.probabilities);
  std::copy_n(f.begin() + SOTTO_SENTIMENT_LABELS, SOTTO_EMOTION_LABELS, r.emotions);
  return r;
}

std::vector<sotto_sentiment_result> empty_results(size_t count) {
  sotto_sentiment_result one{};
  one.struct_size = sizeof one;
  return std::vector<sotto_sentiment_result>(count, one);
}

sotto_sentiment_read_options read_options(const Bytes& words) {
  sotto_sentiment_read_options o{};
  o.struct_size = sizeof o;
  o.text = words.str();
  return o;
}

jlong create(const Call& call, jlong runtime, jlong model, jintArray numbers, jfloatArray thresholds) {
  const std::vector<uint32_t> n = call.ids(numbers);
  const std::vector<float> t = call.floats(thresholds);
  sotto_sentiment_options o{};
  o.struct_size = sizeof o;
  o.flags = n.at(0);
  o.half_life_ms = n.at(1);
  o.context_tokens = n.at(2);
  o.confidence = t.at(0);
  o.emotion_confidence = t.at(1);
  const sotto_sentiment_skill found = sotto_sentiment_find(object<Runtime>(runtime)->runtime);
  return make<Reader>(call, found.api, "sentiment", [&](sotto_sentiment** out, sotto_error* err) {
    return found.api->create(found.self, object<sotto_model>(model), &o, out, err);
  });
}

void read(const Call& call, jlong reader, jobjectArray texts, jint deadline_ms, jintArray numbers, jfloatArray floats) {
  const Reader& r = *object<Reader>(reader);
  const std::vector<std::string> bytes = call.texts(texts);
  std::vector<sotto_str> views;
  for (const std::string& text : bytes) views.push_back({text.data(), text.size()});
  sotto_sentiment_read_options o{};
  o.struct_size = sizeof o;
  o.deadline_ms = static_cast<uint32_t>(deadline_ms);
  std::vector<sotto_sentiment_result> results = empty_results(views.size());
  call.run([&](sotto_error* err) {
    return r.api->read(r.it, views.data(), views.size(), &o, results.data(), sizeof results[0], err);
  });
  give(call, results, numbers, floats);
}

void read_session(const Call& call, jlong reader, jlong session, jintArray ids, jbyteArray text, jintArray numbers,
                  jfloatArray floats) {
  const Reader& r = *object<Reader>(reader);
  const std::vector<uint32_t> tokens = call.ids(ids);
  const Bytes words(call, text);
  const sotto_sentiment_read_options o = read_options(words);
  std::vector<sotto_sentiment_result> result = empty_results(1);
  call.run([&](sotto_error* err) {
    return r.api->read_session(r.it, object<sotto_session>(session), tokens.data(), tokens.size(), &o, result.data(), err);
  });
  give(call, result, numbers, floats);
}

void read_hidden(const Call& call, jlong reader, jfloatArray hidden, jbyteArray text, jintArray numbers, jfloatArray floats) {
  const Reader& r = *object<Reader>(reader);
  if (!SOTTO_HAS(sotto_sentiment_api, r.api, read_hidden))
    call.fail(SOTTO_UNSUPPORTED, "the sentiment plugin is too old to read hidden states: use one of this version");
  const std::vector<float> vector = call.floats(hidden);
  const Bytes words(call, text);
  const sotto_sentiment_read_options o = read_options(words);
  std::vector<sotto_sentiment_result> result = empty_results(1);
  call.run([&](sotto_error* err) { return r.api->read_hidden(r.it, vector.data(), vector.size(), &o, result.data(), err); });
  give(call, result, numbers, floats);
}

void mood(const Call& call, jlong reader, jintArray numbers, jfloatArray floats) {
  const Reader& r = *object<Reader>(reader);
  sotto_mood m{};
  m.struct_size = sizeof m;
  call.run([&](sotto_error* err) { return r.api->mood(r.it, &m, err); });
  call.fill(numbers, {m.label, m.emotion, m.reason, m.turns, m.events, m.flags});
  call.fill(floats, std::vector<float>{m.valence, m.evidence});
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jlong JNICALL Java_dev_sotto_Natives_sentimentCreate(JNIEnv* env, jclass natives, jlong runtime, jlong model, jintArray numbers,
                                                     jfloatArray thresholds) {
  return guard(env, natives, [&](const Call& call) { return create(call, runtime, model, numbers, thresholds); });
}

void JNICALL Java_dev_sotto_Natives_sentimentDestroy(JNIEnv*, jclass, jlong reader) {
  const std::unique_ptr<Reader> r(object<Reader>(reader));
  r->api->destroy(r->it);
}

void JNICALL Java_dev_sotto_Natives_sentimentRead(JNIEnv* env, jclass natives, jlong reader, jobjectArray texts,
                                                  jint deadline_ms, jintArray numbers, jfloatArray floats) {
  guard(env, natives, [&](const Call& call) { read(call, reader, texts, deadline_ms, numbers, floats); });
}

void JNICALL Java_dev_sotto_Natives_sentimentReadSession(JNIEnv* env, jclass natives, jlong reader, jlong session,
                                                         jintArray ids, jbyteArray text, jintArray numbers,
                                                         jfloatArray floats) {
  guard(env, natives, [&](const Call& call) { read_session(call, reader, session, ids, text, numbers, floats); });
}

void JNICALL Java_dev_sotto_Natives_sentimentReadHidden(JNIEnv* env, jclass natives, jlong reader, jfloatArray hidden,
                                                        jbyteArray text, jintArray numbers, jfloatArray floats) {
  guard(env, natives, [&](const Call& call) { read_hidden(call, reader, hidden, text, numbers, floats); });
}

void JNICALL Java_dev_sotto_Natives_sentimentCancel(JNIEnv*, jclass, jlong reader) {
  const Reader& r = *object<Reader>(reader);
  r.api->cancel(r.it);
}

void JNICALL Java_dev_sotto_Natives_sentimentSetConsent(JNIEnv* env, jclass natives, jlong reader, jboolean is_given) {
  guard(env, natives, [&](const Call& call) {
    const Reader& r = *object<Reader>(reader);
    call.run([&](sotto_error* err) { return r.api->set_consent(r.it, is_given != JNI_FALSE ? 1 : 0, err); });
  });
}

void JNICALL Java_dev_sotto_Natives_sentimentNoteTurn(JNIEnv* env, jclass natives, jlong reader, jintArray numbers,
                                                      jfloatArray floats) {
  guard(env, natives, [&](const Call& call) {
    const Reader& r = *object<Reader>(reader);
    const sotto_sentiment_result turn = taken(call, numbers, floats);
    call.run([&](sotto_error* err) { return r.api->note_turn(r.it, &turn, err); });
  });
}

void JNICALL Java_dev_sotto_Natives_sentimentNoteEvent(JNIEnv* env, jclass natives, jlong reader, jint event) {
  guard(env, natives, [&](const Call& call) {
    const Reader& r = *object<Reader>(reader);
    call.run([&](sotto_error* err) { return r.api->note_event(r.it, static_cast<uint32_t>(event), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_sentimentMood(JNIEnv* env, jclass natives, jlong reader, jintArray numbers,
                                                  jfloatArray floats) {
  guard(env, natives, [&](const Call& call) { mood(call, reader, numbers, floats); });
}

void JNICALL Java_dev_sotto_Natives_sentimentReset(JNIEnv* env, jclass natives, jlong reader) {
  guard(env, natives, [&](const Call& call) {
    const Reader& r = *object<Reader>(reader);
    call.run([&](sotto_error* err) { return r.api->reset(r.it, err); });
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_sentimentSentence(JNIEnv* env, jclass natives, jlong reader, jboolean is_hint,
                                                            jint language) {
  return guard(env, natives, [&](const Call& call) {
    const Reader& r = *object<Reader>(reader);
    const auto sentence = is_hint != JNI_FALSE ? r.api->hint : r.api->reason;
    return fetch_bytes(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return sentence(r.it, static_cast<uint32_t>(language), buffer, capacity, size, err);
    });
  });
}
