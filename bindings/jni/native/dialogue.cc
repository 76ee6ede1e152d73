// The native functions of Natives.java about conversations: the table of the dialogue plugin.
#include "answer.h"
#include "generated/dev_sotto_Natives.h"
#include "objects.h"

namespace sotto::jni {
namespace {

jlong create(const Call& call, jlong runtime, jlong model, jobjectArray texts, jint answer_tokens, jint context_tokens) {
  JNIEnv* env = call.env();
  const sotto_dialogue_skill skill = sotto_dialogue_find(object<Runtime>(runtime)->runtime);
  if (skill.api == nullptr)
    call.fail(SOTTO_NOT_FOUND, "no dialogue plugin is loaded: name its folder or library to the runtime's builder");
  const Local<jobject> system(env, env->GetObjectArrayElement(texts, 0));
  const Local<jobject> source(env, env->GetObjectArrayElement(texts, 1));
  const Local<jobject> json(env, env->GetObjectArrayElement(texts, 2));
  call.check_pending();
  const Bytes system_prompt(call, system.get()), template_source(call, source.get()), variables(call, json.get());
  sotto_dialogue_options options{};
  options.struct_size = sizeof options;
  options.answer_tokens = static_cast<uint32_t>(answer_tokens);
  options.context_tokens = static_cast<uint32_t>(context_tokens);
  options.system_prompt = system_prompt.str();
  options.template_source = template_source.str();
  options.variables = variables.str();
  auto made = std::make_unique<Dialogue>(Dialogue{skill.api, nullptr});
  call.run([&](sotto_error* err) {
    return skill.api->create(skill.self, object<sotto_model>(model), &options, &made->dialogue, err);
  });
  return address(made.release());
}

void say(const Call& call, jlong dialogue, jbyteArray role, jobject text, jobjectArray packed, jobject pieces,
         jlongArray result) {
  const Dialogue& d = *object<Dialogue>(dialogue);
  const Bytes name(call, role), words(call, text);
  PieceRelay relay(call, pieces);
  const AnswerOptions answer(call, packed, &relay);
  sotto_turn_result r{};
  r.struct_size = sizeof r;
  call.run([&](sotto_error* err) {
    const sotto_status status =
        d.api->say(d.dialogue, name.str(), words.str(), &answer.options, &PieceRelay::on_text, &relay, &r, err);
    relay.leave_if_thrown();
    answer.leave_if_thrown();
    return status;
  });
  call.fill(result,
            {r.finish, r.prompt_tokens, r.reused_tokens, r.computed_tokens, r.generated_tokens, r.dropped_turns,
             static_cast<jlong>(r.first_token_ns), static_cast<jlong>(r.prefill_ns), static_cast<jlong>(r.decode_ns), r.flags});
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jlong JNICALL Java_dev_sotto_Natives_dialogueCreate(JNIEnv* env, jclass natives, jlong runtime, jlong model, jobjectArray texts,
                                                    jint answer_tokens, jint context_tokens) {
  return guard(env, natives,
               [&](const Call& call) { return create(call, runtime, model, texts, answer_tokens, context_tokens); });
}

void JNICALL Java_dev_sotto_Natives_dialogueDestroy(JNIEnv*, jclass, jlong dialogue) {
  const std::unique_ptr<Dialogue> d(object<Dialogue>(dialogue));
  d->api->destroy(d->dialogue);
}

void JNICALL Java_dev_sotto_Natives_dialogueSay(JNIEnv* env, jclass natives, jlong dialogue, jbyteArray role, jobject text,
                                                jobjectArray options, jobject pieces, jlongArray result) {
  guard(env, natives, [&](const Call& call) { say(call, dialogue, role, text, options, pieces, result); });
}

void JNICALL Java_dev_sotto_Natives_dialogueAdd(JNIEnv* env, jclass natives, jlong dialogue, jbyteArray role, jobject text) {
  guard(env, natives, [&](const Call& call) {
    const Dialogue& d = *object<Dialogue>(dialogue);
    const Bytes name(call, role), words(call, text);
    call.run([&](sotto_error* err) { return d.api->add(d.dialogue, name.str(), words.str(), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_dialogueCancel(JNIEnv*, jclass, jlong dialogue) {
  const Dialogue& d = *object<Dialogue>(dialogue);
  d.api->cancel(d.dialogue);
}

void JNICALL Java_dev_sotto_Natives_dialogueReset(JNIEnv* env, jclass natives, jlong dialogue) {
  guard(env, natives, [&](const Call& call) {
    const Dialogue& d = *object<Dialogue>(dialogue);
    call.run([&](sotto_error* err) { return d.api->reset(d.dialogue, err); });
  });
}

void JNICALL Java_dev_sotto_Natives_dialogueUndo(JNIEnv* env, jclass natives, jlong dialogue, jint turns) {
  guard(env, natives, [&](const Call& call) {
    const Dialogue& d = *object<Dialogue>(dialogue);
    call.run([&](sotto_error* err) { return d.api->undo(d.dialogue, static_cast<uint32_t>(turns), err); });
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_dialogueHistory(JNIEnv* env, jclass natives, jlong dialogue) {
  return guard(env, natives, [&](const Call& call) {
    const Dialogue& d = *object<Dialogue>(dialogue);
    return call.new_bytes(
        fetch<char, std::string>(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
          return d.api->history(d.dialogue, buffer, capacity, size, err);
        }));
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_dialogueSave(JNIEnv* env, jclass natives, jlong dialogue) {
  return guard(env, natives, [&](const Call& call) {
    const Dialogue& d = *object<Dialogue>(dialogue);
    return call.new_bytes(
        fetch<char, std::string>(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
          return d.api->save(d.dialogue, buffer, capacity, size, err);
        }));
  });
}

void JNICALL Java_dev_sotto_Natives_dialogueRestore(JNIEnv* env, jclass natives, jlong dialogue, jbyteArray bytes) {
  guard(env, natives, [&](const Call& call) {
    const Dialogue& d = *object<Dialogue>(dialogue);
    const std::string state = call.bytes(bytes);
    call.run([&](sotto_error* err) { return d.api->restore(d.dialogue, state.data(), state.size(), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_dialogueSetHint(JNIEnv* env, jclass natives, jlong dialogue, jobject text) {
  guard(env, natives, [&](const Call& call) {
    const Dialogue& d = *object<Dialogue>(dialogue);
    if (!SOTTO_HAS(sotto_dialogue_api, d.api, set_hint))
      call.fail(SOTTO_UNSUPPORTED, "the dialogue plugin is too old for hints: use one of this version");
    const Bytes hint(call, text);
    call.run([&](sotto_error* err) { return d.api->set_hint(d.dialogue, hint.str(), err); });
  });
}
