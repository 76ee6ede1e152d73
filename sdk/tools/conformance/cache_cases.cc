// The cache: truncation, copies, export and import between backends.
#include <cstring>

#include "conformance/cases.h"
#include "conformance/models.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

// A small Llama and two texts with the same beginning of 12 tokens and different ends.
struct Texts {
  explicit Texts(uint32_t ranks) : net(ranks, 4000 + ranks, kModels[1].vocabulary, 48) {
    build(net, kModels[1], SOTTO_F32);
    a = net.sequence(40);
    b = a;
    for (uint32_t t = 12; t < 40; ++t) b.tokens[t] = (a.tokens[t] + 1) % net.vocabulary;
    expected_a = net.expected(a);
    expected_b = net.expected(b);
  }
  Net net;
  Sequence a, b;
  std::vector<Matrix> expected_a, expected_b;
};

double tolerance(const Subject& subject) { return model_tolerance(subject.tested, SOTTO_F32); }

// Truncates, or, where the backend cannot, begins again as the host would.
void cut_back(Runner& runner, Texts& m, uint32_t length) {
  const sotto_status s = runner.truncate(0, length);
  if (s != SOTTO_UNSUPPORTED) return succeed(s, "cache_truncate", runner.error);
  succeed(runner.truncate(0, 0), "cache_truncate to 0, which is always possible,", runner.error);
  runner.feed(m.a, 0, 0, length);
}

void truncate_of(const Subject& subject, Recorder& record, uint32_t ranks) {
  Texts m(ranks);
  record.check("a truncated sequence goes on elsewhere, " + on_ranks(ranks), [&] {
    Runner runner(subject.tested, m.net, subject.options());
    runner.ready().feed(m.a, 0, 0, 30);
    cut_back(runner, m, 12);
    record.measure(relative_error(runner.feed(m.b, 0, 12, 20), m.expected_b[0], 31), tolerance(subject),
                   [] { return "a cache row of an earlier token changed after truncate, or a later one is still seen"; });
  });
  record.check("rows of earlier tokens, " + on_ranks(ranks), [&] {
    Runner runner(subject.tested, m.net, subject.options());
    runner.ready().feed(m.a, 0, 0, 30);
    for (const uint32_t length : {29u, 17u, 16u, 12u, 1u}) {
      const std::vector<uint8_t> before = runner.exported(0, 0, length);
      if (runner.truncate(0, length) == SOTTO_UNSUPPORTED) return record.note("truncate is not offered, which is allowed");
      expect(runner.exported(0, 0, length) == before,
             "a cache row of an earlier token changed after truncate to " + std::to_string(length));
    }
  });
  record.check("the other sequence is left alone, " + on_ranks(ranks), [&] {
    Runner runner(subject.tested, m.net, subject.options());
    runner.ready().feed(m.a, 0, 0, 10);
    runner.feed(m.b, 1, 0, 20);
    succeed(runner.truncate(0, 0), "cache_truncate to 0", runner.error);
    runner.feed(m.a, 0, 0, 30);
    record.measure(relative_error(runner.feed(m.b, 1, 20, 5), m.expected_b[0], 24), tolerance(subject),
                   [] { return "truncating one sequence changed another"; });
  });
}

void truncate(const Subject& subject, Recorder& record) {
  for (const uint32_t ranks : {1u, 3u}) truncate_of(subject, record, ranks);
  Texts m(1);
  record.check("what cannot be truncated is refused", [&] {
    Runner runner(subject.tested, m.net, subject.options());
    runner.ready().feed(m.a, 0, 0, 5);
    expect(runner.truncate(0, 6) != SOTTO_OK, "truncating to more than there is was taken");
    expect(runner.truncate(99, 0) != SOTTO_OK, "a sequence that is none was taken");
  });
}

