// The native functions of Natives.java about assistants: the table of the dialogue plugin.
#include "sotto/assistant.h"

#include <deque>

#include "function.h"
#include "generated/dev_sotto_Natives.h"
#include "objects.h"
#include "skill.h"

namespace sotto::jni {
namespace {

// Its functions outlive the plugin's object, which waits at its end for one that still runs.
struct Assistant {
  const sotto_assistant_api* api;
  sotto_assistant* it;
  std::deque<Function> functions;
};

int32_t append(void* user, sotto_str piece) {
  static_cast<std::string*>(user)->append(piece.data, static_cast<size_t>(piece.size));
  return 0;
}

jlong create(const Call& call, jlong runtime, jlong model, jobject domain, jbyteArray area, jintArray numbers,
             jfloatArray thresholds) {
  const Bytes json(call, domain), place(call, area);
  const std::vector<uint32_t> n = call.ids(numbers);
  const std::vector<float> t = call.floats(thresholds);
  sotto_assistant_options o{};
  o.struct_size = sizeof o;
  o.language = n.at(0);
  o.domain = json.str();
  o.area = place.str();
  o.utc_offset_minutes = static_cast<int32_t>(n.at(1));
  o.max_calls = n.at(2);
  o.call_deadline_ms = n.at(3);
  o.deadline_ms = n.at(4);
  o.flags = n.at(5);
  o.intent_threshold = t.at(0);
  o.function_threshold = t.at(1);
  o.function_margin = t.at(2);
  o.free_confidence = t.at(3);
  const sotto_assistant_skill found = sotto_assistant_find(object<Runtime>(runtime)->runtime);
  if (found.api == nullptr)
    call.fail(SOTTO_NOT_FOUND,
              "no dialogue plugin with an assistant is loaded: name its folder or library to the runtime's builder");
  auto made = std::make_unique<Assistant>();
  made->api = found.api;
  call.run([&](sotto_error* err) { return found.api->create(found.self, object<sotto_model>(model), &o, &made->it, err); });
  return address(made.release());
}

void add_function(const Call& call, jlong assistant, jobjectArray texts, jobjectArray examples, jint flags, jobject body) {
  Assistant& a = *object<Assistant>(assistant);
  const std::vector<std::string> t = call.texts(texts);
  const std::vector<std::string> sentences = call.texts(examples);
  std::vector<sotto_str> views;
  for (const std::string& sentence : sentences) views.push_back({sentence.data(), sentence.size()});
  Function& function = a.functions.emplace_back(call, body);
  sotto_function f{};
  f.struct_size = sizeof f;
  f.flags = static_cast<uint32_t>(flags);
  f.name = str(t.at(0));
  f.description = str(t.at(1));
  f.schema = str(t.at(2));
  f.replies = str(t.at(3));
  f.examples = views.data();
  f.example_count = static_cast<uint32_t>(views.size());
  f.run = &Function::run;
  f.user = &function;
  try {
    call.run([&](sotto_error* err) { return a.api->add_function(a.it, &f, err); });
  } catch (const Thrown&) {
    a.functions.pop_back();  // refused: the plugin does not know it
    throw;
  }
}

// `said`: answer, intent; `numbers` and `confidence` as AssistantTurn.java holds them.
void give(const Call& call, const std::string& answer, const sotto_assistant_result& r, jobjectArray said, jintArray numbers,
          jfloatArray confidence) {
  call.fill(said, {answer, r.intent});
  call.fill(numbers, {r.language, r.source, r.flags, r.hypothesis, r.calls, r.failed_calls, r.tokens});
  call.fill(confidence, std::vector<float>{r.confidence});
}

void turn(const Call& call, jlong assistant, jobjectArray texts, jfloatArray scores, jobjectArray said, jintArray numbers,
          jfloatArray confidence) {
  const Assistant& a = *object<Assistant>(assistant);
  const std::vector<std::string> heard = call.texts(texts);
  const std::vector<float> likelihoods = call.floats(scores);
  std::vector<sotto_hypothesis> hypotheses;
  for (size_t i = 0; i < heard.size(); ++i)
    hypotheses.push_back({sizeof(sotto_hypothesis), likelihoods.at(i), {heard[i].data(), heard[i].size()}});
  std::string answer;
  sotto_assistant_result r{};
  r.struct_size = sizeof r;
  call.run([&](sotto_error* err) {
    return a.api->turn(a.it, hypotheses.data(), sizeof(sotto_hypothesis), static_cast<uint32_t>(hypotheses.size()), append,
                       &answer, &r, err);
  });
  give(call, answer, r, said, numbers, confidence);
}

void undo(const Call& call, jlong assistant, jobjectArray said, jintArray numbers, jfloatArray confidence) {
  const Assistant& a = *object<Assistant>(assistant);
  std::string answer;
  sotto_assistant_result r{};
  r.struct_size = sizeof r;
  call.run([&](sotto_error* err) { return a.api->undo(a.it, append, &answer, &r, err); });
  give(call, answer, r, said, numbers, confidence);
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jlong JNICALL Java_dev_sotto_Natives_assistantCreate(JNIEnv* env, jclass natives, jlong runtime, jlong model, jobject domain,
                                                     jbyteArray area, jintArray numbers, jfloatArray thresholds) {
  return guard(env, natives, [&](const Call& call) { return create(call, runtime, model, domain, area, numbers, thresholds); });
}

void JNICALL Java_dev_sotto_Natives_assistantDestroy(JNIEnv*, jclass, jlong assistant) {
  const std::unique_ptr<Assistant> a(object<Assistant>(assistant));
  a->api->destroy(a->it);
}

void JNICALL Java_dev_sotto_Natives_assistantAddFunction(JNIEnv* env, jclass natives, jlong assistant, jobjectArray texts,
                                                         jobjectArray examples, jint flags, jobject body) {
  guard(env, natives, [&](const Call& call) { add_function(call, assistant, texts, examples, flags, body); });
}

jboolean JNICALL Java_dev_sotto_Natives_functionIsGivenUp(JNIEnv*, jclass, jlong asked) {
  const auto* call = object<const sotto_function_call>(asked);
  return call->is_given_up != nullptr && call->is_given_up(call->context) != 0 ? JNI_TRUE : JNI_FALSE;
}

void JNICALL Java_dev_sotto_Natives_assistantSetHome(JNIEnv* env, jclass natives, jlong assistant, jobject json) {
  guard(env, natives, [&](const Call& call) {
    const Assistant& a = *object<Assistant>(assistant);
    const Bytes home(call, json);
    call.run([&](sotto_error* err) { return a.api->set_home(a.it, home.str(), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_assistantSetManual(JNIEnv* env, jclass natives, jlong assistant, jint language,
                                                       jobject text) {
  guard(env, natives, [&](const Call& call) {
    const Assistant& a = *object<Assistant>(assistant);
    if (!SOTTO_HAS(sotto_assistant_api, a.api, set_manual))
      call.fail(SOTTO_UNSUPPORTED, "the dialogue plugin is too old for manuals: use one of this version");
    const Bytes manual(call, text);
    call.run([&](sotto_error* err) { return a.api->set_manual(a.it, static_cast<uint32_t>(language), manual.str(), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_assistantTurn(JNIEnv* env, jclass natives, jlong assistant, jobjectArray texts,
                                                  jfloatArray scores, jobjectArray said, jintArray numbers,
                                                  jfloatArray confidence) {
  guard(env, natives, [&](const Call& call) { turn(call, assistant, texts, scores, said, numbers, confidence); });
}

void JNICALL Java_dev_sotto_Natives_assistantUndo(JNIEnv* env, jclass natives, jlong assistant, jobjectArray said,
                                                  jintArray numbers, jfloatArray confidence) {
  guard(env, natives, [&](const Call& call) { undo(call, assistant, said, numbers, confidence); });
}

jbyteArray JNICALL Java_dev_sotto_Natives_assistantText(JNIEnv* env, jclass natives, jlong assistant, jboolean is_history) {
  return guard(env, natives, [&](const Call& call) {
    const Assistant& a = *object<Assistant>(assistant);
    const auto text = is_history != JNI_FALSE ? a.api->history : a.api->details;
    return fetch_bytes(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return text(a.it, buffer, capacity, size, err);
    });
  });
}

jfloatArray JNICALL Java_dev_sotto_Natives_assistantHidden(JNIEnv* env, jclass natives, jlong assistant) {
  return guard(env, natives, [&](const Call& call) {
    const Assistant& a = *object<Assistant>(assistant);
    if (!SOTTO_HAS(sotto_assistant_api, a.api, hidden))
      call.fail(SOTTO_UNSUPPORTED, "the dialogue plugin is too old to give hidden states: use one of this version");
    return call.new_floats(fetch<float>(call, [&](float* vector, uint64_t capacity, uint64_t* count, sotto_error* err) {
      return a.api->hidden(a.it, vector, capacity, count, err);
    }));
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_assistantSave(JNIEnv* env, jclass natives, jlong assistant) {
  return guard(env, natives, [&](const Call& call) {
    const Assistant& a = *object<Assistant>(assistant);
    return fetch_bytes(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return a.api->save(a.it, buffer, capacity, size, err);
    });
  });
}

void JNICALL Java_dev_sotto_Natives_assistantRestore(JNIEnv* env, jclass natives, jlong assistant, jbyteArray bytes) {
  guard(env, natives, [&](const Call& call) {
    const Assistant& a = *object<Assistant>(assistant);
    const std::string state = call.bytes(bytes);
    call.run([&](sotto_error* err) { return a.api->restore(a.it, state.data(), state.size(), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_assistantReset(JNIEnv* env, jclass natives, jlong assistant) {
  guard(env, natives, [&](const Call& call) {
    const Assistant& a = *object<Assistant>(assistant);
    call.run([&](sotto_error* err) { return a.api->reset(a.it, err); });
  });
}

void JNICALL Java_dev_sotto_Natives_assistantCancel(JNIEnv*, jclass, jlong assistant) {
  const Assistant& a = *object<Assistant>(assistant);
  a.api->cancel(a.it);
}
