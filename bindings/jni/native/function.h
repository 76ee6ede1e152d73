// function.h: a function of the device behind an assistant's call. It comes on a thread of the plugin.
#pragma once

#include "call.h"
#include "sotto/assistant.h"

namespace sotto::jni {

// Holds a global reference until the assistant's end, when no call of it runs any more.
class Function {
 public:
  Function(const Call& call, jobject relay);
  ~Function();
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  static sotto_status run(void* self, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error* err);

 private:
  sotto_status answer(const Call& call, const sotto_function_call& asked, sotto_on_text write, void* writer) const;

  JavaVM* vm_ = nullptr;
  jobject relay_ = nullptr;
};

}  // namespace sotto::jni
