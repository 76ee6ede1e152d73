// The scheduler on a backend of this test, whose rows say whose they are. A program of its own, because it replaces operator
// new.
#include "run/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <initializer_list>
#include <new>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "host/plugin_host.h"

namespace {

constexpr uint32_t kWidth = 20000;  // numbers of a row
// While true, nobody gets memory for a row.
std::atomic<bool> g_is_short{false};

void* allocate(size_t size) {
  const bool is_row = size >= kWidth * sizeof(float);
  return is_row && g_is_short.load(std::memory_order_relaxed) ? nullptr : std::malloc(size ? size : 1);
}
// Not inlined: gcc takes free for the wrong counterpart of a new that it did not look into.
[[gnu::noinline]] void release(void* p) { std::free(p); }

}  // namespace

void* operator new(size_t size) {
  if (void* p = allocate(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { release(p); }
void operator delete(void* p, size_t) noexcept { release(p); }

namespace sotto {
namespace {

constexpr uint32_t kSequences = 4, kMostRows = 8, kRoom = 40;  // tokens

// A row of its output: {token, position, ...}.
struct FakeCache {
  uint32_t lengths[kSequences] = {};
  std::vector<float> rows = std::vector<float>(size_t{kMostRows} * kWidth);
  bool commits_less = false;         // for the first sequence of a batch of several
  std::atomic<int> runs_to_hold{0};  // so many runs go on only when this is 0 again
  std::atomic<bool> is_held{false};
  std::chrono::microseconds run_time{0};
};

FakeCache& fake(sotto_cache* cache) { return *reinterpret_cast<FakeCache*>(cache); }

sotto_status run_fake(sotto_program*, sotto_cache* cache, const sotto_batch* batch, sotto_run_result* result,
                      sotto_error* err) {
  FakeCache& c = fake(cache);
  err->status = SOTTO_OK;
  c.is_held = true;
  while (c.runs_to_hold > 0) std::this_thread::yield();
  c.is_held = false;
  if (c.run_time.count() > 0) std::this_thread::sleep_for(c.run_time);
  const bool stops = batch->should_stop(batch->stop_user) != 0;
  uint32_t lengths[kSequences], used = batch->row_count;
  std::copy(std::begin(c.lengths), std::end(c.lengths), lengths);
  for (const uint32_t length : lengths) used += length;
  for (uint32_t s = 0; s < kSequences; ++s) result->lengths[s] = lengths[s];
  if (stops || used > kRoom) return err->status = stops ? SOTTO_CANCELLED : SOTTO_CONTEXT_FULL;
  uint32_t wanted = 0;
  for (uint32_t i = 0; i < batch->row_count; ++i) {
    const sotto_batch_row& row = batch->rows[i];
    EXPECT_EQ(row.position, lengths[row.sequence]++);
    if (row.outputs == 0) continue;
    float* out = c.rows.data() + size_t{wanted++} * kWidth;
    out[0] = static_cast<float>(row.token);
    out[1] = static_cast<float>(row.position);
  }
  const uint32_t first = batch->rows[0].sequence;
  if (c.commits_less && batch->rows[batch->row_count - 1].sequence != first) --lengths[first];
  std::copy(std::begin(lengths), std::end(lengths), c.lengths);
  for (uint32_t s = 0; s < kSequences; ++s) result->lengths[s] = lengths[s];
  result->rows[0] = c.rows.data();
  result->row_counts[0] = wanted;
  return SOTTO_OK;
}

sotto_status truncate_fake(sotto_cache* cache, uint32_t sequence, uint32_t length, sotto_error*) {
  fake(cache).lengths[sequence] = std::min(fake(cache).lengths[sequence], length);
  return SOTTO_OK;
}

struct Rig {
  Rig() {
    table.struct_size = sizeof table;
    table.run = run_fake;
    table.cache_truncate = truncate_fake;
    table.cache_destroy = [](sotto_cache*) {};
    backend.id = "test";
    backend.table = &table;
    program.backend = &backend;
    program.cache = reinterpret_cast<sotto_cache*>(&cache);
    program.sequences = kSequences;
    program.max_batch = program.invariant_rows = kMostRows;
    program.output_widths[0] = kWidth;
    scheduler.emplace(program);
  }

  FakeCache cache;
  sotto_backend table{};
  Backend backend{};
  Program program;
  std::optional<Scheduler> scheduler;
};

// Computes as a session does, one call at a time.
struct User {
  User(Rig& r, uint32_t n) : rig(r), number(n) { rows.reserve(kWidth); }
  ~User() {
    Scheduler::Turn turn(*rig.scheduler);
    turn.sequences().release(stream);
  }

  uint32_t token(uint32_t position) const { return number * 1000 + position; }
  // Up to `count` tokens.
  Status step(uint32_t count, std::vector<float>* into) {
    const StopWatch stop(cancels, 0, 0);
    std::vector<uint32_t> tokens;
    for (uint32_t i = 0; i < count; ++i) tokens.push_back(token(i));
    StepRequest request(stream, stop);
    request.tokens = Span<const uint32_t>(tokens);
    request.wishes.last = 1;
    request.rows = into;
    Status s;
    do {
      s = rig.scheduler->step(request);
    } while (s.ok() && request.first + request.count < count);
    return s;
  }
  Status step(uint32_t count) { return step(count, &rows); }
  bool has_row_of(uint32_t position) const {
    return rows.size() == kWidth && rows[0] == static_cast<float>(token(position)) && rows[1] == static_cast<float>(position);
  }

  Rig& rig;
  uint32_t number;
  Stream stream;
  std::atomic<uint32_t> cancels{0};
  std::vector<float> rows;
};

// Lets `body(i)` of so many threads wait for one step, so that they share the next one, but for who comes late.
template <class Body>
void together(Rig& rig, User& first, uint32_t count, uint32_t threads, const Body& body) {
  rig.cache.runs_to_hold = 1;
  std::vector<std::thread> all;
  all.emplace_back([&] { EXPECT_TRUE(first.step(count).ok()); });
  while (!rig.cache.is_held) std::this_thread::yield();
  for (uint32_t i = 0; i < threads; ++i) all.emplace_back([&, i] { body(i); });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  rig.cache.runs_to_hold = 0;
  for (std::thread& t : all) t.join();
}

// Each with one token in the cache.
void begin(Rig& rig, std::initializer_list<User*> users) {
  for (User* u : users) {
    ASSERT_TRUE(u->stream.computed != 0 || u->step(1).ok());
    Scheduler::Turn turn(*rig.scheduler);
    ASSERT_TRUE(turn.sequences().truncate(u->stream.sequence, 1).ok());
    u->stream.computed = 1;
  }
}

// A backend that succeeds, but commits less of one sequence: its session fails, the others' rows stay theirs.
TEST(Scheduler, OneWhoseTokensAreNotCommittedTakesNobodysRows) {
  Rig rig;
  User first(rig, 1), second(rig, 2), third(rig, 3);
  User* users[] = {&second, &third};
  rig.cache.commits_less = true;
  Status statuses[2];
  const uint64_t shared = rig.scheduler->shared_steps();
  for (int round = 0; round < 50 && rig.scheduler->shared_steps() == shared; ++round) {
    begin(rig, {&first, &second, &third});
    together(rig, first, 2, 2, [&](uint32_t i) { statuses[i] = users[i]->step(2); });
  }
  ASSERT_GT(rig.scheduler->shared_steps(), shared);
  ASSERT_NE(statuses[0].ok(), statuses[1].ok());
  const uint32_t good = statuses[0].ok() ? 0 : 1;
  EXPECT_TRUE(users[good]->has_row_of(1)) << "it got the row of token " << users[good]->rows[0];
  EXPECT_EQ(statuses[1 - good].text(), "test: run: succeeded, but 0 of 1 tokens were committed");
}

// No memory for one's rows in a shared step: who has gone by then has his, the others end with it, and all can go on.
TEST(Scheduler, NoMemoryForRowsIsAnExceptionOfWhoStillWaits) {
  Rig rig;
  User first(rig, 1), second(rig, 2), third(rig, 3), fourth(rig, 4);
  User* users[] = {&second, &third, &fourth};
  for (int round = 0; round < 20; ++round) {
    begin(rig, {&first, &second, &third, &fourth});
    std::atomic<bool> failed{false};
    g_is_short = true;
    together(rig, first, 2, 3, [&](uint32_t i) {
      std::vector<float> none;  // the fourth's, without room
      try {
        EXPECT_TRUE(users[i]->step(2, i == 2 ? &none : &users[i]->rows).ok());
        EXPECT_TRUE(users[i]->has_row_of(1));
      } catch (const std::bad_alloc&) {
        if (i == 2) failed = true;
      }
    });
    g_is_short = false;
    EXPECT_TRUE(failed);
  }
  EXPECT_GT(rig.scheduler->shared_steps(), 0u);
  begin(rig, {&first, &second, &third, &fourth});
  for (User* u : users) {
    EXPECT_TRUE(u->step(2).ok());
    EXPECT_TRUE(u->has_row_of(1));
  }
}

// More users than places and too little room: they come, share steps, give way, are cancelled and go, each with his own rows.
// What a caller leaves behind on its stack while another still leads shows under the sanitizers.
TEST(Scheduler, CallersComeAndGoWithTheirOwnRows) {
  Rig rig;
  rig.cache.run_time = std::chrono::microseconds(300);
  std::vector<std::thread> threads;
  std::atomic<uint32_t> answers{0};
  for (uint32_t t = 0; t < 7; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (uint32_t n = 0; n < 12; ++n) {
        User user(rig, t + 1);
        user.stream.in_call = true;
        rig.scheduler->begin_decoding();
        std::thread canceller([&, late = static_cast<uint32_t>(random() % 15000)] {
          std::this_thread::sleep_for(std::chrono::microseconds(late));
          if (late % 3 == 0) ++user.cancels;
        });
        Status s;
        for (uint32_t count = 1 + static_cast<uint32_t>(random() % 11), end = count + 9; s.ok() && count < end; ++count) {
          user.stream.ticket = rig.scheduler->next_ticket();
          s = user.step(count);
          user.stream.ticket = 0;
          if (!s.ok()) break;
          EXPECT_TRUE(user.has_row_of(count - 1));
          ++answers;
        }
        EXPECT_TRUE(s.ok() || s.code() == SOTTO_CANCELLED) << s.text();
        rig.scheduler->end_decoding();
        user.stream.in_call = false;
        canceller.join();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_GT(answers, 100u);
  EXPECT_GT(rig.scheduler->shared_steps(), 0u);
}

}  // namespace
}  // namespace sotto
