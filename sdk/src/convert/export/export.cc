#include "convert/export/export.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "convert/export/gguf_description.h"
#include "convert/export/parameters.h"
#include "convert/export/rank_writer.h"
#include "convert/gguf_tokenizer.h"
#include "convert/output_file.h"
#include "convert/output_folder.h"
#include "model/heads.h"

namespace sotto {
namespace {

constexpr const char* kFile = "model_optim_rng.pt";
constexpr const char* kRoot = "model_optim_rng";

class Exporter {
 public:
  Exporter(const ModelFile& file, ModelDescription d, ParallelSizes sizes, const Events& events)
      : file_(file), d_(std::move(d)), biases_(biases_of(file.gguf())), sizes_(sizes), events_(events) {}

  Status write(const std::string& folder) {
    SOTTO_TRY(check_expressible(d_, biases_, sizes_));
    element_ = element_of(file_);
    SOTTO_ASSIGN(parameters_, make_parameters(file_, d_, element_));
    pad_vocabulary();
    for (const ExportParameter& p : parameters_) total_ += p.rows * p.columns * size_of(p.element);
    for (uint32_t stage = 0; stage < sizes_.pipeline; ++stage) SOTTO_TRY(write_stage(folder, stage));
    return {};
  }

 private:
  // Rows of zeros below the embedding and the head, as many as the ranks need.
  void pad_vocabulary() {
    padded_ = (d_.vocabulary + sizes_.tensor - 1) / sizes_.tensor * sizes_.tensor;
    for (ExportParameter& p : parameters_) {
      if (p.cut != Cut::kRows || p.is_vector || p.rows != d_.vocabulary) continue;
      p.rows = padded_;
      p.load = [load = p.load, bytes = padded_ * p.columns * size_of(p.element)]() -> Result<std::vector<uint8_t>> {
        SOTTO_ASSIGN(std::vector<uint8_t> whole, load());
        whole.resize(static_cast<size_t>(bytes));
        return whole;
      };
    }
  }

  std::vector<ExportParameter> stage_parameters(uint32_t stage, uint32_t first_layer, uint32_t layers) const {
    std::vector<ExportParameter> list;
    for (const ExportParameter& p : parameters_) {
      const bool is_here = p.is_layer   ? p.layer >= first_layer && p.layer < first_layer + layers
                           : p.is_first ? stage == 0
                                        : stage + 1 == sizes_.pipeline;
      if (is_here) list.push_back(p);
    }
    // The last stage holds a copy of the tied head.
    if (d_.is_tied && sizes_.pipeline > 1 && stage + 1 == sizes_.pipeline) {
      ExportParameter copy = parameters_[0];
      copy.name = "output_layer.weight";
      copy.is_first = false;
      list.push_back(std::move(copy));
    }
    return list;
  }

  Status write_stage(const std::string& folder, uint32_t stage) {
    const uint32_t layers = d_.layers / sizes_.pipeline, first_layer = stage * layers;
    const std::vector<ExportParameter> list = stage_parameters(stage, first_layer, layers);
    PickleWriter pickle;
    write_root(list, first_layer, &pickle);
    const std::string bytes = pickle.finish();
    std::deque<OutputFile> files;
    std::deque<TorchWriter> writers;
    for (uint32_t rank = 0; rank < sizes_.tensor; ++rank) {
      const std::string name =
          sizes_.pipeline > 1 ? fmt::format("mp_rank_{:02d}_{:03d}", rank, stage) : fmt::format("mp_rank_{:02d}", rank);
      SOTTO_TRY(make_folder(folder + "/" + name));
      SOTTO_ASSIGN(OutputFile file, OutputFile::create(fmt::format("{}/{}/{}", folder, name, kFile), false));
      files.push_back(std::move(file));
      writers.emplace_back(&files.back(), kRoot);
      SOTTO_TRY(writers.back().write_pickle(bytes));
    }
    for (size_t key = 0; key < list.size(); ++key) {
      const ExportParameter& p = list[key];
      SOTTO_TRY(events_.progress(static_cast<double>(done_) / static_cast<double>(std::max<uint64_t>(total_, 1)), p.name));
      SOTTO_ASSIGN(const std::vector<uint8_t> whole, p.load());
      for (uint32_t rank = 0; rank < sizes_.tensor; ++rank)
        SOTTO_TRY(writers[rank].write_storage(std::to_string(key), slice(p, whole, rank, sizes_.tensor, d_.is_gated)));
      done_ += whole.size();
    }
    for (uint32_t rank = 0; rank < sizes_.tensor; ++rank) {
      SOTTO_TRY(writers[rank].finish());
      SOTTO_TRY(files[rank].commit());
    }
    return {};
  }

