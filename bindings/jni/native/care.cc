// The native functions of Natives.java about care: the table of the care plugin.
#include "sotto/care.h"

#include <algorithm>

#include "generated/dev_sotto_Natives.h"
#include "objects.h"
#include "relays.h"
#include "skill.h"

namespace sotto::jni {
namespace {

using Care = Skill<sotto_care_api, sotto_care>;
using CareStream = Skill<sotto_care_api, sotto_care_stream>;

// Hands findings to CareRelay.java.
class FindingRelay : public Relay {
 public:
  using Relay::Relay;
  static int32_t on_finding(void* self_pointer, const sotto_care_finding* finding) {
    auto* self = static_cast<FindingRelay*>(self_pointer);
    if (self->has_thrown()) return 1;
    const uint32_t numbers[] = {finding->category, finding->severity, finding->kind, finding->language, finding->source};
    jvalue arguments[8];
    for (size_t i = 0; i < 5; ++i) arguments[i].i = static_cast<jint>(numbers[i]);
    arguments[5].j = static_cast<jlong>(finding->begin);
    arguments[6].j = static_cast<jlong>(finding->end);
    arguments[7].f = finding->probability;
    self->call_.env()->CallVoidMethodA(self->relay_, ids().finding, arguments);
    return self->has_thrown() ? 1 : 0;
  }
};

// As CareResult.java holds them.
void give(const Call& call, const sotto_care_result& r, jintArray numbers) {
  std::vector<uint32_t> n = {r.answer, r.language, r.categories};
  n.insert(n.end(), std::begin(r.severities), std::end(r.severities));
  call.fill(numbers, n);
}

jlong create(const Call& call, jlong runtime, jlong model, jintArray numbers, jfloat head_confidence, jobject rules) {
  const std::vector<uint32_t> n = call.ids(numbers);
  const Bytes further(call, rules);
  sotto_care_options o{};
  o.struct_size = sizeof o;
  o.hold_bytes = n.at(0);
  for (size_t i = 0; i < SOTTO_CARE_CATEGORIES; ++i) o.answer_from[i] = n.at(1 + i);
  o.model = object<sotto_model>(model);
  o.head_confidence = head_confidence;
  o.rules = further.str();
  const sotto_care_skill found = sotto_care_find(object<Runtime>(runtime)->runtime);
  return make<Care>(call, found.api, "care",
                    [&](sotto_care** out, sotto_error* err) { return found.api->create(found.self, &o, out, err); });
}

void check(const Call& call, jlong care, jobject text, jint from, jobject found, jintArray numbers) {
  const Care& c = *object<Care>(care);
  const Bytes words(call, text);
  FindingRelay relay(call, found);
  sotto_care_result r{};
  r.struct_size = sizeof r;
  call.run([&](sotto_error* err) {
    const sotto_status status =
        c.api->check(c.it, words.str(), static_cast<uint32_t>(from), &FindingRelay::on_finding, &relay, &r, err);
    relay.leave_if_thrown();
    return status;
  });
  give(call, r, numbers);
}

void step(const Call& call, jlong stream, jobject piece, jobject pieces, jintArray numbers) {
  const CareStream& s = *object<CareStream>(stream);
  const Bytes words(call, piece);
  PieceRelay relay(call, pieces);
  sotto_care_result r{};
  r.struct_size = sizeof r;
  call.run([&](sotto_error* err) {
    const sotto_status status = piece != nullptr ? s.api->stream_feed(s.it, words.str(), &PieceRelay::on_text, &relay, &r, err)
                                                 : s.api->stream_finish(s.it, &PieceRelay::on_text, &relay, &r, err);
    relay.leave_if_thrown();
    return status;
  });
  give(call, r, numbers);
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jlong JNICALL Java_dev_sotto_Natives_careCreate(JNIEnv* env, jclass natives, jlong runtime, jlong model, jintArray numbers,
                                                jfloat head_confidence, jobject rules) {
  return guard(env, natives, [&](const Call& call) { return create(call, runtime, model, numbers, head_confidence, rules); });
}

void JNICALL Java_dev_sotto_Natives_careDestroy(JNIEnv*, jclass, jlong care) {
  const std::unique_ptr<Care> c(object<Care>(care));
  c->api->destroy(c->it);
}

void JNICALL Java_dev_sotto_Natives_careSetText(JNIEnv* env, jclass natives, jlong care, jint category, jint language,
                                                jbyteArray text) {
  guard(env, natives, [&](const Call& call) {
    const Care& c = *object<Care>(care);
    const Bytes words(call, text);
    call.run([&](sotto_error* err) {
      return c.api->set_text(c.it, static_cast<uint32_t>(category), static_cast<uint32_t>(language), words.str(), err);
    });
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_careText(JNIEnv* env, jclass natives, jlong care, jint category, jint language) {
  return guard(env, natives, [&](const Call& call) {
    const Care& c = *object<Care>(care);
    return fetch_bytes(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return c.api->text(c.it, static_cast<uint32_t>(category), static_cast<uint32_t>(language), buffer, capacity, size, err);
    });
  });
}

void JNICALL Java_dev_sotto_Natives_careCheck(JNIEnv* env, jclass natives, jlong care, jobject text, jint from, jobject found,
                                              jintArray numbers) {
  guard(env, natives, [&](const Call& call) { check(call, care, text, from, found, numbers); });
}

jlong JNICALL Java_dev_sotto_Natives_careStreamCreate(JNIEnv* env, jclass natives, jlong care) {
  return guard(env, natives, [&](const Call& call) {
    const Care& c = *object<Care>(care);
    return make<CareStream>(call, c.api, "care",
                            [&](sotto_care_stream** out, sotto_error* err) { return c.api->stream_create(c.it, out, err); });
  });
}

void JNICALL Java_dev_sotto_Natives_careStreamDestroy(JNIEnv*, jclass, jlong stream) {
  const std::unique_ptr<CareStream> s(object<CareStream>(stream));
  s->api->stream_destroy(s->it);
}

void JNICALL Java_dev_sotto_Natives_careStreamStep(JNIEnv* env, jclass natives, jlong stream, jobject piece, jobject pieces,
                                                   jintArray numbers) {
  guard(env, natives, [&](const Call& call) { step(call, stream, piece, pieces, numbers); });
}
