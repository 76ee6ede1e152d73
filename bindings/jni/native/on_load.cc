// What the virtual machine calls when the library is loaded: looks up the methods that callbacks use, nothing else.
#include "call.h"

namespace sotto::jni {
namespace {

Ids found;

// One row for each method that this library calls.
struct Wanted {
  const char* owner;
  const char* name;
  const char* signature;
  bool is_static;
  jmethodID Ids::*into;
};
constexpr Wanted kWanted[] = {
    {"dev/sotto/Natives", "fail", "(I[B)V", true, &Ids::fail},
    {"dev/sotto/PieceRelay", "text", "([BI)Z", false, &Ids::piece_text},
    {"dev/sotto/PieceRelay", "token", "(IF)Z", false, &Ids::piece_token},
    {"dev/sotto/PieceRelay", "wantsTokens", "()Z", false, &Ids::piece_wants_tokens},
    {"dev/sotto/RowRelay", "row", "(II[F)Z", false, &Ids::row},
    {"dev/sotto/ProgressRelay", "progress", "(F)Z", false, &Ids::progress},
    {"dev/sotto/MaskRelay", "logits", "([F)Z", false, &Ids::logits},
    {"dev/sotto/ValueRelay", "value", "([JDD[B[B)V", false, &Ids::value},
    {"dev/sotto/RecommendationRelay", "item", "([[BIDDD)V", false, &Ids::recommendation},
    {"dev/sotto/CareRelay", "finding", "(IIIIIJJF)V", false, &Ids::finding},
    {"dev/sotto/FunctionRelay", "run", "(J[B[BI)[B", false, &Ids::function},
    {"dev/sotto/LogRelay", "log", "(I[B)V", false, &Ids::log},
};

}  // namespace

const Ids& ids() { return found; }

}  // namespace sotto::jni

extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void*) {
  using namespace sotto::jni;
  void* env_pointer = nullptr;
  if (vm->GetEnv(&env_pointer, JNI_VERSION_1_6) != JNI_OK) return JNI_ERR;
  auto* env = static_cast<JNIEnv*>(env_pointer);
  for (const Wanted& w : kWanted) {
    const Local<jclass> owner(env, env->FindClass(w.owner));
    if (owner.get() == nullptr) return JNI_ERR;  // the exception says which class: code was shrunk without our rules
    const jmethodID id = w.is_static ? env->GetStaticMethodID(owner.get(), w.name, w.signature)
                                     : env->GetMethodID(owner.get(), w.name, w.signature);
    if (id == nullptr) return JNI_ERR;
    found.*w.into = id;
  }
  return JNI_VERSION_1_6;
}
