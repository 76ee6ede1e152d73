// The cache: truncation, copies, export and import between backends, what is refused, and what it holds after a failure.
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "conformance/models.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

// Rows of one sequence, all wanting nothing but the last, which wants output 0.
std::vector<sotto_batch_row> rows_of(const Sequence& s, uint32_t id, uint32_t first, uint32_t count) {
  std::vector<sotto_batch_row> rows;
  for (uint32_t t = first; t < first + count; ++t)
    rows.push_back({s.tokens[t], t, id, t + 1 == first + count ? 1u : 0u, nullptr, 0, 0});
  return rows;
}
sotto_batch batch_of(const std::vector<sotto_batch_row>& rows) {
  sotto_batch batch{};
  batch.row_count = static_cast<uint32_t>(rows.size());
  batch.rows = rows.data();
  return batch;
}

// Feeds tokens [first, first + count) and returns the logits of the last one.
std::vector<float> feed(Runner& runner, const Sequence& s, uint32_t id, uint32_t first, uint32_t count) {
  const std::vector<sotto_batch_row> rows = rows_of(s, id, first, count);
  sotto_batch batch = batch_of(rows);
  std::vector<std::vector<std::vector<float>>> delivered;
  runner.status = runner.run(batch, &delivered);
  EXPECT_EQ(runner.status, SOTTO_OK) << runner.error.text;
  if (runner.status != SOTTO_OK) return {};
  EXPECT_EQ(runner.lengths[id], first + count);
  return delivered[0].empty() ? std::vector<float>() : delivered[0][0];
}

double distance(const std::vector<float>& row, const Matrix& expected, uint32_t at) {
  Matrix one(1, static_cast<uint32_t>(row.size())), other(1, expected.width);
  for (uint32_t c = 0; c < one.width; ++c) one.at(0, c) = static_cast<double>(row[c]);
  for (uint32_t c = 0; c < other.width; ++c) other.at(0, c) = expected.at(at, c);
  return relative_error({{one}}, {{other}});
}

struct Llama {
  explicit Llama(uint32_t ranks) : net(ranks, 4000 + ranks, kModels[1].vocabulary, 48) {
    build(net, kModels[1], SOTTO_F32);
    a = net.sequence(40);
    b = a;  // the same beginning, another end
    for (uint32_t t = 12; t < 40; ++t) b.tokens[t] = (a.tokens[t] + 1) % net.vocabulary;
    expected_a = net.expected(a);
    expected_b = net.expected(b);
  }
  Net net;
  Sequence a, b;
  std::vector<Matrix> expected_a, expected_b;
};
double tolerance() { return model_tolerance(tested(), SOTTO_F32); }

TEST(Cache, TruncatedSequencesGoOnElsewhere) {
  for (const uint32_t ranks : {1u, 3u}) {
    Llama m(ranks);
    Runner runner(tested(), m.net);
    ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
    feed(runner, m.a, 0, 0, 30);
    const sotto_status s = runner.backend->cache_truncate(runner.cache, 0, 12, &runner.error);
    if (s == SOTTO_UNSUPPORTED) {
      ASSERT_EQ(runner.backend->cache_truncate(runner.cache, 0, 0, &runner.error), SOTTO_OK)
          << "truncation to 0 is always possible";
      feed(runner, m.b, 0, 0, 12);
    } else {
      ASSERT_EQ(s, SOTTO_OK) << runner.error.text;
    }
    EXPECT_LE(distance(feed(runner, m.b, 0, 12, 20), m.expected_b[0], 31), tolerance());
    EXPECT_NE(runner.backend->cache_truncate(runner.cache, 0, 33, &runner.error), SOTTO_OK) << "longer than it is";
    EXPECT_NE(runner.backend->cache_truncate(runner.cache, 99, 0, &runner.error), SOTTO_OK) << "no such sequence";
  }
}

