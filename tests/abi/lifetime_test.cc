// "Every object is destroyed by its own function, in any order": a plugin stays until its last object is gone, and then goes.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "sotto/dialogue.h"

namespace {

bool dialogue_plugin_is_mapped() {
  std::ifstream maps("/proc/self/maps");
  return std::string(std::istreambuf_iterator<char>(maps), {}).find("libdialogue.so") != std::string::npos;
}

// musl keeps every library until the process ends, whatever dlclose is told; there it is only that nothing breaks.
#if defined(__GLIBC__)
constexpr bool kLibrariesAreUnloaded = true;
#else
constexpr bool kLibrariesAreUnloaded = false;
#endif

struct Objects {
  sotto_runtime* runtime = nullptr;
  sotto_model* model = nullptr;
  sotto_dialogue* dialogue = nullptr;
  sotto_dialogue_skill skill = {};
  sotto_error error = {};

  bool create() {
    error.struct_size = sizeof error;
    sotto_runtime_options options{};
    options.struct_size = sizeof options;
    options.plugin_folder = sotto_cstr(SOTTO_PLUGIN_DIR);
    options.threads = 1;
    sotto_model_source source{};
    source.struct_size = sizeof source;
    source.path = sotto_cstr(SOTTO_FIXTURES "/gguf/small-q8_0.gguf");
    sotto_dialogue_options dialogue_options{};
    dialogue_options.struct_size = sizeof dialogue_options;
    dialogue_options.template_source = sotto_cstr("{% for m in messages %}{{ m.content }}{% endfor %}");
    if (sotto_runtime_create(&options, &runtime, &error) != SOTTO_OK) return false;
    if (sotto_model_open(runtime, &source, nullptr, &model, &error) != SOTTO_OK) return false;
    skill = sotto_dialogue_find(runtime);
    return skill.api != nullptr && skill.api->create(skill.self, model, &dialogue_options, &dialogue, &error) == SOTTO_OK;
  }
  void say() {
    sotto_generate_options options{};
    options.struct_size = sizeof options;
    options.max_tokens = 2;
    const auto ignore = [](void*, sotto_str) -> int32_t { return 0; };
    EXPECT_EQ(skill.api->say(dialogue, sotto_cstr("user"), sotto_cstr("hello"), &options, ignore, nullptr, nullptr, &error),
              SOTTO_OK)
        << error.text;
  }
  void destroy(char which) {
    if (which == 'r') sotto_runtime_destroy(runtime);
    if (which == 'm') sotto_model_destroy(model);
    if (which == 'd') skill.api->destroy(dialogue);
  }
};

TEST(Lifetime, ObjectsAreDestroyedInAnyOrder) {
  std::string order = "dmr";
  do {
    SCOPED_TRACE(order);
    Objects objects;
    ASSERT_TRUE(objects.create()) << objects.error.text;
    for (const char which : order) {
      if (which == 'd') objects.say();  // whatever went before it, the dialogue works
      EXPECT_TRUE(dialogue_plugin_is_mapped());
      objects.destroy(which);
    }
    // A dialogue that went last is still on its way out of the plugin when the runtime ends; the next call unloads.
    sotto_runtime_destroy(nullptr);
    EXPECT_EQ(dialogue_plugin_is_mapped(), !kLibrariesAreUnloaded);
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
