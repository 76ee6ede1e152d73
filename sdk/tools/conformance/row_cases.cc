// The steps that look at one row: INPUT, EMBED, NORM, ADD, MUL, OUTPUT, and the sums over ranks.
#include "conformance/cases.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

constexpr const char* kActivations[] = {"no activation", "gelu_tanh",    "gelu_erf", "quick_gelu", "silu",
                                        "relu",          "relu squared", "sigmoid",  "tanh"};

void input(const Subject& subject, Recorder& record) {
  for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
    for (const uint32_t width : {1u, 13u, 1024u}) {
      Net net(ranks, 500 + width);
      const Node first = net.input(width), second = net.input(width + 1);
      net.output(first);
      net.output(second);
      // Passed through: to the bit.
      compare(subject, record, net, {net.sequence(5), net.sequence(1)}, 0,
              "two inputs, width " + std::to_string(width) + ", " + on_ranks(ranks));
    }
  }
}

void embed(const Subject& subject, Recorder& record) {
  for (const uint32_t type : kTypes) {
    for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
      for (const bool positions : {false, true}) {
        Net net(ranks, 600 + type, 23);
        const uint32_t width = 2 * block_size(type) * (block_size(type) == 1 ? 9 : 1);
        net.output(net.join(net.embed(type, width, positions, positions ? 0.5f : 0)));
        // Stored values times a scale: float32.
        compare(
            subject, record, net, {net.sequence(11)}, float_tolerance(subject.tested),
            std::string("table of ") + type_name(type) + (positions ? " with positions and scale, " : ", ") + on_ranks(ranks));
      }
    }
  }
}

void norm(const Subject& subject, Recorder& record) {
  for (const uint32_t kind : {SOTTO_NORM_LAYER, SOTTO_NORM_RMS}) {
    for (const uint32_t width : {1u, 3u, 64u, 257u, 2048u}) {
      for (const bool bias : {false, true}) {
        Net net(width == 64 ? 3 : 1, 700 + width);
        net.output(net.norm(net.input(width), kind, width != 257, bias, width == 3 ? 0.1f : 1e-5f));
        compare(subject, record, net, {net.sequence(5)}, 3 * float_tolerance(subject.tested),
                std::string(kind == SOTTO_NORM_LAYER ? "layer norm" : "RMS norm") + (bias ? " with bias" : "") + ", width " +
                    std::to_string(width));
      }
    }
  }
}

void sums_and_products(const Subject& subject, Recorder& record) {
  for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
    for (uint32_t activation = SOTTO_ACT_NONE; activation <= SOTTO_ACT_TANH; ++activation) {
      Net net(ranks, 800 + activation);
      const Parts parts = cut(net.random(), 41, ranks);
      const Node a = net.spread(net.input(41), parts), b = net.spread(net.input(41), parts);
      const bool bias = activation % 2 == 1, scale = activation % 3 == 1;
      const Node sum = net.add(a, b, bias, scale ? -0.5f : 0);
      net.output(net.join(net.mul(sum, b, activation)));
      compare(subject, record, net, {net.sequence(7)}, 3 * float_tolerance(subject.tested),
              std::string("ADD") + (bias ? " with bias" : "") + (scale ? " and scale" : "") + ", MUL with " +
                  kActivations[activation] + ", " + on_ranks(ranks));
    }
  }
}

// Every rank gets the sum: what follows on each rank would differ if one had its own part.
void over_ranks(const Subject& subject, Recorder& record) {
  for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
    for (const uint32_t width : {5u, 24u, 257u}) {
      Net net(ranks, 900 + ranks);
      const Node x = net.spread(net.input(width), cut(net.random(), width, ranks));
      LinearSpec inner;
      inner.out = 18;
      const Node sum = net.reduce(net.linear(x, inner));
      LinearSpec last;
      last.out = 31;
      last.parts = cut(net.random(), 31, ranks);
      net.output(net.gather(net.linear(sum, last)));
      net.output(sum);
      compare(subject, record, net, {net.sequence(6)}, 3 * float_tolerance(subject.tested),
              "ALL_REDUCE of " + std::to_string(width) + " columns, then ALL_GATHER, " + on_ranks(ranks));
    }
  }
}

void masked_outputs(const Subject& subject, uint32_t ranks, double tolerance) {
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
  Runner runner(subject.tested, net, subject.options());
  runner.ready();
  constexpr uint32_t kMasks[] = {0, 1, 2, 7, 0, 4};
  std::vector<sotto_batch_row> rows;
  for (uint32_t i = 0; i < 6; ++i) rows.push_back({0, i, 0, kMasks[i], nullptr, 0, 0});
  const std::vector<float> input(sequence.inputs[0].numbers.begin(), sequence.inputs[0].numbers.end());
  const float* inputs[] = {input.data()};
  sotto_batch batch = batch_of(rows);
  batch.input_count = 1;
  batch.inputs = inputs;
  Delivered delivered;
  succeed(runner.run(batch, &delivered), "run", runner.error);
  for (uint32_t o = 0; o < 3; ++o) {
    size_t found = 0;
    for (uint32_t i = 0; i < 6; ++i) {
      if ((kMasks[i] >> o & 1) == 0) continue;
      expect(relative_error(delivered[o][found++], expected[o], i) <= tolerance,
             "output " + std::to_string(o) + " of batch row " + std::to_string(i) +
                 " is wrong: are rows delivered in batch order?");
    }
  }
  expect(runner.lengths[0] == 6, "rows that want no output were not committed");
}

void outputs(const Subject& subject, Recorder& record) {
  for (uint32_t ranks = 1; ranks <= 4; ++ranks)
    record.check("three outputs, rows that want all, some or none, " + on_ranks(ranks),
                 [&] { masked_outputs(subject, ranks, 10 * float_tolerance(subject.tested)); });
}

}  // namespace

Sections row_sections() {
  return {{"input", input},
          {"embed", embed},
          {"norm", norm},
          {"add, mul", sums_and_products},
          {"all_reduce, all_gather", over_ranks},
          {"outputs", outputs}};
}

}  // namespace sotto::conformance
