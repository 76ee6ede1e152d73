// Whole tiny models: every weight type and one to four ranks, prefill and decode, many sequences, rows that do not depend on
// their neighbours.
#include <gtest/gtest.h>

#include "conformance/models.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

class WholeModel : public testing::TestWithParam<ModelShape> {};

TEST_P(WholeModel, EveryWeightTypeIsCloseToDoublePrecision) {
  for (const uint32_t type : kTypes) {
    Net net(1 + type % 4, 2000 + type, GetParam().vocabulary);
    build(net, GetParam(), type);
    const std::vector<Sequence> sequences = {net.sequence(7), net.sequence(3)};
    const Results expected = expected_results(net, sequences);
    for (uint32_t device = 0; device < tested().devices(); ++device) {
      RunnerOptions options;
      options.device = device;
      Runner runner(tested(), net, options);
      const Results results = runner.play(sequences, one_batch(sequences));
      ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
      EXPECT_LE(relative_error(results, expected), model_tolerance(tested(), type)) << type_name(type) << ", device " << device;
    }
  }
}

TEST_P(WholeModel, PrefillDecodeAndMixedBatchesAgreeOnOneToFourRanks) {
  for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
    Net net(ranks, 2100 + ranks, GetParam().vocabulary);
    build(net, GetParam(), SOTTO_F32);
    const std::vector<Sequence> sequences = {net.sequence(11), net.sequence(1), net.sequence(6), net.sequence(9)};
    const Results expected = expected_results(net, sequences);
    const Schedule schedules[] = {one_batch(sequences), chunks(sequences, 1), chunks(sequences, 4),
                                  shuffled(sequences, net.random())};
    for (const Schedule& schedule : schedules) {
      Runner runner(tested(), net);
      const Results results = runner.play(sequences, schedule);
      ASSERT_EQ(runner.status, SOTTO_OK) << runner.error.text;
      EXPECT_LE(relative_error(results, expected), model_tolerance(tested(), SOTTO_F32))
          << ranks << " ranks, " << schedule.size() << " batches";
    }
  }
}

// To the bit, as far as the device says so of itself.
TEST_P(WholeModel, ARowsBitsDoNotDependOnItsNeighbours) {
  for (const uint32_t type : {SOTTO_F32, SOTTO_F16, SOTTO_Q4_1, SOTTO_Q8_0, SOTTO_Q4_K, SOTTO_Q6_K}) {
    Net net(1 + type % 2, 2200 + type, GetParam().vocabulary);
    build(net, GetParam(), type);
    const std::vector<Sequence> sequences = {net.sequence(16), net.sequence(9)};
    for (uint32_t device = 0; device < tested().devices(); ++device) {
      const uint32_t most = std::min(16u, tested().invariant_rows(device));
      RunnerOptions options;
      options.device = device;
      Runner alone(tested(), net, options);
      const Results expected = alone.play(sequences, chunks(sequences, 1));
      for (const uint32_t rows : {2u, 5u, 16u}) {
        if (rows > most) continue;
        options.threads = 1 + rows % 3;
        Runner together(tested(), net, options);
        EXPECT_EQ(relative_error(together.play(sequences, chunks(sequences, rows)), expected), 0)
            << type_name(type) << ", device " << device << ", " << rows << " rows at once";
      }
      if (most < 7) continue;
      Runner mixed(tested(), net, options);
      EXPECT_EQ(relative_error(mixed.play(sequences, shuffled(sequences, net.random())), expected), 0)
          << type_name(type) << ", device " << device << ", sequences mixed";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, WholeModel, testing::ValuesIn(kModels), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sotto::conformance
