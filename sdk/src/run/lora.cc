#include "run/lora.h"

#include <fmt/format.h>

#include <cstring>
#include <deque>

#include "host/plugin_call.h"

namespace sotto {
namespace {

float half_to_float(uint16_t h) {
  const uint32_t sign = uint32_t{h & 0x8000u} << 16, exponent = h >> 10 & 31, mantissa = h & 1023u;
  if (exponent == 0) {
    const float tiny = static_cast<float>(mantissa) * 0x1.0p-24f;
    return sign ? -tiny : tiny;
  }
  const uint32_t bits = sign | (exponent == 31 ? 0x7F800000u : (exponent + 112) << 23) | mantissa << 13;
  float f;
  std::memcpy(&f, &bits, 4);
  return f;
}

float number_at(const GgufTensor& t, uint64_t row, uint64_t column) {
  const uint8_t* p = t.bytes.data() + row * t.row_bytes;
  if (t.type == SOTTO_F32) {
    float f;
    std::memcpy(&f, p + column * 4, 4);
    return f;
  }
  uint16_t h;
  std::memcpy(&h, p + column * 2, 2);
  if (t.type == SOTTO_F16) return half_to_float(h);
  const uint32_t bits = uint32_t{h} << 16;
  float f;
  std::memcpy(&f, &bits, 4);
  return f;
}

// The pairs of one plan, sliced per rank, and the memory they point to.
struct Pairs {
  std::vector<sotto_adapter_pair> list;
  std::deque<std::vector<float>> numbers;
  std::deque<std::vector<const float*>> per_rank;
};

Status add_pair(const Engine& engine, const GgufTensor& target, const GgufTensor& a, const GgufTensor& b, double alpha,
                uint32_t weight, Pairs* out) {
  const Plan& plan = engine.plan();
  const sotto_weight& w = plan.c().weights[weight];
  const uint64_t first_row =
      static_cast<uint64_t>(plan.sources()[weight].bytes.data() - target.bytes.data()) / target.row_bytes;
  std::vector<const float*> as, bs;
  for (uint32_t rank = 0; rank < plan.c().world; ++rank) {
    const sotto_slice& s = w.slices[rank];
    auto& an = out->numbers.emplace_back();
    for (uint64_t r = 0; r < a.rows; ++r)
      for (uint64_t c = 0; c < s.columns; ++c) an.push_back(number_at(a, r, s.first_column + c));
    as.push_back(an.data());
    auto& bn = out->numbers.emplace_back();
    for (uint64_t r = 0; r < s.rows; ++r)
      for (uint64_t c = 0; c < b.columns; ++c) bn.push_back(number_at(b, first_row + s.first_row + r, c));
    bs.push_back(bn.data());
  }
  sotto_adapter_pair pair{};
  pair.weight = weight;
  pair.rank_dim = static_cast<uint32_t>(a.rows);
  pair.scale = static_cast<float>(alpha / static_cast<double>(a.rows));
  pair.a = out->per_rank.emplace_back(std::move(as)).data();
  pair.b = out->per_rank.emplace_back(std::move(bs)).data();
  out->list.push_back(pair);
  return {};
}

Status read_pairs(const Engine& engine, const Gguf& file, Pairs* out) {
  SOTTO_ASSIGN(const double alpha, file.real("adapter.lora.alpha", 0));
  if (!(alpha > 0)) return Status(SOTTO_BAD_FILE, "key 'adapter.lora.alpha' is missing or not above 0");
  constexpr std::string_view kA = ".lora_a", kB = ".lora_b";
  for (const GgufTensor& a : file.tensors()) {
    if (a.name.size() <= kA.size() || a.name.substr(a.name.size() - kA.size()) != kA) {
      if (a.name.size() > kB.size() && a.name.substr(a.name.size() - kB.size()) == kB) continue;
      return Status(SOTTO_UNSUPPORTED, fmt::format("tensor '{}' is no part of a LoRA pair", a.name));
    }
    const std::string target_name(a.name.substr(0, a.name.size() - kA.size()));
    const GgufTensor* b = file.tensor(target_name + std::string(kB));
    const GgufTensor* target = engine.file()->gguf().tensor(target_name);
    if (!b || !target)
      return Status(SOTTO_MISMATCH,
                    fmt::format("'{}' has no {} in the {}", target_name, b ? "tensor" : "lora_b", b ? "model" : "adapter"));
    if (a.columns != target->columns || b->rows != target->rows || b->columns != a.rows)
      return Status(SOTTO_MISMATCH, fmt::format("'{}' is {} x {}, its pair is {} x {} and {} x {}", target_name, target->rows,
                                                target->columns, b->rows, b->columns, a.rows, a.columns));
    if (find_weight_type(a.type)->block != 1 || find_weight_type(b->type)->block != 1)
      return Status(SOTTO_UNSUPPORTED, fmt::format("the pair of '{}' is quantized, expected F32, F16 or BF16", target_name));
    // A fused tensor is several weights of the plan.
    bool used = false;
    for (uint32_t w = 0; w < engine.plan().c().weight_count; ++w) {
      const sotto_weight& weight = engine.plan().c().weights[w];
      if (std::string_view(weight.name.data, static_cast<size_t>(weight.name.size)) != target_name ||
          !(weight.uses & SOTTO_USE_LINEAR))
        continue;
      SOTTO_TRY(add_pair(engine, *target, a, *b, alpha, w, out));
      used = true;
    }
    if (!used)
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("'{}' is not multiplied by a linear step: an adapter cannot change it", target_name));
  }
  if (out->list.empty()) return Status(SOTTO_BAD_FILE, "it holds no LoRA pairs");
  return {};
}

}  // namespace

Result<std::shared_ptr<const Lora>> Lora::open(Engine& engine, ModelBytes bytes) {
  if (!engine.can_run())
    return Status(SOTTO_INVALID_ARGUMENT, "an adapter needs a model that runs; this one was opened for its vocabulary only");
  auto file = Gguf::read(bytes.bytes());
  if (!file.ok()) return file.status().within(bytes.name());
  Pairs pairs;
  if (Status s = read_pairs(engine, file.value(), &pairs); !s.ok()) return s.within(bytes.name());
  std::shared_ptr<Lora> lora(new Lora(engine));
  const Program& p = engine.program();
  engine.steps().enter([] { return false; });
  Status s = call_plugin(p.backend->id, "adapter_create", [&](sotto_error* err) {
    return p.backend->table->adapter_create(p.weights, pairs.list.data(), static_cast<uint32_t>(pairs.list.size()),
                                            sizeof(sotto_adapter_pair), &lora->adapter_, err);
  });
  engine.steps().leave();
  SOTTO_TRY(s);
  return std::shared_ptr<const Lora>(std::move(lora));
}

Lora::~Lora() {
  const Program& p = engine_.program();
  engine_.steps().enter([] { return false; });
  (void)call_plugin_void(p.backend->id, "adapter_destroy", [&] { p.backend->table->adapter_destroy(adapter_); });
  engine_.steps().leave();
}

}  // namespace sotto