void copies_of(const Subject& subject, Recorder& record, uint32_t ranks) {
  Texts m(ranks);
  record.check("a copied beginning goes its own way, " + on_ranks(ranks), [&] {
    Runner runner(subject.tested, m.net, subject.options());
    runner.ready().feed(m.b, 2, 0, 3);  // emptied by the copy
    runner.feed(m.a, 0, 0, 20);
    succeed(runner.copy(0, 2, 12), "cache_copy", runner.error);
    record.measure(relative_error(runner.feed(m.b, 2, 12, 10), m.expected_b[0], 21), tolerance(subject),
                   [] { return "the copy does not go on as its original would"; });
    record.measure(relative_error(runner.feed(m.a, 0, 20, 5), m.expected_a[0], 24), tolerance(subject),
                   [] { return "writing to a copy changed its original"; });
    succeed(runner.truncate(0, 0), "cache_truncate to 0", runner.error);
    runner.feed(m.a, 3, 0, 10);
    record.measure(relative_error(runner.feed(m.b, 2, 22, 4), m.expected_b[0], 25), tolerance(subject),
                   [] { return "a copy does not outlive its original"; });
    expect(runner.copy(2, 1, 27) != SOTTO_OK, "copying more than there is was taken");
  });
}

void copies(const Subject& subject, Recorder& record) {
  for (const uint32_t ranks : {1u, 2u}) copies_of(subject, record, ranks);
  record.check("copies share the room of what they share", [&] {
    Texts m(1);
    RunnerOptions options = subject.options();
    options.tokens = 64;
    Runner runner(subject.tested, m.net, options);
    runner.ready().feed(m.a, 0, 0, 32);
    for (const uint32_t to : {1u, 2u, 3u})
      if (runner.copy(0, to, 32) != SOTTO_OK)
        return record.note(std::string("storage is not shared, which is allowed: ") + runner.error.text);
    record.measure(relative_error(runner.feed(m.a, 3, 32, 3), m.expected_a[0], 34), tolerance(subject));
  });
}

// From the tested backend into the reference, and back.
void move_between(const Subject& subject, Recorder& record) {
  Texts m(3);
  Runner runner(subject.tested, m.net, subject.options()), third(subject.tested, m.net, subject.options());
  runner.ready().feed(m.a, 1, 0, 20);
  Runner other(subject.reference, m.net);
  other.ready();
  const std::vector<uint8_t> first = runner.exported(1, 0, 11), second = runner.exported(1, 11, 9);
  succeed(other.imported(3, 11, first), "the reference's cache_import", other.error);
  succeed(other.imported(3, 9, second), "the reference's cache_import", other.error);
  record.measure(relative_error(other.feed(m.a, 3, 20, 4), m.expected_a[0], 23), tolerance(subject),
                 [] { return "the reference goes on wrongly with what was exported"; });
  const std::vector<uint8_t> all = other.exported(3, 0, 24);
  succeed(third.ready().imported(0, 24, all), "cache_import", third.error);
  record.measure(relative_error(third.feed(m.a, 0, 24, 8), m.expected_a[0], 31), tolerance(subject),
                 [] { return "it goes on wrongly with what the reference exported"; });
  expect(third.imported(1, 5, all) != SOTTO_OK, "importing the wrong number of bytes was taken");
  uint64_t small = 8;
  std::vector<uint8_t> few(8);
  const sotto_status s =
      subject.tested.call(&third.error, calls::cache_export, third.cache.get(), 0u, 0u, 24u, few.data(), &small);
  expect(s != SOTTO_OK, "exporting into too small a buffer was taken");
}

