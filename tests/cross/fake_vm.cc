#include "fake_vm.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace sotto::cross {
namespace {

FakeVm* machine = nullptr;           // JNI's functions get no pointer of ours
std::recursive_mutex heap_mutex;     // guards the heap and counts: log lines come from any thread
std::set<std::string> method_names;  // a method id points to its name here
using Lock = std::lock_guard<std::recursive_mutex>;

// Every entry of the tables that is not set below.
void unexpected() {
  std::fputs("fake_vm: the library called a JNI function that this machine does not have: add it to fake_vm.cc\n", stderr);
  std::abort();
}

template <class Reference = jobject>
Reference local(Object* object) {
  const Lock lock(heap_mutex);
  machine->most_locals = std::max(machine->most_locals, ++machine->locals);
  return static_cast<Reference>(static_cast<jobject>(object));
}

bool is_missing(const std::string& name) {
  machine->looked_up.push_back(name);
  if (machine->missing.count(name) == 0) return false;
  machine->throw_from_listener();
  return true;
}

jclass find_class(JNIEnv*, const char* name) {
  const Lock lock(heap_mutex);
  if (std::strcmp(name, "[B") != 0 && is_missing(name)) return nullptr;
  Object* found = machine->make(Object::kClass);
  found->bytes = name;
  return local<jclass>(found);
}

jmethodID get_method(JNIEnv*, jclass, const char* name, const char*) {
  const Lock lock(heap_mutex);
  if (is_missing(name)) return nullptr;
  const std::string* kept = &*method_names.insert(name).first;
  return reinterpret_cast<jmethodID>(const_cast<std::string*>(kept));
}
const std::string& name_of(jmethodID id) { return *reinterpret_cast<const std::string*>(id); }

void delete_local(JNIEnv*, jobject) {
  const Lock lock(heap_mutex);
  --machine->locals;
}
jobject new_global(JNIEnv*, jobject object) {
  const Lock lock(heap_mutex);
  ++machine->globals;
  return object;
}
void delete_global(JNIEnv*, jobject) {
  const Lock lock(heap_mutex);
  --machine->globals;
}

jboolean exception_check(JNIEnv*) { return machine->pending != nullptr ? JNI_TRUE : JNI_FALSE; }
jthrowable exception_occurred(JNIEnv*) { return local<jthrowable>(machine->pending); }
void exception_clear(JNIEnv*) { machine->pending = nullptr; }
jint throw_object(JNIEnv*, jthrowable thrown) {
  machine->pending = at(thrown);
  return JNI_OK;
}

// Natives.fail(int, byte[]), the one static method.
void call_static_void(JNIEnv*, jclass, jmethodID, va_list arguments) {
  Object* thrown = machine->make(Object::kThrowable);
  thrown->status = va_arg(arguments, jint);
  thrown->bytes = at(va_arg(arguments, jobject))->bytes;
  machine->pending = thrown;
}
void call_void(JNIEnv*, jobject relay, jmethodID, va_list arguments) {  // LogRelay.log(int, byte[])
  const jint level = va_arg(arguments, jint);
  at(relay)->on_log(level, at(va_arg(arguments, jobject))->bytes);
}
jboolean call_boolean(JNIEnv*, jobject relay, jmethodID id, va_list arguments) {
  if (name_of(id) == "wantsTokens") return at(relay)->on_token ? JNI_TRUE : JNI_FALSE;
  if (name_of(id) == "logits") return at(relay)->on_logits(at(va_arg(arguments, jobject))->floats) ? JNI_TRUE : JNI_FALSE;
  if (name_of(id) != "text") unexpected();
  const Object* array = at(va_arg(arguments, jobject));
  const auto size = static_cast<size_t>(va_arg(arguments, jint));
  return at(relay)->on_text(array->bytes.substr(0, size)) ? JNI_TRUE : JNI_FALSE;
}
void call_void_a(JNIEnv*, jobject relay, jmethodID id, const jvalue* arguments) {
  if (name_of(id) != "value") unexpected();
  at(relay)->on_value(at(arguments[0].l)->longs, at(arguments[4].l)->bytes);
}
jboolean call_boolean_a(JNIEnv*, jobject relay, jmethodID id, const jvalue* arguments) {
  if (name_of(id) != "token") unexpected();
  return at(relay)->on_token(arguments[0].i, arguments[1].f) ? JNI_TRUE : JNI_FALSE;
}

// A region outside of the array is what the real machine answers by an exception; the library never asks for one.
template <class Items, class Item>
void copy_out(const Items& from, jsize start, jsize count, Item* to) {
  if (start < 0 || count < 0 || static_cast<size_t>(start + count) > from.size()) unexpected();
  std::memcpy(to, from.data() + start, static_cast<size_t>(count) * sizeof(Item));
}
template <class Items, class Item>
void copy_in(Items& to, jsize start, jsize count, const Item* from) {
  if (start < 0 || count < 0 || static_cast<size_t>(start + count) > to.size()) unexpected();
  std::memcpy(to.data() + start, from, static_cast<size_t>(count) * sizeof(Item));
}

jsize array_length(JNIEnv*, jarray array) {
  const Object* o = at(array);
  return static_cast<jsize>(o->bytes.size() + o->longs.size() + o->ints.size() + o->floats.size() + o->objects.size());
}
jboolean is_instance(JNIEnv*, jobject object, jclass) { return at(object)->kind == Object::kBytes ? JNI_TRUE : JNI_FALSE; }
void* buffer_address(JNIEnv*, jobject buffer) { return reinterpret_cast<void*>(at(buffer)->longs[0]); }
jlong buffer_size(JNIEnv*, jobject buffer) { return at(buffer)->longs[1]; }

template <class Array, Object::Kind kKind, class Items>
Array new_array(Items Object::*items, jsize count) {
  const Lock lock(heap_mutex);
  Object* made = machine->make(kKind);
  (made->*items).resize(static_cast<size_t>(count));
  return local<Array>(made);
}

void set_arrays(JNINativeInterface_& f) {
  f.GetArrayLength = array_length;
  f.GetByteArrayRegion = [](JNIEnv*, jbyteArray a, jsize s, jsize n, jbyte* to) { copy_out(at(a)->bytes, s, n, to); };
  f.GetLongArrayRegion = [](JNIEnv*, jlongArray a, jsize s, jsize n, jlong* to) { copy_out(at(a)->longs, s, n, to); };
  f.GetIntArrayRegion = [](JNIEnv*, jintArray a, jsize s, jsize n, jint* to) { copy_out(at(a)->ints, s, n, to); };
  f.GetFloatArrayRegion = [](JNIEnv*, jfloatArray a, jsize s, jsize n, jfloat* to) { copy_out(at(a)->floats, s, n, to); };
  f.SetByteArrayRegion = [](JNIEnv*, jbyteArray a, jsize s, jsize n, const jbyte* x) { copy_in(at(a)->bytes, s, n, x); };
  f.SetLongArrayRegion = [](JNIEnv*, jlongArray a, jsize s, jsize n, const jlong* x) { copy_in(at(a)->longs, s, n, x); };
  f.SetIntArrayRegion = [](JNIEnv*, jintArray a, jsize s, jsize n, const jint* x) { copy_in(at(a)->ints, s, n, x); };
  f.SetFloatArrayRegion = [](JNIEnv*, jfloatArray a, jsize s, jsize n, const jfloat* x) { copy_in(at(a)->floats, s, n, x); };
  f.NewByteArray = [](JNIEnv*, jsize n) { return new_array<jbyteArray, Object::kBytes>(&Object::bytes, n); };
  f.NewLongArray = [](JNIEnv*, jsize n) { return new_array<jlongArray, Object::kLongs>(&Object::longs, n); };
  f.NewIntArray = [](JNIEnv*, jsize n) { return new_array<jintArray, Object::kInts>(&Object::ints, n); };
  f.NewFloatArray = [](JNIEnv*, jsize n) { return new_array<jfloatArray, Object::kFloats>(&Object::floats, n); };
  f.GetObjectArrayElement = [](JNIEnv*, jobjectArray a, jsize i) {
    jobject item = at(a)->objects.at(static_cast<size_t>(i));
    return item != nullptr ? local(at(item)) : nullptr;
  };
  f.SetObjectArrayElement = [](JNIEnv*, jobjectArray a, jsize i, jobject x) { at(a)->objects.at(static_cast<size_t>(i)) = x; };
}

JNINativeInterface_ functions() {
  JNINativeInterface_ f;
  auto** entries = reinterpret_cast<void (**)()>(&f);
  for (size_t i = 0; i < sizeof f / sizeof entries[0]; ++i) entries[i] = unexpected;
  set_arrays(f);
  f.FindClass = find_class;
  f.GetMethodID = get_method;
  f.GetStaticMethodID = get_method;
  f.DeleteLocalRef = delete_local;
  f.NewGlobalRef = new_global;
  f.DeleteGlobalRef = delete_global;
  f.ExceptionCheck = exception_check;
  f.ExceptionOccurred = exception_occurred;
  f.ExceptionClear = exception_clear;
  f.Throw = throw_object;
  f.CallStaticVoidMethodV = call_static_void;
  f.CallVoidMethodV = call_void;
  f.CallVoidMethodA = call_void_a;
  f.CallBooleanMethodV = call_boolean;
  f.CallBooleanMethodA = call_boolean_a;
  f.IsInstanceOf = is_instance;
  f.GetDirectBufferAddress = buffer_address;
  f.GetDirectBufferCapacity = buffer_size;
  f.GetJavaVM = [](JNIEnv*, JavaVM** vm) {
    *vm = machine->vm();
    return jint{JNI_OK};
  };
  return f;
}

JNIInvokeInterface_ invocation() {
  JNIInvokeInterface_ f;
  auto** entries = reinterpret_cast<void (**)()>(&f);
  for (size_t i = 0; i < sizeof f / sizeof entries[0]; ++i) entries[i] = unexpected;
  f.GetEnv = [](JavaVM*, void** env, jint) {
    *env = machine->env();
    return jint{JNI_OK};
  };
  return f;
}

const JNINativeInterface_ kFunctions = functions();
const JNIInvokeInterface_ kInvocation = invocation();

}  // namespace

