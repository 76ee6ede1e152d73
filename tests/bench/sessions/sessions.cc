// sessions MODEL.gguf [PLUGIN_FOLDER]: figures of many sessions on one model: restoring against computing again, decoding
// beside somebody's long prompt, sessions that share steps, and the memory estimate against what the process took.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "sotto/sotto.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr uint32_t kPrompt = 1000, kSessions = 8, kAnswer = 48;

double milliseconds(Clock::time_point from) { return std::chrono::duration<double, std::milli>(Clock::now() - from).count(); }

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof value;
  return value;
}

void check(const char* what, sotto_status status, const sotto_error& error) {
  if (status == SOTTO_OK) return;
  std::fprintf(stderr, "sessions: %s: %s\n", what, error.text);
  std::exit(1);
}

double proc_status_megabytes(const char* key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;)
    if (word == key) {
      double kib = 0;
      file >> kib;
      return kib * 1024 / 1e6;
    }
  return 0;
}

struct Bench {
  sotto_runtime* runtime = nullptr;
  sotto_model* model = nullptr;
  sotto_error error = sized<sotto_error>();
  uint32_t vocabulary = 0;

  sotto_session* session() {
    sotto_session* s = nullptr;
    check("a session", sotto_session_create(model, nullptr, &s, &error), error);
    return s;
  }
  std::vector<uint32_t> ids(uint32_t count, uint32_t seed) const {
    std::vector<uint32_t> ids(count);
    for (uint32_t& id : ids) id = (seed = seed * 1664525 + 1013904223) / 65536 % vocabulary;
    return ids;
  }
};

// Greedy ids after a prompt, with the time of each.
struct Answer {
  std::vector<double> gaps_ms;
  uint64_t hash = 1469598103934665603u;
  Clock::time_point last;

  static int32_t token(void* self, uint32_t id, float) {
    auto& a = *static_cast<Answer*>(self);
    a.hash = (a.hash ^ id) * 1099511628211u;
    a.gaps_ms.push_back(milliseconds(a.last));
    a.last = Clock::now();
    return 0;
  }
  double median() {
    std::sort(gaps_ms.begin(), gaps_ms.end());
    return gaps_ms.empty() ? 0 : gaps_ms[gaps_ms.size() / 2];
  }
};

Answer answer(sotto_session* session, const std::vector<uint32_t>& prompt, uint32_t count) {
  auto error = sized<sotto_error>();
  Answer a;
  auto o = sized<sotto_generate_options>();
  o.prompt_ids = prompt.data();
  o.prompt_id_count = prompt.size();
  o.max_tokens = count;
  o.flags = SOTTO_GENERATE_IGNORE_END | SOTTO_GENERATE_NO_SPECULATION;  // a loop of an answer would be guessed ahead
  o.on_token = &Answer::token;
  o.on_token_user = &a;
  a.last = Clock::now();
  check("generating", sotto_generate(session, {nullptr, 0}, &o, nullptr, nullptr, &error), error);
  if (!a.gaps_ms.empty()) a.gaps_ms.erase(a.gaps_ms.begin());  // the prompt's
  return a;
}

void restore_against_prefill(Bench& b) {
  sotto_session *first = b.session(), *second = b.session();
  const auto prompt = b.ids(kPrompt, 1);
  auto start = Clock::now();
  check("feeding", sotto_session_feed(first, prompt.data(), prompt.size(), nullptr, &b.error), b.error);
  const double prefill = milliseconds(start);
  uint64_t size = 0;
  check("saving", sotto_session_save(first, nullptr, 0, &size, &b.error), b.error);
  std::vector<uint8_t> bytes(size);
  start = Clock::now();
  check("saving", sotto_session_save(first, bytes.data(), size, &size, &b.error), b.error);
  const double save = milliseconds(start);
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) {
    start = Clock::now();
    check("restoring", sotto_session_restore(second, bytes.data(), size, &b.error), b.error);
    times.push_back(milliseconds(start));
  }
  std::sort(times.begin(), times.end());
  const bool same = answer(first, {}, 8).hash == answer(second, {}, 8).hash;
  std::printf(
      "restore     %u tokens: prefill %.0f ms, save %.1f ms, restore %.1f ms (median of 5), %.0f times faster; %.1f MB; "
      "the same answer: %s\n",
      kPrompt, prefill, save, times[2], prefill / times[2], static_cast<double>(size) / 1e6, same ? "yes" : "NO");
  sotto_session_destroy(first);
  sotto_session_destroy(second);
}

