// The native functions of Natives.java about sessions.
#include "answer.h"
#include "generated/dev_sotto_Natives.h"

namespace sotto::jni {
namespace {

sotto_session* session_of(jlong address) { return object<sotto_session>(address); }

void generate(const Call& call, jlong session, jobject prompt, jintArray prompt_ids, jobjectArray packed, jobject pieces,
              jlongArray result) {
  const Bytes text(call, prompt);
  const std::vector<uint32_t> tokens = call.ids(prompt_ids);
  PieceRelay relay(call, pieces);
  AnswerOptions answer(call, packed, &relay);
  sotto_generate_result r{};
  r.struct_size = sizeof r;
  answer.options.result = &r;
  if (prompt_ids != nullptr) {
    answer.options.prompt_ids = tokens.data();
    answer.options.prompt_id_count = tokens.size();
  }
  call.run([&](sotto_error* err) {
    const sotto_status status =
        sotto_generate(session_of(session), text.str(), &answer.options, &PieceRelay::on_text, &relay, err);
    relay.leave_if_thrown();
    answer.leave_if_thrown();
    return status;
  });
  call.fill(result,
            {r.finish, r.prompt_tokens, r.generated_tokens, r.position, r.stop_index, static_cast<jlong>(r.first_token_ns),
             static_cast<jlong>(r.prefill_ns), static_cast<jlong>(r.decode_ns), r.drafted_tokens, r.accepted_tokens});
}

void feed(const Call& call, jlong session, jintArray ids, jint outputs, jobject rows) {
  const std::vector<uint32_t> tokens = call.ids(ids);
  RowRelay relay(call, rows);
  sotto_feed_options options{};
  options.struct_size = sizeof options;
  options.outputs = static_cast<uint32_t>(outputs);
  if (relay.is_given()) {
    options.on_row = &RowRelay::on_row;
    options.user = &relay;
  }
  call.run([&](sotto_error* err) {
    const sotto_status status = sotto_session_feed(session_of(session), tokens.data(), tokens.size(), &options, err);
    relay.leave_if_thrown();
    return status;
  });
}

jfloatArray embed(const Call& call, jlong session, jlong width, jintArray ids, jint pooling, jint flags) {
  const std::vector<uint32_t> tokens = call.ids(ids);
  sotto_embed_options options{};
  options.struct_size = sizeof options;
  options.pooling = static_cast<uint32_t>(pooling);
  options.flags = static_cast<uint32_t>(flags);
  std::vector<float> vector(static_cast<size_t>(width));
  call.run([&](sotto_error* err) {
    return sotto_session_embed(session_of(session), tokens.data(), tokens.size(), &options, vector.data(), vector.size(), err);
  });
  return call.new_floats(vector);
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jlong JNICALL Java_dev_sotto_Natives_sessionCreate(JNIEnv* env, jclass natives, jlong model, jint context_tokens) {
  return guard(env, natives, [&](const Call& call) {
    sotto_session_options options{};
    options.struct_size = sizeof options;
    options.context_tokens = static_cast<uint32_t>(context_tokens);
    sotto_session* made = nullptr;
    call.run([&](sotto_error* err) { return sotto_session_create(object<sotto_model>(model), &options, &made, err); });
    return address(made);
  });
}

void JNICALL Java_dev_sotto_Natives_sessionDestroy(JNIEnv*, jclass, jlong session) {
  sotto_session_destroy(session_of(session));
}

void JNICALL Java_dev_sotto_Natives_sessionFeed(JNIEnv* env, jclass natives, jlong session, jintArray ids, jint outputs,
                                                jobject rows) {
  guard(env, natives, [&](const Call& call) { feed(call, session, ids, outputs, rows); });
}

void JNICALL Java_dev_sotto_Natives_sessionGenerate(JNIEnv* env, jclass natives, jlong session, jobject prompt,
                                                    jintArray prompt_ids, jobjectArray options, jobject pieces,
                                                    jlongArray result) {
  guard(env, natives, [&](const Call& call) { generate(call, session, prompt, prompt_ids, options, pieces, result); });
}

void JNICALL Java_dev_sotto_Natives_sessionCancel(JNIEnv*, jclass, jlong session) { sotto_session_cancel(session_of(session)); }

jint JNICALL Java_dev_sotto_Natives_sessionPosition(JNIEnv*, jclass, jlong session) {
  return static_cast<jint>(sotto_session_position(session_of(session)));
}

void JNICALL Java_dev_sotto_Natives_sessionRewind(JNIEnv* env, jclass natives, jlong session, jint position) {
  guard(env, natives, [&](const Call& call) {
    call.run([&](sotto_error* err) { return sotto_session_rewind(session_of(session), static_cast<uint32_t>(position), err); });
  });
}

jintArray JNICALL Java_dev_sotto_Natives_sessionTokens(JNIEnv* env, jclass natives, jlong session, jint first) {
  return guard(env, natives, [&](const Call& call) {
    return call.new_ids(fetch<uint32_t>(call, [&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
      return sotto_session_tokens(session_of(session), static_cast<uint32_t>(first), ids, capacity, count, err);
    }));
  });
}

jlong JNICALL Java_dev_sotto_Natives_sessionFork(JNIEnv* env, jclass natives, jlong session) {
  return guard(env, natives, [&](const Call& call) {
    sotto_session* made = nullptr;
    call.run([&](sotto_error* err) { return sotto_session_fork(session_of(session), &made, err); });
    return address(made);
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_sessionSave(JNIEnv* env, jclass natives, jlong session) {
  return guard(env, natives, [&](const Call& call) {
    return call.new_bytes(
        fetch<char, std::string>(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
          return sotto_session_save(session_of(session), buffer, capacity, size, err);
        }));
  });
}

void JNICALL Java_dev_sotto_Natives_sessionRestore(JNIEnv* env, jclass natives, jlong session, jbyteArray bytes) {
  guard(env, natives, [&](const Call& call) {
    const std::string state = call.bytes(bytes);
    call.run([&](sotto_error* err) { return sotto_session_restore(session_of(session), state.data(), state.size(), err); });
  });
}

void JNICALL Java_dev_sotto_Natives_sessionCounters(JNIEnv* env, jclass natives, jlong session, jlongArray result) {
  guard(env, natives, [&](const Call& call) {
    sotto_counters c{};
    c.struct_size = sizeof c;
    call.run([&](sotto_error* err) { return sotto_session_counters(session_of(session), &c, err); });
    call.fill(result, {c.steps, static_cast<jlong>(c.computed_tokens), static_cast<jlong>(c.generated_tokens),
                       static_cast<jlong>(c.prefill_ns), static_cast<jlong>(c.decode_ns), static_cast<jlong>(c.cache_bytes)});
  });
}

jfloatArray JNICALL Java_dev_sotto_Natives_sessionEmbed(JNIEnv* env, jclass natives, jlong session, jint width, jintArray ids,
                                                        jint pooling, jint flags) {
  return guard(env, natives, [&](const Call& call) { return embed(call, session, width, ids, pooling, flags); });
}
