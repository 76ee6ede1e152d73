#include "model/lora.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/printable.h"
#include "model/float_tensor.h"

namespace sotto {
namespace {

constexpr std::string_view kSuffixA = ".lora_a", kSuffixB = ".lora_b";

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

Status bad(std::string text) { return Status(SOTTO_BAD_FILE, std::move(text)); }

Status check_kind(const Gguf& file, const std::string& architecture) {
  SOTTO_ASSIGN(const std::string_view general, file.text("general.type", ""));
  SOTTO_ASSIGN(const std::string_view kind, file.text("adapter.type", ""));
  if (general != "adapter" || kind != "lora")
    return bad(fmt::format("it is no LoRA adapter: general.type is '{}' and adapter.type is '{}'", printable(general),
                           printable(kind)));
  SOTTO_ASSIGN(const std::string_view made_for, file.text("general.architecture", ""));
  if (made_for != architecture)
    return Status(SOTTO_MISMATCH, fmt::format("the adapter is for the architecture '{}', the model is '{}'",
                                              printable(made_for), architecture));
  // Prompts that must be there for the adapter to act: ignoring them would act always.
  if (file.find("adapter.alora.invocation_tokens"))
    return Status(SOTTO_UNSUPPORTED, "adapters with invocation tokens (aLoRA) are not supported");
  return {};
}

}  // namespace

Result<LoraAdapter> LoraAdapter::read(Span<const uint8_t> bytes, const std::string& architecture, const Plan& plan,
                                      uint32_t first_rank, uint32_t local_ranks) {
  SOTTO_ASSIGN(const Gguf file, Gguf::read(bytes));
  SOTTO_TRY(check_kind(file, architecture));
  SOTTO_ASSIGN(const double alpha, file.real("adapter.lora.alpha", 0));
  if (!(alpha >= 0) || alpha > 1e6) return bad(fmt::format("key 'adapter.lora.alpha' is {}, expected 0 to 1e6", alpha));
  LoraAdapter adapter;
  adapter.first_rank_ = first_rank;
  adapter.local_ranks_ = local_ranks;
  for (const GgufTensor& t : file.tensors()) {
    const bool is_a = ends_with(t.name, kSuffixA);
    if (!is_a && !ends_with(t.name, kSuffixB))
      return Status(SOTTO_UNSUPPORTED, fmt::format("tensor '{}' is no half of a LoRA pair", printable(t.name)));
    const std::string target(t.name.substr(0, t.name.size() - kSuffixA.size()));
    const GgufTensor* other = file.tensor(target + std::string(is_a ? kSuffixB : kSuffixA));
    if (!other) return bad(fmt::format("tensor '{}' is there without its other half", printable(t.name)));
    if (is_a) SOTTO_TRY(adapter.add(plan, target, t, *other, alpha));
  }
  if (adapter.pairs_.empty()) return bad("the adapter holds no pairs");
  return adapter;
}

Status LoraAdapter::add(const Plan& plan, const std::string& target, const GgufTensor& a, const GgufTensor& b, double alpha) {
  const auto weights = plan.find(target);
  if (weights.empty())
    return Status(SOTTO_MISMATCH, fmt::format("the adapter changes '{}', which the model does not have", printable(target)));
  uint64_t rows = 0;
  for (const WeightRef w : weights) {
    rows += plan.c().weights[w].rows;
    if (plan.c().weights[w].uses != SOTTO_USE_LINEAR)
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("the adapter changes '{}', which is more than the weight of a linear", printable(target)));
  }
  const uint64_t columns = plan.c().weights[weights[0]].columns;
  constexpr uint64_t kMostRank = 4096;
  if (a.columns != columns || b.rows != rows || a.rows != b.columns || a.rows > kMostRank || a.dimensions > 2 ||
      b.dimensions > 2)
    return Status(
        SOTTO_MISMATCH,
        fmt::format("the adapter's pair for '{}' is {} x {} and {} x {}, expected rank x {} and {} x rank (at most {})",
                    printable(target), a.rows, a.columns, b.rows, b.columns, columns, rows, kMostRank));
  SOTTO_ASSIGN(const std::vector<float> numbers_a, floats_of(a));
  SOTTO_ASSIGN(const std::vector<float> numbers_b, floats_of(b));
  for (const WeightRef w : weights) add_part(plan, w, static_cast<uint32_t>(a.rows), numbers_a, numbers_b, alpha);
  return {};
}

void LoraAdapter::add_part(const Plan& plan, WeightRef weight, uint32_t rank_dim, const std::vector<float>& a,
                           const std::vector<float>& b, double alpha) {
  const sotto_weight& w = plan.c().weights[weight];
  const uint64_t offset = plan.sources()[weight].first_row;
  auto& parts_a = per_rank_.emplace_back();
  auto& parts_b = per_rank_.emplace_back();
  for (uint32_t rank = first_rank_; rank < first_rank_ + local_ranks_; ++rank) {
    const sotto_slice& s = w.slices[rank];
    auto& part_a = numbers_.emplace_back();
    part_a.reserve(static_cast<size_t>(rank_dim * s.columns));
    for (uint32_t r = 0; r < rank_dim; ++r) {
      const auto from = a.begin() + static_cast<std::ptrdiff_t>(r * w.columns + s.first_column);
      part_a.insert(part_a.end(), from, from + static_cast<std::ptrdiff_t>(s.columns));
    }
    const auto from = b.begin() + static_cast<std::ptrdiff_t>((offset + s.first_row) * rank_dim);
    auto& part_b = numbers_.emplace_back(from, from + static_cast<std::ptrdiff_t>(s.rows * rank_dim));
    parts_a.push_back(part_a.data());
    parts_b.push_back(part_b.data());
  }
  sotto_adapter_pair pair{};
  pair.weight = weight;
  pair.rank_dim = rank_dim;
  pair.scale = alpha > 0 ? static_cast<float>(alpha / rank_dim) : 1.0f;
  pair.a = parts_a.data();
  pair.b = parts_b.data();
  pairs_.push_back(pair);
}

}  // namespace sotto
