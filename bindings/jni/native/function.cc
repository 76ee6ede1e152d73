#include "function.h"

#include <cstdio>

#include "attached.h"

namespace sotto::jni {
namespace {

constexpr const char* kThreadName = "sotto-function";

sotto_status failed(sotto_error* err, sotto_status status, const sotto_function_call& asked, const char* why) {
  if (err == nullptr) return status;
  err->status = status;
  std::snprintf(err->text, sizeof err->text, "the function %.*s %s", static_cast<int>(asked.name.size), asked.name.data, why);
  return status;
}

}  // namespace

Function::Function(const Call& call, jobject relay) {
  if (call.env()->GetJavaVM(&vm_) != JNI_OK) call.fail(SOTTO_INTERNAL, "the virtual machine does not say where it is");
  relay_ = call.checked(call.env()->NewGlobalRef(relay));
}

Function::~Function() {
  const Attached thread(vm_, kThreadName);
  if (thread.env() != nullptr) thread.env()->DeleteGlobalRef(relay_);
}

sotto_status Function::run(void* self, const sotto_function_call* asked, sotto_on_text write, void* writer, sotto_error* err) {
  const auto* function = static_cast<const Function*>(self);
  const Attached thread(function->vm_, kThreadName);
  JNIEnv* env = thread.env();
  if (env == nullptr) return failed(err, SOTTO_INTERNAL, *asked, "has no virtual machine to run on");
  const Call call(env, nullptr);  // fails by status here: no Java code waits for an exception
  try {
    return function->answer(call, *asked, write, writer);
  } catch (const Thrown&) {
    env->ExceptionClear();  // kept by FunctionRelay.java
    return failed(err, SOTTO_INTERNAL, *asked, "threw an exception");
  } catch (const std::exception& e) {
    return failed(err, SOTTO_INTERNAL, *asked, e.what());
  }
}

sotto_status Function::answer(const Call& call, const sotto_function_call& asked, sotto_on_text write, void* writer) const {
  JNIEnv* env = call.env();
  const auto view = [](sotto_str text) {
    return std::string_view(text.data != nullptr ? text.data : "", static_cast<size_t>(text.size));
  };
  const Local<jbyteArray> name(env, call.new_bytes(view(asked.name)));
  const Local<jbyteArray> arguments(env, call.new_bytes(view(asked.arguments)));
  const Local<jbyteArray> result(
      env, static_cast<jbyteArray>(env->CallObjectMethod(relay_, ids().function, address(&asked), name.get(), arguments.get(),
                                                         static_cast<jint>(asked.deadline_ms))));
  call.check_pending();
  if (result.get() == nullptr) return SOTTO_OK;
  const std::string json = call.bytes(result.get());
  write(writer, {json.data(), json.size()});
  return SOTTO_OK;
}

}  // namespace sotto::jni
