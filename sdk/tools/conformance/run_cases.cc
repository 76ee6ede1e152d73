// run: rows that mean nothing, and what is committed after a failure.
#include "conformance/cases.h"
#include "conformance/models.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

struct Text {
  explicit Text(uint32_t ranks) : net(ranks, 4400 + ranks, kModels[1].vocabulary, 48) {
    build(net, kModels[1], SOTTO_F32);
    tokens = net.sequence(40);
    expected = net.expected(tokens);
  }
  Net net;
  Sequence tokens;
  std::vector<Matrix> expected;
};

// Feeds the tokens behind what sequence 0 is said to hold and compares the last one's logits.
void go_on(const Subject& subject, Recorder& record, Runner& runner, const Text& m, uint32_t count) {
  const uint32_t length = runner.lengths[0];
  std::vector<float> row;
  try {
    row = runner.feed(m.tokens, 0, length, count);
  } catch (const Fault& f) {
    throw Fault("sequence 0 is said to hold " + std::to_string(length) +
                " committed tokens, going on behind them fails: " + f.what());
  }
  record.measure(relative_error(row, m.expected[0], length + count - 1), model_tolerance(subject.tested, SOTTO_F32),
                 [] { return "the cache does not hold exactly the committed tokens"; });
}

struct BadRows {
  const char* what;
  std::vector<sotto_batch_row> rows;
};
// For a sequence 0 of ten tokens, a cache of four sequences, batches of up to 32.
std::vector<BadRows> bad_rows(uint32_t vocabulary) {
  return {
      {"no rows", {}},
      {"a gap", {{1, 11, 0, 1, nullptr, 0, 0}}},
      {"a position that is filled", {{1, 9, 0, 1, nullptr, 0, 0}}},
      {"a gap in the middle", {{1, 10, 0, 1, nullptr, 0, 0}, {1, 12, 0, 1, nullptr, 0, 0}}},
      {"another sequence's position", {{1, 10, 0, 1, nullptr, 0, 0}, {1, 11, 1, 1, nullptr, 0, 0}}},
      {"no such sequence", {{1, 0, 4, 1, nullptr, 0, 0}}},
      {"no such token", {{vocabulary, 10, 0, 1, nullptr, 0, 0}}},
      {"a good row before a bad token", {{1, 10, 0, 1, nullptr, 0, 0}, {vocabulary, 11, 0, 1, nullptr, 0, 0}}},
      {"no such output", {{1, 10, 0, 8, nullptr, 0, 0}}},
      {"a reserved field that is set", {{1, 10, 0, 1, nullptr, 0, 9}}},
      {"too many rows", std::vector<sotto_batch_row>(33, {1, 10, 0, 0, nullptr, 0, 0})},
  };
}

void refused_rows(const Subject& subject, Recorder& record) {
  for (const uint32_t ranks : {1u, 2u}) {
    Text m(ranks);
    for (const BadRows& c : bad_rows(m.net.vocabulary)) {
      record.check(std::string("a batch of ") + c.what + ", " + on_ranks(ranks), [&] {
        Runner runner(subject.tested, m.net, subject.options());
        runner.ready().feed(m.tokens, 0, 0, 10);
        sotto_batch batch = batch_of(c.rows);
        expect(runner.run(batch, nullptr) != SOTTO_OK, "it was run");
        expect(runner.lengths[0] == 10 && runner.lengths[1] == 0,
               runner.lengths[0] == SOTTO_NONE ? "lengths were not filled after the refusal"
                                               : "the lengths after the refusal are not those before it");
        go_on(subject, record, runner, m, 5);
      });
    }
  }
}

// A batch that is stopped at any poll commits whole tokens or nothing, says so, and what it holds is right.
void stopped(const Subject& subject, Recorder& record) {
  for (const uint32_t ranks : {1u, 2u}) {
    Text m(ranks);
    for (int stop_at = 1; stop_at <= 5; ++stop_at) {
      record.check("stopped at question " + std::to_string(stop_at) + ", " + on_ranks(ranks), [&] {
        Runner runner(subject.tested, m.net, subject.options());
        runner.ready().feed(m.tokens, 0, 0, 4);
        const std::vector<sotto_batch_row> rows = rows_of(m.tokens, 0, 4, 25);
        sotto_batch batch = batch_of(rows);
        int left = stop_at;
        batch.stop_user = &left;
        batch.should_stop = [](void* user) { return static_cast<int32_t>(--*static_cast<int*>(user) <= 0); };
        const sotto_status s = runner.run(batch, nullptr);
        expect(s == SOTTO_CANCELLED || s == SOTTO_OK, std::string("answered ") + status_name(s) + ": " + runner.error.text);
        expect(left > 0 || s == SOTTO_CANCELLED, "should_stop said stop and run answered SOTTO_OK");
        const uint32_t length = runner.lengths[0];
        expect(length >= 4 && length <= 29,
               "sequence 0 is said to hold " + std::to_string(length) + " tokens, 4 .. 29 are possible");
        go_on(subject, record, runner, m, 6);
      });
    }
  }
}

void other_caches(const Subject& subject, Recorder& record) {
  record.check("another plan's cache is SOTTO_MISMATCH", [&] {
    Text m(1);
    Net other(1, 4300, kModels[1].vocabulary);
    build(other, kModels[2], SOTTO_F32);
    Runner a(subject.tested, m.net, subject.options()), b(subject.tested, other, subject.options());
    a.ready();
    b.ready();
    std::swap(a.cache, b.cache);
    const std::vector<sotto_batch_row> rows = rows_of(m.tokens, 0, 0, 2);
    sotto_batch batch = batch_of(rows);
    const sotto_status s = a.run(batch, nullptr);
    std::swap(a.cache, b.cache);
    expect(s == SOTTO_MISMATCH, std::string("answered ") + status_name(s));
  });
}

}  // namespace

Sections run_sections() {
  return {{"refused batches",
           [](const Subject& subject, Recorder& record) {
             refused_rows(subject, record);
             other_caches(subject, record);
           }},
          {"committed tokens", stopped}};
}

}  // namespace sotto::conformance
