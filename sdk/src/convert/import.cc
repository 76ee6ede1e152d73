#include "convert/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "convert/assistant_domain.h"
#include "convert/checkpoint.h"
#include "convert/gguf_layout.h"
#include "convert/gguf_writer.h"
#include "convert/hf/hf_model.h"
#include "convert/import_tokenizer.h"
#include "convert/megatron/model.h"
#include "convert/output_file.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kAsStored = SOTTO_NONE;

Result<uint32_t> find_type(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr struct {
    const char* name;
    uint32_t type;
  } kTypes[] = {{"", kAsStored}, {"f32", SOTTO_F32}, {"f16", SOTTO_F16}, {"bf16", SOTTO_BF16}};
  for (const auto& row : kTypes)
    if (name == row.name) return uint32_t{row.type};
  return Status(SOTTO_INVALID_ARGUMENT,
                fmt::format("type '{}' is not one to import to: f32, f16 or bf16; quantize the result for smaller ones", name));
}

Result<std::unique_ptr<Checkpoint>> read_checkpoint(const std::string& source, const ImportOptions& options) {
  std::error_code error;
  if (!fs::is_directory(source, error))
    return Status(
        fs::exists(source, error) ? SOTTO_INVALID_ARGUMENT : SOTTO_NOT_FOUND,
        fmt::format("importing {}: it is no folder; name a Megatron-LM checkpoint's or a Hugging Face model's", source));
  if (looks_like_megatron(source)) return read_megatron(source, options.config);
  if (looks_like_hugging_face(source)) return read_hugging_face(source);
  return Status(
      SOTTO_NOT_FOUND,
      fmt::format(
          "importing {}: neither a Megatron-LM checkpoint (latest_checkpointed_iteration.txt, mp_rank_*, metadata.json) "
          "nor a Hugging Face model (config.json with *.safetensors) lies in it",
          source));
}

// Rows that padded the vocabulary to the ranks of the training go where the tokenizer says how many tokens there are.
Status fit_tokenizer(const Events& events, ImportTokenizer* tokenizer, Checkpoint* c) {
  for (const std::string& warning : tokenizer->warnings()) events.warning(warning);
  const uint32_t tokens = tokenizer->tokens();
  if (tokens == 0) {
    events.warning("the checkpoint has no tokenizer: the model works by ids alone; give one to import it with the model");
    return {};
  }
  const bool is_padded = c->format.compare(0, 8, "Megatron") == 0;
  if (tokens < c->description.vocabulary && is_padded) cut_vocabulary(tokens, c);
  return tokenizer->fit(c->description.vocabulary);
}

void put_facts(const Checkpoint& c, GgufWriter* w) {
  const ModelDescription& d = c.description;
  if (!d.name.empty()) w->put_text("general.name", d.name);
  if (!d.license.empty()) w->put_text("general.license", d.license);
  w->put_text("sotto.imported_from", d.source);
  for (const HeadDescription& h : c.heads) {
    const std::string prefix = "sotto.head." + h.name + ".";
    w->put_text(prefix + "kind", h.kind);
    if (!h.labels.empty()) w->put_texts(prefix + "labels", h.labels);
    if (!h.thresholds.empty()) w->put_f32s(prefix + "thresholds", h.thresholds);
    if (h.temperature != 1) w->put_f32(prefix + "temperature", h.temperature);
  }
}

bool is_table_of_positions(const ModelTensor& t) { return t.name == "position_embd.weight"; }
bool is_head(const ModelTensor& t) { return t.name.compare(0, 11, "sotto.head.") == 0; }

uint32_t type_of(const ModelTensor& t, uint32_t wanted) {
  if (t.is_vector || is_table_of_positions(t) || is_head(t)) return SOTTO_F32;
  return wanted == kAsStored ? weight_type_of(t.element) : wanted;
}

// llama.cpp names a file's type by its matrices.
uint32_t file_type_of(uint32_t type) {
  constexpr uint32_t kF32 = 0, kF16 = 1, kBF16 = 32;
  return type == SOTTO_F16 ? kF16 : type == SOTTO_BF16 ? kBF16 : kF32;
}

Status check_value(const ModelTensor& t, size_t i, float value, uint32_t type, double largest) {
  if (std::fabs(value) <= largest) return {};
  const size_t columns = t.is_vector ? t.rows * t.columns : t.columns;
  return Status(SOTTO_BAD_FILE,
                std::isfinite(value)
                    ? fmt::format("tensor '{}': row {}, column {} is {}, beyond the range of {}: import to bf16 or f32", t.name,
                                  i / columns, i % columns, value, find_weight_type(type)->name)
                    : fmt::format("tensor '{}': row {}, column {} is {}: the training diverged, or the file is damaged", t.name,
                                  i / columns, i % columns, value));
}

