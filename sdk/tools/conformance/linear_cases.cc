// LINEAR: every weight type, awkward shapes, rows and columns over one to four ranks; then the formula around the product.
#include "conformance/cases.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

struct Shape {
  uint32_t out;
  uint32_t blocks;   // of 32 across; types without blocks and those of 256 take what comes near
  uint32_t columns;  // of types without blocks
};
constexpr Shape kShapes[] = {{1, 1, 1}, {2, 3, 17}, {7, 2, 3}, {33, 5, 257}, {130, 7, 419}, {257, 4, 64}};
constexpr Shape kLarge = {1031, 64, 2053};

uint32_t columns_of(uint32_t type, const Shape& shape) {
  if (block_size(type) == 1) return shape.columns;
  return block_size(type) == 32 ? shape.blocks * 32 : (shape.blocks + 7) / 8 * 256 + (shape.blocks % 8 > 4 ? 256 : 0);
}

std::string name_of(const char* what, uint32_t out, uint32_t columns, uint32_t ranks) {
  return std::string(what) + "[" + std::to_string(out) + ", " + std::to_string(columns) + "] " + on_ranks(ranks);
}

void rows_over_ranks(const Subject& subject, Recorder& record, uint32_t type, uint32_t ranks, const Shape& shape,
                     uint32_t rows) {
  const uint32_t columns = columns_of(type, shape);
  Net net(ranks, 100 * ranks + shape.out);
  LinearSpec spec;
  spec.type = type;
  spec.out = shape.out;
  spec.parts = cut(net.random(), shape.out, ranks);
  spec.bias = shape.out % 2 == 1;
  net.output(net.join(net.linear(net.input(columns), spec)));
  compare(subject, record, net, {net.sequence(rows)}, linear_tolerance(subject.tested, type),
          name_of(spec.bias ? "rows of a weight with bias " : "rows of a weight ", shape.out, columns, ranks));
}

// Cut anywhere, also inside a quantisation block, where a type has none at every column.
void columns_over_ranks(const Subject& subject, Recorder& record, uint32_t type, uint32_t ranks, const Shape& shape) {
  const uint32_t columns = columns_of(type, shape);
  Net net(ranks, 200 * ranks + shape.out);
  LinearSpec spec;
  spec.type = type;
  spec.out = shape.out;
  spec.bias = shape.out % 2 == 0;
  const Node x = net.spread(net.input(columns), cut(net.random(), columns, ranks));
  net.output(net.join(net.linear(x, spec)));
  compare(subject, record, net, {net.sequence(3)}, linear_tolerance(subject.tested, type),
          name_of(spec.bias ? "columns of a weight with bias " : "columns of a weight ", shape.out, columns, ranks));
}

void batch_sizes(const Subject& subject, Recorder& record, uint32_t type, bool in_place) {
  Net net(1, 77);
  LinearSpec spec;
  spec.type = type;
  spec.out = 96;
  net.output(net.linear(net.input(512), spec));
  for (const uint32_t rows : {1u, 2u, 3u, 4u, 8u, 16u, 31u, 61u, 128u}) {
    RunnerOptions options = subject.options();
    options.max_batch = std::max(rows, 32u);
    options.borrow = rows % 2 == 0;
    options.in_place = in_place;
    net.max_positions = 256;
    const std::vector<Sequence> sequences = {net.sequence(rows)};
    compare(subject, record, net, sequences, one_batch(sequences),
            {"[96, 512], " + std::to_string(rows) + (rows == 1 ? " row" : " rows") + " in a batch" +
                 (in_place ? ", weights in place" : ""),
             linear_tolerance(subject.tested, type), options});
  }
}

// Rows like those of real models, in which a few numbers are a hundred times larger than the rest: scattered, one alone, half a
// block, all others zero.
void let_stand_out(Matrix& x) {
  for (uint32_t row = 0; row < x.rows; ++row) {
    for (uint32_t column = 0; column < x.width; ++column) {
      double& number = x.at(row, column);
      const bool alone = column == (37 * row + 5) % x.width;
      if (row % 4 == 0 && (7 * column + 3 * row) % 23 == 0) number *= 40;
      if (row % 4 == 1 && alone) number = 3000;
      if (row % 4 == 2 && column % 64 < 16 && column / 64 == row % 3) number *= 100;
      if (row % 4 == 3) number = alone ? -25 : 0;
    }
  }
}

