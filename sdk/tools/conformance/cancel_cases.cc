// Cancelling: should_stop is asked often enough, also inside one long step, and its stop ends prefill and decode soon.
#include <chrono>
#include <cmath>

#include "conformance/cases.h"
#include "conformance/process.h"

namespace sotto::conformance {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMostMilliseconds = 50;  // from the stop to run's return; the promise behind it is a question every 20 ms
constexpr double kLongEnough = 150;       // a run that takes less by itself has nothing to be stopped in
constexpr double kPlaces[] = {0.1, 0.3, 0.5, 0.7, 0.9};  // of the run's time: where it is stopped
// The best attempt at each place counts: other programs may have the processor for a while, a step without questions comes each
// time.
constexpr int kAttempts = 8;

// LINEARs of 1024 by 4096 and back, `pairs` times over the same two weights: as long as a test needs, small in memory.
struct LongNet {
  LongNet(uint32_t pairs, uint32_t row_count) : net(1, 4200, 1, 512), rows(row_count) {
    Node x = net.input(1024);
    LinearSpec up, down;
    up.type = down.type = SOTTO_Q8_0;
    up.out = 4096;
    down.out = 1024;
    down.activation = SOTTO_ACT_SIGMOID;  // keeps the numbers from growing or vanishing
    for (uint32_t i = 0; i < pairs; ++i) {
      const Node inner = net.linear(x, up);
      if (i == 0) up.weight = static_cast<uint32_t>(net.weights.size() - 1);
      x = net.linear(inner, down);
      if (i == 0) down.weight = static_cast<uint32_t>(net.weights.size() - 1);
    }
    net.output(x);
    input.assign(size_t{rows} * 1024, 0.5f);
    for (uint32_t t = 0; t < rows; ++t) batch_rows.push_back({0, t, 0, 1, nullptr, 0, 0});
  }
  Net net;
  uint32_t rows;
  std::vector<float> input;
  std::vector<sotto_batch_row> batch_rows;
};

// Counts questions; says stop from `stop_after` milliseconds on.
struct Watch {
  double stop_after = 1e9;
  Clock::time_point begin = Clock::now();
  uint32_t questions = 0;
  bool has_stopped = false;
  double waited = waited_milliseconds();  // until the last question before the stop

  double now() const { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); }
  static int32_t ask(void* user) {
    Watch& w = *static_cast<Watch*>(user);
    ++w.questions;
    w.has_stopped = w.has_stopped || w.now() >= w.stop_after;
    if (!w.has_stopped) w.waited = waited_milliseconds();
    return w.has_stopped ? 1 : 0;
  }
};

struct Timed {
  sotto_status status;
  double milliseconds;
  double waited;  // of it, from the last question before the stop on: the machine's share, not the backend's
  Watch watch;
};

Timed run_once(Runner& runner, const LongNet& made, double stop_after) {
  (void)runner.truncate(0, 0);
  sotto_batch batch = batch_of(made.batch_rows);
  const float* inputs[] = {made.input.data()};
  batch.input_count = 1;
  batch.inputs = inputs;
  Timed t{};
  t.watch.stop_after = stop_after;
  t.watch.begin = Clock::now();
  batch.should_stop = Watch::ask;
  batch.stop_user = &t.watch;
  t.status = runner.run(batch, nullptr);
  t.milliseconds = t.watch.now();
  t.waited = waited_milliseconds() - t.watch.waited;
  return t;
}

RunnerOptions options_for(const Subject& subject, uint32_t rows) {
  RunnerOptions options = subject.options();
  options.max_batch = rows;
  options.tokens = rows;
  options.sequences = 1;
  return options;
}

// Milliseconds from the stop to the return, at the place that took longest.
double slowest_answer(Runner& runner, const LongNet& made, double whole, bool* is_busy) {
  double slowest = 0;
  for (const double place : kPlaces) {
    double best = HUGE_VAL;
    for (int i = 0; i < kAttempts && best > kMostMilliseconds; ++i) {
      const Timed t = run_once(runner, made, place * whole);
      expect(t.status == SOTTO_OK || t.status == SOTTO_CANCELLED, std::string("run answered ") + status_name(t.status));
      expect(!t.watch.has_stopped || t.status == SOTTO_CANCELLED, "should_stop said stop and run answered SOTTO_OK");
      // By the clock; on a busy machine without what the machine took, which is more than was lost where threads waited
      // together.
      const double by_clock = std::max(0.0, t.milliseconds - place * whole);
      const double answered = by_clock <= kMostMilliseconds ? by_clock : std::max(0.0, by_clock - std::max(0.0, t.waited));
      *is_busy = *is_busy || answered < by_clock;
      best = std::min(best, answered);
    }
    slowest = std::max(slowest, best);
    if (slowest > kMostMilliseconds) break;  // the other places would only take time
  }
  return slowest;
}

// In a net that takes long enough, or as long as is sensible.
void cancel(const Subject& subject, Recorder& record, uint32_t rows, const char* what) {
  for (uint32_t pairs = 1;; pairs *= 4) {
    LongNet made(pairs, rows);
    bool is_last = true;
    record.check(std::string(what) + " of " + std::to_string(2 * pairs) + " LINEARs", [&] {
      Runner runner(subject.tested, made.net, options_for(subject, rows));
      const Timed whole = run_once(runner.ready(), made, 1e9);
      succeed(whole.status, "run", runner.error);
      is_last = whole.milliseconds >= kLongEnough || pairs >= 4096;
      if (!is_last) return;
      const std::string milliseconds = std::to_string(static_cast<int>(whole.milliseconds)) + " ms";
      if (whole.milliseconds < kLongEnough) return record.note(what + (" takes " + milliseconds) + " in all: nothing to stop");
      expect(whole.watch.questions != 0, "should_stop was never asked in a run of " + milliseconds);
      bool is_busy = false;
      const double slowest = slowest_answer(runner, made, whole.milliseconds, &is_busy);
      expect(slowest <= kMostMilliseconds, std::string("cancel in ") + what + " answered after " +
                                               std::to_string(static_cast<int>(slowest)) + " ms, at most 50");
      record.note(
          std::string("stopped within ") + short_number(slowest) + " ms in " + what +
          (is_busy ? ", time not counted in which other programs had the processor: judge again on a quiet machine" : ""));
    });
    if (is_last) return;
  }
}

}  // namespace

Sections cancel_sections() {
  return {{"cancel in prefill", [](const Subject& s, Recorder& r) { cancel(s, r, 128, "prefill"); }},
          {"cancel in decode", [](const Subject& s, Recorder& r) { cancel(s, r, 1, "decode"); }}};
}

}  // namespace sotto::conformance
