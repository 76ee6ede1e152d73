// fake_vm.h - as much of a Java virtual machine as the JNI library calls, so that it runs where none is: JNI's function table
// over plain objects. It counts references, as -Xcheck:jni does; a function that the library is not known to use ends the test.
#pragma once

#include <jni.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sotto::cross {

// A Java object: an array of one kind, a direct buffer (bytes that are not ours), or a relay that is called.
struct Object : _jobject {
  enum Kind { kBytes, kLongs, kInts, kFloats, kObjects, kBuffer, kRelay, kClass, kThrowable } kind;
  explicit Object(Kind k) : kind(k) {}

  std::string bytes;  // also the name of a class, the sentence of a throwable
  std::vector<jlong> longs;
  std::vector<jint> ints;
  std::vector<jfloat> floats;
  std::vector<jobject> objects;
  jint status = 0;  // of a throwable: the status that SottoException would carry

  std::function<bool(const std::string& piece)> on_text;     // PieceRelay.text
  std::function<bool(jint token, jfloat logprob)> on_token;  // PieceRelay.token; empty: wantsTokens() is false
  std::function<void(jint level, const std::string&)> on_log;
  std::function<bool(std::vector<jfloat>& logits)> on_logits;                                  // MaskRelay.logits
  std::function<void(const std::vector<jlong>& numbers, const std::string& normal)> on_value;  // ValueRelay.value
};

// One virtual machine with one thread. While it lives its env() and vm() may be handed to the library; one at a time.
class FakeVm {
 public:
  FakeVm();
  ~FakeVm();
  FakeVm(const FakeVm&) = delete;
  FakeVm& operator=(const FakeVm&) = delete;

  JavaVM* vm() { return &vm_; }
  JNIEnv* env() { return &env_; }
  jclass natives() { return static_cast<jclass>(natives_); }

  // Objects of the "Java side": they live as long as the machine.
  jbyteArray bytes(const std::string& text);
  jobject buffer(const std::string& text);  // reads `text` in place
  jlongArray longs(std::vector<jlong> numbers);
  jintArray ints(std::vector<jint> numbers);
  jfloatArray floats(std::vector<jfloat> numbers);
  jobjectArray objects(std::vector<jobject> items);
  Object* relay();
  Object* make(Object::Kind kind);

  // As the machine does when a native function returns: its local references go, what it left thrown comes out.
  Object* leave_native();
  void throw_from_listener();  // an exception is pending, as after a listener threw

  std::set<std::string> missing;  // classes and methods that FindClass and GetMethodID do not find
  std::vector<std::string> looked_up;
  Object* pending = nullptr;
  int locals = 0, most_locals = 0, globals = 0;

 private:
  std::vector<std::unique_ptr<Object>> heap_;
  JavaVM vm_;
  JNIEnv env_;
  jobject natives_;
};

inline Object* at(jobject object) { return static_cast<Object*>(object); }

}  // namespace sotto::cross
