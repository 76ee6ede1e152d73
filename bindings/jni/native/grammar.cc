// The native functions of Natives.java about grammars and the places of texts in them.
#include "sotto/grammar.h"

#include "call.h"
#include "generated/dev_sotto_Natives.h"

namespace sotto::jni {
namespace {

sotto_matcher* matcher_of(jlong address) { return object<sotto_matcher>(address); }

std::vector<sotto_str> views(const std::vector<std::string>& texts) {
  std::vector<sotto_str> found;
  found.reserve(texts.size());
  for (const std::string& text : texts) found.push_back({text.data(), text.size()});
  return found;
}

jlong compile(const Call& call, jlong model, jint kind, jobject source, jint flags, jint max_recursion, jobjectArray values,
              jobjectArray spans) {
  const Bytes text(call, source);
  const std::vector<std::string> value_texts = call.texts(values), span_texts = call.texts(spans);
  const std::vector<sotto_str> value_views = views(value_texts), span_views = views(span_texts);
  sotto_grammar_options o{};
  o.struct_size = sizeof o;
  o.flags = static_cast<uint32_t>(flags);
  o.max_recursion = static_cast<uint32_t>(max_recursion);
  o.values = value_views.data();
  o.value_count = static_cast<uint32_t>(value_views.size());
  o.spans = span_views.data();
  o.span_count = static_cast<uint32_t>(span_views.size());
  sotto_grammar* made = nullptr;
  call.run([&](sotto_error* err) {
    return sotto_grammar_compile(object<sotto_model>(model), static_cast<uint32_t>(kind), text.str(), &o, &made, err);
  });
  return address(made);
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jlong JNICALL Java_dev_sotto_Natives_grammarCompile(JNIEnv* env, jclass natives, jlong model, jint kind, jobject source,
                                                    jint flags, jint max_recursion, jobjectArray values, jobjectArray spans) {
  return guard(env, natives,
               [&](const Call& call) { return compile(call, model, kind, source, flags, max_recursion, values, spans); });
}

void JNICALL Java_dev_sotto_Natives_grammarDestroy(JNIEnv*, jclass, jlong grammar) {
  sotto_grammar_destroy(object<sotto_grammar>(grammar));
}

void JNICALL Java_dev_sotto_Natives_grammarFacts(JNIEnv* env, jclass natives, jlong grammar, jlongArray result) {
  guard(env, natives, [&](const Call& call) {
    sotto_grammar_facts f{};
    f.struct_size = sizeof f;
    call.run([&](sotto_error* err) { return sotto_grammar_get_facts(object<sotto_grammar>(grammar), &f, err); });
    call.fill(result, {f.states, f.mask_count, f.masks_kept, static_cast<jlong>(f.bytes), static_cast<jlong>(f.mask_bytes)});
  });
}

jlong JNICALL Java_dev_sotto_Natives_matcherCreate(JNIEnv* env, jclass natives, jlong grammar) {
  return guard(env, natives, [&](const Call& call) {
    sotto_matcher* made = nullptr;
    call.run([&](sotto_error* err) { return sotto_matcher_create(object<sotto_grammar>(grammar), &made, err); });
    return address(made);
  });
}

void JNICALL Java_dev_sotto_Natives_matcherDestroy(JNIEnv*, jclass, jlong matcher) {
  sotto_matcher_destroy(matcher_of(matcher));
}

jlong JNICALL Java_dev_sotto_Natives_matcherFork(JNIEnv* env, jclass natives, jlong matcher) {
  return guard(env, natives, [&](const Call& call) {
    sotto_matcher* made = nullptr;
    call.run([&](sotto_error* err) { return sotto_matcher_fork(matcher_of(matcher), &made, err); });
    return address(made);
  });
}

jint JNICALL Java_dev_sotto_Natives_matcherSteps(JNIEnv*, jclass, jlong matcher) {
  return static_cast<jint>(sotto_matcher_steps(matcher_of(matcher)));
}

void JNICALL Java_dev_sotto_Natives_matcherRewind(JNIEnv* env, jclass natives, jlong matcher, jint steps) {
  guard(env, natives, [&](const Call& call) {
    call.run([&](sotto_error* err) { return sotto_matcher_rewind(matcher_of(matcher), static_cast<uint32_t>(steps), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_matcherAccept(JNIEnv* env, jclass natives, jlong matcher, jint token) {
  guard(env, natives, [&](const Call& call) {
    call.run([&](sotto_error* err) { return sotto_matcher_accept(matcher_of(matcher), static_cast<uint32_t>(token), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_matcherAcceptText(JNIEnv* env, jclass natives, jlong matcher, jobject text) {
  guard(env, natives, [&](const Call& call) {
    const Bytes bytes(call, text);
    call.run([&](sotto_error* err) { return sotto_matcher_accept_text(matcher_of(matcher), bytes.str(), err); });
  });
}

jlongArray JNICALL Java_dev_sotto_Natives_matcherMask(JNIEnv* env, jclass natives, jlong matcher) {
  return guard(env, natives, [&](const Call& call) {
    const auto words = fetch<uint64_t>(call, [&](uint64_t* into, uint64_t capacity, uint64_t* count, sotto_error* err) {
      return sotto_matcher_mask(matcher_of(matcher), into, capacity, count, err);
    });
    return call.new_longs(std::vector<jlong>(words.begin(), words.end()));
  });
}

jint JNICALL Java_dev_sotto_Natives_matcherState(JNIEnv* env, jclass natives, jlong matcher) {
  return guard(env, natives, [&](const Call& call) {
    uint32_t state = 0;
    call.run([&](sotto_error* err) { return sotto_matcher_state(matcher_of(matcher), &state, err); });
    return static_cast<jint>(state);
  });
}
