#include "log.h"

#include "attached.h"

namespace sotto::jni {
namespace {

constexpr uint64_t kLongestLine = 1 << 16;
constexpr const char* kThreadName = "sotto-log";

}  // namespace

Log::Log(const Call& call, jobject relay) {
  if (call.env()->GetJavaVM(&vm_) != JNI_OK) call.fail(SOTTO_INTERNAL, "the virtual machine does not say where it is");
  relay_ = call.checked(call.env()->NewGlobalRef(relay));
}

Log::~Log() {
  const Attached thread(vm_, kThreadName);
  if (thread.env() != nullptr) thread.env()->DeleteGlobalRef(relay_);
}

void Log::on_line(void* self, int32_t level, sotto_str line) {
  const auto* log = static_cast<const Log*>(self);
  const Attached thread(log->vm_, kThreadName);
  JNIEnv* env = thread.env();
  if (env == nullptr || env->ExceptionCheck()) return;  // no machine any more, or on the way out with an exception
  log->deliver(env, level, line);
  if (env->ExceptionCheck()) env->ExceptionClear();
}

void Log::deliver(JNIEnv* env, int32_t level, sotto_str line) const {
  const auto size = static_cast<jsize>(line.size < kLongestLine ? line.size : kLongestLine);
  const Local<jbyteArray> bytes(env, env->NewByteArray(size));
  if (bytes.get() == nullptr) return;
  env->SetByteArrayRegion(bytes.get(), 0, size, reinterpret_cast<const jbyte*>(line.data));
  env->CallVoidMethod(relay_, ids().log, static_cast<jint>(level), bytes.get());
}

}  // namespace sotto::jni