void decode_beside_a_prompt(Bench& b) {
  sotto_session *talker = b.session(), *reader = b.session();
  Answer alone = answer(talker, b.ids(16, 2), kAnswer);
  check("rewinding", sotto_session_rewind(talker, 0, &b.error), b.error);
  Answer beside;
  std::thread talking([&] { beside = answer(talker, b.ids(16, 2), kAnswer); });
  const auto prompt = b.ids(kPrompt, 3);
  const auto start = Clock::now();
  check("feeding", sotto_session_feed(reader, prompt.data(), prompt.size(), nullptr, &b.error), b.error);
  const double feed = milliseconds(start);
  talking.join();
  const double most = *std::max_element(beside.gaps_ms.begin(), beside.gaps_ms.end());
  std::printf(
      "fairness    a token every %.1f ms alone; beside a prompt of %u (%.0f ms): median %.1f ms, longest %.1f ms; the same "
      "answer: %s\n",
      alone.median(), kPrompt, feed, beside.median(), most, alone.hash == beside.hash ? "yes" : "NO");
  sotto_session_destroy(talker);
  sotto_session_destroy(reader);
}

// Milliseconds that all answers take, one after the other or each on a thread of its own, and what they were.
struct Round {
  double ms = 0;
  std::vector<uint64_t> hashes = std::vector<uint64_t>(kSessions);
};

Round round_of_answers(Bench& b, bool together) {
  Round round;
  const auto one = [&](uint32_t i) {
    sotto_session* s = b.session();
    round.hashes[i] = answer(s, b.ids(8, 10 + i), kAnswer).hash;
    sotto_session_destroy(s);
  };
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kSessions; ++i) {
    if (together)
      threads.emplace_back(one, i);
    else
      one(i);
  }
  for (auto& t : threads) t.join();
  round.ms = milliseconds(start);
  return round;
}

// Rounds in turn, so that both meet the same neighbours; medians, the ratio of each round's two.
void sessions_together(Bench& b) {
  constexpr int kRounds = 5;
  std::vector<double> alone, together, ratio;
  std::vector<uint64_t> wanted;
  bool same = true;
  for (int r = 0; r < kRounds; ++r) {
    const Round a = round_of_answers(b, false), t = round_of_answers(b, true);
    if (wanted.empty()) wanted = a.hashes;
    same = same && a.hashes == wanted && t.hashes == wanted;
    alone.push_back(kSessions * kAnswer / a.ms * 1e3);
    together.push_back(kSessions * kAnswer / t.ms * 1e3);
    ratio.push_back(a.ms / t.ms);
  }
  for (auto* list : {&alone, &together, &ratio}) std::sort(list->begin(), list->end());
  std::printf(
      "throughput  %u sessions of %u tokens, medians of %d rounds: %.0f tokens/s one after the other, %.0f together, %.2f "
      "times "
      "(%.2f .. %.2f); the same answers: %s\n",
      kSessions, kAnswer, kRounds, alone[kRounds / 2], together[kRounds / 2], ratio[kRounds / 2], ratio.front(), ratio.back(),
      same ? "yes" : "NO");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: bench_sessions MODEL.gguf [PLUGIN_FOLDER]\n"), 2;
  Bench b;
  auto options = sized<sotto_runtime_options>();
  options.plugin_folder = sotto_cstr(argc > 2 ? argv[2] : SOTTO_PLUGIN_DIR);
  check("a runtime", sotto_runtime_create(&options, &b.runtime, &b.error), b.error);
  auto source = sized<sotto_model_source>();
  source.path = sotto_cstr(argv[1]);
  auto model = sized<sotto_model_options>();
  model.context_tokens = 1200;
  model.kv_tokens = 2400;
  model.sessions = kSessions;
  auto estimate = sized<sotto_memory_estimate>();
  check("an estimate", sotto_model_estimate(b.runtime, &source, &model, &estimate, &b.error), b.error);
  const double before = proc_status_megabytes("VmRSS:");
  const auto start = Clock::now();
  check("a model", sotto_model_open(b.runtime, &source, &model, &b.model, &b.error), b.error);
  std::printf("load        %.1f ms\n", milliseconds(start));
  auto facts = sized<sotto_model_facts>();
  check("facts", sotto_model_get_facts(b.model, &facts, &b.error), b.error);
  b.vocabulary = facts.vocabulary;
  // The cache is full once: two sessions of a prompt each, and 400 tokens besides.
  sotto_session* sessions[] = {b.session(), b.session(), b.session()};
  for (uint32_t i = 0; i < 3; ++i) {
    const auto ids = b.ids(i < 2 ? kPrompt : 390, i);
    check("feeding", sotto_session_feed(sessions[i], ids.data(), ids.size(), nullptr, &b.error), b.error);
  }
  const double taken = proc_status_megabytes("VmRSS:") - before, said = static_cast<double>(estimate.total) / 1e6;
  std::printf("memory      %.1f MB estimated (%.1f MB of cache), %.1f MB taken: %+.1f %%\n", said,
              static_cast<double>(estimate.kv_cache) / 1e6, taken, 100 * (said - taken) / taken);
  sotto_runtime_trim(b.runtime, 2);
  std::printf("trim(2)     gives %.1f MB back\n", taken - (proc_status_megabytes("VmRSS:") - before));
  for (sotto_session* s : sessions) sotto_session_destroy(s);
  restore_against_prefill(b);
  decode_beside_a_prompt(b);
  sessions_together(b);
  sotto_model_destroy(b.model);
  sotto_runtime_destroy(b.runtime);
}
