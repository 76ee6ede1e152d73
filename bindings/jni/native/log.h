// log.h: the log listener of a runtime. Lines come from any thread, also from threads that the virtual machine does not know.
#pragma once

#include "call.h"

namespace sotto::jni {

// Holds the one global reference of this library; the runtime ends before it does.
class Log {
 public:
  Log(const Call& call, jobject relay);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  static void on_line(void* self, int32_t level, sotto_str line);

 private:
  void deliver(JNIEnv* env, int32_t level, sotto_str line) const;

  JavaVM* vm_ = nullptr;
  jobject relay_ = nullptr;
};

}  // namespace sotto::jni
