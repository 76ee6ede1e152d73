// The native functions of Natives.java about heads on hidden states.
#include "call.h"
#include "generated/dev_sotto_Natives.h"
#include "sotto/hidden.h"

namespace sotto::jni {
namespace {

// REQUIRES: whole rows of the model's width, of which Java makes sure.
jfloatArray apply(const Call& call, jlong model, jint head, const std::vector<float>& hidden, size_t rows, jint outputs) {
  std::vector<float> logits(rows * static_cast<size_t>(outputs));
  if (rows != 0)
    call.run([&](sotto_error* err) {
      return sotto_head_apply(object<sotto_model>(model), static_cast<uint32_t>(head), hidden.data(), rows, logits.data(),
                              logits.size(), err);
    });
  return call.new_floats(logits);
}

int32_t keep_row(void* rows, uint32_t, uint32_t, const float* row, uint32_t width) {
  auto* kept = static_cast<std::vector<float>*>(rows);
  if (kept->capacity() - kept->size() < width) return 1;  // more than was asked for
  kept->insert(kept->end(), row, row + width);
  return 0;
}

// Feeds the tokens; hidden states of the last one, or of all.
std::vector<float> hidden_states(const Call& call, jlong session, const std::vector<uint32_t>& tokens, bool is_last_only,
                                 jint width) {
  std::vector<uint32_t> masks(tokens.size(), is_last_only ? 0u : SOTTO_OUTPUT_HIDDEN);
  if (!masks.empty()) masks.back() = SOTTO_OUTPUT_HIDDEN;
  std::vector<float> rows;
  rows.reserve((is_last_only ? 1 : tokens.size()) * static_cast<size_t>(width));
  sotto_feed_options options{};
  options.struct_size = sizeof options;
  options.output_masks = masks.data();
  options.on_row = &keep_row;
  options.user = &rows;
  call.run([&](sotto_error* err) {
    return sotto_session_feed(object<sotto_session>(session), tokens.data(), tokens.size(), &options, err);
  });
  return rows;
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jint JNICALL Java_dev_sotto_Natives_headCount(JNIEnv*, jclass, jlong model) {
  return static_cast<jint>(sotto_model_head_count(object<sotto_model>(model)));
}

jint JNICALL Java_dev_sotto_Natives_headFind(JNIEnv* env, jclass natives, jlong model, jbyteArray name) {
  return guard(env, natives, [&](const Call& call) {
    const Bytes wanted(call, name);
    uint32_t head = 0;
    call.run([&](sotto_error* err) { return sotto_model_head_find(object<sotto_model>(model), wanted.str(), &head, err); });
    return static_cast<jint>(head);
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_headInfo(JNIEnv* env, jclass natives, jlong model, jint head, jintArray numbers,
                                                   jfloatArray temperature) {
  return guard(env, natives, [&](const Call& call) {
    sotto_head_info info{};
    info.struct_size = sizeof info;
    call.run([&](sotto_error* err) {
      return sotto_model_head_info(object<sotto_model>(model), static_cast<uint32_t>(head), &info, err);
    });
    call.fill(numbers, {info.kind, info.labels, info.outputs});
    call.fill(temperature, {info.temperature});
    return call.new_bytes(info.name);
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_headLabel(JNIEnv* env, jclass natives, jlong model, jint head, jint label,
                                                    jfloatArray threshold) {
  return guard(env, natives, [&](const Call& call) {
    sotto_head_label found{};
    found.struct_size = sizeof found;
    call.run([&](sotto_error* err) {
      return sotto_model_head_label(object<sotto_model>(model), static_cast<uint32_t>(head), static_cast<uint32_t>(label),
                                    &found, err);
    });
    call.fill(threshold, {found.threshold});
    return call.new_bytes(found.text);
  });
}

jfloatArray JNICALL Java_dev_sotto_Natives_headApply(JNIEnv* env, jclass natives, jlong model, jint head, jfloatArray hidden,
                                                     jint outputs) {
  return guard(env, natives, [&](const Call& call) { return apply(call, model, head, call.floats(hidden), 1, outputs); });
}

jfloatArray JNICALL Java_dev_sotto_Natives_sessionRead(JNIEnv* env, jclass natives, jlong session, jlong model, jint head,
                                                       jintArray ids, jboolean is_last_only, jint width, jint outputs) {
  return guard(env, natives, [&](const Call& call) {
    const std::vector<float> hidden = hidden_states(call, session, call.ids(ids), is_last_only != JNI_FALSE, width);
    return apply(call, model, head, hidden, hidden.size() / static_cast<size_t>(width), outputs);
  });
}
