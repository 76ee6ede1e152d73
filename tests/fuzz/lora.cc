// lora.cc: bytes as a LoRA adapter for a model that is whole: the pairs are cut for two ranks and read to their ends.
#include "model/lora.h"

#include "gguf_file.h"

namespace sotto::fuzz {
namespace {

constexpr uint32_t kRanks = 2;

const ModelFile& model() {
  static const std::string bytes = fixture("gguf/hostile_base.gguf");
  static const Result<ModelFile> file = open_bytes(bytes.data(), bytes.size(), false);
  FUZZ_CHECK(file.ok());
  return file.value();
}

const Plan& plan() {
  static const Result<Plan> made = model().plan(PlanOptions{kRanks, {}});
  FUZZ_CHECK(made.ok());
  return made.value();
}

}  // namespace

FUZZ_TARGET(lora) {
  const auto adapter = LoraAdapter::read(Span<const uint8_t>(data, size), model().config().architecture, plan(), 0, kRanks);
  if (!adapter.ok()) return;
  volatile float sink = 0;
  for (const sotto_adapter_pair& pair : adapter->pairs()) {
    FUZZ_CHECK(pair.weight < plan().c().weight_count);
    for (uint32_t rank = 0; rank < kRanks; ++rank) {
      const sotto_slice& slice = plan().c().weights[pair.weight].slices[rank];
      for (uint64_t i = 0; i < pair.rank_dim * slice.columns; ++i) sink = sink + pair.a[rank][i];
      for (uint64_t i = 0; i < pair.rank_dim * slice.rows; ++i) sink = sink + pair.b[rank][i];
    }
  }
}

}  // namespace sotto::fuzz
