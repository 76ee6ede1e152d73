#include "parity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "files.h"
#include "json.h"

namespace sotto::tools {
namespace {

using Sequences = std::vector<std::vector<uint32_t>>;

Sequences read_ids(const std::string& path) {
  const Json json = Json::parse(read_file(path), nullptr, false);
  const auto wrong = [&] {
    return Error(
        SOTTO_BAD_FILE,
        fmt::format("reading {}: expected a JSON object with \"input_ids\": a list of ids, or of lists", path).c_str());
  };
  if (!json.is_object()) throw wrong();
  const char* key = json.contains("input_ids") ? "input_ids" : "tokens";
  if (!json.contains(key) || !json[key].is_array() || json[key].empty()) throw wrong();
  const Json list = json[key][0].is_array() ? json[key] : Json::array({json[key]});
  Sequences sequences;
  for (const Json& one : list) {
    sequences.emplace_back();
    if (!one.is_array() || one.empty()) throw wrong();
    for (const Json& id : one) {
      if (!id.is_number_unsigned() || id.get<uint64_t>() > UINT32_MAX) throw wrong();
      sequences.back().push_back(id.get<uint32_t>());
    }
  }
  return sequences;
}

std::vector<float> read_floats(const std::string& path) {
  const std::string bytes = read_file(path);
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

std::vector<float> logits_of(Console& console, const ModelHandle& model, const std::vector<uint32_t>& ids) {
  const SessionHandle session = open_session(model);
  std::vector<float> rows;
  sotto_feed_options feed{};
  feed.struct_size = sizeof feed;
  feed.outputs = SOTTO_OUTPUT_LOGITS;
  feed.user = &rows;
  feed.on_row = [](void* user, uint32_t, uint32_t, const float* row, uint32_t width) -> int32_t {
    auto* all = static_cast<std::vector<float>*>(user);
    all->insert(all->end(), row, row + width);
    return 0;
  };
  call_on(console, session,
          [&](sotto_error* err) { return sotto_session_feed(session.get(), ids.data(), ids.size(), &feed, err); });
  return rows;
}

// Sums over all rows.
struct Sums {
  double largest = 0, absolute = 0, squares = 0, reference_squares = 0;
  uint64_t values = 0, rows = 0, agreeing = 0;

  // The original's rows may be wider, by padding.
  void add(const float* ours, const float* theirs, size_t width) {
    size_t best_ours = 0, best_theirs = 0;
    for (size_t i = 0; i < width; ++i) {
      const double d = std::fabs(static_cast<double>(ours[i]) - static_cast<double>(theirs[i]));
      largest = std::isnan(d) ? INFINITY : std::max(largest, d);
      absolute += d;
      squares += d * d;
      reference_squares += static_cast<double>(theirs[i]) * static_cast<double>(theirs[i]);
      if (ours[i] > ours[best_ours]) best_ours = i;
      if (theirs[i] > theirs[best_theirs]) best_theirs = i;
    }
    values += width;
    ++rows;
    agreeing += best_ours == best_theirs ? 1 : 0;
  }
};

Parity judge(const Sums& s, bool is_float32) {
  // float32: summing in another order moves logits by a few roundings of 6e-8 a layer; the fixtures of Megatron-LM itself stay
  // below 1e-5 at logits of size 1. Rounded weights or caches: what bf16 arithmetic is allowed.
  constexpr double kNear = 2e-5, kRounded = 0.03;
  Parity p;
  const double rms = std::sqrt(s.reference_squares / static_cast<double>(s.values));
  p.rows = s.rows;
  p.largest = s.largest;
  p.mean = s.absolute / static_cast<double>(s.values);
  p.relative_rms = rms > 0 ? std::sqrt(s.squares / static_cast<double>(s.values)) / rms : 0;
  p.top1 = static_cast<double>(s.agreeing) / static_cast<double>(s.rows);
  p.is_relative = !is_float32;
  p.tolerance = is_float32 ? kNear * std::max(1.0, rms) : kRounded;
  p.passes = (is_float32 ? p.largest : p.relative_rms) <= p.tolerance;
  return p;
}

}  // namespace

std::string Parity::describe() const {
  return fmt::format(
      "{}: largest difference {:.3g}, mean {:.3g}, relative rms {:.3g}, the same best token in {:.2f} % of {} rows (tolerance: "
      "{} {:.3g})",
      passes ? "pass" : "FAIL", largest, mean, relative_rms, 100 * top1, rows,
      is_relative ? "relative rms" : "largest difference", tolerance);
}

Parity measure_parity(Console& console, const std::string& path, const ParityFiles& files, CommonOptions options) {
  const Sequences sequences = read_ids(files.ids);
  const std::vector<float> theirs = read_floats(files.logits);
  if (options.backend.empty()) options.backend = "reference";
  size_t longest = 0, rows = 0;
  for (const auto& ids : sequences) {
    longest = std::max(longest, ids.size());
    rows += ids.size();
  }
  const Runtime runtime = open_runtime(options);
  const ModelHandle model = open_model(console, runtime, path, options, {0, static_cast<uint32_t>(longest)});
  const sotto_model_facts facts = facts_of(model);
  const size_t width = theirs.size() / rows;
  if (width * rows != theirs.size() || width < facts.vocabulary)
    throw Error(SOTTO_MISMATCH,
                fmt::format("comparing with {}: {} numbers are no {} rows of at least {}, the vocabulary's size", files.logits,
                            theirs.size(), rows, facts.vocabulary)
                    .c_str());
  Sums sums;
  size_t row = 0;
  for (const auto& ids : sequences) {
    const std::vector<float> ours = logits_of(console, model, ids);
    for (size_t i = 0; i < ids.size(); ++i, ++row)
      sums.add(&ours[i * facts.vocabulary], &theirs[row * width], facts.vocabulary);
  }
  const bool is_float32 = std::string(facts.weight_type) == "F32" && options.backend == "reference";
  return judge(sums, is_float32);
}

}  // namespace sotto::tools
