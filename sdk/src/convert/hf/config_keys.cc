#include "convert/hf/config_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/printable.h"
#include "sotto/base.h"

namespace sotto {
namespace {

// Keys of other families and of changed models, with the value at which they change nothing. Null changes nothing ever.
enum class Neutral : uint8_t { kEmpty, kOne, kTrue };  // kEmpty: false, 0, "", [] or {}
constexpr struct {
  std::string_view key;
  Neutral neutral;
} kMustBeNeutral[] = {
    {"quantization_config", Neutral::kEmpty},
    {"compression_config", Neutral::kEmpty},
    {"num_experts", Neutral::kEmpty},
    {"num_local_experts", Neutral::kEmpty},
    {"n_routed_experts", Neutral::kEmpty},
    {"n_shared_experts", Neutral::kEmpty},
    {"num_experts_per_tok", Neutral::kEmpty},
    {"moe_intermediate_size", Neutral::kEmpty},
    {"shared_expert_intermediate_size", Neutral::kEmpty},
    {"num_nextn_predict_layers", Neutral::kEmpty},
    {"q_lora_rank", Neutral::kEmpty},
    {"kv_lora_rank", Neutral::kEmpty},
    {"v_head_dim", Neutral::kEmpty},
    {"attention_multiplier", Neutral::kEmpty},
    {"query_pre_attn_scalar", Neutral::kEmpty},
    {"attn_temperature_tuning", Neutral::kEmpty},
    {"embedding_multiplier", Neutral::kOne},
    {"residual_multiplier", Neutral::kOne},
    {"residual_scale", Neutral::kOne},
    {"logits_scaling", Neutral::kOne},
    {"logit_scale", Neutral::kOne},
    {"scale_emb", Neutral::kOne},
    {"scale_embedding", Neutral::kEmpty},
    {"scale_depth", Neutral::kEmpty},
    {"mup_width_scale", Neutral::kOne},
    {"mup_embeddings_scale", Neutral::kOne},
    {"lm_head_multiplier", Neutral::kOne},
    {"key_multiplier", Neutral::kOne},
    {"attn_logit_softcapping", Neutral::kEmpty},
    {"final_logit_softcapping", Neutral::kEmpty},
    {"clip_qkv", Neutral::kEmpty},
    {"qk_layernorm", Neutral::kEmpty},
    {"qk_norm", Neutral::kEmpty},
    {"use_qk_norm", Neutral::kEmpty},
    {"swiglu_limit", Neutral::kEmpty},
    {"is_encoder_decoder", Neutral::kEmpty},
    {"add_cross_attention", Neutral::kEmpty},
    {"tie_encoder_decoder", Neutral::kEmpty},
    {"use_bidirectional_attention", Neutral::kEmpty},
    {"is_causal", Neutral::kTrue},
    {"pruned_heads", Neutral::kEmpty},
    {"alibi", Neutral::kEmpty},
    {"no_rope_layers", Neutral::kEmpty},
    {"no_rope_layer_interval", Neutral::kEmpty},
    {"attention_chunk_size", Neutral::kEmpty},
    {"sliding_window_pattern", Neutral::kEmpty},
    {"rope_local_base_freq", Neutral::kEmpty},
    {"rope_interleave", Neutral::kEmpty},
    {"rope_interleaved", Neutral::kEmpty},
    {"use_mrope", Neutral::kEmpty},
    {"mrope_section", Neutral::kEmpty},
    {"rotary_pct", Neutral::kOne},
    {"rope_pct", Neutral::kOne},
    {"use_parallel_residual", Neutral::kEmpty},
    {"parallel_attn", Neutral::kEmpty},
    {"vision_config", Neutral::kEmpty},
    {"audio_config", Neutral::kEmpty},
    {"text_config", Neutral::kEmpty},
    // gpt2 has it; a layer's own scale is nothing that a description can say.
    {"scale_attn_by_inverse_layer_idx", Neutral::kEmpty},
};

// Keys that change no logits: of training, sampling, output and bookkeeping; token ids are read elsewhere.
constexpr std::string_view kHarmless[] = {
    "_attn_implementation_autoset",
    "_name_or_path",
    "architectures",
    "attention_dropout",
    "attn_implementation",
    "attn_pdrop",
    "auto_map",
    "bad_words_ids",
    "begin_suppress_tokens",
    "bos_token_id",
    "chunk_size_feed_forward",
    "classifier_dropout",
    "cls_token_id",
    "cross_attention_hidden_size",
    "decoder_start_token_id",
    "diversity_penalty",
    "do_sample",
    "dtype",
    "early_stopping",
    "embd_pdrop",
    "encoder_no_repeat_ngram_size",
    "eos_token_id",
    "exponential_decay_length_penalty",
    "finetuning_task",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "gradient_checkpointing",
    "hidden_dropout",
    "id2label",
    "initializer_range",
    "is_decoder",
    "label2id",
    "length_penalty",
    "max_length",
    "max_sequence_length",
    "min_length",
    "model_type",
    "n_ctx",
    "name_or_path",
    "neftune_noise_alpha",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_return_sequences",
    "output_attentions",
    "output_hidden_states",
    "output_scores",
    "pad_token_id",
    "prefix",
    "pretraining_tp",
    "problem_type",
    "remove_invalid_values",
    "reorder_and_upcast_attn",  // the order of scaling and casting, for mixed precision
    "repetition_penalty",
    "resid_pdrop",
    "residual_dropout",
    "return_dict",
    "return_dict_in_generate",
    "sep_token_id",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
    "suppress_tokens",
    "task_specific_params",
    "temperature",
    "tf_legacy_loss",
    "tokenizer_class",
    "top_k",
    "top_p",
    "torch_dtype",
    "torchscript",
    "transformers_version",
    "typical_p",
    "unk_token_id",
    "unsloth_fixed",
    "unsloth_version",
    "use_bfloat16",
    "use_cache",
};

bool is_neutral(const Json& value, Neutral neutral) {
  if (value.is_null()) return true;
  switch (neutral) {
    case Neutral::kEmpty:
      return (value.is_bool() && !value.truth) || (value.is_number() && value.real == 0) ||
             (value.is_text() && value.text.empty()) || (value.is_list() && value.items.empty()) ||
             (value.is_object() && value.pairs.empty());
    case Neutral::kOne:
      return value.is_number() && value.real == 1;
    case Neutral::kTrue:
      return value.is_true();
  }
  return false;
}

}  // namespace

Status ConfigKeys::bad(std::string text) const { return Status(SOTTO_BAD_FILE, fmt::format("{}: {}", where_, text)); }
Status ConfigKeys::unsupported(std::string text) const {
  return Status(SOTTO_UNSUPPORTED, fmt::format("{}: {}", where_, text));
}

const Json* ConfigKeys::find(std::string_view key) {
  asked_.emplace(key);
  return json_.find(key);
}

bool ConfigKeys::has(std::string_view key) {
  asked_.emplace(key);
  return json_.has(key);
}

Status ConfigKeys::size(std::string_view key, uint64_t most, uint32_t fallback, uint32_t* out) {
  const Json* v = find(key);
  if (!v && fallback == 0) return bad(fmt::format("key '{}' is missing", key));
  if (v && (!v->is_integer() || v->integer < 1 || static_cast<uint64_t>(v->integer) > most))
    return bad(fmt::format("key '{}' is {}, expected a whole number from 1 to {}", key, v->describe(), most));
  *out = v ? static_cast<uint32_t>(v->integer) : fallback;
  return {};
}

Status ConfigKeys::number(std::string_view key, double fallback, double* out) {
  const Json* v = find(key);
  if (v && (!v->is_number() || !std::isfinite(v->real) || v->real <= 0))
    return bad(fmt::format("key '{}' is {}, expected a number above 0", key, v->describe()));
  *out = v ? v->real : fallback;
  return {};
}

Status ConfigKeys::flag(std::string_view key, bool fallback, bool* out) {
  const Json* v = find(key);
  if (v && !v->is_bool()) return bad(fmt::format("key '{}' is {}, expected true or false", key, v->describe()));
  *out = v ? v->truth : fallback;
  return {};
}

Status ConfigKeys::text(std::string_view key, std::string_view fallback, std::string* out) {
  const Json* v = find(key);
  if (v && !v->is_text()) return bad(fmt::format("key '{}' is {}, expected a text", key, v->describe()));
  *out = v ? v->text : std::string(fallback);
  return {};
}

Status ConfigKeys::judge_the_rest(std::string_view family, std::vector<std::string>* warnings) const {
  for (const auto& [key, value] : json_.pairs) {
    if (asked_.count(key)) continue;
    const auto* row =
        std::find_if(std::begin(kMustBeNeutral), std::end(kMustBeNeutral), [&](const auto& r) { return r.key == key; });
    if (row != std::end(kMustBeNeutral)) {
      if (!is_neutral(value, row->neutral))
        return unsupported(fmt::format("key '{}' is {}, which is not supported for {}", key, value.describe(), family));
      continue;
    }
    if (value.is_null() || std::binary_search(std::begin(kHarmless), std::end(kHarmless), key)) continue;
    // transformers ignores what its configuration class does not name; so does this, but says it.
    warnings->push_back(fmt::format("{}: key '{}' ({}) is none that {} is known to use; it was ignored", where_, printable(key),
                                    value.describe(), family));
  }
  return {};
}

}  // namespace sotto
