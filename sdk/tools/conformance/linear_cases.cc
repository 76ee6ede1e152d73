// LINEAR: every weight type, awkward shapes, rows and columns over one to four ranks; then the formula around the product.
#include <gtest/gtest.h>

#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

struct Shape {
  uint32_t out;
  uint32_t blocks;  // of the type, across
};
constexpr Shape kShapes[] = {{1, 1}, {2, 3}, {7, 2}, {33, 5}, {130, 7}, {257, 4}};

uint32_t columns_of(uint32_t type, const Shape& shape) {
  constexpr uint32_t kAwkward[] = {0, 1, 3, 17, 64, 257, 0, 419};  // for types without blocks
  switch (block_size(type)) {
    case 1:
      return kAwkward[shape.blocks];
    case 32:
      return shape.blocks * 32;
    default:
      return (shape.blocks + 1) / 2 * 256;
  }
}

void expect_close(Net& net, const std::vector<Sequence>& sequences, double tolerance, const std::string& what) {
  const Results expected = expected_results(net, sequences);
  for (uint32_t device = 0; device < tested().devices(); ++device) {
    RunnerOptions options;
    options.device = device;
    options.borrow = device % 2 == 0;
    Runner runner(tested(), net, options);
    const Results results = runner.play(sequences, one_batch(sequences));
    ASSERT_EQ(runner.status, SOTTO_OK) << what << ": " << runner.error.text;
    EXPECT_LE(relative_error(results, expected), tolerance) << what << ", device " << device;
  }
}

std::string name_of(uint32_t type, uint32_t out, uint32_t columns, uint32_t ranks) {
  return std::string(type_name(type)) + " [" + std::to_string(out) + ", " + std::to_string(columns) + "] on " +
         std::to_string(ranks) + " ranks";
}

class LinearOfType : public testing::TestWithParam<uint32_t> {};

TEST_P(LinearOfType, RowsOverRanksMultiplyAsAWhole) {
  const uint32_t type = GetParam();
  for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
    for (const Shape& shape : kShapes) {
      const uint32_t columns = columns_of(type, shape);
      Net net(ranks, 100 * ranks + shape.out);
      LinearSpec spec;
      spec.type = type;
      spec.out = shape.out;
      spec.parts = cut(net.random(), shape.out, ranks);
      spec.bias = shape.out % 2 == 1;
      net.output(net.join(net.linear(net.input(columns), spec)));
      expect_close(net, {net.sequence(5)}, linear_tolerance(tested(), type), name_of(type, shape.out, columns, ranks));
    }
  }
}

// Cut anywhere, also inside a quantisation block, where a type has none at every column.
TEST_P(LinearOfType, ColumnsOverRanksAddUpToTheWhole) {
  const uint32_t type = GetParam();
  for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
    for (const Shape& shape : kShapes) {
      const uint32_t columns = columns_of(type, shape);
      Net net(ranks, 200 * ranks + shape.out);
      LinearSpec spec;
      spec.type = type;
      spec.out = shape.out;
      spec.bias = shape.out % 2 == 0;
      const Node x = net.spread(net.input(columns), cut(net.random(), columns, ranks));
      net.output(net.join(net.linear(x, spec)));
      expect_close(net, {net.sequence(3)}, linear_tolerance(tested(), type), name_of(type, shape.out, columns, ranks));
    }
  }
}

TEST_P(LinearOfType, OneRowAndManyRowsMultiplyAlike) {
  const uint32_t type = GetParam(), columns = 512;
  Net net(1, 77);
  LinearSpec spec;
  spec.type = type;
  spec.out = 96;
  net.output(net.linear(net.input(columns), spec));
  for (const uint32_t rows : {1u, 2u, 3u, 4u, 8u, 16u, 31u})
    expect_close(net, {net.sequence(rows)}, linear_tolerance(tested(), type),
                 name_of(type, 96, columns, 1) + ", rows " + std::to_string(rows));
}

TEST_P(LinearOfType, AGateOfAnotherTypeMultiplies) {
  const uint32_t type = GetParam();
  for (const uint32_t gate : {type, uint32_t{SOTTO_F32}, uint32_t{SOTTO_Q8_0}, uint32_t{SOTTO_Q6_K}}) {
    Net net(2, 300 + gate);
    LinearSpec spec;
    spec.type = type;
    spec.gate_type = gate;
    spec.out = 70;
    spec.parts = cut(net.random(), 70, 2);
    spec.activation = SOTTO_ACT_SILU;
    net.output(net.join(net.linear(net.input(256), spec)));
    // Two products, and an activation that is steeper than one at places.
    const double tolerance = 2 * std::max(linear_tolerance(tested(), type), linear_tolerance(tested(), gate));
    expect_close(net, {net.sequence(4)}, tolerance, name_of(type, 70, 256, 2) + " gated by " + type_name(gate));
  }
}

INSTANTIATE_TEST_SUITE_P(Types, LinearOfType, testing::ValuesIn(kTypes),
                         [](const auto& info) { return type_name(info.param); });

TEST(Linear, EveryActivationWithAndWithoutGateIsTheFormula) {
  for (uint32_t activation = SOTTO_ACT_NONE; activation <= SOTTO_ACT_TANH; ++activation) {
    for (const bool gated : {false, true}) {
      Net net(2, 400 + activation);
      LinearSpec spec;
      spec.out = 37;
      spec.parts = cut(net.random(), 37, 2);
      spec.activation = activation;
      spec.bias = true;
      spec.gate_type = gated ? SOTTO_F32 : SOTTO_NONE;
      spec.gate_bias = gated;
      net.output(net.join(net.linear(net.input(19), spec)));
      expect_close(net, {net.sequence(9)}, 3 * float_tolerance(tested()), "activation " + std::to_string(activation));
    }
  }
}

TEST(Linear, ClampScaleSoftcapAndGateOffsetComeInOrder) {
  struct Case {
    bool gated;
    float scale, clamp, softcap, gate_offset;
  };
  for (const Case& c :
       {Case{false, 2.5f, 0, 0, 0}, Case{false, 0, 0.5f, 0, 0}, Case{false, 3, 0, 1.5f, 0}, Case{false, -2, 0.7f, 0.9f, 0},
        Case{true, 0, 0, 0, 1}, Case{true, 0, 0.5f, 0, 0}, Case{true, 1.7f, 0.6f, 1.2f, 1}}) {
    Net net(1, 500);
    LinearSpec spec;
    spec.out = 40;
    spec.bias = true;
    spec.activation = SOTTO_ACT_QUICK_GELU;
    spec.gate_type = c.gated ? SOTTO_F32 : SOTTO_NONE;
    spec.gate_bias = c.gated;
    spec.scale = c.scale;
    spec.clamp = c.clamp;
    spec.softcap = c.softcap;
    spec.gate_offset = c.gate_offset;
    net.output(net.linear(net.input(33), spec));
    expect_close(net, {net.sequence(6)}, 3 * float_tolerance(tested()), "clamp " + std::to_string(c.clamp));
  }
}

}  // namespace
}  // namespace sotto::conformance
