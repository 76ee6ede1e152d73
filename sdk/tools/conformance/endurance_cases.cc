// Ten thousand runs, hundreds of lives: memory, file descriptors and threads stay what they were.
#include "conformance/cases.h"
#include "conformance/models.h"
#include "conformance/process.h"
#include "conformance/spoilers.h"

namespace sotto::conformance {
namespace {

struct Growth {
  const char* of;  // "a run"
  uint32_t warm_up, times;
  double heap_bytes;      // each time, at most; what is leaked each time is at least a block of 16 bytes
  double resident_bytes;  // each time, at most; the system hands out pages of 4096
};

uint64_t device_memory_taken(const Subject& subject) {
  const sotto_device_info info = subject.tested.info(subject.device);
  return info.shares_memory_with_host != 0 ? 0 : info.memory_bytes - info.memory_free_bytes;
}

void expect_growth_below(const char* what, uint64_t before, uint64_t after, double most, const Growth& g) {
  const double each = (static_cast<double>(after) - static_cast<double>(before)) / g.times;
  expect(each <= most, std::string(what) + " grew by " + std::to_string(static_cast<uint64_t>(each + 0.5)) + " bytes " + g.of +
                           " over " + std::to_string(g.times));
}

void repeat(const Subject& subject, Recorder& record, const Growth& g, const std::function<void(uint32_t)>& body) {
  record.check(std::to_string(g.times) + " times " + g.of, [&] {
    for (uint32_t i = 0; i < g.warm_up; ++i) body(i);
    const Holdings before = holdings();
    const uint64_t device_before = device_memory_taken(subject);
    for (uint32_t i = 0; i < g.times; ++i) {
      if (i % 64 == 0) record.alive();
      body(g.warm_up + i);
    }
    const Holdings after = holdings();
    expect(after.descriptors <= before.descriptors, "file descriptors grew from " + std::to_string(before.descriptors) +
                                                        " to " + std::to_string(after.descriptors) + " over " +
                                                        std::to_string(g.times) + " times " + g.of);
    expect(after.threads <= before.threads, "threads grew from " + std::to_string(before.threads) + " to " +
                                                std::to_string(after.threads) + " over " + std::to_string(g.times) + " times " +
                                                g.of);
    if (is_sanitized()) return record.note("memory is not judged: built with a sanitizer, which counts leaks itself");
    if (!before.is_known) return record.note("memory is not judged: this system does not tell it");
    expect_growth_below("memory", before.heap_bytes, after.heap_bytes, g.heap_bytes, g);
    expect_growth_below("resident memory", before.resident_bytes, after.resident_bytes, g.resident_bytes, g);
    expect_growth_below("device memory", device_before, device_memory_taken(subject), 65536, g);
  });
}

void runs(const Subject& subject, Recorder& record) {
  Net net(1, 7000, kSmallModel.vocabulary, 64);
  build(net, kSmallModel, SOTTO_Q8_0);
  const Sequence text = net.sequence(32);
  RunnerOptions options = subject.options();
  options.threads = 1;
  options.tokens = 128;
  std::unique_ptr<Runner> runner;
  record.check("a tiny model", [&] {
    runner = std::make_unique<Runner>(subject.tested, net, options);
    runner->ready();
  });
  if (runner == nullptr || runner->status != SOTTO_OK) return;
  // A text of 32 tokens over and over: the first 8 at once, the rest one by one.
  repeat(subject, record, {"a run", 1000, 10000, 8, 64}, [&](uint32_t i) {
    const uint32_t place = i % 25;
    if (place == 0) succeed(runner->truncate(0, 0), "cache_truncate", runner->error);
    (void)runner->feed(text, 0, place == 0 ? 0 : 7 + place, place == 0 ? 8 : 1);
  });
  repeat(subject, record, {"a refused run", 100, 2000, 8, 64}, [&](uint32_t) {
    const std::vector<sotto_batch_row> rows = {{0, 63, 1, 1, nullptr, 0, 0}};
    sotto_batch batch = batch_of(rows);
    expect(runner->run(batch, nullptr) != SOTTO_OK, "a batch with a gap was run");
  });
  repeat(subject, record, {"a cancelled run", 100, 2000, 8, 64}, [&](uint32_t) {
    (void)runner->truncate(2, 0);
    const std::vector<sotto_batch_row> rows = rows_of(text, 2, 0, 8);
    sotto_batch batch = batch_of(rows);
    batch.should_stop = [](void*) { return int32_t{1}; };
    (void)runner->run(batch, nullptr);
  });
  repeat(subject, record, {"an adapter", 20, 300, 64, 4096}, [&](uint32_t i) {
    if (net.adapters.empty()) (void)net.adapter(4);
    Runner& r = *runner;
    if (i % 25 == 0) succeed(r.truncate(3, 0), "cache_truncate", r.error);
    sotto_batch_row row{1, i % 25, 3, 1, r.adapter(0), 0.5f, 0};
    const std::vector<sotto_batch_row> rows = {row};
    sotto_batch batch = batch_of(rows);
    succeed(r.run(batch, nullptr), "run", r.error);
    r.drop_adapters();
  });
}

void lives(const Subject& subject, Recorder& record) {
  Net net(2, 7100, kSmallModel.vocabulary, 64);
  build(net, kSmallModel, SOTTO_Q4_0);
  const Sequence text = net.sequence(8);
  // Not exact: the C library keeps stacks of threads that came and went, up to a limit.
  repeat(subject, record, {"a life of group, weights, program and cache", 50, 200, 256, 16384}, [&](uint32_t i) {
    RunnerOptions options = subject.options();
    options.borrow = i % 2 == 0;
    options.tokens = 64;
    Runner runner(subject.tested, net, options);
    (void)runner.ready().feed(text, 0, 0, 8);
  });
  repeat(subject, record, {"a refused plan", 50, 200, 64, 4096}, [&](uint32_t i) {
    const std::vector<Spoiler> all = spoilers();
    SpoiltPlan spoilt;
    all[i % all.size()].spoil(spoilt);
    Net good(2, 5000, kSmallModel.vocabulary);
    build(good, kSmallModel, SOTTO_Q8_0);
    Runner runner(subject.tested, good, subject.options());
    Handle<sotto_program> program;
    (void)subject.tested.make(&runner.ready().error, calls::compile, &program, &sotto_backend::program_destroy,
                              runner.group.get(), &spoilt.plan, runner.weights.get(), 8u);
  });
}

}  // namespace

Sections endurance_sections() { return {{"10,000 runs", runs}, {"create and destroy", lives}}; }

}  // namespace sotto::conformance
