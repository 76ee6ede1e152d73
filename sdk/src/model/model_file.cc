#include "model/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "base/printable.h"
#include "base/sha256.h"
#include "model/weights.h"

namespace sotto {
namespace {

// Bits of sotto.required_features that this version implements. A file that needs another is refused rather than run wrongly.
constexpr uint64_t kKnownFeatures = 0;
constexpr uintptr_t kAlignment = 8;  // of the file's first byte: numbers of weights lie at multiples of their size from there

Status check_features(const Gguf& file) {
  SOTTO_ASSIGN(const uint64_t wanted, file.integer("sotto.required_features", 0));
  if ((wanted & ~kKnownFeatures) == 0) return {};
  return Status(SOTTO_UNSUPPORTED,
                fmt::format("sotto.required_features is {:#x}, this version knows {:#x}: the file needs a newer Sotto", wanted,
                            kKnownFeatures));
}

// Block layouts are those of version 2; files without quantized tensors may say anything.
Status check_quantization(const Gguf& file) {
  constexpr uint64_t kKnown = 2;
  SOTTO_ASSIGN(const uint64_t version, file.integer("general.quantization_version", kKnown));
  if (version <= kKnown) return {};
  return Status(SOTTO_UNSUPPORTED,
                fmt::format("key 'general.quantization_version' is {}, this version knows {}: the file needs a newer Sotto",
                            version, kKnown));
}

constexpr const char *kTokens = "tokenizer.ggml.tokens", *kModel = "tokenizer.ggml.model";

// Types of the keys that describe text; what they hold is for the tokenizer and the template to judge.
Status check_text_types(const Gguf& file) {
  for (const char* key : {"general.architecture", "general.name", kModel, "tokenizer.ggml.pre", "tokenizer.chat_template"})
    SOTTO_TRY(status_of(file.text(key, "")));
  for (const char* key : {"tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token", "tokenizer.ggml.add_space_prefix",
                          "tokenizer.ggml.remove_extra_whitespaces"})
    SOTTO_TRY(status_of(file.boolean(key, false)));
  for (const char* key : {kTokens, "tokenizer.ggml.merges"}) {
    const GgufValue* list = file.find(key);
    if (list && (list->type != GgufType::kArray || list->element != GgufType::kText || list->count > Gguf::kMaxElements))
      return Status(SOTTO_BAD_FILE,
                    fmt::format("key '{}' is {} of {} elements, expected an array of at most {} texts", key,
                                list->type == GgufType::kArray ? "an array" : "no array", list->count, Gguf::kMaxElements));
  }
  return {};
}

// Token ids that metadata names must exist, and lists beside the tokens must be as long.
Status check_tokens(const Gguf& file) {
  SOTTO_TRY(check_text_types(file));
  const GgufValue* tokens = file.find(kTokens);
  SOTTO_ASSIGN(const std::string_view model, file.text(kModel, ""));
  if (!tokens && (model == "no_vocab" || model == "none")) return {};  // it says itself that it works by ids alone
  if (!tokens && file.find(kModel) && !file.find("sotto.tokenizer.sentencepiece"))
    return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is missing, '{}' needs it", kTokens, kModel));
  if (!tokens) return {};
  if (tokens->count == 0) return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is empty", kTokens));
  for (const char* name : {"bos", "eos", "eot", "eom", "unknown", "padding", "seperator", "separator", "cls", "mask"}) {
    const std::string key = fmt::format("tokenizer.ggml.{}_token_id", name);
    if (!file.find(key)) continue;
    SOTTO_ASSIGN(const uint64_t id, file.integer(key, 0));
    // 2^32 - 1 is how some writers say "none".
    if (id >= tokens->count && id != SOTTO_NONE)
      return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}, there are {} tokens", key, id, tokens->count));
  }
  SOTTO_TRY(status_of(file.reals("tokenizer.ggml.scores")));
  SOTTO_TRY(status_of(file.integers("tokenizer.ggml.token_type")));
  for (const char* key : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"}) {
    const GgufValue* list = file.find(key);
    if (list && list->count != tokens->count)
      return Status(SOTTO_BAD_FILE, fmt::format("key '{}' has {} elements for {} tokens", key, list->count, tokens->count));
  }
  return {};
}

std::string text_of(sotto_str s) { return std::string(s.data ? s.data : "", static_cast<size_t>(s.data ? s.size : 0)); }

}  // namespace

