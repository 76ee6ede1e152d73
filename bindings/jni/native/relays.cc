#include "relays.h"

namespace sotto::jni {
namespace {

constexpr jsize kPieceBytes = 512;  // more than any token is long; longer pieces get an array of their own

}  // namespace

bool Relay::has_thrown() {
  JNIEnv* env = call_.env();
  if (thrown_ == nullptr && env->ExceptionCheck()) {
    thrown_ = env->ExceptionOccurred();
    env->ExceptionClear();
  }
  return thrown_ != nullptr;
}

void Relay::leave_if_thrown() const {
  if (thrown_ == nullptr) return;
  call_.env()->Throw(thrown_);
  throw Thrown{};
}

PieceRelay::PieceRelay(const Call& call, jobject relay)
    : Relay(call, relay),
      bytes_(call.checked(call.env()->NewByteArray(kPieceBytes))),
      wants_tokens_(call.env()->CallBooleanMethod(relay, ids().piece_wants_tokens) != JNI_FALSE) {
  call.check_pending();
}

bool PieceRelay::text(sotto_str piece) {
  JNIEnv* env = call_.env();
  if (piece.size > static_cast<uint64_t>(INT32_MAX)) return false;
  const auto size = static_cast<jsize>(piece.size);
  const Local<jbyteArray> own(env, size > kPieceBytes ? env->NewByteArray(size) : nullptr);
  const jbyteArray into = size > kPieceBytes ? own.get() : bytes_;
  if (into == nullptr) return false;  // an OutOfMemoryError is pending
  env->SetByteArrayRegion(into, 0, size, reinterpret_cast<const jbyte*>(piece.data));
  return env->CallBooleanMethod(relay_, ids().piece_text, into, size) != JNI_FALSE;
}

int32_t PieceRelay::on_text(void* self_pointer, sotto_str piece) {
  auto* self = static_cast<PieceRelay*>(self_pointer);
  if (self->has_thrown()) return 1;
  const bool goes_on = self->text(piece);
  return self->has_thrown() || !goes_on ? 1 : 0;
}

int32_t PieceRelay::on_token(void* self_pointer, uint32_t token, float logprob) {
  auto* self = static_cast<PieceRelay*>(self_pointer);
  if (self->has_thrown()) return 1;
  // The variadic call would widen the float by hand-written rules; the array form says what goes over.
  jvalue arguments[2];
  arguments[0].i = static_cast<jint>(token);
  arguments[1].f = logprob;
  const bool goes_on = self->call_.env()->CallBooleanMethodA(self->relay_, ids().piece_token, arguments) != JNI_FALSE;
  return self->has_thrown() || !goes_on ? 1 : 0;
}

int32_t RowRelay::on_row(void* self_pointer, uint32_t position, uint32_t output, const float* row, uint32_t width) {
  auto* self = static_cast<RowRelay*>(self_pointer);
  if (self->has_thrown()) return 1;
  JNIEnv* env = self->call_.env();
  const Local<jfloatArray> array(env, env->NewFloatArray(static_cast<jsize>(width)));
  if (array.get() == nullptr) return self->has_thrown(), 1;
  env->SetFloatArrayRegion(array.get(), 0, static_cast<jsize>(width), row);
  const bool goes_on = env->CallBooleanMethod(self->relay_, ids().row, static_cast<jint>(position), static_cast<jint>(output),
                                              array.get()) != JNI_FALSE;
  return self->has_thrown() || !goes_on ? 1 : 0;
}

bool MaskRelay::mask(float* logits, jsize count) {
  JNIEnv* env = call_.env();
  if (array_ == nullptr) array_ = env->NewFloatArray(count);
  if (array_ == nullptr) return false;  // an OutOfMemoryError is pending
  env->SetFloatArrayRegion(array_, 0, count, logits);
  const bool goes_on = env->CallBooleanMethod(relay_, ids().logits, array_) != JNI_FALSE;
  if (!has_thrown()) env->GetFloatArrayRegion(array_, 0, count, logits);
  return goes_on;
}

int32_t MaskRelay::on_logits(void* self_pointer, float* logits, uint32_t vocabulary) {
  auto* self = static_cast<MaskRelay*>(self_pointer);
  if (self->has_thrown()) return 1;
  const bool goes_on = self->mask(logits, static_cast<jsize>(vocabulary));
  return self->has_thrown() || !goes_on ? 1 : 0;
}

int32_t ProgressRelay::on_progress(void* self_pointer, float fraction) {
  auto* self = static_cast<ProgressRelay*>(self_pointer);
  if (self->has_thrown()) return 1;
  jvalue argument;
  argument.f = fraction;
  const bool goes_on = self->call_.env()->CallBooleanMethodA(self->relay_, ids().progress, &argument) != JNI_FALSE;
  return self->has_thrown() || !goes_on ? 1 : 0;
}

}  // namespace sotto::jni
