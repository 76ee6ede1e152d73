// The native functions of Natives.java about adapters.
#include "generated/dev_sotto_Natives.h"
#include "source.h"

using namespace sotto::jni;

jlong JNICALL Java_dev_sotto_Natives_adapterOpen(JNIEnv* env, jclass natives, jlong model, jlongArray source, jobject place) {
  return guard(env, natives, [&](const Call& call) {
    const Source from(call, source, place);
    sotto_lora* made = nullptr;
    call.run([&](sotto_error* err) { return sotto_lora_open(object<sotto_model>(model), &from.it, &made, err); });
    return address(made);
  });
}

void JNICALL Java_dev_sotto_Natives_adapterDestroy(JNIEnv*, jclass, jlong adapter) {
  sotto_lora_destroy(object<sotto_lora>(adapter));
}

void JNICALL Java_dev_sotto_Natives_sessionSetAdapter(JNIEnv* env, jclass natives, jlong session, jlong adapter,
                                                      jfloat strength) {
  guard(env, natives, [&](const Call& call) {
    call.run([&](sotto_error* err) {
      return sotto_session_set_lora(object<sotto_session>(session), object<sotto_lora>(adapter), strength, err);
    });
  });
}