TEST(Cache, CopiesGoTheirOwnWays) {
  for (const uint32_t ranks : {1u, 2u}) {
    Llama m(ranks);
    Runner runner(tested(), m.net);
    ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
    feed(runner, m.b, 2, 0, 3);  // emptied by the copy
    feed(runner, m.a, 0, 0, 20);
    ASSERT_EQ(runner.backend->cache_copy(runner.cache, 0, 2, 12, &runner.error), SOTTO_OK) << runner.error.text;
    EXPECT_LE(distance(feed(runner, m.b, 2, 12, 10), m.expected_b[0], 21), tolerance());
    EXPECT_LE(distance(feed(runner, m.a, 0, 20, 5), m.expected_a[0], 24), tolerance());
    ASSERT_EQ(runner.backend->cache_truncate(runner.cache, 0, 0, &runner.error), SOTTO_OK);
    EXPECT_LE(distance(feed(runner, m.b, 2, 22, 4), m.expected_b[0], 25), tolerance()) << "the copy lives on alone";
    EXPECT_NE(runner.backend->cache_copy(runner.cache, 2, 1, 27, &runner.error), SOTTO_OK) << "more than there is";
  }
}

TEST(Cache, CopiesShareTheRoomOfWhatTheyShare) {
  Llama m(1);
  RunnerOptions options;
  options.tokens = 64;
  Runner runner(tested(), m.net, options);
  ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
  feed(runner, m.a, 0, 0, 32);
  for (const uint32_t to : {1u, 2u, 3u})
    if (runner.backend->cache_copy(runner.cache, 0, to, 32, &runner.error) != SOTTO_OK)
      GTEST_SKIP() << "storage is not shared: " << runner.error.text;
  EXPECT_LE(distance(feed(runner, m.a, 3, 32, 3), m.expected_a[0], 34), tolerance());
}

std::vector<uint8_t> exported(Runner& runner, uint32_t sequence, uint32_t first, uint32_t count) {
  uint64_t size = 0;
  EXPECT_EQ(runner.backend->cache_export(runner.cache, sequence, first, count, nullptr, &size, &runner.error), SOTTO_OK)
      << runner.error.text;
  std::vector<uint8_t> bytes(size);
  EXPECT_EQ(runner.backend->cache_export(runner.cache, sequence, first, count, bytes.data(), &size, &runner.error), SOTTO_OK)
      << runner.error.text;
  return bytes;
}

// From the tested backend into the reference, and back.
TEST(Cache, SequencesMoveBetweenBackends) {
  Llama from(3);
  Runner runner(tested(), from.net);
  ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
  feed(runner, from.a, 1, 0, 20);
  Runner other(reference(), from.net), third(tested(), from.net);
  const std::vector<uint8_t> first = exported(runner, 1, 0, 11), second = exported(runner, 1, 11, 9);
  ASSERT_EQ(other.backend->cache_import(other.cache, 3, 11, first.data(), first.size(), &other.error), SOTTO_OK)
      << other.error.text;
  ASSERT_EQ(other.backend->cache_import(other.cache, 3, 9, second.data(), second.size(), &other.error), SOTTO_OK)
      << other.error.text;
  EXPECT_LE(distance(feed(other, from.a, 3, 20, 4), from.expected_a[0], 23), tolerance());
  const std::vector<uint8_t> all = exported(other, 3, 0, 24);
  ASSERT_EQ(third.backend->cache_import(third.cache, 0, 24, all.data(), all.size(), &third.error), SOTTO_OK)
      << third.error.text;
  EXPECT_LE(distance(feed(third, from.a, 0, 24, 8), from.expected_a[0], 31), tolerance());
  EXPECT_NE(third.backend->cache_import(third.cache, 1, 5, all.data(), all.size(), &third.error), SOTTO_OK) << "the wrong size";
  uint64_t small = 8;
  std::vector<uint8_t> few(8);
  EXPECT_NE(third.backend->cache_export(third.cache, 0, 0, 24, few.data(), &small, &third.error), SOTTO_OK)
      << "too small a buffer";
}

