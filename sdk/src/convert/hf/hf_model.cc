#include "convert/hf/hf_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

#include "base/printable.h"
#include "convert/hf/hf_config.h"
#include "convert/hf/hf_tensors.h"
#include "convert/hf/safetensors.h"

namespace sotto {
namespace {

constexpr std::string_view kHeadName = "lm_head.weight";

constexpr struct {
  std::string_view name;
  Element element;
} kElements[] = {
    {"F32", Element::kF32},
    {"F16", Element::kF16},
    {"BF16", Element::kBF16},
    {"F64", Element::kF64},
};

std::string shape_text(const std::vector<uint64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

// Takes tensors out of the files and remembers which are left.
class Reader {
 public:
  Reader(std::string folder, const HfConfig& config, Checkpoint* out)
      : folder_(std::move(folder)), config_(config), out_(out) {}

  Status read() {
    SOTTO_ASSIGN(tensors_, read_safetensors(folder_, &out_->files));
    const std::string with = std::string(prefix_of(config_)) + std::string(embedding_of(config_));
    prefix_ = tensors_.count(with) ? prefix_of(config_) : "";
    for (const WantedTensor& wanted : wanted_tensors(config_)) SOTTO_TRY(take(wanted));
    return judge_the_rest();
  }

 private:
  Status take(const WantedTensor& wanted) {
    // The head is outside of the model that the prefix names.
    const std::string name = wanted.name == kHeadName ? wanted.name : prefix_ + wanted.name;
    const auto found = tensors_.find(name);
    if (found == tensors_.end())
      return Status(SOTTO_BAD_FILE, fmt::format("{}: tensor '{}' is missing, which config.json asks for", folder_, name));
    const SafeTensor& stored = found->second;
    const auto* row =
        std::find_if(std::begin(kElements), std::end(kElements), [&](const auto& e) { return e.name == stored.type; });
    if (row == std::end(kElements))
      return Status(SOTTO_UNSUPPORTED, fmt::format("{}: tensor '{}' is of type {}; known are F32, F16, BF16 and F64",
                                                   stored.file, name, stored.type));
    const uint64_t stored_rows = wanted.stored_rows;
    std::vector<uint64_t> shape{stored_rows};
    if (wanted.rows) shape = {stored_rows, wanted.columns};
    if (wanted.rows && wanted.is_transposed) std::swap(shape[0], shape[1]);
    if (stored.shape != shape)
      return Status(SOTTO_BAD_FILE, fmt::format("{}: tensor '{}' is {}, expected {} by config.json", stored.file, name,
                                                shape_text(stored.shape), shape_text(shape)));
    add(wanted, stored, row->element);
    return {};
  }

  void add(const WantedTensor& wanted, const SafeTensor& stored, Element element) {
    const uint64_t size = size_of(element);
    ModelTensor t;
    t.name = wanted.gguf;
    t.rows = wanted.rows ? wanted.rows : 1;
    t.columns = wanted.columns;
    t.is_vector = wanted.rows == 0;
    t.element = element;
    Piece p;
    p.from = bytes_of(stored);
    p.rows = t.rows;
    p.columns = t.columns;
    p.offset = wanted.first_row * size;
    p.row_stride = wanted.is_transposed ? size : t.columns * size;
    p.column_stride = wanted.is_transposed ? wanted.stored_rows * size : size;
    t.pieces.push_back(p);
    out_->tensors.push_back(std::move(t));
  }

  // One record a stored tensor, however many tensors are made of it.
  StoredBytes* bytes_of(const SafeTensor& stored) {
    StoredBytes*& known = records_[stored.name];
    if (!known) {
      out_->stored.emplace_back();
      known = &out_->stored.back();
      known->bytes = stored.bytes;
      known->where = fmt::format("{}, tensor {}", stored.file, printable(stored.name));
    }
    return known;
  }

  // What no part of the model asked for.
  Status judge_the_rest() {
    const auto embedding = tensors_.find(prefix_ + std::string(embedding_of(config_)));
    for (const auto& [name, stored] : tensors_) {
      if (records_.count(name) || is_buffer(name)) continue;
      if (name != kHeadName || !config_.description.is_tied)
        return Status(SOTTO_UNSUPPORTED, fmt::format("{}: tensor '{}' is none that config.json's {} has", stored.file,
                                                     printable(name), config_.architecture));
      const SafeTensor& e = embedding->second;
      if (stored.type != e.type || stored.shape != e.shape ||
          std::memcmp(stored.bytes.data(), e.bytes.data(), e.bytes.size()) != 0)
        return Status(SOTTO_BAD_FILE,
                      fmt::format("{}: tensor '{}' differs from the embedding, but config.json says tie_word_embeddings",
                                  stored.file, name));
    }
    return {};
  }

  std::string folder_;
  const HfConfig& config_;
  Checkpoint* out_;
  std::string prefix_;
  std::map<std::string, SafeTensor> tensors_;
  std::unordered_map<std::string, StoredBytes*> records_;
};

std::string last_part(const std::string& folder) {
  const size_t end = folder.find_last_not_of('/');
  if (end == std::string::npos) return {};
  const size_t slash = folder.rfind('/', end);
  const std::string name =
      folder.substr(slash == std::string::npos ? 0 : slash + 1, end + 1 - (slash == std::string::npos ? 0 : slash + 1));
  return name == "." || name == ".." ? std::string() : name;
}

// The model card's front matter: "license: apache-2.0" between the first two lines of dashes.
std::string license_of(const std::string& folder) {
  if (!is_file(folder + "/README.md")) return {};
  const auto card = read_text(folder + "/README.md");
  if (!card.ok() || card.value().compare(0, 4, "---\n") != 0) return {};
  const std::string head = card.value().substr(3, card.value().find("\n---", 3) - 3);
  constexpr std::string_view kKey = "\nlicense: ";
  const size_t at = head.find(kKey);
  if (at == std::string::npos) return {};
  const size_t from = at + kKey.size();
  return printable(head.substr(from, head.find('\n', from) - from));
}

}  // namespace

bool looks_like_hugging_face(const std::string& folder) {
  const std::string path = folder + "/config.json";
  if (!is_file(path)) return false;
  const auto json = read_json(path);
  return json.ok() && json.value().is_object() && (json.value().has("model_type") || json.value().has("architectures"));
}

Result<std::unique_ptr<Checkpoint>> read_hugging_face(const std::string& folder) {
  const std::string path = folder + "/config.json";
  SOTTO_ASSIGN(const Json json, read_json(path));
  SOTTO_ASSIGN(HfConfig config, read_hf_config(json, path));
  if (!is_file(folder + "/model.safetensors") && !is_file(folder + "/model.safetensors.index.json"))
    return Status(SOTTO_NOT_FOUND,
                  fmt::format("{}: neither model.safetensors nor model.safetensors.index.json is in it; other weight files are "
                              "not read",
                              folder));
  auto checkpoint = std::make_unique<Checkpoint>();
  checkpoint->format = "Hugging Face safetensors";
  Reader reader(folder, config, checkpoint.get());
  SOTTO_TRY(reader.read());
  checkpoint->warnings = std::move(config.warnings);
  config.description.name = last_part(folder);
  config.description.source = fmt::format("Hugging Face checkpoint, {}", config.architecture);
  config.description.license = license_of(folder);
  checkpoint->description = std::move(config.description);
  return checkpoint;
}

}  // namespace sotto
