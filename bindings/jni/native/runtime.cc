// The native functions of Natives.java about the runtime.
#include <dlfcn.h>

#include "generated/dev_sotto_Natives.h"
#include "objects.h"

namespace sotto::jni {
namespace {

sotto_runtime* runtime_of(jlong address) { return object<Runtime>(address)->runtime; }

// The plugin in a library of the application's own, by the linker's rules. It is never closed: its entry must outlive the
// runtime.
const sotto_plugin_entry* open_library(const Call& call, const std::string& name) {
  void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  const void* entry = library != nullptr ? dlsym(library, SOTTO_PLUGIN_SYMBOL) : nullptr;
  if (entry == nullptr) {
    const char* why = dlerror();
    call.fail(SOTTO_NOT_FOUND, "the plugin library " + name + ": " + (why != nullptr ? why : "no plugin") +
                                   "; package it with the application's native libraries");
  }
  return static_cast<const sotto_plugin_entry*>(entry);
}

jlong create(const Call& call, jlongArray numbers, jobjectArray texts, jobjectArray plugin_files, jobjectArray libraries,
             jobject log) {
  const std::vector<jlong> n = call.longs(numbers);
  const std::vector<std::string> folders = call.texts(texts);
  const std::vector<std::string> files = call.texts(plugin_files);
  std::vector<sotto_str> file_views;
  for (const std::string& file : files) file_views.push_back(str(file));
  std::vector<const sotto_plugin_entry*> entries;
  for (const std::string& name : call.texts(libraries)) entries.push_back(open_library(call, name));

  auto made = std::make_unique<Runtime>();
  if (log != nullptr) made->log = std::make_unique<Log>(call, log);
  sotto_runtime_options options{};
  options.struct_size = sizeof options;
  options.threads = static_cast<uint32_t>(n.at(0));
  options.log_level = static_cast<int32_t>(n.at(1));
  options.power_policy = static_cast<uint32_t>(n.at(2));
  options.memory_cap_bytes = static_cast<uint64_t>(n.at(3));
  options.affinity_mask = static_cast<uint64_t>(n.at(4));
  options.thread_priority = static_cast<int32_t>(n.at(5));
  options.plugin_folder = str(folders.at(0));
  options.data_folder = str(folders.at(1));
  options.plugin_files = file_views.data();
  options.plugin_file_count = static_cast<uint32_t>(file_views.size());
  options.plugin_entries = entries.data();
  options.plugin_entry_count = static_cast<uint32_t>(entries.size());
  options.log = made->log != nullptr ? &Log::on_line : nullptr;
  options.log_user = made->log.get();
  call.run([&](sotto_error* err) { return sotto_runtime_create(&options, &made->runtime, err); });
  return address(made.release());
}

}  // namespace
}  // namespace sotto::jni

using namespace sotto::jni;

jbyteArray JNICALL Java_dev_sotto_Natives_version(JNIEnv* env, jclass natives) {
  return guard(env, natives, [&](const Call& call) { return call.new_bytes(sotto_version()); });
}

jbyteArray JNICALL Java_dev_sotto_Natives_buildInfo(JNIEnv* env, jclass natives) {
  return guard(env, natives, [&](const Call& call) { return call.new_bytes(sotto_build_info()); });
}

jlong JNICALL Java_dev_sotto_Natives_runtimeCreate(JNIEnv* env, jclass natives, jlongArray numbers, jobjectArray texts,
                                                   jobjectArray plugin_files, jobjectArray libraries, jobject log) {
  return guard(env, natives, [&](const Call& call) { return create(call, numbers, texts, plugin_files, libraries, log); });
}

void JNICALL Java_dev_sotto_Natives_runtimeDestroy(JNIEnv*, jclass, jlong runtime) { delete object<Runtime>(runtime); }

jint JNICALL Java_dev_sotto_Natives_runtimePluginCount(JNIEnv*, jclass, jlong runtime) {
  return static_cast<jint>(sotto_runtime_plugin_count(runtime_of(runtime)));
}

jint JNICALL Java_dev_sotto_Natives_runtimePlugin(JNIEnv* env, jclass natives, jlong runtime, jint index, jobjectArray texts) {
  return guard(env, natives, [&](const Call& call) {
    sotto_plugin_info info{};
    info.struct_size = sizeof info;
    call.run([&](sotto_error* err) {
      return sotto_runtime_plugin_info(runtime_of(runtime), static_cast<uint32_t>(index), &info, err);
    });
    call.fill(texts, {info.id, info.version, info.description, info.path, info.reason});
    return static_cast<jint>(info.status);
  });
}

jint JNICALL Java_dev_sotto_Natives_runtimeBackendCount(JNIEnv*, jclass, jlong runtime) {
  return static_cast<jint>(sotto_runtime_backend_count(runtime_of(runtime)));
}

jint JNICALL Java_dev_sotto_Natives_runtimeBackend(JNIEnv* env, jclass natives, jlong runtime, jint index, jobjectArray texts) {
  return guard(env, natives, [&](const Call& call) {
    sotto_backend_info info{};
    info.struct_size = sizeof info;
    call.run([&](sotto_error* err) {
      return sotto_runtime_backend_info(runtime_of(runtime), static_cast<uint32_t>(index), &info, err);
    });
    call.fill(texts, {info.id, info.name, info.version, info.reason});
    return static_cast<jint>(info.device_count);
  });
}

void JNICALL Java_dev_sotto_Natives_runtimeDevice(JNIEnv* env, jclass natives, jlong runtime, jint backend, jint index,
                                                  jlongArray numbers, jobjectArray texts) {
  guard(env, natives, [&](const Call& call) {
    sotto_device_info info{};
    info.struct_size = sizeof info;
    call.run([&](sotto_error* err) {
      return sotto_runtime_device_info(runtime_of(runtime), static_cast<uint32_t>(backend), static_cast<uint32_t>(index), &info,
                                       err);
    });
    call.fill(numbers, {static_cast<jlong>(info.memory_bytes), static_cast<jlong>(info.memory_free_bytes),
                        info.shares_memory_with_host, info.batch_invariant_rows});
    call.fill(texts, {info.name, info.detail});
  });
}

void JNICALL Java_dev_sotto_Natives_runtimeTrim(JNIEnv*, jclass, jlong runtime, jint level) {
  sotto_runtime_trim(runtime_of(runtime), static_cast<uint32_t>(level));
}

void JNICALL Java_dev_sotto_Natives_runtimeSetPowerPolicy(JNIEnv*, jclass, jlong runtime, jint policy) {
  sotto_runtime_set_power_policy(runtime_of(runtime), static_cast<uint32_t>(policy));
}