// Each KV head once, in the model's order, whatever the ranks: the bytes of different splits agree.
TEST(Cache, TheNeutralLayoutDoesNotDependOnTheRanks) {
  std::vector<std::vector<float>> by_ranks;
  for (const uint32_t ranks : {1u, 2u, 4u}) {
    Net net(ranks, 4100);
    const Node x = net.input(12);
    AttentionOptions o;
    Random fixed(5);
    o.heads = cut_heads(fixed, 8, 4, 3, ranks);
    o.rotation = SOTTO_ROTATION_NONE;
    // k is the input itself; v is k again: what is stored is known.
    const Node k = net.spread(x, o.heads.kv_parts());
    LinearSpec q;
    q.out = 24;
    q.parts = o.heads.q_parts();
    net.output(net.join(net.attention(net.linear(x, q), k, k, o)));
    const Sequence s = net.sequence(5);
    Runner runner(tested(), net);
    (void)runner.play({s}, one_batch({s}));
    ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
    const std::vector<uint8_t> bytes = exported(runner, 0, 1, 3);
    std::vector<float> numbers(bytes.size() / sizeof(float));
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
    ASSERT_EQ(numbers.size(), 2u * 4 * 3 * 3);
    size_t at = 0;
    for (int part = 0; part < 2; ++part)
      for (uint32_t head = 0; head < 4; ++head)
        for (uint32_t t = 1; t < 4; ++t)
          for (uint32_t d = 0; d < 3; ++d)
            EXPECT_NEAR(numbers[at++], s.inputs[0].at(t, head * 3 + d), 1e-6)
                << ranks << " ranks, head " << head << ", token " << t;
  }
}

TEST(Cache, AFullCacheIsRefusedBeforeAnyWork) {
  Llama m(1);
  RunnerOptions options;
  options.tokens = 32;
  Runner runner(tested(), m.net, options);
  ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
  feed(runner, m.a, 0, 0, 20);
  feed(runner, m.b, 1, 0, 4);
  const std::vector<sotto_batch_row> rows = rows_of(m.a, 0, 20, 15);
  sotto_batch batch = batch_of(rows);
  int polls = 0;
  batch.stop_user = &polls;
  batch.should_stop = [](void* user) { return static_cast<int32_t>(++*static_cast<int*>(user) * 0); };
  EXPECT_EQ(runner.run(batch, nullptr), SOTTO_CONTEXT_FULL);
  EXPECT_NE(runner.error.text[0], '\0');
  EXPECT_EQ(polls, 0) << "work was begun";
  EXPECT_EQ(runner.lengths[0], 20u);
  EXPECT_EQ(runner.lengths[1], 4u);
  EXPECT_LE(distance(feed(runner, m.a, 0, 20, 5), m.expected_a[0], 24), tolerance()) << "what fits goes on";
}

TEST(Cache, OneSequenceMayTakeItAll) {
  Llama m(1);
  RunnerOptions options;
  options.tokens = 32;
  Runner runner(tested(), m.net, options);
  ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
  EXPECT_LE(distance(feed(runner, m.a, 3, 0, 32), m.expected_a[0], 31), tolerance());
}

TEST(Run, PositionsPastTheModelsEndAreRefused) {
  Llama m(1);
  m.net.max_positions = 48;
  Runner runner(tested(), m.net);
  Sequence longer = m.net.sequence(60);
  feed(runner, longer, 0, 0, 30);
  feed(runner, longer, 0, 30, 18);
  const std::vector<sotto_batch_row> rows = rows_of(longer, 0, 48, 1);
  sotto_batch batch = batch_of(rows);
  EXPECT_EQ(runner.run(batch, nullptr), SOTTO_CONTEXT_FULL);
  EXPECT_EQ(runner.lengths[0], 48u);
}

TEST(Run, BadRowsAreRefusedAndLeaveTheCacheAsItWas) {
  Llama m(2);
  Runner runner(tested(), m.net);
  ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
  feed(runner, m.a, 0, 0, 10);
  struct Case {
    const char* what;
    std::vector<sotto_batch_row> rows;
  };
  const Case kCases[] = {
      {"no rows", {}},
      {"a gap", {{1, 11, 0, 1, nullptr, 0, 0}}},
      {"backwards", {{1, 9, 0, 1, nullptr, 0, 0}}},
      {"a gap in the middle", {{1, 10, 0, 1, nullptr, 0, 0}, {1, 12, 0, 1, nullptr, 0, 0}}},
      {"another sequence's position", {{1, 10, 0, 1, nullptr, 0, 0}, {1, 11, 1, 1, nullptr, 0, 0}}},
      {"no such sequence", {{1, 0, 4, 1, nullptr, 0, 0}}},
      {"no such token", {{m.net.vocabulary, 10, 0, 1, nullptr, 0, 0}}},
      {"no such output", {{1, 10, 0, 8, nullptr, 0, 0}}},
      {"too many rows", std::vector<sotto_batch_row>(33, {1, 10, 0, 0, nullptr, 0, 0})},
  };
  for (const Case& c : kCases) {
    sotto_batch batch = batch_of(c.rows);
    runner.error = Error();
    EXPECT_NE(runner.run(batch, nullptr), SOTTO_OK) << c.what;
    EXPECT_NE(runner.error.text[0], '\0') << c.what;
    EXPECT_EQ(runner.lengths[0], 10u) << c.what;
    EXPECT_EQ(runner.lengths[1], 0u) << c.what;
  }
  EXPECT_LE(distance(feed(runner, m.a, 0, 10, 5), m.expected_a[0], 14), tolerance());
}

