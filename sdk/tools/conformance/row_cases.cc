// The steps that look at one row: INPUT, EMBED, NORM, ADD, MUL, OUTPUT, and the sums over ranks.
#include <gtest/gtest.h>

#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

void expect_close(Net& net, const std::vector<Sequence>& sequences, double tolerance, const std::string& what) {
  const Results expected = expected_results(net, sequences);
  for (uint32_t device = 0; device < tested().devices(); ++device) {
    RunnerOptions options;
    options.device = device;
    Runner runner(tested(), net, options);
    const Results results = runner.play(sequences, one_batch(sequences));
    ASSERT_EQ(runner.status, SOTTO_OK) << what << ": " << runner.error.text;
    EXPECT_LE(relative_error(results, expected), tolerance) << what << ", device " << device;
  }
}

TEST(Embed, LooksUpEveryTypeOverAnyRanks) {
  for (const uint32_t type : kTypes) {
    for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
      for (const bool positions : {false, true}) {
        Net net(ranks, 600 + type, 23);
        net.output(
            net.join(net.embed(type, 2 * block_size(type) * (block_size(type) == 1 ? 9 : 1), positions, positions ? 0.5f : 0)));
        // Stored values times a scale: float32.
        expect_close(net, {net.sequence(11)}, float_tolerance(tested()),
                     std::string(type_name(type)) + " on " + std::to_string(ranks));
      }
    }
  }
}

TEST(Norm, BothKindsAtAwkwardWidths) {
  for (const uint32_t kind : {SOTTO_NORM_LAYER, SOTTO_NORM_RMS}) {
    for (const uint32_t width : {1u, 3u, 64u, 257u, 2048u}) {
      for (const bool bias : {false, true}) {
        Net net(width == 64 ? 3 : 1, 700 + width);
        net.output(net.norm(net.input(width), kind, width != 257, bias, width == 3 ? 0.1f : 1e-5f));
        expect_close(net, {net.sequence(5)}, 3 * float_tolerance(tested()), "width " + std::to_string(width));
      }
    }
  }
}

TEST(Rows, SumsAndProductsOnSplitValues) {
  for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
    for (uint32_t activation = SOTTO_ACT_NONE; activation <= SOTTO_ACT_TANH; ++activation) {
      Net net(ranks, 800 + activation);
      const Parts parts = cut(net.random(), 41, ranks);
      const Node a = net.spread(net.input(41), parts), b = net.spread(net.input(41), parts);
      const Node sum = net.add(a, b, activation % 2 == 1, activation % 3 == 1 ? -0.5f : 0);
      net.output(net.join(net.mul(sum, b, activation)));
      expect_close(net, {net.sequence(7)}, 3 * float_tolerance(tested()), "activation " + std::to_string(activation));
    }
  }
}

// Every rank gets the sum: what follows on each rank would differ if one had its own part.
TEST(Rows, AReducedValueIsTheSameOnEveryRank) {
  for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
    Net net(ranks, 900 + ranks);
    const Node x = net.spread(net.input(24), cut(net.random(), 24, ranks));
    LinearSpec inner;
    inner.out = 18;
    const Node sum = net.reduce(net.linear(x, inner));
    LinearSpec last;
    last.out = 31;
    last.parts = cut(net.random(), 31, ranks);
    net.output(net.gather(net.linear(sum, last)));
    net.output(sum);
    expect_close(net, {net.sequence(6)}, 3 * float_tolerance(tested()), std::to_string(ranks) + " ranks");
  }
}

TEST(Outputs, EachRowGetsWhatItsMaskAsksForInBatchOrder) {
  for (const uint32_t ranks : {1u, 2u}) {
    Net net(ranks, 1000);
    const Node x = net.input(16);
    LinearSpec spec;
    spec.out = 12;
    spec.parts = cut(net.random(), 12, ranks);
    const Node hidden = net.join(net.linear(x, spec));
    net.output(hidden);
    net.output(net.norm(hidden, SOTTO_NORM_RMS));
    net.output(hidden);
    const Sequence sequence = net.sequence(6);
    const std::vector<Matrix> expected = net.expected(sequence);
    Runner runner(tested(), net);
    ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
    constexpr uint32_t kMasks[] = {0, 1, 2, 7, 0, 4};
    std::vector<sotto_batch_row> rows;
    for (uint32_t i = 0; i < 6; ++i) rows.push_back({0, i, 0, kMasks[i], nullptr, 0, 0});
    std::vector<float> input(sequence.inputs[0].numbers.begin(), sequence.inputs[0].numbers.end());
    const float* inputs[] = {input.data()};
    sotto_batch batch{};
    batch.row_count = 6;
    batch.rows = rows.data();
    batch.input_count = 1;
    batch.inputs = inputs;
    std::vector<std::vector<std::vector<float>>> delivered;
    ASSERT_EQ(runner.run(batch, &delivered), SOTTO_OK) << runner.error.text;
    for (uint32_t o = 0; o < 3; ++o) {
      size_t found = 0;
      for (uint32_t i = 0; i < 6; ++i) {
        if ((kMasks[i] >> o & 1) == 0) continue;
        ASSERT_LT(found, delivered[o].size());
        for (uint32_t c = 0; c < 12; ++c)
          EXPECT_NEAR(delivered[o][found][c], expected[o].at(i, c), 1e-4) << "output " << o << " row " << i;
        ++found;
      }
      EXPECT_EQ(found, delivered[o].size()) << "output " << o;
    }
    EXPECT_EQ(runner.lengths[0], 6u);
  }
}

}  // namespace
}  // namespace sotto::conformance