void outliers(const Subject& subject, Recorder& record, uint32_t type, bool in_place) {
  for (const uint32_t ranks : {1u, 3u}) {
    Net net(ranks, 550 + ranks);
    LinearSpec spec;
    spec.type = type;
    spec.out = 70;
    const Node x = net.input(512);
    net.output(net.join(net.linear(ranks == 1 ? x : net.spread(x, cut(net.random(), 512, ranks)), spec)));
    for (const uint32_t rows : {1u, 2u, 7u, 29u}) {
      RunnerOptions options = subject.options();
      options.in_place = in_place;
      std::vector<Sequence> sequences = {net.sequence(rows)};
      let_stand_out(sequences[0].inputs[0]);
      compare(subject, record, net, sequences, one_batch(sequences),
              {"[70, 512] of " + std::to_string(rows) + " rows whose largest numbers stand out, " + on_ranks(ranks) +
                   (in_place ? ", weights in place" : ""),
               linear_tolerance(subject.tested, type), options});
    }
  }
}

void gates(const Subject& subject, Recorder& record, uint32_t type) {
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
    const double tolerance = 2 * std::max(linear_tolerance(subject.tested, type), linear_tolerance(subject.tested, gate));
    compare(subject, record, net, {net.sequence(4)}, tolerance, std::string("[70, 256] gated by ") + type_name(gate));
  }
}

void linear_of(const Subject& subject, Recorder& record, uint32_t type) {
  for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
    for (const Shape& shape : kShapes) {
      rows_over_ranks(subject, record, type, ranks, shape, 5);
      columns_over_ranks(subject, record, type, ranks, shape);
    }
  }
  rows_over_ranks(subject, record, type, 3, kLarge, 2);
  for (const bool in_place : {false, true}) {
    batch_sizes(subject, record, type, in_place);
    outliers(subject, record, type, in_place);
  }
  gates(subject, record, type);
}

constexpr const char* kActivations[] = {"no activation", "gelu_tanh",    "gelu_erf", "quick_gelu", "silu",
                                        "relu",          "relu squared", "sigmoid",  "tanh"};

void activations(const Subject& subject, Recorder& record) {
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
      compare(subject, record, net, {net.sequence(9)}, 3 * float_tolerance(subject.tested),
              std::string(kActivations[activation]) + (gated ? " with bias, gate and its bias" : " with bias"));
    }
  }
}

void order_of_the_rest(const Subject& subject, Recorder& record) {
  struct Case {
    const char* what;
    bool gated;
    float scale, clamp, softcap, gate_offset;
  };
  constexpr Case kCases[] = {
      {"scale", false, 2.5f, 0, 0, 0},
      {"clamp", false, 0, 0.5f, 0, 0},
      {"scale and softcap", false, 3, 0, 1.5f, 0},
      {"scale, clamp and softcap", false, -2, 0.7f, 0.9f, 0},
      {"gate with offset", true, 0, 0, 0, 1},
      {"gate with clamp", true, 0, 0.5f, 0, 0},
      {"gate with scale, clamp, softcap and offset", true, 1.7f, 0.6f, 1.2f, 1},
  };
  for (const Case& c : kCases) {
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
    compare(subject, record, net, {net.sequence(6)}, 3 * float_tolerance(subject.tested), c.what);
  }
}

}  // namespace

Sections linear_sections() {
  Sections made;
  for (const uint32_t type : kTypes)
    made.push_back({std::string("linear ") + type_name(type),
                    [type](const Subject& subject, Recorder& record) { linear_of(subject, record, type); }});
  made.push_back({"linear activations", activations});
  made.push_back({"linear clamp, scale, cap", order_of_the_rest});
  return made;
}

}  // namespace sotto::conformance