// A batch that is stopped at any poll commits whole tokens or nothing, says so, and what it holds is right.
TEST(Run, AStoppedBatchLeavesCommittedTokensOnly) {
  Llama m(2);
  for (int stop_at = 1; stop_at <= 3; ++stop_at) {
    Runner runner(tested(), m.net);
    ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
    feed(runner, m.a, 0, 0, 4);
    const std::vector<sotto_batch_row> rows = rows_of(m.a, 0, 4, 25);
    sotto_batch batch = batch_of(rows);
    int left = stop_at;
    batch.stop_user = &left;
    batch.should_stop = [](void* user) { return static_cast<int32_t>(--*static_cast<int*>(user) <= 0); };
    const sotto_status s = runner.run(batch, nullptr);
    ASSERT_TRUE(s == SOTTO_CANCELLED || s == SOTTO_OK) << runner.error.text;
    EXPECT_TRUE(stop_at > 1 || s == SOTTO_CANCELLED) << "the first poll said stop";
    const uint32_t length = runner.lengths[0];
    ASSERT_GE(length, 4u);
    ASSERT_LE(length, 29u);
    EXPECT_LE(distance(feed(runner, m.a, 0, length, 6), m.expected_a[0], length + 5), tolerance());
  }
}

// Inside one long LINEAR too: the longest time between two polls. Generous against a busy machine; the promise is 20 ms.
TEST(Run, AsksOftenEnoughInsideOneLongStep) {
  Net net(1, 4200);
  LinearSpec spec;
  spec.type = SOTTO_Q8_0;
  spec.out = 4096;
  Node x = net.input(1024);
  x = net.linear(x, spec);
  spec.out = 1024;
  net.output(net.linear(x, spec));
  const Sequence s = net.sequence(32);
  for (uint32_t device = 0; device < tested().devices(); ++device) {
    RunnerOptions options;
    options.device = device;
    Runner runner(tested(), net, options);
    ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
    std::vector<float> input(s.inputs[0].numbers.begin(), s.inputs[0].numbers.end());
    const float* inputs[] = {input.data()};
    std::vector<sotto_batch_row> rows;
    for (uint32_t t = 0; t < 32; ++t) rows.push_back({0, t, 0, 1, nullptr, 0, 0});
    sotto_batch batch = batch_of(rows);
    batch.input_count = 1;
    batch.inputs = inputs;
    using Clock = std::chrono::steady_clock;
    struct Watch {
      Clock::time_point last = Clock::now();
      double longest_ms = 0;
    } watch;
    batch.stop_user = &watch;
    batch.should_stop = [](void* user) {
      Watch& w = *static_cast<Watch*>(user);
      const Clock::time_point now = Clock::now();
      w.longest_ms = std::max(w.longest_ms, std::chrono::duration<double, std::milli>(now - w.last).count());
      w.last = now;
      return int32_t{0};
    };
    ASSERT_EQ(runner.run(batch, nullptr), SOTTO_OK) << runner.error.text;
    (void)batch.should_stop(batch.stop_user);
    EXPECT_LE(watch.longest_ms, 20 * 10) << "device " << device;
  }
}

TEST(Run, AnotherPlansCacheIsRefused) {
  Llama m(1);
  Net other(1, 4300, kModels[1].vocabulary);
  build(other, kModels[2], SOTTO_F32);
  Runner a(tested(), m.net), b(tested(), other);
  std::swap(a.cache, b.cache);
  const std::vector<sotto_batch_row> rows = rows_of(m.a, 0, 0, 2);
  sotto_batch batch = batch_of(rows);
  EXPECT_EQ(a.run(batch, nullptr), SOTTO_MISMATCH);
  std::swap(a.cache, b.cache);
}

}  // namespace
}  // namespace sotto::conformance