// Each KV head once, in the model's order, whatever the ranks: the bytes of different splits agree. `heads`: 4 KV heads of 3.
void neutral_layout(const Subject& subject, const Heads& heads, uint32_t chunk) {
  Net net(static_cast<uint32_t>(heads.ranks.size()), 4100);
  const Node x = net.input(12);
  AttentionOptions o;
  o.heads = heads;
  // k is the input itself; v is k again: what is stored is known.
  const Node k = net.spread(x, o.heads.kv_parts());
  LinearSpec q;
  q.out = heads.heads * heads.head_dim;
  q.parts = o.heads.q_parts();
  net.output(net.join(net.attention(net.linear(x, q), k, k, o)));
  const Sequence s = net.sequence(5);
  Runner runner(subject.tested, net, subject.options());
  (void)runner.ready().play({s}, chunks({s}, chunk));
  const std::vector<uint8_t> bytes = runner.exported(0, 1, 3);
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
  expect(numbers.size() == 2u * 4 * 3 * 3,
         "3 tokens of 4 KV heads of 3 take " + std::to_string(bytes.size()) + " bytes, 288 expected");
  size_t at = 0;
  for (int part = 0; part < 2; ++part)
    for (uint32_t head = 0; head < 4; ++head)
      for (uint32_t t = 1; t < 4; ++t)
        for (uint32_t d = 0; d < 3; ++d)
          expect(std::abs(static_cast<double>(numbers[at++]) - s.inputs[0].at(t, head * 3 + d)) <= 1e-6,
                 std::string(part == 0 ? "k" : "v") + " of head " + std::to_string(head) + ", token " + std::to_string(t) +
                     " is not where [slot][k, v][KV head][token][head_dim] puts it");
}

void transfer(const Subject& subject, Recorder& record) {
  record.check("a sequence moves to the reference and back", [&] { move_between(subject, record); });
  for (const uint32_t ranks : {1u, 2u, 4u}) {
    Random fixed(5);
    const Heads heads = cut_heads(fixed, 8, 4, 3, ranks);
    record.check("the neutral layout, " + on_ranks(ranks), [&] { neutral_layout(subject, heads, 5); });
  }
  // Each rank has queries of two of its KV heads, more than one tile takes.
  // queries.
  const Heads unread = {160, 4, 3, {{0, 80, 0, 4}, {80, 80, 0, 4}}};
  record.check("KV heads that no query of their rank reads", [&] { neutral_layout(subject, unread, 1); });
}

void full(const Subject& subject, Recorder& record) {
  Texts m(1);
  RunnerOptions options = subject.options();
  options.tokens = 32;
  record.check("a batch that does not fit is refused before any work", [&] {
    Runner runner(subject.tested, m.net, options);
    runner.ready().feed(m.a, 0, 0, 20);
    runner.feed(m.b, 1, 0, 4);
    const std::vector<sotto_batch_row> rows = rows_of(m.a, 0, 20, 15);
    sotto_batch batch = batch_of(rows);
    int polls = 0;
    batch.stop_user = &polls;
    batch.should_stop = [](void* user) { return static_cast<int32_t>(++*static_cast<int*>(user) * 0); };
    const sotto_status s = runner.run(batch, nullptr);
    expect(s == SOTTO_CONTEXT_FULL, std::string("answered ") + status_name(s) + ", SOTTO_CONTEXT_FULL expected");
    expect(polls == 0, "work was begun: should_stop was asked " + std::to_string(polls) + " times");
    expect(runner.lengths[0] == 20 && runner.lengths[1] == 4, "the lengths after the refusal are not those before it");
    record.measure(relative_error(runner.feed(m.a, 0, 20, 5), m.expected_a[0], 24), tolerance(subject),
                   [] { return "the cache is not as it was before the refused batch"; });
  });
  record.check("one sequence may take the whole cache", [&] {
    Runner runner(subject.tested, m.net, options);
    record.measure(relative_error(runner.ready().feed(m.a, 3, 0, 32), m.expected_a[0], 31), tolerance(subject));
  });
  record.check("positions past the model's end are refused", [&] {
    Runner runner(subject.tested, m.net, subject.options());
    const Sequence longer = m.net.sequence(60);
    runner.ready().feed(longer, 0, 0, 30);
    runner.feed(longer, 0, 30, 18);
    const std::vector<sotto_batch_row> rows = rows_of(longer, 0, 48, 1);
    sotto_batch batch = batch_of(rows);
    const sotto_status s = runner.run(batch, nullptr);
    expect(s == SOTTO_CONTEXT_FULL, std::string("answered ") + status_name(s) + ", SOTTO_CONTEXT_FULL expected");
    expect(runner.lengths[0] == 48, "the length after the refusal is not the one before it");
  });
}

}  // namespace

Sections cache_sections() {
  return {{"truncate", truncate}, {"copy a beginning", copies}, {"export, import", transfer}, {"full cache", full}};
}

}  // namespace sotto::conformance