  void write_root(const std::vector<ExportParameter>& list, uint32_t first_layer, PickleWriter* out) const {
    out->begin_dictionary();
    out->text("args");
    write_arguments(d_, biases_, sizes_, element_, padded_, out);
    out->text("checkpoint_version");
    out->real(3.0);
    out->text("iteration");
    out->integer(0);
    out->text("sotto");
    write_sotto(out);
    out->text("model");
    write_state(list, first_layer, sizes_.tensor, out);
    out->end_dictionary();
  }

  // What Megatron-LM has no place for: it passes through untouched.
  void write_sotto(PickleWriter* out) const {
    out->begin_dictionary();
    const auto text = [&](const char* key, const std::string& value) {
      if (value.empty()) return;
      out->text(key);
      out->text(value);
    };
    text("imported_from", d_.source);
    text("name", d_.name);
    text("license", d_.license);
    out->text("vocabulary");
    out->integer(d_.vocabulary);
    out->text("arguments_apply");
    out->truth(true);
    out->text("heads");
    out->begin_dictionary();
    for (const Head& head : file_.heads()) write_head(head, out);
    out->end_dictionary();
    out->end_dictionary();
  }

  void write_head(const Head& head, PickleWriter* out) const {
    constexpr const char* kKinds[] = {"", "sequence", "token", "span"};
    out->text(head.name);
    out->begin_dictionary();
    out->text("kind");
    out->text(kKinds[head.kind]);
    const std::string prefix = "sotto.head." + head.name + ".";
    if (file_.gguf().find(prefix + "labels") != nullptr) {
      out->text("labels");
      out->texts(head.labels);
    }
    if (file_.gguf().find(prefix + "temperature") != nullptr) {
      out->text("temperature");
      out->real(static_cast<double>(head.temperature));
    }
    if (file_.gguf().find(prefix + "thresholds") != nullptr) {
      out->text("thresholds");
      out->reals(std::vector<double>(head.thresholds.begin(), head.thresholds.end()));
    }
    out->end_dictionary();
  }

  const ModelFile& file_;
  ModelDescription d_;
  BiasFacts biases_;
  ParallelSizes sizes_;
  const Events& events_;
  Element element_ = Element::kF32;
  std::vector<ExportParameter> parameters_;
  uint64_t padded_ = 0, total_ = 0, done_ = 0;
};

Result<ModelFile> open_model(const std::string& path) {
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.kind = SOTTO_SOURCE_PATH;
  source.path = sotto_str{path.data(), path.size()};
  SOTTO_ASSIGN(ModelBytes bytes, ModelBytes::open(source));
  return ModelFile::open(std::move(bytes), false);
}

}  // namespace

Status export_checkpoint(const std::string& input, const std::string& output, const ExportOptions& options,
                         const Events& events) {
  SOTTO_ASSIGN(OutputFolder folder, OutputFolder::create(output, options.overwrite));
  SOTTO_ASSIGN(const ModelFile file, open_model(input));
  SOTTO_ASSIGN(ModelDescription description, describe_gguf(file));
  const std::string iteration = folder.path() + "/release";
  SOTTO_TRY(make_folder(iteration));
  SOTTO_TRY(Exporter(file, std::move(description), options.sizes, events).write(iteration));
  SOTTO_TRY(write_gguf_tokenizer(file.gguf(), folder.path()));
  SOTTO_ASSIGN(OutputFile tracker, OutputFile::create(folder.path() + "/latest_checkpointed_iteration.txt", false));
  const std::string_view release = "release";
  SOTTO_TRY(tracker.write(Span<const uint8_t>(reinterpret_cast<const uint8_t*>(release.data()), release.size())));
  SOTTO_TRY(tracker.commit());
  SOTTO_TRY(events.progress(1, "the end of the checkpoint"));
  return folder.commit();
}

}  // namespace sotto