FakeVm::FakeVm() {
  vm_.functions = &kInvocation;
  env_.functions = &kFunctions;
  machine = this;
  natives_ = make(Object::kClass);
}
FakeVm::~FakeVm() { machine = nullptr; }

Object* FakeVm::make(Object::Kind kind) {
  const Lock lock(heap_mutex);
  return heap_.emplace_back(std::make_unique<Object>(kind)).get();
}

jbyteArray FakeVm::bytes(const std::string& text) {
  Object* made = make(Object::kBytes);
  made->bytes = text;
  return static_cast<jbyteArray>(static_cast<jobject>(made));
}
jobject FakeVm::buffer(const std::string& text) {
  Object* made = make(Object::kBuffer);
  made->longs = {reinterpret_cast<jlong>(text.data()), static_cast<jlong>(text.size())};
  return made;
}
jlongArray FakeVm::longs(std::vector<jlong> numbers) {
  Object* made = make(Object::kLongs);
  made->longs = std::move(numbers);
  return static_cast<jlongArray>(static_cast<jobject>(made));
}
jintArray FakeVm::ints(std::vector<jint> numbers) {
  Object* made = make(Object::kInts);
  made->ints = std::move(numbers);
  return static_cast<jintArray>(static_cast<jobject>(made));
}
jfloatArray FakeVm::floats(std::vector<jfloat> numbers) {
  Object* made = make(Object::kFloats);
  made->floats = std::move(numbers);
  return static_cast<jfloatArray>(static_cast<jobject>(made));
}
jobjectArray FakeVm::objects(std::vector<jobject> items) {
  Object* made = make(Object::kObjects);
  made->objects = std::move(items);
  return static_cast<jobjectArray>(static_cast<jobject>(made));
}
Object* FakeVm::relay() { return make(Object::kRelay); }

Object* FakeVm::leave_native() {
  Object* thrown = pending;
  pending = nullptr;
  locals = 0;
  return thrown;
}
void FakeVm::throw_from_listener() { pending = make(Object::kThrowable); }

}  // namespace sotto::cross
