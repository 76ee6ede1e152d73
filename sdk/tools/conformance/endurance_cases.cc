// Ten thousand runs, hundreds of lives: memory, file descriptors and threads stay what they were.
#include <algorithm>

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

struct Held {
  Holdings system;
  uint64_t device = 0;
};

Held held(const Subject& subject) {
  const sotto_device_info info = subject.tested.info(subject.device);
  return {holdings(), info.shares_memory_with_host != 0 ? 0 : info.memory_bytes - info.memory_free_bytes};
}

// The less of each.
Held least(const Held& a, const Held& b) {
  return {{std::min(a.system.heap_bytes, b.system.heap_bytes), std::min(a.system.resident_bytes, b.system.resident_bytes),
           std::min(a.system.descriptors, b.system.descriptors), std::min(a.system.threads, b.system.threads),
           a.system.is_known && b.system.is_known},
          std::min(a.device, b.device)};
}

using Body = std::function<void(uint32_t)>;

// Plays it from `first` on, and says what was held at the least after one of the last times: what comes and goes is no growth.
Held play(const Subject& subject, Recorder& record, uint32_t first, uint32_t times, const Body& body) {
  constexpr uint32_t kLast = 16;
  Held least_held;
  for (uint32_t i = 0; i < times; ++i) {
    if (i % 64 == 0) record.alive();
    body(first + i);
    if (i + kLast < times) continue;
    const Held now = held(subject);
    least_held = i + kLast == times || i == 0 ? now : least(least_held, now);
  }
  return least_held;
}

// "memory grew by 16 bytes a run over 10000", or empty.
std::string growth(const char* what, uint64_t before, uint64_t after, double most, const Growth& g) {
  const double each = (static_cast<double>(after) - static_cast<double>(before)) / g.times;
  if (each <= most) return "";
  return std::string(what) + " grew by " + std::to_string(static_cast<uint64_t>(each + 0.5)) + " bytes " + g.of + " over " +
         std::to_string(g.times);
}

std::string growth(const Held& before, const Held& after, const Growth& g) {
  for (const std::string& one :
       {growth("memory", before.system.heap_bytes, after.system.heap_bytes, g.heap_bytes, g),
        growth("resident memory", before.system.resident_bytes, after.system.resident_bytes, g.resident_bytes, g),
        growth("device memory", before.device, after.device, 65536, g)})
    if (!one.empty()) return one;
  return "";
}

void expect_no_more(const char* what, uint32_t before, uint32_t after, const Growth& g) {
  expect(after <= before, std::string(what) + " grew from " + std::to_string(before) + " to " + std::to_string(after) +
                              " over " + std::to_string(g.times) + " times " + g.of);
}

// A leak goes on; what a driver or the C library keeps for later is kept once. So memory that grew is looked at again, and only
// growth in every batch is a leak.
constexpr uint32_t kBatches = 3;

void repeat(const Subject& subject, Recorder& record, const Growth& g, const Body& body) {
  record.check(std::to_string(g.times) + " times " + g.of, [&] {
    Held before = play(subject, record, 0, g.warm_up, body);
    std::string grown;
    for (uint32_t batch = 0; batch < kBatches; ++batch) {
      const Held after = play(subject, record, g.warm_up + batch * g.times, g.times, body);
      expect_no_more("file descriptors", before.system.descriptors, after.system.descriptors, g);
      expect_no_more("threads", before.system.threads, after.system.threads, g);
      if (is_sanitized()) return record.note("memory is not judged: built with a sanitizer, which counts leaks itself");
      if (!before.system.is_known) return record.note("memory is not judged: this system does not tell it");
      grown = growth(before, after, g);
      if (grown.empty()) return;
      before = after;
    }
    expect(false, grown + ", and as much the " + std::to_string(kBatches - 1) + " times before");
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
