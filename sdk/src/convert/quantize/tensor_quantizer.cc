#include "convert/quantize/tensor_quantizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/printable.h"
#include "convert/quantize/row_pool.h"

namespace sotto::quantize {
namespace {

// A piece of work for one thread: about this many weights, so that threads end at about the same time and Ctrl-C is heard.
constexpr uint64_t kPieceWeights = 1 << 15;

// Errors count as much as the columns are used, on average 1. No column counts for nothing: the calibration text is not all
// texts.
std::vector<float> error_weights(const TensorJob& job) {
  constexpr double kLeast = 1e-4;
  std::vector<float> weights(static_cast<size_t>(job.tensor->columns), 1.0f);
  double sum = 0;
  for (const float x : job.importance) sum += static_cast<double>(x);
  if (job.importance.empty() || !(sum > 0)) return weights;
  const double mean = sum / static_cast<double>(weights.size());
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<float>(std::max(static_cast<double>(job.importance[i]) / mean, kLeast));
  return weights;
}

Status check_row(const TensorJob& job, uint64_t row, const std::vector<float>& x) {
  const float largest = job.to->largest;
  if (std::all_of(x.begin(), x.end(), [&](float v) { return std::abs(v) <= largest; })) return {};
  const auto bad = std::find_if(x.begin(), x.end(), [&](float v) { return !(std::abs(v) <= largest); });
  const std::string place = fmt::format("quantizing tensor '{}' to {}: row {}, column {}", printable(job.tensor->name),
                                        job.to->name, row, bad - x.begin());
  if (!std::isfinite(*bad))
    return Status(SOTTO_BAD_FILE,
                  fmt::format("{} is {}, no number: the checkpoint is damaged or its training diverged", place, *bad));
  return Status(SOTTO_UNSUPPORTED, fmt::format("{} is {}, the format reaches to {}: choose bf16 or f32", place, *bad, largest));
}

ErrorSums errors_of(const std::vector<float>& x, const std::vector<float>& y) {
  ErrorSums sums;
  for (size_t i = 0; i < x.size(); ++i) {
    const double weight = static_cast<double>(x[i]), error = static_cast<double>(y[i]) - weight;
    sums.squared_error += error * error;
    sums.squared_weights += weight * weight;
    sums.largest_error = std::max(sums.largest_error, std::abs(error));
  }
  return sums;
}

}  // namespace

void ErrorSums::add(const ErrorSums& other) {
  squared_error += other.squared_error;
  squared_weights += other.squared_weights;
  largest_error = std::max(largest_error, other.largest_error);
}

double ErrorSums::relative() const { return squared_weights > 0 ? std::sqrt(squared_error / squared_weights) : 0; }

Result<ErrorSums> quantize_tensor(const TensorJob& job, std::vector<uint8_t>* out) {
  const GgufTensor& t = *job.tensor;
  const Format& from = *find_format(t.type);
  const Format& to = *job.to;
  const auto columns = static_cast<size_t>(t.columns);
  const uint64_t row_bytes = t.columns / to.block * to.bytes;
  const uint64_t piece_rows = std::max<uint64_t>(1, kPieceWeights / std::max<uint64_t>(1, t.columns));
  const uint64_t pieces = (t.rows + piece_rows - 1) / piece_rows;
  const std::vector<float> weights = error_weights(job);
  std::vector<ErrorSums> sums(static_cast<size_t>(pieces));  // by piece: added up in order, whichever thread made them
  out->resize(static_cast<size_t>(t.rows * row_bytes));
  const auto work = [&](size_t piece) -> Status {
    std::vector<float> x(columns), y(columns);
    const uint64_t end = std::min(t.rows, (piece + 1) * piece_rows);
    for (uint64_t row = piece * piece_rows; row < end; ++row) {
      from.decode(t.bytes.data() + row * t.row_bytes, columns, x.data());
      SOTTO_TRY(check_row(job, row, x));
      uint8_t* bytes = out->data() + row * row_bytes;
      to.encode(x.data(), weights.data(), columns, bytes);
      to.decode(bytes, columns, y.data());
      sums[piece].add(errors_of(x, y));
    }
    return {};
  };
  const auto go_on = [&](size_t done) { return job.go_on(static_cast<double>(done) / static_cast<double>(pieces)); };
  SOTTO_TRY(for_each_piece(job.threads, static_cast<size_t>(pieces), work, go_on));
  ErrorSums all;
  for (const ErrorSums& s : sums) all.add(s);
  return all;
}

}  // namespace sotto::quantize
