#include "model/model_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sha256.h"
#include "model/weights.h"

namespace sotto {
namespace {

// Bits of sotto.required_features that this version implements. A file that needs another is refused rather than run wrongly.
constexpr uint64_t kKnownFeatures = 0;

Status check_features(const Gguf& file) {
  SOTTO_ASSIGN(const uint64_t wanted, file.integer("sotto.required_features", 0));
  if ((wanted & ~kKnownFeatures) == 0) return {};
  return Status(SOTTO_UNSUPPORTED,
                fmt::format("sotto.required_features is {:#x}, this version knows {:#x}: the file needs a newer Sotto", wanted,
                            kKnownFeatures));
}

// Token ids that metadata names must exist.
Status check_token_ids(const Gguf& file) {
  const GgufValue* tokens = file.find("tokenizer.ggml.tokens");
  if (!tokens) return {};
  if (tokens->type != GgufType::kArray || tokens->element != GgufType::kText || tokens->count == 0)
    return Status(SOTTO_BAD_FILE, "key 'tokenizer.ggml.tokens' is no array of texts, or empty");
  for (const char* name : {"bos", "eos", "eot", "eom", "unknown", "padding", "seperator", "separator", "cls", "mask"}) {
    const std::string key = fmt::format("tokenizer.ggml.{}_token_id", name);
    if (!file.find(key)) continue;
    SOTTO_ASSIGN(const uint64_t id, file.integer(key, 0));
    // 2^32 - 1 is how some writers say "none".
    if (id >= tokens->count && id != 0xFFFFFFFFu)
      return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}, there are {} tokens", key, id, tokens->count));
  }
  for (const char* key : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"}) {
    const GgufValue* list = file.find(key);
    if (list && (list->type != GgufType::kArray || list->count != tokens->count))
      return Status(SOTTO_BAD_FILE, fmt::format("key '{}' has {} elements for {} tokens", key, list->count, tokens->count));
  }
  return {};
}

std::string text_of(sotto_str s) { return std::string(s.data ? s.data : "", static_cast<size_t>(s.data ? s.size : 0)); }

}  // namespace

Result<ModelBytes> ModelBytes::open(const sotto_model_source& source) {
  ModelBytes out;
  if (source.kind == SOTTO_SOURCE_PATH) {
    out.name_ = text_of(source.path);
    if (out.name_.empty()) return Status(SOTTO_INVALID_ARGUMENT, "opening a model: no path is given");
    if (out.name_.find('\0') != std::string::npos)
      return Status(SOTTO_INVALID_ARGUMENT, "opening a model: the path holds a zero byte");
    SOTTO_ASSIGN(out.file_, MappedFile::open(out.name_, source.offset, source.length));
  } else if (source.kind == SOTTO_SOURCE_FD) {
    out.name_ = fmt::format("file descriptor {}", source.fd);
    SOTTO_ASSIGN(out.file_, MappedFile::from_descriptor(source.fd, out.name_, source.offset, source.length));
  } else if (source.kind == SOTTO_SOURCE_MEMORY) {
    out.name_ = "model in memory";
    if (!source.data || source.size == 0)
      return Status(SOTTO_INVALID_ARGUMENT, "opening a model from memory: no bytes are given");
    out.bytes_ = Span<const uint8_t>(static_cast<const uint8_t*>(source.data), static_cast<size_t>(source.size));
  } else if (source.kind == SOTTO_SOURCE_CALLBACK) {
    out.name_ = "model from callbacks";
    if (!source.read || source.size == 0)
      return Status(SOTTO_INVALID_ARGUMENT, "opening a model from callbacks: no read function or no size");
    out.read_.reset(new uint8_t[static_cast<size_t>(source.size)]);
    constexpr uint64_t kChunk = 4 << 20;
    for (uint64_t at = 0; at < source.size; at += kChunk) {
      const uint64_t count = std::min(kChunk, source.size - at);
      if (const int32_t code = source.read(source.user, at, out.read_.get() + at, count))
        return Status(SOTTO_IO_ERROR,
                      fmt::format("reading {} bytes at {} of the model: the callback answered {}", count, at, code));
    }
    out.bytes_ = Span<const uint8_t>(out.read_.get(), static_cast<size_t>(source.size));
  } else {
    return Status(SOTTO_UNSUPPORTED, fmt::format("opening a model: source kind {} is unknown", source.kind));
  }
  if (out.file_) out.bytes_ = out.file_->bytes();
  return out;
}

