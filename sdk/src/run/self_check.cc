#include "run/self_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>

#include "model/model_file.h"
#include "run/program.h"

namespace sotto {
namespace {

// Wide enough in one place that every lane of a subgroup has a share of a sum: 128 lanes, 32 columns each.
constexpr uint32_t kHidden = 256, kHeads = 4, kKvHeads = 2, kHeadDim = 64, kFfn = 4096, kVocabulary = 48, kPositions = 16;
// Backends that round what goes into a product to eight bits come within 2 %; a sum that lacks lanes or a scale is far away.
constexpr double kTolerance = 0.06;

// Weights need not mean anything, but be numbers of a size that keeps a signal alive: random bits, and in each block the halves
// at these places set to a power of two.
struct Filling {
  uint32_t type;
  uint32_t block, bytes;  // columns and bytes of a block
  struct Half {
    uint32_t at;
    uint16_t bits;
  } halves[2];
  uint32_t half_count;
};
constexpr Filling kFillings[] = {
    {SOTTO_Q8_0, 32, 34, {{0, 0x1800}}, 1},                 // 2^-9
    {SOTTO_Q4_K, 256, 144, {{0, 0x0C00}, {2, 0x1800}}, 2},  // 2^-12, of the minima 2^-9
};

class Random {
 public:
  uint8_t byte() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint8_t>(state_ >> 56);
  }

 private:
  uint64_t state_ = 20251129;
};

// Tensors of a file that there is not.
class Tensors {
 public:
  const GgufTensor& blocks(const char* name, uint32_t type, uint64_t rows, uint64_t columns) {
    const Filling& f = *std::find_if(std::begin(kFillings), std::end(kFillings), [&](const auto& x) { return x.type == type; });
    std::vector<uint8_t>& bytes = add(rows * columns / f.block * f.bytes);
    for (size_t block = 0; block < bytes.size(); block += f.bytes)
      for (uint32_t h = 0; h < f.half_count; ++h) {
        bytes[block + f.halves[h].at] = static_cast<uint8_t>(f.halves[h].bits & 0xFF);
        bytes[block + f.halves[h].at + 1] = static_cast<uint8_t>(f.halves[h].bits >> 8);
      }
    return named(name, type, rows, columns);
  }
  // Halves between 2^-5 and 2^-3 and their negatives.
  const GgufTensor& halves(const char* name, uint64_t rows, uint64_t columns) {
    std::vector<uint8_t>& bytes = add(rows * columns * 2);
    for (size_t i = 1; i < bytes.size(); i += 2) bytes[i] = static_cast<uint8_t>((bytes[i] & 0x87) | 0x28);
    return named(name, SOTTO_F16, rows, columns);
  }

 private:
  std::vector<uint8_t>& add(uint64_t size) {
    std::vector<uint8_t>& bytes = bytes_.emplace_back(static_cast<size_t>(size));
    for (uint8_t& b : bytes) b = random_.byte();
    return bytes;
  }
  const GgufTensor& named(const char* name, uint32_t type, uint64_t rows, uint64_t columns) {
    GgufTensor t;
    t.name = name;
    t.type = type;
    t.dimensions = 2;
    t.columns = columns;
    t.rows = rows;
    t.row_bytes = bytes_.back().size() / rows;
    t.bytes = Span<const uint8_t>(bytes_.back());
    return tensors_.emplace_back(t);
  }

