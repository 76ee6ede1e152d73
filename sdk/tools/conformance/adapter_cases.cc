// Adapters: each sequence of a batch with its own or none, on W and G, over ranks.
#include <gtest/gtest.h>

#include "conformance/models.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

TEST(Adapter, EachSequenceHasItsOwnAndItsStrength) {
  for (const ModelShape& model : kModels) {
    for (uint32_t ranks = 1; ranks <= 3; ++ranks) {
      Net net(ranks, 3000 + ranks, model.vocabulary);
      build(net, model, SOTTO_F32);
      const int small = net.adapter(1), large = net.adapter(9);
      std::vector<Sequence> sequences = {net.sequence(5), net.sequence(7), net.sequence(3), net.sequence(4)};
      sequences[0].adapter = small;
      sequences[0].strength = 0.8f;
      sequences[1].adapter = large;
      sequences[1].strength = -0.5f;
      sequences[2].adapter = large;
      sequences[2].strength = 0.25f;
      const Results expected = expected_results(net, sequences);
      for (uint32_t device = 0; device < tested().devices(); ++device) {
        for (const Schedule& schedule : {one_batch(sequences), chunks(sequences, 1), shuffled(sequences, net.random())}) {
          RunnerOptions options;
          options.device = device;
          Runner runner(tested(), net, options);
          const Results results = runner.play(sequences, schedule);
          ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
          EXPECT_LE(relative_error(results, expected), model_tolerance(tested(), SOTTO_F32))
              << model.name << " on " << ranks << " ranks";
        }
      }
    }
  }
}

TEST(Adapter, OverQuantisedWeightsAddsItsShare) {
  for (const uint32_t type : {SOTTO_Q4_0, SOTTO_Q8_0, SOTTO_Q5_K}) {
    Net net(2, 3100 + type);
    LinearSpec spec;
    spec.type = type;
    spec.out = 48;
    const Node x = net.spread(net.input(512), cut(net.random(), 512, 2));
    net.output(net.join(net.linear(x, spec)));
    std::vector<Sequence> sequences = {net.sequence(4), net.sequence(4)};
    HeldAdapter& held = net.adapters[static_cast<size_t>(net.adapter(4))];
    held.pairs.erase(held.pairs.begin());  // of the identity in front
    sequences[0].adapter = 0;
    sequences[0].strength = 1;
    Runner runner(tested(), net);
    const Results results = runner.play(sequences, one_batch(sequences));
    ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
    EXPECT_LE(relative_error(results, expected_results(net, sequences)), linear_tolerance(tested(), type)) << type_name(type);
  }
}

TEST(Adapter, BadPairsAreRefusedWithASentence) {
  Net net(1, 3200, 10);
  build(net, kModels[1], SOTTO_F32);
  Runner runner(tested(), net);
  ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
  const float numbers[4096] = {};
  const float* pointers[] = {numbers};
  uint32_t matrix = 0;
  while ((net.weights[matrix].uses & SOTTO_USE_LINEAR) == 0) ++matrix;
  struct Case {
    const char* what;
    sotto_adapter_pair pair;
  };
  const Case kCases[] = {
      {"a weight that is none", {9999, 1, 1, 0, pointers, pointers}},
      {"no dimensions", {matrix, 0, 1, 0, pointers, pointers}},
      {"no numbers", {matrix, 1, 1, 0, nullptr, pointers}},
  };
  for (const Case& c : kCases) {
    sotto_adapter* made = nullptr;
    Error error;
    EXPECT_NE(runner.backend->adapter_create(runner.weights, &c.pair, 1, sizeof c.pair, &made, &error), SOTTO_OK) << c.what;
    EXPECT_EQ(made, nullptr) << c.what;
    EXPECT_NE(error.text[0], '\0') << c.what;
  }
}

}  // namespace
}  // namespace sotto::conformance