// The stored numbers as the file is to hold them.
Result<std::vector<uint8_t>> convert(const ModelTensor& t, uint32_t type, std::vector<uint8_t> stored) {
  constexpr double kLargestF16 = 65504, kLargestF32 = 3.4028234663852886e38;
  const double largest = type == SOTTO_F16 ? kLargestF16 : kLargestF32;
  const size_t count = stored.size() / size_of(t.element), each = find_weight_type(type)->bytes;
  const bool is_same = weight_type_of(t.element) == type && size_of(t.element) == each && t.add == 0;
  std::vector<uint8_t> out(is_same ? 0 : count * each);
  constexpr size_t kStep = 1 << 16;
  std::vector<float> values(kStep);
  for (size_t at = 0; at < count; at += kStep) {
    const size_t n = std::min(kStep, count - at);
    to_floats(t.element, Span<const uint8_t>(stored.data() + at * size_of(t.element), n * size_of(t.element)), values.data());
    for (size_t i = 0; i < n; ++i) {
      values[i] += t.add;
      if (!(std::fabs(values[i]) <= largest)) SOTTO_TRY(check_value(t, at + i, values[i], type, largest));
    }
    if (!is_same) from_floats(type, Span<const float>(values.data(), n), out.data() + at * each);
  }
  return is_same ? std::move(stored) : std::move(out);
}

Status write_tensors(const Checkpoint& c, uint32_t type, uint64_t total, const Events& events, GgufWriter* w) {
  uint64_t done = 0;
  for (const ModelTensor& t : c.tensors) {
    SOTTO_TRY(events.progress(static_cast<double>(done) / static_cast<double>(std::max<uint64_t>(total, 1)), t.name));
    SOTTO_ASSIGN(std::vector<uint8_t> stored, load_tensor(t));
    SOTTO_ASSIGN(const std::vector<uint8_t> bytes, convert(t, type_of(t, type), std::move(stored)));
    SOTTO_TRY(w->write_tensor(bytes));
    done += bytes.size();
  }
  return events.progress(1, "the end of the file");
}

}  // namespace

Result<ImportReport> import_checkpoint(const std::string& source, const std::string& output, const ImportOptions& options,
                                       const Events& events) {
  SOTTO_ASSIGN(const uint32_t type, find_type(options.type));
  SOTTO_ASSIGN(OutputFile file, OutputFile::create(output, options.overwrite));
  SOTTO_ASSIGN(const std::unique_ptr<Checkpoint> c, read_checkpoint(source, options));
  for (const std::string& warning : c->warnings) events.warning(warning);
  SOTTO_ASSIGN(ImportTokenizer tokenizer, ImportTokenizer::find(source, options.tokenizer));
  SOTTO_TRY(fit_tokenizer(events, &tokenizer, c.get()));
  GgufWriter writer;
  ImportReport report;
  SOTTO_ASSIGN(report.architecture, lay_out(c.get(), &writer));
  put_facts(*c, &writer);
  SOTTO_ASSIGN(const std::string domain, read_assistant_domain(source));
  if (!domain.empty()) writer.put_text(kAssistantKey, domain);
  const auto table =
      std::find_if(c->tensors.begin(), c->tensors.end(), [](const ModelTensor& t) { return t.name == "token_embd.weight"; });
  writer.put_u32("general.file_type", file_type_of(table == c->tensors.end() ? SOTTO_F32 : type_of(*table, type)));
  tokenizer.put(&writer);
  for (const ModelTensor& t : c->tensors) {
    const uint64_t count = t.rows * t.columns;
    writer.add_tensor(t.name, type_of(t, type), t.is_vector ? count : t.columns, t.is_vector ? 0 : t.rows);
    report.parameters += count;
  }
  SOTTO_TRY(writer.begin(&file));
  SOTTO_TRY(write_tensors(*c, type, writer.tensor_bytes(), events, &writer));
  SOTTO_TRY(file.commit());
  report.format = c->format;
  report.tensors = static_cast<uint32_t>(c->tensors.size());
  report.tokens = tokenizer.tokens();
  report.vocabulary = c->description.vocabulary;
  report.bytes = file.size();
  return report;
}

}  // namespace sotto