Result<ModelFile> ModelFile::open(ModelBytes bytes, bool vocabulary_only) {
  ModelFile f;
  f.bytes_ = std::make_unique<ModelBytes>(std::move(bytes));
  const auto within = [&](const Status& s) { return s.within(f.name()); };
  auto gguf = Gguf::read(f.bytes_->bytes());
  if (!gguf.ok()) return within(gguf.status());
  f.gguf_ = std::make_unique<Gguf>(gguf.take());
  if (Status s = check_features(*f.gguf_); !s.ok()) return within(s);
  if (Status s = check_token_ids(*f.gguf_); !s.ok()) return within(s);
  f.hash_ = hexadecimal(Sha256().add(f.gguf_->head().data(), f.gguf_->head().size()).add_number(f.file_bytes()).digest());
  auto name = f.gguf_->text("general.architecture", "");
  if (!name.ok()) return within(name.status());
  const Architecture* known = find_architecture(name.value());
  f.config_.architecture = std::string(name.value());
  if (vocabulary_only && (!known || f.gguf_->tensors().empty())) return f;
  if (name.value().empty()) return within(Status(SOTTO_BAD_FILE, "key 'general.architecture' is missing"));
  if (!known)
    return within(Status(SOTTO_UNSUPPORTED,
                         fmt::format("architecture '{}' is not supported; known are {}", name.value(), known_architectures())));
  auto config = read_config(*f.gguf_, known->name, known->rules);
  if (!config.ok()) return within(config.status());
  f.config_ = config.take();
  f.architecture_ = known;
  return f;
}

uint64_t ModelFile::parameters() const {
  uint64_t count = 0;
  for (const GgufTensor& t : gguf_->tensors()) count += t.rows * t.columns;
  return count;
}

Result<Plan> ModelFile::plan(const PlanOptions& options) const {
  const GgufTensor* down = gguf_->tensor("blk.0.ffn_down.weight");
  const uint32_t block = down ? find_weight_type(down->type)->block : 1;
  auto sharding = Sharding::make(config_, options.ranks, options.split, block);
  if (!sharding.ok()) return sharding.status().within(name());
  PlanBuilder builder(sharding.value(), config_.vocabulary, config_.context_trained);
  Weights weights(*gguf_, config_, sharding.value(), builder);
  architecture_->build(weights);
  if (!weights.status().ok()) return weights.status().within(name());
  if (Status s = weights.check_all_used(); !s.ok()) return s.within(name());
  return builder.finish();
}

Status upload_weights(const sotto_backend& backend, sotto_weights* weights, const Plan& plan, uint32_t first_rank,
                      uint32_t local_ranks, const std::function<bool(float)>& progress) {
  const uint32_t count = plan.c().weight_count;
  for (uint32_t w = 0; w < count; ++w) {
    for (uint32_t rank = first_rank; rank < first_rank + local_ranks; ++rank) {
      const sotto_slice& slice = plan.c().weights[w].slices[rank];
      if (slice.rows == 0 || slice.columns == 0) continue;
      const sotto_upload data = plan.upload_of(w, rank);
      sotto_error err{};
      err.struct_size = sizeof err;
      if (const sotto_status code = backend.upload(weights, w, rank, &data, &err)) return Status(code, err.text);
    }
    if (progress && progress(static_cast<float>(w + 1) / static_cast<float>(count)))
      return Status(SOTTO_CANCELLED, "loading was cancelled");
  }
  return {};
}

}  // namespace sotto
