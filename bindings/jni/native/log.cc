#include "log.h"

namespace sotto::jni {
namespace {

constexpr uint64_t kLongestLine = 1 << 16;

// The environment of this thread. Attached for one line at a time: a plugin's thread does not say when it ends, and a thread
// that ends attached takes the virtual machine down. As a daemon, so that it does not hold up the end of the machine either.
class Attached {
 public:
  explicit Attached(JavaVM* vm) : vm_(vm) {
    void* env = nullptr;
    const jint found = vm->GetEnv(&env, JNI_VERSION_1_6);
    if (found == JNI_EDETACHED) is_foreign_ = attach(&env);
    env_ = found == JNI_OK || is_foreign_ ? static_cast<JNIEnv*>(env) : nullptr;
  }
  ~Attached() {
    if (is_foreign_) vm_->DetachCurrentThread();
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  JNIEnv* env() const { return env_; }

 private:
  bool attach(void** env) const {
    char name[] = "sotto-log";
    JavaVMAttachArgs arguments{JNI_VERSION_1_6, name, nullptr};
#if defined(__ANDROID__)
    return vm_->AttachCurrentThreadAsDaemon(reinterpret_cast<JNIEnv**>(env), &arguments) == JNI_OK;
#else
    return vm_->AttachCurrentThreadAsDaemon(env, &arguments) == JNI_OK;
#endif
  }

  JavaVM* vm_;
  JNIEnv* env_ = nullptr;
  bool is_foreign_ = false;
};

}  // namespace

Log::Log(const Call& call, jobject relay) {
  if (call.env()->GetJavaVM(&vm_) != JNI_OK) call.fail(SOTTO_INTERNAL, "the virtual machine does not say where it is");
  relay_ = call.checked(call.env()->NewGlobalRef(relay));
}

Log::~Log() {
  const Attached thread(vm_);
  if (thread.env() != nullptr) thread.env()->DeleteGlobalRef(relay_);
}

void Log::on_line(void* self, int32_t level, sotto_str line) {
  const auto* log = static_cast<const Log*>(self);
  const Attached thread(log->vm_);
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
