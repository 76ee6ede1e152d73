#include "convert/export/gguf_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "convert/gguf_layout.h"

namespace sotto {
namespace {

// A float32 as people wrote it: 1e-05, not 9.999999747378752e-06.
double as_written(double value) { return std::stod(fmt::format("{}", static_cast<float>(value))); }

class Describer {
 public:
  explicit Describer(const ModelFile& file) : file_(file), g_(file.gguf()), c_(file.config()) {
    is_described_ = c_.architecture == "sotto-gpt";
    prefix_ = is_described_ ? "sotto.gpt." : c_.architecture + ".";
  }

  Result<ModelDescription> describe() {
    shape();
    kind();
    SOTTO_TRY(facts());
    if (d_.positions == Positions::kRotary) SOTTO_TRY(rotation());
    return d_;
  }

 private:
  bool has(const std::string& tensor) const { return g_.tensor(tensor) != nullptr; }

  void shape() {
    d_.layers = c_.layers;
    d_.hidden = c_.hidden;
    d_.heads = c_.heads;
    d_.kv_heads = c_.kv_heads;
    d_.head_dim = c_.head_dim;
    d_.ffn = c_.ffn;
    d_.vocabulary = c_.vocabulary;
    d_.context = c_.context_trained;
    d_.norm = c_.norm_kind;
    d_.norm_epsilon = as_written(static_cast<double>(c_.norm_epsilon));
    d_.attention_scale = as_written(static_cast<double>(c_.attention_scale));
    d_.is_tied = !has("output.weight");
    if (c_.window != 0) d_.windows.assign(c_.layers, c_.window);
    if (!c_.windows.empty()) d_.windows = c_.windows;
  }

  void kind() {
    const bool is_gpt2 = c_.architecture == "gpt2";
    d_.activation = is_described_ ? c_.activation : is_gpt2 ? SOTTO_ACT_GELU_TANH : SOTTO_ACT_SILU;
    d_.is_gated = is_described_ ? c_.is_gated : !is_gpt2;
    d_.has_qk_norm = is_described_ ? c_.has_qk_norm : has("blk.0.attn_q_norm.weight");
    d_.positions = has("position_embd.weight")                 ? Positions::kLearned
                   : c_.rotation.layout != SOTTO_ROTATION_NONE ? Positions::kRotary
                                                               : Positions::kNone;
    d_.gate_offset = as_written(static_cast<double>(c_.gate_offset));
    d_.activation_clamp = as_written(static_cast<double>(c_.activation_clamp));
    d_.embedding_scale = c_.embedding_scale == 0 ? 1 : as_written(static_cast<double>(c_.embedding_scale));
    d_.logit_scale = c_.logit_scale == 0 ? 1 : as_written(static_cast<double>(c_.logit_scale));
    if (c_.has_sinks) d_.sink = Sink::kLearned;
    d_.rope.layers = c_.rotates;
  }

  Status facts() {
    SOTTO_ASSIGN(const std::string_view name, g_.text("general.name", ""));
    SOTTO_ASSIGN(const std::string_view license, g_.text("general.license", ""));
    SOTTO_ASSIGN(const std::string_view source, g_.text("sotto.imported_from", ""));
    d_.name = std::string(name);
    d_.license = std::string(license);
    d_.source = std::string(source);
    return {};
  }

  Status number(const char* key, double fallback, double* out) const {
    SOTTO_ASSIGN(const double value, g_.real(prefix_ + key, fallback));
    *out = as_written(value);
    return {};
  }

  Status rotation() {
    RopeDescription& r = d_.rope;
    // What llama files hold as neighbours, checkpoints hold as halves.
    r.layout = c_.architecture == "llama" ? SOTTO_ROTATION_HALVES : c_.rotation.layout;
    r.dimensions = c_.rotation.dimensions;
    SOTTO_TRY(number("rope.freq_base", 10000, &r.base));
    SOTTO_ASSIGN(const std::string_view scaling, g_.text(prefix_ + "rope.scaling.type", "none"));
    SOTTO_TRY(number("rope.scaling.factor", 1, &r.factor));
    SOTTO_ASSIGN(const uint64_t context, g_.integer(prefix_ + "rope.scaling.original_context_length", 0));
    r.original_context = static_cast<uint32_t>(context);
    SOTTO_TRY(number("rope.scaling.yarn_beta_fast", 32, &r.beta_fast));
    SOTTO_TRY(number("rope.scaling.yarn_beta_slow", 1, &r.beta_slow));
    r.magnitude = as_written(static_cast<double>(c_.rotation.magnitude));
    SOTTO_ASSIGN(r.yarn_truncates, g_.boolean(prefix_ + "rope.scaling.yarn_truncates", true));
    const bool has_factors = has("rope_freqs.weight");
    r.scaling = has_factors || scaling == "llama3" ? RopeScaling::kLlama3
                : scaling == "linear"              ? RopeScaling::kLinear
                : scaling == "yarn"                ? RopeScaling::kYarn
                                                   : RopeScaling::kNone;
    if (has_factors) SOTTO_TRY(llama3_of_factors());
    return check_frequencies();
  }

  // Llama-3's factors are all that the file holds of the scheme: its own factor is the largest of them.
  Status llama3_of_factors() {
    constexpr uint32_t kOriginalContext = 8192;
    const GgufTensor& t = *g_.tensor("rope_freqs.weight");
    std::vector<float> factors(static_cast<size_t>(t.columns));
    std::memcpy(factors.data(), t.bytes.data(), t.bytes.size());
    d_.rope.factor = as_written(static_cast<double>(*std::max_element(factors.begin(), factors.end())));
    d_.rope.original_context = kOriginalContext;
    return {};
  }

  // The description gives the frequencies that the file's keys give: else it is of a scheme that Megatron-LM does not have.
  Status check_frequencies() const {
    constexpr double kTolerance = 1e-6;
    const std::vector<float> ours = rope_frequencies(d_.rope);
    for (size_t i = 0; i < ours.size(); ++i) {
      const auto a = static_cast<double>(ours[i]), b = static_cast<double>(c_.rotation.inv_freq[i]);
      if (std::fabs(a - b) > kTolerance * b)
        return Status(SOTTO_UNSUPPORTED,
                      fmt::format("{}: the frequency of rotation pair {} is {}, which no scheme of Megatron-LM gives "
                                  "(base {}, factor {}: {})",
                                  file_.name(), i, b, d_.rope.base, d_.rope.factor, a));
    }
    return {};
  }

  const ModelFile& file_;
  const Gguf& g_;
  const ModelConfig& c_;
  ModelDescription d_;
  std::string prefix_;
  bool is_described_ = false;
};

}  // namespace

Result<ModelDescription> describe_gguf(const ModelFile& file) { return Describer(file).describe(); }

}  // namespace sotto
