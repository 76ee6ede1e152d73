#include "call.h"

#include <limits>

namespace sotto::jni {

void Call::fail(sotto_status status, std::string_view sentence) const {
  const jbyteArray text = new_bytes(sentence);
  env_->CallStaticVoidMethod(natives_, jni::ids().fail, static_cast<jint>(status), text);
  env_->ExceptionCheck();  // fail always throws; the check is what -Xcheck:jni asks for
  throw Thrown{};
}

std::vector<jlong> Call::longs(jlongArray array) const {
  std::vector<jlong> items(array != nullptr ? static_cast<size_t>(env_->GetArrayLength(array)) : 0);
  if (!items.empty()) env_->GetLongArrayRegion(array, 0, static_cast<jsize>(items.size()), items.data());
  return items;
}

std::vector<jfloat> Call::floats(jfloatArray array) const {
  std::vector<jfloat> items(array != nullptr ? static_cast<size_t>(env_->GetArrayLength(array)) : 0);
  if (!items.empty()) env_->GetFloatArrayRegion(array, 0, static_cast<jsize>(items.size()), items.data());
  return items;
}

std::vector<uint32_t> Call::ids(jintArray array) const {
  std::vector<uint32_t> items(array != nullptr ? static_cast<size_t>(env_->GetArrayLength(array)) : 0);
  // Signed and unsigned of one width may alias; a negative id becomes one that no vocabulary has, and is refused there.
  if (!items.empty())
    env_->GetIntArrayRegion(array, 0, static_cast<jsize>(items.size()), reinterpret_cast<jint*>(items.data()));
  return items;
}

std::string Call::bytes(jbyteArray array) const {
  std::string items(array != nullptr ? static_cast<size_t>(env_->GetArrayLength(array)) : 0, '\0');
  if (!items.empty())
    env_->GetByteArrayRegion(array, 0, static_cast<jsize>(items.size()), reinterpret_cast<jbyte*>(items.data()));
  return items;
}

std::vector<std::string> Call::texts(jobjectArray array) const {
  const jsize count = array != nullptr ? env_->GetArrayLength(array) : 0;
  std::vector<std::string> items;
  for (jsize i = 0; i < count; ++i) {
    const Local<jobject> item(env_, env_->GetObjectArrayElement(array, i));
    items.push_back(bytes(static_cast<jbyteArray>(item.get())));
  }
  return items;
}

jsize Call::array_size(size_t items) const {
  if (items > static_cast<size_t>(std::numeric_limits<jsize>::max()))
    fail(SOTTO_OUT_OF_MEMORY, "the result has " + std::to_string(items) + " items, a Java array takes 2147483647");
  return static_cast<jsize>(items);
}

jbyteArray Call::new_bytes(std::string_view bytes) const {
  const jsize size = array_size(bytes.size());
  const jbyteArray array = checked(env_->NewByteArray(size));
  if (size > 0) env_->SetByteArrayRegion(array, 0, size, reinterpret_cast<const jbyte*>(bytes.data()));
  return array;
}

jintArray Call::new_ids(const std::vector<uint32_t>& ids) const {
  const jsize size = array_size(ids.size());
  const jintArray array = checked(env_->NewIntArray(size));
  if (size > 0) env_->SetIntArrayRegion(array, 0, size, reinterpret_cast<const jint*>(ids.data()));
  return array;
}

jlongArray Call::new_longs(const std::vector<jlong>& numbers) const {
  const jsize size = array_size(numbers.size());
  const jlongArray array = checked(env_->NewLongArray(size));
  if (size > 0) env_->SetLongArrayRegion(array, 0, size, numbers.data());
  return array;
}

jfloatArray Call::new_floats(const std::vector<float>& floats) const {
  const jsize size = array_size(floats.size());
  const jfloatArray array = checked(env_->NewFloatArray(size));
  if (size > 0) env_->SetFloatArrayRegion(array, 0, size, floats.data());
  return array;
}

void Call::fill(jlongArray into, const std::vector<jlong>& numbers) const {
  env_->SetLongArrayRegion(into, 0, array_size(numbers.size()), numbers.data());
  check_pending();
}

void Call::fill(jintArray into, const std::vector<uint32_t>& numbers) const {
  env_->SetIntArrayRegion(into, 0, array_size(numbers.size()), reinterpret_cast<const jint*>(numbers.data()));
  check_pending();
}

void Call::fill(jfloatArray into, const std::vector<float>& numbers) const {
  env_->SetFloatArrayRegion(into, 0, array_size(numbers.size()), numbers.data());
  check_pending();
}

void Call::fill(jobjectArray into, const std::vector<std::string_view>& texts) const {
  for (size_t i = 0; i < texts.size(); ++i) {
    const Local<jbyteArray> text(env_, new_bytes(texts[i]));
    env_->SetObjectArrayElement(into, static_cast<jsize>(i), text.get());
    check_pending();
  }
}

Bytes::Bytes(const Call& call, jobject array_or_buffer) {
  JNIEnv* env = call.env();
  if (array_or_buffer == nullptr) return;
  const Local<jclass> array(env, call.checked(env->FindClass("[B")));
  if (env->IsInstanceOf(array_or_buffer, array.get())) {
    copy_ = call.bytes(static_cast<jbyteArray>(array_or_buffer));
    data_ = copy_.data();
    size_ = copy_.size();
    return;
  }
  data_ = static_cast<const char*>(env->GetDirectBufferAddress(array_or_buffer));
  const jlong size = env->GetDirectBufferCapacity(array_or_buffer);
  if (data_ == nullptr || size < 0) call.fail(SOTTO_UNSUPPORTED, "this virtual machine gives no access to direct buffers");
  size_ = static_cast<uint64_t>(size);
}

}  // namespace sotto::jni
