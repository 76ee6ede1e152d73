// gguf_model.cc: bytes as a model file: container, configuration, plans of several splits, tokenizer, facts; all that runs
// before a weight is computed with.
#include "gguf_file.h"
#include "run/vocabulary.h"
#include "text/template/chat_template.h"

namespace sotto::fuzz {
namespace {

constexpr std::string_view kText = "Turn on the lamp, \xE4\xBD\xA0\xE5\xA5\xBD <|im_end|>\n 12 ";

void describe_all(const ModelFile& file) {
  for (const std::string_view key : file.gguf().keys()) (void)file.gguf().describe(*file.gguf().find(key));
}

void use_tokenizer(const ModelFile& file) {
  auto made = tokenizer_of(file.gguf());
  if (!made.ok() || !made.value()) return;
  const Tokenizer& tokenizer = *made.value();
  EncodeOptions options;
  options.parse_special = true;
  const auto ids = tokenizer.encode(kText, options);
  if (!ids.ok()) return;
  for (const uint32_t id : ids.value()) FUZZ_CHECK(id < tokenizer.size());
  (void)tokenizer.decode(Span<const uint32_t>(ids.value()), true);
}

// Every byte that a plan would upload is read: slices must lie inside the file.
void read_slices(const Plan& plan) {
  volatile uint8_t sink = 0;
  for (uint32_t w = 0; w < plan.c().weight_count; ++w) {
    for (uint32_t rank = 0; rank < plan.c().world; ++rank) {
      const sotto_slice& slice = plan.c().weights[w].slices[rank];
      if (slice.rows == 0 || slice.columns == 0) continue;
      const sotto_upload data = plan.upload_of(w, rank);
      const auto* bytes = static_cast<const uint8_t*>(data.bytes);
      if (data.byte_count != 0) sink = static_cast<uint8_t>(sink + bytes[0] + bytes[data.byte_count - 1]);
    }
  }
}

}  // namespace

FUZZ_TARGET(gguf_model) {
  if (const auto vocabulary = open_bytes(data, size, true); vocabulary.ok()) {
    describe_all(vocabulary.value());
    use_tokenizer(vocabulary.value());
  }
  const auto file = open_bytes(data, size, false);
  if (!file.ok()) {
    FUZZ_CHECK(!file.status().text().empty());
    return;
  }
  const auto source = file->gguf().text("tokenizer.chat_template", "");
  if (source.ok()) (void)ChatTemplate::parse(source.value());
  for (const PlanOptions& options : {PlanOptions{1, {}}, PlanOptions{2, {3, 1}}, PlanOptions{3, {}}, PlanOptions{8, {}}}) {
    const auto plan = file->plan(options);
    if (plan.ok()) read_slices(plan.value());
  }
}

}  // namespace sotto::fuzz
