// Adapters: each sequence of a batch with its own or none, on W and G, over ranks.
#include "conformance/cases.h"
#include "conformance/models.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

void of_one_linear(const Subject& subject, Recorder& record) {
  for (const uint32_t type : {SOTTO_F32, SOTTO_Q4_0, SOTTO_Q8_0, SOTTO_Q5_K}) {
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
    sequences[0].strength = 0.6f;
    compare(subject, record, net, sequences, std::max(linear_tolerance(subject.tested, type), float_tolerance(subject.tested)),
            std::string("one LINEAR of ") + type_name(type) + " on 2 ranks, one sequence with, one without");
  }
}

void of_models(const Subject& subject, Recorder& record) {
  for (const ModelShape& model : kModels) {
    for (uint32_t ranks = 1; ranks <= 3; ++ranks) {
      Net net(ranks, 3000 + ranks, model.vocabulary);
      build(net, model, SOTTO_F32);
      const int small = net.adapter(1), large = net.adapter(9);
      std::vector<Sequence> sequences = {net.sequence(5), net.sequence(7), net.sequence(3), net.sequence(4)};
      const std::pair<int, float> kChoices[] = {{small, 0.8f}, {large, -0.5f}, {large, 0.25f}};
      for (size_t s = 0; s < std::size(kChoices); ++s) {
        sequences[s].adapter = kChoices[s].first;
        sequences[s].strength = kChoices[s].second;
      }
      const Results expected = expected_results(net, sequences);
      const std::string what = std::string(model.name) + ", four sequences with different adapters, " + on_ranks(ranks);
      const double tolerance = model_tolerance(subject.tested, SOTTO_F32);
      compare(subject, record, net, sequences, one_batch(sequences),
              {what + ", one batch", tolerance, subject.options(), &expected});
      compare(subject, record, net, sequences, chunks(sequences, 1),
              {what + ", token by token", tolerance, subject.options(), &expected});
      compare(subject, record, net, sequences, shuffled(sequences, net.random()),
              {what + ", mixed", tolerance, subject.options(), &expected});
    }
  }
}

void bad_pairs(const Subject& subject, Recorder& record) {
  Net net(1, 3200, 10);
  build(net, kSmallModel, SOTTO_F32);
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
      {"a weight that LINEAR does not multiply by", {0, 1, 1, 0, pointers, pointers}},
      {"no dimensions", {matrix, 0, 1, 0, pointers, pointers}},
      {"no numbers", {matrix, 1, 1, 0, nullptr, pointers}},
      {"a reserved field that is set", {matrix, 1, 1, 7, pointers, pointers}},
  };
  for (const Case& c : kCases) {
    record.check(std::string("a pair with ") + c.what + " is refused", [&] {
      Runner runner(subject.tested, net, subject.options());
      runner.ready();
      Handle<sotto_adapter> made;
      const sotto_status s = subject.tested.make(&runner.error, calls::adapter_create, &made, &sotto_backend::adapter_destroy,
                                                 runner.weights.get(), &c.pair, 1u, static_cast<uint32_t>(sizeof c.pair));
      expect(s != SOTTO_OK, "it was taken");
    });
  }
}

}  // namespace

Sections adapter_sections() {
  return {{"adapters", [](const Subject& subject, Recorder& record) {
             of_one_linear(subject, record);
             of_models(subject, record);
             bad_pairs(subject, record);
           }}};
}

}  // namespace sotto::conformance
