// call.h: one call from Java: reading its arguments, giving results back, and leaving with a Java exception.
#pragma once

#include <jni.h>

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sotto/sotto.h"

namespace sotto::jni {

// A Java exception is pending: unwinds to guard(), which returns to Java.
struct Thrown {};

// What Java knows this library by; set by JNI_OnLoad before anything else runs, const afterwards. Method ids live as long as
// their classes, which live as long as this library.
struct Ids {
  jmethodID fail;                                         // static, Natives
  jmethodID piece_text, piece_token, piece_wants_tokens;  // PieceRelay
  jmethodID row, progress, log, logits;                   // RowRelay, ProgressRelay, LogRelay, MaskRelay
  jmethodID recommendation, finding, function, value;     // RecommendationRelay, CareRelay, FunctionRelay, ValueRelay
};
const Ids& ids();

// A local reference that is given back at the end of the block.
template <class Reference>
class Local {
 public:
  Local(JNIEnv* env, Reference reference) : env_(env), reference_(reference) {}
  ~Local() {
    if (reference_ != nullptr) env_->DeleteLocalRef(reference_);
  }
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;
  Reference get() const { return reference_; }

 private:
  JNIEnv* env_;
  Reference reference_;
};

// The environment of one call; every native function is static, so Java hands in the class Natives. Lives during the call.
class Call {
 public:
  Call(JNIEnv* env, jclass natives) : env_(env), natives_(natives) {}
  JNIEnv* env() const { return env_; }

  // Leaves with a SottoException of that status.
  [[noreturn]] void fail(sotto_status status, std::string_view sentence) const;
  // Leaves when the last JNI function left an exception.
  void check_pending() const {
    if (env_->ExceptionCheck()) throw Thrown{};
  }
  template <class T>
  T checked(T reference) const {
    if (reference == nullptr) check_pending();
    return reference;
  }

  // run([&](sotto_error* err) { return sotto_...(..., err); }): leaves with the sentence unless the status is SOTTO_OK.
  template <class Function>
  void run(Function&& function) const {
    sotto_error error{};
    error.struct_size = sizeof error;
    const sotto_status status = function(&error);
    if (status != SOTTO_OK) fail(status, error.text[0] != '\0' ? error.text : sotto_status_text(status));
  }

  // Java arrays by value; null reads as empty.
  std::vector<jlong> longs(jlongArray array) const;
  std::vector<jfloat> floats(jfloatArray array) const;
  std::vector<uint32_t> ids(jintArray array) const;
  std::string bytes(jbyteArray array) const;
  std::vector<std::string> texts(jobjectArray array) const;  // of byte[]

  // Results for Java.
  jbyteArray new_bytes(std::string_view bytes) const;
  jintArray new_ids(const std::vector<uint32_t>& ids) const;
  jlongArray new_longs(const std::vector<jlong>& numbers) const;
  jfloatArray new_floats(const std::vector<float>& floats) const;
  void fill(jlongArray into, const std::vector<jlong>& numbers) const;
  void fill(jintArray into, const std::vector<uint32_t>& numbers) const;
  void fill(jfloatArray into, const std::vector<float>& numbers) const;
  void fill(jobjectArray into, const std::vector<std::string_view>& texts) const;

 private:
  jsize array_size(size_t items) const;

  JNIEnv* env_;
  jclass natives_;
};

// Bytes that Java hands in: a byte[], which is copied, or a direct buffer, which is read in place; null: not given.
class Bytes {
 public:
  Bytes(const Call& call, jobject array_or_buffer);
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  sotto_str str() const { return {data_, size_}; }

 private:
  std::string copy_;
  const char* data_ = nullptr;
  uint64_t size_ = 0;
};

// "Not given" for an empty text of Java's null.
inline sotto_str str(const std::string& text) { return {text.empty() ? nullptr : text.data(), text.size()}; }

// Runs the two-call idiom: fill(buffer, capacity, &size, err) twice.
template <class Item, class Container = std::vector<Item>, class Fill>
Container fetch(const Call& call, Fill&& fill) {
  Container items;
  uint64_t size = 0;
  call.run([&](sotto_error* err) { return fill(static_cast<Item*>(nullptr), uint64_t{0}, &size, err); });
  items.resize(static_cast<size_t>(size));
  if (size != 0) call.run([&](sotto_error* err) { return fill(items.data(), uint64_t{items.size()}, &size, err); });
  return items;
}

// The body of every native function: no C++ exception goes on to Java.
template <class Function>
auto guard(JNIEnv* env, jclass natives, Function&& function) -> decltype(function(std::declval<const Call&>())) {
  using Result = decltype(function(std::declval<const Call&>()));
  const Call call(env, natives);
  try {
    try {
      return function(call);
    } catch (const std::bad_alloc&) {
      call.fail(SOTTO_OUT_OF_MEMORY, "the JNI library: the machine has no memory left for this call");
    } catch (const std::exception& e) {
      call.fail(SOTTO_INTERNAL, e.what());
    }
  } catch (const Thrown&) {
    return Result();
  }
}

template <class Object>
Object* object(jlong address) {
  return reinterpret_cast<Object*>(static_cast<uintptr_t>(address));
}
inline jlong address(const void* object) { return static_cast<jlong>(reinterpret_cast<uintptr_t>(object)); }

}  // namespace sotto::jni
