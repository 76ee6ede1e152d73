// Cancelling: should_stop is asked often enough, also inside one long step, and its stop ends prefill and decode soon.
#include <chrono>
#include <cmath>

#include "conformance/cases.h"

namespace sotto::conformance {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMostMilliseconds = 50;  // from the stop to run's return; the promise behind it is a question every 20 ms
constexpr double kLongEnough = 150;       // a run that takes less by itself has nothing to be stopped in
constexpr double kStopAfter = 30;
constexpr int kAttempts = 4;  // the best one counts: other programs may have the processor for a while

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
  double last = 0, longest_gap = 0;
  uint32_t questions = 0;

  double now() const { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); }
  static int32_t ask(void* user) {
    Watch& w = *static_cast<Watch*>(user);
    const double at = w.now();
    w.longest_gap = std::max(w.longest_gap, at - w.last);
    w.last = at;
    ++w.questions;
    return at >= w.stop_after ? 1 : 0;
  }
};

struct Timed {
  sotto_status status;
  double milliseconds;
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
  t.watch.longest_gap = std::max(t.watch.longest_gap, t.milliseconds - t.watch.last);
  return t;
}

RunnerOptions options_for(const Subject& subject, uint32_t rows) {
  RunnerOptions options = subject.options();
  options.max_batch = rows;
  options.tokens = rows;
  options.sequences = 1;
  return options;
}

// The last run's figures, of a net long enough or as long as is sensible.
void cancel(const Subject& subject, Recorder& record, uint32_t rows, const char* what) {
  for (uint32_t pairs = 1;; pairs *= 4) {
    LongNet made(pairs, rows);
    bool is_last = true;
    record.check(std::string(what) + " of " + std::to_string(2 * pairs) + " LINEARs", [&] {
      Runner runner(subject.tested, made.net, options_for(subject, rows));
      const Timed whole = run_once(runner.ready(), made, 1e9);
      expect(whole.status == SOTTO_OK, runner.error.text);
      is_last = whole.milliseconds >= kLongEnough || pairs >= 4096;
      if (!is_last) return;
      if (whole.milliseconds < kLongEnough)
        return record.note(std::string(what) + " takes " + short_number(whole.milliseconds) + " ms in all: nothing to stop");
      expect(whole.watch.questions != 0, "should_stop was never asked in a run of " + short_number(whole.milliseconds) + " ms");
      double answered = HUGE_VAL, gap = whole.watch.longest_gap;
      for (int i = 0; i < kAttempts && (answered > kMostMilliseconds || gap > kMostMilliseconds); ++i) {
        const Timed t = run_once(runner, made, kStopAfter);
        expect(t.status == SOTTO_CANCELLED, std::string("should_stop said stop and run answered ") + status_name(t.status) +
                                                " after " + std::to_string(static_cast<int>(t.milliseconds)) + " ms");
        answered = std::min(answered, t.milliseconds - kStopAfter);
        if (gap > kMostMilliseconds) gap = std::min(gap, run_once(runner, made, 1e9).watch.longest_gap);
      }
      expect(answered <= kMostMilliseconds, std::string("cancel in ") + what + " answered after " +
                                                std::to_string(static_cast<int>(answered)) + " ms, at most 50");
      expect(gap <= kMostMilliseconds,
             "should_stop was not asked for " + std::to_string(static_cast<int>(gap)) + " ms, at least every 20 is promised");
      record.note(std::string("stopped within ") + short_number(answered) + " ms in " + what);
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