Status ModelBytes::allocate(uint64_t size) {
  constexpr uint64_t kMost = std::min<uint64_t>(uint64_t{1} << 46, SIZE_MAX / 2);  // of the addresses that a process has
  if (size <= kMost) owned_.reset(new (std::nothrow) uint8_t[static_cast<size_t>(size)]);
  return owned_ ? Status() : Status(SOTTO_OUT_OF_MEMORY, fmt::format("{}: there are no {} bytes to hold it", name_, size));
}

Status ModelBytes::read(const sotto_model_source& source, const Progress& progress) {
  constexpr uint64_t kChunk = 4 << 20;
  SOTTO_TRY(allocate(source.size));
  for (uint64_t at = 0; at < source.size; at += kChunk) {
    if (progress && progress(static_cast<float>(at) / static_cast<float>(source.size)))
      return Status(SOTTO_CANCELLED, fmt::format("{}: reading was cancelled at {} of {} bytes", name_, at, source.size));
    const uint64_t count = std::min(kChunk, source.size - at);
    if (const int32_t code = source.read(source.user, at, owned_.get() + at, count))
      return Status(SOTTO_IO_ERROR,
                    fmt::format("{}: reading {} bytes at {}, the callback answered {}", name_, count, at, code));
  }
  bytes_ = Span<const uint8_t>(owned_.get(), static_cast<size_t>(source.size));
  return {};
}

Result<ModelBytes> ModelBytes::open(const sotto_model_source& source, const Progress& progress) {
  ModelBytes out;
  if (source.kind == SOTTO_SOURCE_PATH) {
    out.name_ = text_of(source.path);
    if (out.name_.empty()) return Status(SOTTO_INVALID_ARGUMENT, "opening a model: no path is given");
    if (out.name_.find('\0') != std::string::npos)
      return Status(SOTTO_INVALID_ARGUMENT, "opening a model: the path holds a zero byte");
    SOTTO_ASSIGN(out.file_, MappedFile::open(out.name_, source.offset, source.length));
    out.bytes_ = out.file_->bytes();
  } else if (source.kind == SOTTO_SOURCE_FD) {
    out.name_ = fmt::format("file descriptor {}", source.fd);
    SOTTO_ASSIGN(out.file_, MappedFile::from_descriptor(source.fd, out.name_, source.offset, source.length));
    out.bytes_ = out.file_->bytes();
  } else if (source.kind == SOTTO_SOURCE_MEMORY) {
    out.name_ = "model in memory";
    if (!source.data || source.size == 0 || source.size > SIZE_MAX)
      return Status(SOTTO_INVALID_ARGUMENT, "opening a model from memory: no bytes are given");
    out.bytes_ = Span<const uint8_t>(static_cast<const uint8_t*>(source.data), static_cast<size_t>(source.size));
  } else if (source.kind == SOTTO_SOURCE_CALLBACK) {
    out.name_ = "model from callbacks";
    if (!source.read || source.size == 0)
      return Status(SOTTO_INVALID_ARGUMENT, "opening a model from callbacks: no read function or no size");
    SOTTO_TRY(out.read(source, progress));
  } else {
    return Status(SOTTO_UNSUPPORTED, fmt::format("opening a model: source kind {} is unknown", source.kind));
  }
  if (reinterpret_cast<uintptr_t>(out.bytes_.data()) % kAlignment != 0) {
    SOTTO_TRY(out.allocate(out.bytes_.size()));
    std::copy(out.bytes_.begin(), out.bytes_.end(), out.owned_.get());
    out.bytes_ = Span<const uint8_t>(out.owned_.get(), out.bytes_.size());
    out.file_.reset();
  }
  return out;
}

