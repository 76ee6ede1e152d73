// Whole tiny models: every weight type and one to four ranks, prefill and decode, many sequences, rows that do not depend on
// their neighbours.
#include "conformance/cases.h"
#include "conformance/models.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

void every_type(const Subject& subject, Recorder& record, const ModelShape& model) {
  for (const uint32_t type : kTypes) {
    for (const uint32_t ranks : {1u, 2 + type % 3}) {
      Net net(ranks, 2000 + type, model.vocabulary);
      build(net, model, type);
      compare(subject, record, net, {net.sequence(7), net.sequence(3)}, model_tolerance(subject.tested, type),
              std::string(type_name(type)) + " " + on_ranks(ranks));
    }
  }
}

void prefill_and_decode(const Subject& subject, Recorder& record) {
  struct Way {
    const char* what;
    uint32_t rows;  // at a time; 0: all
  };
  constexpr Way kWays[] = {{"prefill", 0}, {"decode", 1}, {"4 at a time", 4}};
  for (const ModelShape& model : kModels) {
    for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
      Net net(ranks, 2100 + ranks, model.vocabulary);
      build(net, model, SOTTO_F32);
      const std::vector<Sequence> sequences = {net.sequence(12)};
      const Results expected = expected_results(net, sequences);
      for (const Way& way : kWays)
        compare(subject, record, net, sequences, way.rows == 0 ? one_batch(sequences) : chunks(sequences, way.rows),
                {std::string(model.name) + " " + on_ranks(ranks) + ", " + way.what, model_tolerance(subject.tested, SOTTO_F32),
                 subject.options(), &expected});
    }
  }
}

void sequences_apart(const Subject& subject, Recorder& record) {
  for (const ModelShape& model : kModels) {
    for (uint32_t ranks = 1; ranks <= 4; ++ranks) {
      Net net(ranks, 2150 + ranks, model.vocabulary);
      build(net, model, SOTTO_F32);
      const std::vector<Sequence> sequences = {net.sequence(11), net.sequence(1), net.sequence(6), net.sequence(9)};
      const Results expected = expected_results(net, sequences);
      const Comparison c{std::string(model.name) + " " + on_ranks(ranks), model_tolerance(subject.tested, SOTTO_F32),
                         subject.options(), &expected};
      compare(subject, record, net, sequences, one_batch(sequences),
              {c.what + ", one behind the other", c.tolerance, c.options, &expected});
      compare(subject, record, net, sequences, shuffled(sequences, net.random()),
              {c.what + ", rows mixed", c.tolerance, c.options, &expected});
    }
  }
}

// To the bit, as far as the device says so of itself.
void invariance_of(const Subject& subject, Recorder& record, const ModelShape& model, uint32_t type, uint32_t most) {
  Net net(1 + type % 2, 2200 + type, model.vocabulary);
  build(net, model, type);
  const std::vector<Sequence> sequences = {net.sequence(16), net.sequence(9)};
  RunnerOptions options = subject.options();
  Results alone;
  const std::string what = std::string(model.name) + " " + type_name(type);
  record.check(what + ", token by token",
               [&] { alone = Runner(subject.tested, net, options).ready().play(sequences, chunks(sequences, 1)); });
  const auto same = [&](const std::string& how, const Schedule& schedule) {
    record.check(what + ", " + how, [&] {
      const double error = relative_error(Runner(subject.tested, net, options).ready().play(sequences, schedule), alone);
      expect(error == 0, "a row's bits depend on its neighbours (relative difference " + short_number(error) +
                             ") although the device states batch_invariant_rows " + std::to_string(most));
    });
  };
  for (const uint32_t rows : {2u, 5u, 16u}) {
    if (rows > most) continue;
    options.threads = 1 + rows % 3;
    same(std::to_string(rows) + " rows at once", chunks(sequences, rows));
  }
  if (most >= 7) same("sequences mixed", shuffled(sequences, net.random()));
  if (most >= 25) same("all in one batch", one_batch(sequences));
}

void invariance(const Subject& subject, Recorder& record) {
  const uint32_t most = subject.tested.info(subject.device).batch_invariant_rows;
  record.note(most < 2             ? "the device promises nothing: batch_invariant_rows is " + std::to_string(most)
              : most == UINT32_MAX ? "the device promises any number of rows"
                                   : "the device promises up to " + std::to_string(most) + " rows");
  if (most < 2) return;
  for (const ModelShape& model : kModels)
    for (const uint32_t type : {SOTTO_F32, SOTTO_F16, SOTTO_Q4_1, SOTTO_Q8_0, SOTTO_Q4_K, SOTTO_Q6_K})
      invariance_of(subject, record, model, type, most);
}

}  // namespace

Sections model_sections() {
  Sections made;
  for (const ModelShape& model : kModels)
    made.push_back({std::string("model like ") + model.name,
                    [&model](const Subject& subject, Recorder& record) { every_type(subject, record, model); }});
  made.push_back({"prefill = decode", prefill_and_decode});
  made.push_back({"sequences keep apart", sequences_apart});
  made.push_back({"row invariance", invariance});
  return made;
}

}  // namespace sotto::conformance
