#include "answer.h"

namespace sotto::jni {
namespace {

jobject element(const Call& call, jobjectArray packed, jsize index) {
  const jobject found = call.env()->GetObjectArrayElement(packed, index);
  call.check_pending();
  return found;
}

}  // namespace

AnswerOptions::AnswerOptions(const Call& call, jobjectArray packed, PieceRelay* relay)
    : mask_relay_(call.env(), element(call, packed, 5)), mask_(call, mask_relay_.get()) {
  JNIEnv* env = call.env();
  const auto item = [&](jsize index) { return element(call, packed, index); };
  const Local<jlongArray> numbers(env, static_cast<jlongArray>(item(0)));
  const Local<jfloatArray> sampling(env, static_cast<jfloatArray>(item(1)));
  const Local<jobjectArray> stops(env, static_cast<jobjectArray>(item(2)));
  const Local<jintArray> bias_tokens(env, static_cast<jintArray>(item(3)));
  const Local<jfloatArray> biases(env, static_cast<jfloatArray>(item(4)));

  const std::vector<jlong> n = call.longs(numbers.get());
  options.struct_size = sizeof options;
  options.flags = static_cast<uint32_t>(n.at(0));
  options.max_tokens = static_cast<uint32_t>(n.at(1));
  options.deadline_ms = static_cast<uint32_t>(n.at(2));
  options.top_k = static_cast<uint32_t>(n.at(3));
  options.penalty_tokens = static_cast<uint32_t>(n.at(4));
  options.seed = static_cast<uint64_t>(n.at(5));
  options.matcher = object<sotto_matcher>(n.at(6));
  const std::vector<jfloat> f = call.floats(sampling.get());
  options.temperature = f.at(0);
  options.top_p = f.at(1);
  options.min_p = f.at(2);
  options.repeat_penalty = f.at(3);
  options.presence_penalty = f.at(4);
  options.frequency_penalty = f.at(5);

  stops_ = call.texts(stops.get());
  for (const std::string& stop : stops_) stop_views_.push_back({stop.data(), stop.size()});
  options.stops = stop_views_.data();
  options.stop_count = static_cast<uint32_t>(stop_views_.size());
  const std::vector<uint32_t> tokens = call.ids(bias_tokens.get());
  const std::vector<jfloat> values = call.floats(biases.get());
  for (size_t i = 0; i < tokens.size(); ++i) biases_.push_back({tokens[i], values.at(i)});
  options.biases = biases_.data();
  options.bias_count = static_cast<uint32_t>(biases_.size());
  if (relay->wants_tokens()) {
    options.on_token = &PieceRelay::on_token;
    options.on_token_user = relay;
  }
  if (mask_.is_given()) {
    options.mask = &MaskRelay::on_logits;
    options.mask_user = &mask_;
  }
}

}  // namespace sotto::jni
