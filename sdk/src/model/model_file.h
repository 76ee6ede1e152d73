// model_file.h: a model's file, opened and checked, for the engine: bytes, metadata, configuration, plans, uploads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "model/arch/architectures.h"
#include "model/config.h"
#include "model/gguf.h"
#include "model/heads.h"
#include "model/plan_builder.h"
#include "model/shard_file.h"
#include "sotto/model.h"

namespace sotto {

using Progress = std::function<bool(float)>;  // gets 0..1; true cancels

// The bytes of a sotto_model_source: mapped, borrowed or read. They begin at a multiple of 8: a part of a file, or memory, that
// does not is copied.
class ModelBytes {
 public:
  // `progress` is told of bytes that are read through callbacks; it may be empty.
  static Result<ModelBytes> open(const sotto_model_source& source, const Progress& progress = nullptr);

  Span<const uint8_t> bytes() const { return bytes_; }
  bool is_mapped() const { return file_.has_value(); }
  const std::string& name() const { return name_; }  // for messages

 private:
  Status read(const sotto_model_source& source, const Progress& progress);
  Status allocate(uint64_t size);

  std::optional<MappedFile> file_;
  std::unique_ptr<uint8_t[]> owned_;
  Span<const uint8_t> bytes_;
  std::string name_;
};

struct PlanOptions {
  uint32_t ranks = 1;
  std::vector<uint32_t> split;  // empty: even
};

// Const after open, any thread.
class ModelFile {
 public:
  // Takes the bytes. The whole file is checked: keys, tensors and their shapes, so that `plan` can fail over its options only.
  // `vocabulary_only`: container and tokenizer alone are checked; there may be no tensors, or of an architecture that we cannot
  // run.
  static Result<ModelFile> open(ModelBytes bytes, bool vocabulary_only);

  const Gguf& gguf() const { return *gguf_; }
  const ModelConfig& config() const { return config_; }
  const std::vector<Head>& heads() const { return heads_; }
  const std::string& name() const { return bytes_->name(); }
  uint64_t file_bytes() const { return bytes_->bytes().size(); }
  const ShardFile* shard() const { return shard_ ? &*shard_ : nullptr; }  // nullptr: the whole model
  bool is_mapped() const { return bytes_->is_mapped(); }
  bool is_runnable() const { return architecture_ != nullptr; }
  uint64_t parameters() const;
  // SHA-256 over header, metadata and tensor table with the file's size: it names the model without reading all of its weights,
  // which would cost more than the whole load.
  const std::string& hash() const { return hash_; }

  // REQUIRES: is_runnable(). The plan borrows from this file.
  Result<Plan> plan(const PlanOptions& options) const;

 private:
  Status read_model(const Architecture& architecture);
  Result<Plan> build(const Architecture& architecture, const PlanOptions& options) const;
  Status read_shard();

  std::unique_ptr<ModelBytes> bytes_;  // stable addresses: views point into it
  std::unique_ptr<Gguf> gguf_;         // of a shard: the model's
  std::optional<ShardFile> shard_;
  const Architecture* architecture_ = nullptr;
  ModelConfig config_;
  std::vector<Head> heads_;
  std::string hash_;
};

// Calls a backend's upload; how a plugin is called is the caller's affair.
using Upload = std::function<Status(uint32_t weight, uint32_t rank, const sotto_upload& data)>;

// Uploads every weight of the local ranks, borrowing from the plan's sources. `progress` gets 0..1; true cancels.
Status upload_weights(const Plan& plan, uint32_t first_rank, uint32_t local_ranks, const Upload& upload,
                      const Progress& progress);

}  // namespace sotto
