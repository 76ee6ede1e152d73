// attached.h: the environment of a thread that the virtual machine may not know.
#pragma once

#include <jni.h>

namespace sotto::jni {

// Attached for one callback at a time: a plugin's thread does not say when it ends, and a thread that ends attached takes the
// virtual machine down. As a daemon, so that it does not hold up the end of the machine either.
class Attached {
 public:
  explicit Attached(JavaVM* vm, const char* name) : vm_(vm) {
    void* env = nullptr;
    const jint found = vm->GetEnv(&env, JNI_VERSION_1_6);
    if (found == JNI_EDETACHED) is_foreign_ = attach(&env, name);
    env_ = found == JNI_OK || is_foreign_ ? static_cast<JNIEnv*>(env) : nullptr;
  }
  ~Attached() {
    if (is_foreign_) vm_->DetachCurrentThread();
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  JNIEnv* env() const { return env_; }

 private:
  bool attach(void** env, const char* name) const {
    JavaVMAttachArgs arguments{JNI_VERSION_1_6, const_cast<char*>(name), nullptr};  // which is read only
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

}  // namespace sotto::jni
