// chaos SECONDS [SEED]: threads make sessions, generate, feed, fork, save, cancel, trim and destroy at random on two models. It
// passes when nothing crashes, hangs or answers with a status that such a life cannot give; under the thread sanitizer it also
// proves that nothing races.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "sotto/sotto.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr uint32_t kThreads = 6, kSlots = 12;

struct Shared {
  std::mutex mutex;  // guards session: whoever destroys it does so under the lock, users only look for cancels
  sotto_session* session = nullptr;
};

struct Chaos {
  sotto_runtime* runtime = nullptr;
  sotto_model* models[2] = {};
  Shared slots[kSlots];
  std::atomic<uint64_t> calls{0}, statuses[SOTTO_STATUS_COUNT] = {};
  std::atomic<bool> done{false}, failed{false};

  void book(const char* what, sotto_status status, const sotto_error& error) {
    ++calls;
    if (status >= 0 && status < SOTTO_STATUS_COUNT) ++statuses[status];
    for (const sotto_status expected : {SOTTO_OK, SOTTO_CANCELLED, SOTTO_DEADLINE, SOTTO_BUSY, SOTTO_CONTEXT_FULL})
      if (status == expected) return;
    std::fprintf(stderr, "chaos: %s: status %d: %s\n", what, status, error.text);
    failed = true;
  }
};

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof value;
  return value;
}

// One thread's own session through its life, while others cancel what stands in the slots.
void live(Chaos& chaos, uint32_t seed) {
  std::mt19937 random(seed);
  const auto pick = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  auto error = sized<sotto_error>();
  while (!chaos.done) {
    Shared& slot = chaos.slots[pick(kSlots)];
    const uint32_t act = pick(10);
    if (act == 0) {
      sotto_runtime_trim(chaos.runtime, pick(4));
      continue;
    }
    if (act <= 2) {
      const std::lock_guard<std::mutex> lock(slot.mutex);
      if (slot.session) sotto_session_cancel(slot.session);
      continue;
    }
    sotto_session* session = nullptr;
    chaos.book("create", sotto_session_create(chaos.models[pick(2)], nullptr, &session, &error), error);
    if (!session) continue;
    sotto_session* before = nullptr;
    {
      const std::lock_guard<std::mutex> lock(slot.mutex);
      before = slot.session;
      slot.session = session;
    }
    sotto_session_destroy(before);  // perhaps in the middle of another thread's call on it: it waits
    std::vector<uint32_t> ids(1 + pick(40));
    for (auto& id : ids) id = pick(320);
    // From here on another thread may destroy the session at any time, so this one works on a fork, its own.
    sotto_session* own = nullptr;
    {
      const std::lock_guard<std::mutex> lock(slot.mutex);
      if (slot.session == session) chaos.book("fork", sotto_session_fork(session, &own, &error), error);
    }
    if (!own) continue;
    auto options = sized<sotto_generate_options>();
    options.prompt_ids = ids.data();
    options.prompt_id_count = ids.size();
    options.max_tokens = 1 + pick(20);
    options.deadline_ms = pick(3) ? 0 : 1 + pick(10);
    options.temperature = pick(2) ? 0.7f : 0;
    options.seed = random();
    std::thread canceller;
    if (pick(2))
      canceller = std::thread([own, us = pick(3000)] {
        std::this_thread::sleep_for(std::chrono::microseconds(us));
        sotto_session_cancel(own);
      });
    chaos.book("generate", sotto_generate(own, {nullptr, 0}, &options, nullptr, nullptr, &error), error);
    if (canceller.joinable()) canceller.join();
    if (pick(3) == 0) {
      uint64_t size = 0;
      chaos.book("save", sotto_session_save(own, nullptr, 0, &size, &error), error);
      std::vector<uint8_t> bytes(size);
      chaos.book("save", sotto_session_save(own, bytes.data(), size, &size, &error), error);
      chaos.book("restore", sotto_session_restore(own, bytes.data(), size, &error), error);
    }
    if (pick(3) == 0) chaos.book("rewind", sotto_session_rewind(own, pick(sotto_session_position(own) + 1), &error), error);
    chaos.book("feed", sotto_session_feed(own, ids.data(), ids.size(), nullptr, &error), error);
    sotto_session_destroy(own);
  }
}

bool open_all(Chaos& chaos) {
  auto error = sized<sotto_error>();
  auto options = sized<sotto_runtime_options>();
  options.plugin_folder = sotto_cstr(SOTTO_PLUGIN_DIR);
  options.threads = 1;
  auto source = sized<sotto_model_source>();
  source.path = sotto_cstr(SOTTO_FIXTURES "/gguf/small-q8_0.gguf");
  auto model = sized<sotto_model_options>();
  model.sessions = 3;  // fewer than there are users: places are taken away
  model.kv_tokens = 200;
  const char* backends[] = {"cpu", "reference"};
  if (sotto_runtime_create(&options, &chaos.runtime, &error)) return std::fprintf(stderr, "chaos: %s\n", error.text), false;
  for (int i = 0; i < 2; ++i) {
    model.backend = sotto_cstr(backends[i]);
    if (sotto_model_open(chaos.runtime, &source, &model, &chaos.models[i], &error))
      return std::fprintf(stderr, "chaos: %s\n", error.text), false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 60;
  const auto seed = static_cast<uint32_t>(argc > 2 ? std::atoi(argv[2]) : 1);
  static Chaos chaos;
  if (!open_all(chaos)) return 2;
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kThreads; ++i) threads.emplace_back([i, seed] { live(chaos, seed * 1000 + i); });
  const auto until = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < until && !chaos.failed) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  chaos.done = true;
  for (auto& t : threads) t.join();
  for (Shared& slot : chaos.slots) sotto_session_destroy(slot.session);
  for (sotto_model* model : chaos.models) sotto_model_destroy(model);
  sotto_runtime_destroy(chaos.runtime);
  std::printf("chaos: seed %u, %.0f s, %llu calls, %llu of them cancelled, %llu past their deadline\n", seed, seconds,
              static_cast<unsigned long long>(chaos.calls), static_cast<unsigned long long>(chaos.statuses[SOTTO_CANCELLED]),
              static_cast<unsigned long long>(chaos.statuses[SOTTO_DEADLINE]));
  return chaos.failed ? 1 : 0;
}