Result<ModelFile> ModelFile::open(ModelBytes bytes, bool vocabulary_only) {
  ModelFile f;
  f.bytes_ = std::make_unique<ModelBytes>(std::move(bytes));
  auto gguf = Gguf::read(f.bytes_->bytes());
  if (!gguf.ok()) return gguf.status().within(f.name());
  f.gguf_ = std::make_unique<Gguf>(gguf.take());
  if (Status s = f.read_shard(); !s.ok()) return s.within(f.name());
  for (const auto check : {check_features, check_quantization, check_tokens})
    if (Status s = check(*f.gguf_); !s.ok()) return s.within(f.name());
  f.hash_ = hexadecimal(Sha256()
                            .add(f.gguf_->head().data(), f.gguf_->head().size())
                            .add_number(f.shard_ ? f.shard_->model_bytes() : f.file_bytes())
                            .digest());
  f.config_.architecture = std::string(f.gguf_->text("general.architecture", "").value());
  const Architecture* known = find_architecture(f.config_.architecture);
  Status failure;
  if (f.config_.architecture.empty())
    failure = Status(SOTTO_BAD_FILE, "key 'general.architecture' is missing");
  else if (!known)
    failure = Status(SOTTO_UNSUPPORTED, fmt::format("architecture '{}' is not supported; known are {}",
                                                    printable(f.config_.architecture), known_architectures()));
  else
    failure = f.read_model(*known);
  if (failure.ok()) f.architecture_ = known;
  // Only the tokenizer is wanted: a model that we cannot run, or none at all, will do, a damaged one will not.
  const bool will_do = vocabulary_only && (failure.code() == SOTTO_UNSUPPORTED || f.gguf_->tensors().empty());
  if (!failure.ok() && !will_do) return failure.within(f.name());
  return f;
}

// Configuration, and a plan for one rank: building it is the check that every tensor is there, of its shape, and known.
Status ModelFile::read_model(const Architecture& architecture) {
  SOTTO_ASSIGN(config_, read_config(*gguf_, architecture.name, architecture.rules));
  SOTTO_TRY(build(architecture, PlanOptions()).status());
  SOTTO_ASSIGN(heads_, read_heads(*gguf_, config_.hidden));
  return {};
}

Status ModelFile::read_shard() {
  std::optional<Gguf> model;
  SOTTO_ASSIGN(shard_, ShardFile::read(*gguf_, &model));
  if (shard_) *gguf_ = std::move(*model);
  return {};
}

uint64_t ModelFile::parameters() const {
  uint64_t count = 0;
  for (const GgufTensor& t : gguf_->tensors()) count += t.rows * t.columns;
  return count;
}

Result<Plan> ModelFile::plan(const PlanOptions& options) const {
  auto plan = build(*architecture_, options);
  if (!plan.ok()) return plan.status().within(name());
  if (!shard_) return plan;
  if (options.ranks != shard_->ranks() || options.split != shard_->split())
    return Status(SOTTO_MISMATCH,
                  fmt::format("{} is {}; the job has {} ranks, split {}: shard the model again, or give the whole file", name(),
                              shard_->describe(), options.ranks, describe_split(options.split)));
  Plan placed = plan.take();
  if (Status s = shard_->place(*gguf_, &placed); !s.ok()) return s.within(name());
  return placed;
}

Result<Plan> ModelFile::build(const Architecture& architecture, const PlanOptions& options) const {
  uint32_t block = 1;  // the widest of the weights that are cut by columns of the feed-forward width
  for (uint32_t layer = 0; layer < config_.layers; ++layer)
    if (const GgufTensor* down = gguf_->tensor(fmt::format("blk.{}.ffn_down.weight", layer)))
      block = std::max(block, find_weight_type(down->type)->block);
  SOTTO_ASSIGN(const Sharding sharding, Sharding::make(config_, options.ranks, options.split, block));
  PlanBuilder builder(sharding, config_.vocabulary, config_.context_trained);
  Weights weights(*gguf_, config_, sharding, builder);
  architecture.build(weights);
  SOTTO_TRY(weights.status());
  SOTTO_TRY(weights.check_all_used());
  return builder.finish();
}

Status upload_weights(const Plan& plan, uint32_t first_rank, uint32_t local_ranks, const Upload& upload,
                      const Progress& progress) {
  const uint32_t count = plan.c().weight_count;
  for (uint32_t w = 0; w < count; ++w) {
    for (uint32_t rank = first_rank; rank < first_rank + local_ranks; ++rank) {
      const sotto_slice& slice = plan.c().weights[w].slices[rank];
      if (slice.rows == 0 || slice.columns == 0) continue;
      SOTTO_TRY(upload(w, rank, plan.upload_of(w, rank)));
    }
    if (progress && progress(static_cast<float>(w + 1) / static_cast<float>(count)))
      return Status(SOTTO_CANCELLED, "loading was cancelled");
  }
  return {};
}

}  // namespace sotto