  Random random_;
  std::deque<std::vector<uint8_t>> bytes_;
  std::deque<GgufTensor> tensors_;
};

// One layer of a Llama. Few weight types: a driver that compiles each shader for a quarter of a second is to be done soon.
Plan small_plan(Tensors& t) {
  Sharding s;
  s.heads = {{0, kHeads, 0, kKvHeads}};
  PlanBuilder p(s, kVocabulary, kPositions);
  const auto matrix = [&](const GgufTensor& tensor, uint32_t use) {
    return p.rows(tensor, {0, tensor.rows}, s.whole(tensor.rows), use);
  };
  const auto linear = [&](Value in, const GgufTensor& tensor) {
    LinearParts parts;
    parts.weight = matrix(tensor, SOTTO_USE_LINEAR);
    return p.linear(in, parts);
  };
  const WeightRef ones = p.table("check.ones", std::vector<float>(kHidden, 1.0f));
  const auto norm = [&](Value in) { return p.norm(in, SOTTO_NORM_RMS, ones, SOTTO_NONE, 1e-5f); };
  RotationConfig rotation;
  rotation.layout = SOTTO_ROTATION_HALVES;
  rotation.dimensions = kHeadDim;
  for (uint32_t i = 0; i < kHeadDim / 2; ++i)
    rotation.inv_freq.push_back(std::pow(10000.0f, -2.0f * static_cast<float>(i) / static_cast<float>(kHeadDim)));
  AttentionParts a;
  a.head_dim = kHeadDim;
  a.heads = kHeads;
  a.kv_heads = kKvHeads;
  a.rotation = &rotation;

  Value x = p.embed(matrix(t.halves("check.embed", kVocabulary, kHidden), SOTTO_USE_TABLE), SOTTO_NONE, kHidden, 8.0f);
  const Value h = norm(x);
  const Value q = linear(h, t.blocks("check.q", SOTTO_Q8_0, kHeads * kHeadDim, kHidden));
  const Value k = linear(h, t.blocks("check.k", SOTTO_Q8_0, kKvHeads * kHeadDim, kHidden));
  const Value v = linear(h, t.blocks("check.v", SOTTO_Q8_0, kKvHeads * kHeadDim, kHidden));
  x = p.add(x, linear(p.attention(q, k, v, a), t.blocks("check.o", SOTTO_Q4_K, kHidden, kHeads * kHeadDim)));
  LinearParts up;
  up.weight = matrix(t.blocks("check.gate", SOTTO_Q8_0, kFfn, kHidden), SOTTO_USE_LINEAR);
  up.gate = matrix(t.blocks("check.up", SOTTO_Q8_0, kFfn, kHidden), SOTTO_USE_LINEAR);
  up.activation = SOTTO_ACT_SILU;
  x = p.add(x, linear(p.linear(norm(x), up), t.blocks("check.down", SOTTO_Q8_0, kHidden, kFfn)));
  p.output(linear(norm(x), t.blocks("check.head", SOTTO_Q8_0, kVocabulary, kHidden)), kLogitsOutput);
  return p.finish();
}

constexpr uint32_t kPrompt = 6, kTokens = 8;  // the first at once, the others one by one

Status load(Program& p, const Plan& plan, uint32_t device) {
  sotto_group_options g{};
  g.struct_size = sizeof g;
  g.world = g.local_ranks = 1;
  g.devices = &device;
  SOTTO_TRY(p.make("group_create", &p.group, [&](const sotto_backend& t, sotto_group** made, sotto_error* err) {
    return t.group_create(p.backend->self, &g, made, err);
  }));
  SOTTO_TRY(p.make("weights_create", &p.weights, [&](const sotto_backend& t, sotto_weights** made, sotto_error* err) {
    return t.weights_create(p.group, &plan.c(), made, err);
  }));
  SOTTO_TRY(upload_weights(
      plan, 0, 1,
      [&](uint32_t weight, uint32_t rank, const sotto_upload& data) {
        return p.call("upload",
                      [&](const sotto_backend& t, sotto_error* err) { return t.upload(p.weights, weight, rank, &data, err); });
      },
      nullptr));
  SOTTO_TRY(p.make("compile", &p.program, [&](const sotto_backend& t, sotto_program** made, sotto_error* err) {
    return t.compile(p.group, &plan.c(), p.weights, kTokens, made, err);
  }));
  sotto_cache_options cache{};
  cache.struct_size = sizeof cache;
  cache.sequences = 1;
  cache.tokens = kPositions;
  cache.k_type = cache.v_type = p.backend->name == "reference" ? SOTTO_F32 : SOTTO_F16;
  return p.make("cache_create", &p.cache, [&](const sotto_backend& t, sotto_cache** made, sotto_error* err) {
    return t.cache_create(p.program, &cache, made, err);
  });
}

// Appends the logits of the positions first .. first + count - 1.
Status step(const Program& p, uint32_t first, uint32_t count, std::vector<float>* logits) {
  sotto_batch_row rows[kTokens] = {};
  for (uint32_t i = 0; i < count; ++i) {
    rows[i].token = (first + i) * 7 % kVocabulary;
    rows[i].position = first + i;
    rows[i].outputs = 1;
  }
  sotto_batch batch{};
  batch.struct_size = sizeof batch;
  batch.row_count = count;
  batch.row_stride = sizeof rows[0];
  batch.rows = rows;
  const float* found = nullptr;
  uint32_t found_rows = 0, length = 0;
  sotto_run_result result{};
  result.struct_size = sizeof result;
  result.output_count = result.sequence_count = 1;
  result.rows = &found;
  result.row_counts = &found_rows;
  result.lengths = &length;
  SOTTO_TRY(
      p.call("run", [&](const sotto_backend& t, sotto_error* err) { return t.run(p.program, p.cache, &batch, &result, err); }));
  if (!found || found_rows != count || length != first + count)
    return Status(SOTTO_INTERNAL, fmt::format("{}: run: {} of {} rows, {} of {} tokens", p.backend->id, found_rows, count,
                                              length, first + count));
  logits->insert(logits->end(), found, found + size_t{count} * kVocabulary);
  return {};
}

Result<std::vector<float>> logits_on(const Backend& backend, uint32_t device, const Plan& plan) {
  Program p;
  p.backend = &backend;
  SOTTO_TRY(load(p, plan, device));
  std::vector<float> logits;
  SOTTO_TRY(step(p, 0, kPrompt, &logits));
  for (uint32_t position = kPrompt; position < kTokens; ++position) SOTTO_TRY(step(p, position, 1, &logits));
  return logits;
}

}  // namespace

Status self_check(const PluginHost& host, const Backend& tested, uint32_t device, const Backend& other) {
  SOTTO_ASSIGN(const uint32_t devices, host.device_count(tested));
  if (device >= devices)
    return Status(SOTTO_NOT_FOUND, fmt::format("{}: device {}: there are {}, counted from 0", tested.id, device, devices));
  Tensors tensors;
  const Plan plan = small_plan(tensors);
  SOTTO_ASSIGN(const auto right, logits_on(other, 0, plan));
  SOTTO_ASSIGN(const auto found, logits_on(tested, device, plan));
  double largest = 0, worst = 0;
  for (const float x : right) largest = std::max(largest, std::fabs(static_cast<double>(x)));
  size_t at = 0;
  for (size_t i = 0; i < right.size(); ++i) {
    const double off = std::fabs(static_cast<double>(found[i]) - static_cast<double>(right[i]));
    if (off <= worst) continue;
    if (!(off > worst)) return Status(SOTTO_REFUSED, fmt::format("{}: number {} of the check is none", tested.id, i));
    worst = off;
    at = i;
  }
  if (worst <= kTolerance * largest) return {};
  return Status(
      SOTTO_REFUSED,
      fmt::format("it computes wrong numbers: at position {} of the check {:.4f}, {} has {:.4f}; {:.1f} % off, {:.0f} % are "
                  "rounding",
                  at / kVocabulary, static_cast<double>(found[at]), other.name, static_cast<double>(right[at]),
                  100 * worst / largest, 100 * kTolerance));
}

}  // namespace sotto
