// An allocator that fails at call n, for every n of a short dialogue: each failure is a status, nothing leaks, and what was
// there before the failure works afterwards. A program of its own, because it replaces operator new.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "e2e/objects.h"
#include "sotto/dialogue.h"

namespace {

std::atomic<int64_t> g_calls{0}, g_fail_at{-1}, g_live{0};

void* allocate(size_t size, size_t alignment) {
  // From the n-th on every call fails until the guard ends: memory that is gone does not come back for the next attempt.
  if (const int64_t fail_at = g_fail_at.load(std::memory_order_relaxed); fail_at >= 0 && g_calls.fetch_add(1) >= fail_at)
    return nullptr;
  void* p = alignment > alignof(std::max_align_t)
                ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                : std::malloc(size ? size : 1);
  if (p) g_live.fetch_add(1, std::memory_order_relaxed);
  return p;
}

void release(void* p) {
  if (!p) return;
  g_live.fetch_sub(1, std::memory_order_relaxed);
  std::free(p);
}

}  // namespace

void* operator new(size_t size) {
  if (void* p = allocate(size, 0)) return p;
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return allocate(size, 0); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return allocate(size, 0); }
void* operator new(size_t size, std::align_val_t alignment) {
  if (void* p = allocate(size, static_cast<size_t>(alignment))) return p;
  throw std::bad_alloc();
}
void* operator new[](size_t size, std::align_val_t alignment) { return operator new(size, alignment); }
void operator delete(void* p) noexcept { release(p); }
void operator delete[](void* p) noexcept { release(p); }
void operator delete(void* p, size_t) noexcept { release(p); }
void operator delete[](void* p, size_t) noexcept { release(p); }
void operator delete(void* p, std::align_val_t) noexcept { release(p); }
void operator delete[](void* p, std::align_val_t) noexcept { release(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { release(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { release(p); }

namespace sotto::e2e {
namespace {

// Allocations fail from the n-th one on, as long as this lives.
class Shortage {
 public:
  explicit Shortage(int64_t n) {
    g_calls = 0;
    g_fail_at = n;
  }
  ~Shortage() { g_fail_at = -1; }
  static bool was_reached(int64_t n) { return g_calls > n; }
};

#if defined(__SANITIZE_ADDRESS__)
constexpr int64_t kStep = 11;  // each of thousands of loads takes thirty times as long
#else
constexpr int64_t kStep = 1;
#endif

constexpr char kTemplate[] = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";

// Everything on the stack or made before: nothing in here allocates but Sotto.
struct Talk {
  sotto_runtime* runtime = nullptr;
  sotto_model* model = nullptr;
  sotto_dialogue* dialogue = nullptr;
  sotto_dialogue_skill skill{};
  Error error;
  uint32_t hash = 0;

  static int32_t take(void* self, sotto_str piece) {
    auto& t = *static_cast<Talk*>(self);
    for (uint64_t i = 0; i < piece.size; ++i) t.hash = (t.hash ^ static_cast<uint8_t>(piece.data[i])) * 16777619u;
    return 0;
  }
  sotto_status load(const std::string& path, const char* backend) {
    auto options = sized<sotto_runtime_options>();
    options.plugin_folder = sotto_cstr(SOTTO_PLUGIN_DIR);
    options.threads = 1;
    if (const auto s = sotto_runtime_create(&options, &runtime, &error)) return s;
    return open(path, backend);
  }
  sotto_status open(const std::string& path, const char* backend) {
    const auto source = path_source(path);
    auto options = sized<sotto_model_options>();
    options.backend = sotto_cstr(backend);
    return sotto_model_open(runtime, &source, &options, &model, &error);
  }
  sotto_status begin() {
    skill = sotto_dialogue_find(runtime);
    if (!skill.api) return SOTTO_NOT_FOUND;
    auto options = sized<sotto_dialogue_options>();
    options.template_source = sotto_cstr(kTemplate);
    return skill.api->create(skill.self, model, &options, &dialogue, &error);
  }
  sotto_status say(const char* text) {
    hash = 2166136261u;
    auto options = sized<sotto_generate_options>();
    options.max_tokens = 4;
    options.temperature = 0.8f;
    options.top_k = 20;
    return skill.api->say(dialogue, sotto_cstr("user"), sotto_cstr(text), &options, &Talk::take, this, nullptr, &error);
  }
  void end() {
    if (dialogue) skill.api->destroy(dialogue);
    sotto_model_destroy(model);
    sotto_runtime_destroy(runtime);
    sotto_runtime_destroy(nullptr);  // what ended inside a plugin's call
    dialogue = nullptr;
    model = nullptr;
    runtime = nullptr;
  }
};

class NoMemory : public testing::TestWithParam<const char*> {
 protected:
  const std::string path = fixture("gguf/small-q8_0.gguf");
};

INSTANTIATE_TEST_SUITE_P(Backends, NoMemory, testing::Values("reference", "cpu"), [](const auto& p) { return p.param; });

TEST_P(NoMemory, OpeningFailsCleanlyAtEachAllocation) {
  Talk first;
  ASSERT_EQ(first.load(path, GetParam()), SOTTO_OK) << first.error.text;  // what a process makes once is made
  first.end();
  const int64_t live = g_live;
  int64_t n = 0;
  for (bool reached = true; reached; n += kStep) {
    Talk talk;
    sotto_status status = SOTTO_OK;
    {
      const Shortage shortage(n);
      status = talk.load(path, GetParam());
      reached = Shortage::was_reached(n);
    }
    if (reached)
      EXPECT_TRUE(status == SOTTO_OUT_OF_MEMORY || status == SOTTO_NOT_FOUND) << n << ": " << status << " " << talk.error.text;
    else
      EXPECT_EQ(status, SOTTO_OK) << n << ": " << talk.error.text;
    talk.end();
    ASSERT_EQ(g_live, live) << "allocations leaked at " << n;
  }
  std::printf("%s: %lld allocations to load\n", GetParam(), static_cast<long long>(n));
}

TEST_P(NoMemory, ADialogueSurvivesEachAllocationThatFails) {
  Talk talk;
  ASSERT_EQ(talk.load(path, GetParam()), SOTTO_OK) << talk.error.text;
  ASSERT_EQ(talk.begin(), SOTTO_OK) << talk.error.text;
  ASSERT_EQ(talk.say("hello"), SOTTO_OK) << talk.error.text;
  ASSERT_EQ(talk.say("and 你好"), SOTTO_OK) << talk.error.text;
  const uint32_t wanted = talk.hash;
  ASSERT_EQ(talk.skill.api->undo(talk.dialogue, 2, &talk.error), SOTTO_OK) << talk.error.text;
  int64_t n = 0;
  for (bool reached = true; reached; ++n) {
    sotto_status status = SOTTO_OK;
    {
      const Shortage shortage(n);
      status = talk.say("and 你好");
      reached = Shortage::was_reached(n);
    }
    EXPECT_TRUE(status == SOTTO_OUT_OF_MEMORY || (status == SOTTO_OK)) << n << ": " << status << " " << talk.error.text;
    if (status == SOTTO_OK) {
      EXPECT_EQ(talk.hash, wanted) << n;
      ASSERT_EQ(talk.skill.api->undo(talk.dialogue, 2, &talk.error), SOTTO_OK) << n << ": " << talk.error.text;
    }
  }
  EXPECT_GT(n, 20);
  EXPECT_EQ(talk.say("and 你好"), SOTTO_OK) << talk.error.text;
  EXPECT_EQ(talk.hash, wanted) << "the conversation goes on as if nothing had been";
  talk.end();
  std::printf("%s: %lld allocations to say something\n", GetParam(), static_cast<long long>(n));
}

TEST_P(NoMemory, MakingADialogueFailsCleanlyAtEachAllocation) {
  Talk talk;
  ASSERT_EQ(talk.load(path, GetParam()), SOTTO_OK) << talk.error.text;
  ASSERT_EQ(talk.begin(), SOTTO_OK) << talk.error.text;
  talk.skill.api->destroy(talk.dialogue);
  talk.dialogue = nullptr;
  const int64_t live = g_live;
  int64_t n = 0;
  for (bool reached = true; reached; ++n) {
    sotto_status status = SOTTO_OK;
    {
      const Shortage shortage(n);
      status = talk.begin();
      reached = Shortage::was_reached(n);
    }
    EXPECT_EQ(status, reached ? SOTTO_OUT_OF_MEMORY : SOTTO_OK) << n << ": " << talk.error.text;
    if (talk.dialogue) talk.skill.api->destroy(talk.dialogue);
    talk.dialogue = nullptr;
    ASSERT_EQ(g_live, live) << "allocations leaked at " << n;
  }
  talk.end();
}

}  // namespace
}  // namespace sotto::e2e
