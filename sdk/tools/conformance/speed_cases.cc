// Speed of LINEAR for each weight type, with its error beside it: one row, as in decode, limited by reading the weights; and
// 256 rows, as in prefill, limited by multiplying.
#include <chrono>
#include <cmath>

#include "conformance/cases.h"
#include "conformance/process.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kDecodeBytes = 64u << 20;  // of weights in one run: more than most caches keep
constexpr uint32_t kDecodeWidth = 2048;
constexpr uint32_t kPrefillRows = 256;
constexpr uint32_t kPrefillWidths[] = {1024, 4096};  // the larger one for those to whom the smaller one is nothing
constexpr double kLongEnough = 0.01;
constexpr double kSeconds = 0.15;  // of measuring, at least one run

// out = the sum over `copies` equal weights of W x, each at its own place in memory.
struct Sum {
  Sum(uint32_t type, uint32_t size, uint32_t count, uint32_t row_count)
      : net(1, 8000 + type, 1, 512), width(size), copies(count), rows(row_count) {
    const Node x = net.input(width);
    LinearSpec spec;
    spec.type = type;
    spec.out = width;
    Node sum = net.linear(x, spec);
    for (uint32_t i = 1; i < copies; ++i) {
      spec.weight = net.copy_weight(0);
      sum = net.add(sum, net.linear(x, spec));
    }
    net.output(sum);
    const Sequence s = net.sequence(rows);
    input.assign(s.inputs[0].numbers.begin(), s.inputs[0].numbers.end());
    for (uint32_t t = 0; t < rows; ++t) batch_rows.push_back({0, t, 0, 1, nullptr, 0, 0});
  }

  // Of a few rows: all of them would take longer than the measuring.
  double error(const Delivered& delivered) const {
    Results got(1), right(1);
    for (uint32_t t = 0; t < rows; t += std::max(1u, rows / 3)) {
      Matrix x(1, width), y(1, width);
      for (uint32_t c = 0; c < width; ++c) x.at(0, c) = static_cast<double>(input[size_t{t} * width + c]);
      for (uint32_t c = 0; c < width; ++c) y.at(0, c) = static_cast<double>(delivered[0].at(t)[c]);
      got[0].push_back(y);
      right[0].push_back(multiply(x, net.weights[0].tensor, nullptr));
      for (double& number : right[0].back().numbers) number *= copies;
    }
    return relative_error(got, right);
  }

  Net net;
  uint32_t width, copies, rows;
  std::vector<float> input;
  std::vector<sotto_batch_row> batch_rows;
};

// Seconds of the fastest run.
double fastest(Runner& runner, const Sum& sum, Delivered* delivered) {
  double best = HUGE_VAL, total = 0;
  for (int i = 0; i < 2 || total < kSeconds; ++i) {
    succeed(runner.truncate(0, 0), "cache_truncate", runner.error);
    sotto_batch batch = batch_of(sum.batch_rows);
    const float* inputs[] = {sum.input.data()};
    batch.input_count = 1;
    batch.inputs = inputs;
    const Clock::time_point begin = Clock::now();
    const sotto_status s = runner.run(batch, i == 0 ? delivered : nullptr);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    succeed(s, "run", runner.error);
    if (i == 0 && seconds < kSeconds) continue;  // the first one warms up
    best = std::min(best, seconds);
    total += seconds;
    if (seconds >= kSeconds) break;
  }
  return best;
}

// Seconds of a run; the error goes to `error`.
double measured(const Subject& subject, Recorder& record, Sum& sum, double tolerance, double* error) {
  RunnerOptions options = subject.options();
  options.threads = 0;
  options.max_batch = sum.rows;
  options.tokens = sum.rows;
  options.sequences = 1;
  Runner runner(subject.tested, sum.net, options);
  Delivered delivered;
  const double seconds = fastest(runner.ready(), sum, &delivered);
  *error = sum.error(delivered);
  record.measure(*error, tolerance);
  return seconds;
}

void decode(const Subject& subject, Recorder& record, uint32_t type, Speed* speed) {
  const uint64_t bytes = uint64_t{kDecodeWidth} * kDecodeWidth / block_size(type) * block_bytes(type);
  Sum sum(type, kDecodeWidth, static_cast<uint32_t>((kDecodeBytes + bytes - 1) / bytes), 1);
  const double seconds = measured(subject, record, sum, speed->tolerance, &speed->decode_error);
  speed->decode_gb_per_s = static_cast<double>(bytes) * sum.copies / 1e9 / seconds;
}

void prefill(const Subject& subject, Recorder& record, uint32_t type, Speed* speed) {
  for (const uint32_t width : kPrefillWidths) {
    Sum sum(type, width, 1, kPrefillRows);
    const double seconds = measured(subject, record, sum, speed->tolerance, &speed->prefill_error);
    speed->prefill_gmac_per_s = static_cast<double>(width) * width * kPrefillRows / 1e9 / seconds;
    if (seconds > kLongEnough) return;
  }
}

void speed(const Subject& subject, Recorder& record) {
  if (is_sanitized()) return record.note("not measured: built with a sanitizer");
  for (const uint32_t type : kTypes) {
    record.check(type_name(type), [&] {
      Speed speed;
      speed.type = type_name(type);
      speed.tolerance = linear_tolerance(subject.tested, type);
      decode(subject, record, type, &speed);
      prefill(subject, record, type, &speed);
      record.speed(speed);
    });
  }
}

}  // namespace

Sections speed_sections() { return {{"speed", speed}}; }

}  // namespace sotto::conformance
