// ATTENTION: every flag, rotation, norm, sink, window and cap, on awkward heads and one to four ranks, in one batch and in
// pieces.
#include <gtest/gtest.h>

#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

struct Case {
  const char* name;
  uint32_t heads, kv_heads, head_dim;
  AttentionOptions options;
};

AttentionOptions rotated(uint32_t layout, uint32_t dims, float magnitude = 0) {
  AttentionOptions o;
  o.rotation = layout;
  o.rotary_dim = dims;
  o.magnitude = magnitude;
  return o;
}
template <class Change>
AttentionOptions with(AttentionOptions o, Change change) {
  change(o);
  return o;
}

std::vector<Case> cases() {
  const AttentionOptions plain, halves = rotated(SOTTO_ROTATION_HALVES, 16);
  return {
      {"Plain", 4, 4, 16, plain},
      {"OneHeadOfOne", 1, 1, 1, plain},
      {"OddHead", 3, 1, 5, plain},
      {"PrimeHeads", 7, 7, 13, plain},
      {"Grouped", 8, 2, 16, plain},
      {"AllShareOne", 6, 1, 64, plain},
      {"WideHead", 2, 1, 128, plain},
      {"Halves", 4, 2, 16, halves},
      {"Interleaved", 4, 2, 16, rotated(SOTTO_ROTATION_INTERLEAVED, 16)},
      {"PartOfTheHead", 4, 2, 20, rotated(SOTTO_ROTATION_HALVES, 6)},
      {"PartInterleaved", 2, 2, 11, rotated(SOTTO_ROTATION_INTERLEAVED, 4)},
      {"Magnitude", 4, 2, 24, rotated(SOTTO_ROTATION_HALVES, 16, 1.3f)},
      {"Scale", 4, 4, 16, with(plain, [](auto& o) { o.scale = 0.5f; })},
      {"Softcap", 4, 4, 16, with(plain, [](auto& o) { o.softcap = 0.8f, o.scale = 1; })},
      {"Window", 4, 2, 16, with(halves, [](auto& o) { o.window = 5; })},
      {"WindowOfOne", 2, 2, 8, with(plain, [](auto& o) { o.window = 1; })},
      {"Sink", 4, 2, 16, with(plain, [](auto& o) { o.sink = true; })},
      {"SinkWindowSoftcap", 4, 2, 16, with(halves, [](auto& o) { o.sink = true, o.window = 3, o.softcap = 2; })},
      {"NormBefore", 4, 2, 16, with(halves, [](auto& o) { o.norms = true; })},
      {"NormAfter", 4, 2, 16, with(halves, [](auto& o) { o.norms = true, o.flags = SOTTO_ATTENTION_NORM_AFTER; })},
      {"LayerNormWithBias", 4, 2, 16,
       with(halves, [](auto& o) { o.norms = o.norm_biases = true, o.norm_kind = SOTTO_NORM_LAYER; })},
      {"NotCausal", 4, 2, 16, with(halves, [](auto& o) { o.flags = SOTTO_ATTENTION_NOT_CAUSAL; })},
  };
}

Node attention_over(Net& net, const Node& x, const Case& c) {
  AttentionOptions o = c.options;
  o.heads = cut_heads(net.random(), c.heads, c.kv_heads, c.head_dim, net.ranks());
  LinearSpec q, kv;
  q.out = c.heads * c.head_dim;
  q.parts = o.heads.q_parts();
  kv.out = c.kv_heads * c.head_dim;
  kv.parts = o.heads.kv_parts();
  const Node a = net.linear(x, q), k = net.linear(x, kv), v = net.linear(x, kv);
  return net.attention(a, k, v, o);
}

