// The native functions of Natives.java about models, their tokenizers and templates.
#include "generated/dev_sotto_Natives.h"
#include "objects.h"
#include "relays.h"
#include "source.h"

namespace sotto::jni {
namespace {

// Source and options as Java packs them; the views point into this object and its arguments.
class Opening {
 public:
  Opening(const Call& call, jlongArray packed, jobject place, jlongArray numbers, jbyteArray backend)
      : source(call, packed, place), backend_(call.bytes(backend)) {
    const std::vector<jlong> n = call.longs(numbers);
    options.struct_size = sizeof options;
    options.backend = str(backend_);
    options.flags = static_cast<uint32_t>(n.at(0));
    options.ranks = static_cast<uint32_t>(n.at(1));
    options.threads = static_cast<uint32_t>(n.at(2));
    options.context_tokens = static_cast<uint32_t>(n.at(3));
    options.sessions = static_cast<uint32_t>(n.at(4));
    options.kv_tokens = static_cast<uint64_t>(n.at(5));
    options.max_batch = static_cast<uint32_t>(n.at(6));
    options.kv_type = static_cast<uint32_t>(n.at(7));
    options.memory_cap_bytes = static_cast<uint64_t>(n.at(8));
    options.device_layers = static_cast<uint32_t>(n.at(9));
  }

  Source source;
  sotto_model_options options{};

 private:
  std::string backend_;
};

jlong open(const Call& call, jlong runtime, jlongArray source, jobject place, jlongArray numbers, jbyteArray backend,
           jobject progress) {
  Opening opening(call, source, place, numbers, backend);
  ProgressRelay relay(call, progress);
  if (relay.is_given()) {
    opening.options.progress = &ProgressRelay::on_progress;
    opening.options.progress_user = &relay;
  }
  sotto_model* opened = nullptr;
  call.run([&](sotto_error* err) {
    const sotto_status status =
        sotto_model_open(object<Runtime>(runtime)->runtime, &opening.source.it, &opening.options, &opened, err);
    if (status != SOTTO_OK) relay.leave_if_thrown();
    return status;
  });
  std::unique_ptr<sotto_model, decltype(&sotto_model_destroy)> made(opened, &sotto_model_destroy);
  relay.leave_if_thrown();  // from the last report of all, after which the model was made
  return address(made.release());
}

sotto_template_options template_options(const Bytes& messages, const Bytes& variables, uint32_t flags) {
  sotto_template_options options{};
  options.struct_size = sizeof options;
  options.flags = flags;
  options.messages = messages.str();
  options.variables = variables.str();
  return options;
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jlong JNICALL Java_dev_sotto_Natives_modelOpen(JNIEnv* env, jclass natives, jlong runtime, jlongArray source, jobject place,
                                               jlongArray numbers, jbyteArray backend, jobject progress) {
  return guard(env, natives, [&](const Call& call) { return open(call, runtime, source, place, numbers, backend, progress); });
}

void JNICALL Java_dev_sotto_Natives_modelEstimate(JNIEnv* env, jclass natives, jlong runtime, jlongArray source, jobject place,
                                                  jlongArray numbers, jbyteArray backend, jlongArray result) {
  guard(env, natives, [&](const Call& call) {
    const Opening opening(call, source, place, numbers, backend);
    sotto_memory_estimate e{};
    e.struct_size = sizeof e;
    call.run([&](sotto_error* err) {
      return sotto_model_estimate(object<Runtime>(runtime)->runtime, &opening.source.it, &opening.options, &e, err);
    });
    call.fill(result, {e.context_tokens, e.max_batch, e.kv_type, static_cast<jlong>(e.weights_mapped),
                       static_cast<jlong>(e.weights_copied), static_cast<jlong>(e.kv_cache), static_cast<jlong>(e.workspace),
                       static_cast<jlong>(e.host), static_cast<jlong>(e.total)});
  });
}

void JNICALL Java_dev_sotto_Natives_modelDestroy(JNIEnv*, jclass, jlong model) {
  sotto_model_destroy(object<sotto_model>(model));
}

void JNICALL Java_dev_sotto_Natives_modelFacts(JNIEnv* env, jclass natives, jlong model, jlongArray numbers,
                                               jobjectArray texts) {
  guard(env, natives, [&](const Call& call) {
    sotto_model_facts f{};
    f.struct_size = sizeof f;
    call.run([&](sotto_error* err) { return sotto_model_get_facts(object<sotto_model>(model), &f, err); });
    // Token ids as Java's int: SOTTO_NONE is -1 there.
    call.fill(numbers,
              {f.layers, f.hidden, f.heads, f.kv_heads, f.head_dim, f.ffn, f.vocabulary, f.context_trained, f.context_tokens,
               static_cast<jint>(f.bos), static_cast<jint>(f.eos), f.ranks, f.tensor_count, static_cast<jlong>(f.parameters),
               static_cast<jlong>(f.file_bytes), static_cast<jlong>(f.weight_bytes)});
    call.fill(texts, {f.architecture, f.weight_type, f.tokenizer, f.backend, f.device, f.name, f.hash});
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_modelText(JNIEnv* env, jclass natives, jlong model, jbyteArray key) {
  return guard(env, natives, [&](const Call& call) {
    const Bytes name(call, key);
    return call.new_bytes(
        fetch<char, std::string>(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
          return sotto_model_text(object<sotto_model>(model), name.str(), buffer, capacity, size, err);
        }));
  });
}

jintArray JNICALL Java_dev_sotto_Natives_modelTokenize(JNIEnv* env, jclass natives, jlong model, jobject text, jint flags) {
  return guard(env, natives, [&](const Call& call) {
    const Bytes bytes(call, text);
    return call.new_ids(fetch<uint32_t>(call, [&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
      return sotto_tokenize(object<sotto_model>(model), bytes.str(), static_cast<uint32_t>(flags), ids, capacity, count, err);
    }));
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_modelDetokenize(JNIEnv* env, jclass natives, jlong model, jintArray ids, jint flags) {
  return guard(env, natives, [&](const Call& call) {
    const std::vector<uint32_t> tokens = call.ids(ids);
    return call.new_bytes(
        fetch<char, std::string>(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
          return sotto_detokenize(object<sotto_model>(model), tokens.data(), tokens.size(), static_cast<uint32_t>(flags),
                                  buffer, capacity, size, err);
        }));
  });
}

jbyteArray JNICALL Java_dev_sotto_Natives_templateRender(JNIEnv* env, jclass natives, jlong model, jobject messages,
                                                         jobject variables) {
  return guard(env, natives, [&](const Call& call) {
    const Bytes json(call, messages), further(call, variables);
    const sotto_template_options options = template_options(json, further, 0);
    return call.new_bytes(
        fetch<char, std::string>(call, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
          return sotto_template_render(object<sotto_model>(model), &options, buffer, capacity, size, err);
        }));
  });
}

jintArray JNICALL Java_dev_sotto_Natives_templateTokenize(JNIEnv* env, jclass natives, jlong model, jobject messages,
                                                          jobject variables, jint flags) {
  return guard(env, natives, [&](const Call& call) {
    const Bytes json(call, messages), further(call, variables);
    const sotto_template_options options = template_options(json, further, static_cast<uint32_t>(flags));
    return call.new_ids(fetch<uint32_t>(call, [&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
      return sotto_template_tokenize(object<sotto_model>(model), &options, ids, capacity, count, err);
    }));
  });
}