void expect_close(Net& net, const RunnerOptions& base, double tolerance, bool whole_only) {
  const std::vector<Sequence> sequences = {net.sequence(19), net.sequence(1), net.sequence(8)};
  const Results expected = expected_results(net, sequences);
  std::vector<Schedule> schedules = {one_batch(sequences)};
  if (!whole_only) {
    schedules.push_back(chunks(sequences, 1));
    schedules.push_back(chunks(sequences, 7));
    schedules.push_back(shuffled(sequences, net.random()));
  }
  for (uint32_t device = 0; device < tested().devices(); ++device) {
    for (const Schedule& schedule : schedules) {
      RunnerOptions options = base;
      options.device = device;
      Runner runner(tested(), net, options);
      const Results results = runner.play(sequences, schedule);
      ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
      EXPECT_LE(relative_error(results, expected), tolerance) << "device " << device << ", batches " << schedule.size();
    }
  }
}

class AttentionCase : public testing::TestWithParam<Case> {};

TEST_P(AttentionCase, IsTheFormulaOnOneToFourRanks) {
  for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
    SCOPED_TRACE(std::to_string(ranks) + " ranks");
    Net net(ranks, 1100 + ranks);
    net.output(net.join(attention_over(net, net.input(32), GetParam())));
    expect_close(net, {}, 5 * float_tolerance(tested()), (GetParam().options.flags & SOTTO_ATTENTION_NOT_CAUSAL) != 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Attention, AttentionCase, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST(Attention, ASlotMayBeReadAgain) {
  for (const uint32_t ranks : {1u, 3u}) {
    Net net(ranks, 1200);
    const Node x = net.input(32);
    const Case c{"", 6, 3, 16, rotated(SOTTO_ROTATION_HALVES, 16)};
    const Node first = attention_over(net, x, c);
    AttentionOptions again = c.options;
    again.heads.heads = 6;
    again.heads.kv_heads = 3;
    again.heads.head_dim = 16;
    again.heads.ranks.assign(net.slots[0].ranks, net.slots[0].ranks + ranks);
    again.read_slot = 0;
    again.window = 4;
    again.norms = true;
    LinearSpec q;
    q.out = 96;
    q.parts = again.heads.q_parts();
    const Node second = net.read_attention(net.linear(x, q), again);
    net.output(net.join(net.add(first, second)));
    expect_close(net, {}, 5 * float_tolerance(tested()), false);
  }
}

TEST(Attention, EveryCacheTypeThatIsOfferedIsCloseEnough) {
  for (const uint32_t k_type : {SOTTO_F32, SOTTO_F16, SOTTO_Q8_0}) {
    for (const uint32_t v_type : {SOTTO_F32, SOTTO_F16, SOTTO_Q8_0}) {
      Net net(2, 1300);
      const Case c{"", 4, 2, 80, rotated(SOTTO_ROTATION_HALVES, 80)};
      net.output(net.join(attention_over(net, net.input(32), c)));
      RunnerOptions options;
      options.k_type = k_type;
      options.v_type = v_type;
      Runner probe(tested(), net, options);
      if (probe.status == SOTTO_UNSUPPORTED && k_type + v_type != SOTTO_F32) {
        EXPECT_NE(probe.error.text[0], '\0');
        continue;
      }
      SCOPED_TRACE("k type " + std::to_string(k_type) + ", v type " + std::to_string(v_type));
      expect_close(net, options, 5 * cache_tolerance(tested(), k_type, v_type), false);
    }
  }
}

// Longer than any page or tile, and more threads than rows.
TEST(Attention, LongContextsAreSummedWhole) {
  for (const uint32_t threads : {1u, 2u, 5u}) {
    Net net(1, 1400, 1, 1200);
    net.output(attention_over(net, net.input(16), {"", 4, 2, 16, rotated(SOTTO_ROTATION_HALVES, 16)}));
    const std::vector<Sequence> sequences = {net.sequence(700)};
    RunnerOptions options;
    options.threads = threads;
    options.tokens = 704;
    Runner runner(tested(), net, options);
    const Results results = runner.play(sequences, chunks(sequences, threads == 1 ? 32 : 29));
    ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
    EXPECT_LE(relative_error(results, expected_results(net, sequences)), 5 * float_tolerance(tested()));
  }
}

}  // namespace
}  // namespace sotto::conformance
