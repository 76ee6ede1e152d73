// One fault at a time in a small valid file: each must be refused with a sentence that names the place.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/model_file.h"
#include "unit/model/raw_gguf.h"

namespace sotto {
namespace {

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
constexpr uint32_t kU32 = 4, kI32 = 5, kF32 = 6, kBool = 7, kText = 8, kArray = 9, kU64 = 10;

Status open(const std::string& bytes, bool vocabulary_only = false) {
  // A heap block of the exact size, so that sanitizers see a read past the end.
  const std::unique_ptr<char[]> exact(new char[bytes.size() + 1]);
  std::copy(bytes.begin(), bytes.end(), exact.get());
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.kind = SOTTO_SOURCE_MEMORY;
  source.data = exact.get();
  source.size = bytes.size();
  auto opened = ModelBytes::open(source);
  if (!opened.ok()) return opened.status();
  return status_of(ModelFile::open(opened.take(), vocabulary_only));
}

struct Fault {
  const char* name;
  const char* names;  // what the sentence must contain
  void (*break_it)(RawGguf&);
};

#define KEY(key_name, stored_type, stored_value) \
  [](RawGguf& g) {                               \
    RawKey& k = g.key(key_name);                 \
    k.type = stored_type;                        \
    k.value = stored_value;                      \
  }
#define TENSOR(tensor_name, change) [](RawGguf& g) { g.tensor(tensor_name).change; }

const Fault kFaults[] = {
    // The header.
    {"magic", "GGUF", [](RawGguf& g) { g.magic = "GGUX"; }},
    {"big-endian magic", "big-endian", [](RawGguf& g) { g.magic = "FUGG"; }},
    {"big-endian version", "big-endian", [](RawGguf& g) { g.version = 3u << 24; }},
    {"version 0", "version 0", [](RawGguf& g) { g.version = 0; }},
    {"version 1", "version 1", [](RawGguf& g) { g.version = 1; }},
    {"version 4", "version 4", [](RawGguf& g) { g.version = 4; }},
    {"version of all ones", "version", [](RawGguf& g) { g.version = ~0u; }},
    {"2^63 tensors", "9223372036854775808 tensors", [](RawGguf& g) { g.tensor_count = uint64_t{1} << 63; }},
    {"2^64-1 tensors", "tensors", [](RawGguf& g) { g.tensor_count = kMost; }},
    {"a tensor more", "tensor", [](RawGguf& g) { g.tensor_count = 12; }},
    {"a tensor fewer", "output_norm.weight", [](RawGguf& g) { g.tensor_count = 10; }},
    {"no tensors", "token_embd.weight", [](RawGguf& g) { g.tensor_count = 0; }},
    {"2^63 keys", "metadata", [](RawGguf& g) { g.key_count = uint64_t{1} << 63; }},
    {"2^32 keys", "metadata", [](RawGguf& g) { g.key_count = uint64_t{1} << 32; }},
    {"a key more", "tensor 0", [](RawGguf& g) { g.key_count = 23; }},
    {"a key fewer", "tensor", [](RawGguf& g) { g.key_count = 21; }},
    {"no keys", "tensor", [](RawGguf& g) { g.key_count = 0; }},
    // Keys and values.
    {"length of a key", "key 1", [](RawGguf& g) { g.keys[1].name_length = kMost; }},
    {"length of a key, file size", "key 1", [](RawGguf& g) { g.keys[1].name_length = 30000; }},
    {"an empty key", "empty", [](RawGguf& g) { g.keys[1].name.clear(); }},
    {"a key twice", "llama.block_count", [](RawGguf& g) { g.keys.push_back(g.key("llama.block_count")); }},
    {"value type 13", "general.name", [](RawGguf& g) { g.key("general.name").type = 13; }},
    {"value type of all ones", "general.name", [](RawGguf& g) { g.key("general.name").type = ~0u; }},
    {"a text of 2^64-1 bytes", "general.name", KEY("general.name", kText, raw(kMost) + "x")},
    {"a text of 2^63 bytes", "general.name", KEY("general.name", kText, raw(uint64_t{1} << 63) + "x")},
    {"a truth value of 2", "add_bos_token",
     [](RawGguf& g) { g.keys.push_back({"tokenizer.ggml.add_bos_token", kBool, raw(uint8_t{2}), {}}); }},
    {"an array of arrays", "tokenizer.ggml.tokens", KEY("tokenizer.ggml.tokens", kArray, raw_array(kArray, 1, raw_array(kU32, 0)))},
    {"an array of type 99", "tokenizer.ggml.tokens", KEY("tokenizer.ggml.tokens", kArray, raw_array(99, 1, "x"))},
    {"2^61 elements", "tokenizer.ggml.token_type", KEY("tokenizer.ggml.token_type", kArray, raw_array(kI32, uint64_t{1} << 61))},
    {"2^62 elements of 4 bytes", "tokenizer.ggml.token_type",
     KEY("tokenizer.ggml.token_type", kArray, raw_array(kI32, uint64_t{1} << 62))},
    {"2^64-1 texts", "tokenizer.ggml.tokens", KEY("tokenizer.ggml.tokens", kArray, raw_array(kText, kMost))},
    {"2^61 texts", "tokenizer.ggml.tokens", KEY("tokenizer.ggml.tokens", kArray, raw_array(kText, uint64_t{1} << 61))},
    {"a text in an array past the end", "tokenizer.ggml.merges",
     KEY("tokenizer.ggml.merges", kArray, raw_array(kText, 1, raw(kMost - 7)))},
    // Alignment.
    {"alignment 0", "general.alignment", KEY("general.alignment", kU32, raw(0u))},
    {"alignment 1", "general.alignment", KEY("general.alignment", kU32, raw(1u))},
    {"alignment 33", "general.alignment", KEY("general.alignment", kU32, raw(33u))},
    {"alignment 2^31", "general.alignment", KEY("general.alignment", kU32, raw(1u << 31))},
    {"alignment as text", "general.alignment", KEY("general.alignment", kText, raw_text("32"))},
    {"alignment 64 of a file with 32", "tensor", KEY("general.alignment", kU32, raw(64u))},
    // The architecture and its keys.
    {"no architecture", "general.architecture", [](RawGguf& g) { g.remove_key("general.architecture"); }},
    {"architecture as a number", "general.architecture", KEY("general.architecture", kU32, raw(1u))},
    {"unknown architecture", "gpt2, llama", KEY("general.architecture", kText, raw_text("lama3"))},
    {"an architecture with control characters", "'?[2J'", KEY("general.architecture", kText, raw_text("\x1b[2J"))},
    {"no block_count", "llama.block_count", [](RawGguf& g) { g.remove_key("llama.block_count"); }},
    {"block_count 0", "llama.block_count", KEY("llama.block_count", kU32, raw(0u))},
    {"block_count 2", "blk.1.", KEY("llama.block_count", kU32, raw(2u))},
    {"block_count 2^32-1", "llama.block_count", KEY("llama.block_count", kU32, raw(~0u))},
    {"block_count as text", "llama.block_count", KEY("llama.block_count", kText, raw_text("1"))},
    {"block_count negative", "llama.block_count", KEY("llama.block_count", kI32, raw(-1))},
    {"block_count beyond 64 bits signed", "llama.block_count", KEY("llama.block_count", kU64, raw(kMost))},
    {"context_length 0", "llama.context_length", KEY("llama.context_length", kU32, raw(0u))},
    {"context_length 2^32-1", "llama.context_length", KEY("llama.context_length", kU32, raw(~0u))},
    {"no context_length", "llama.context_length", [](RawGguf& g) { g.remove_key("llama.context_length"); }},
    {"embedding_length 0", "llama.embedding_length", KEY("llama.embedding_length", kU32, raw(0u))},
    {"embedding_length 31", "llama.embedding_length", KEY("llama.embedding_length", kU32, raw(31u))},
    {"embedding_length 64", "token_embd.weight", KEY("llama.embedding_length", kU32, raw(64u))},
    {"embedding_length 2^31", "llama.embedding_length", KEY("llama.embedding_length", kU32, raw(1u << 31))},
    {"feed_forward_length 0", "llama.feed_forward_length", KEY("llama.feed_forward_length", kU32, raw(0u))},
    {"feed_forward_length 96", "ffn_gate.weight", KEY("llama.feed_forward_length", kU32, raw(96u))},
    {"head_count 0", "llama.attention.head_count", KEY("llama.attention.head_count", kU32, raw(0u))},
    {"head_count 3", "llama.attention.head_count", KEY("llama.attention.head_count", kU32, raw(3u))},
    {"head_count 2", "blk.0.attn_k.weight", KEY("llama.attention.head_count", kU32, raw(2u))},
    {"head_count 64", "llama.embedding_length", KEY("llama.attention.head_count", kU32, raw(64u))},
    {"head_count 2^32-1", "llama.attention.head_count", KEY("llama.attention.head_count", kU32, raw(~0u))},
    {"head_count as a real number", "llama.attention.head_count", KEY("llama.attention.head_count", kF32, raw(4.0f))},
    {"head_count_kv 0", "llama.attention.head_count_kv", KEY("llama.attention.head_count_kv", kU32, raw(0u))},
    {"head_count_kv 3", "llama.attention.head_count_kv", KEY("llama.attention.head_count_kv", kU32, raw(3u))},
    {"head_count_kv 8", "llama.attention.head_count_kv", KEY("llama.attention.head_count_kv", kU32, raw(8u))},
    {"head_count_kv 4", "blk.0.attn_k.weight", KEY("llama.attention.head_count_kv", kU32, raw(4u))},
    {"head_count_kv differs by layer", "head_count_kv",
     KEY("llama.attention.head_count_kv", kArray, raw_array(kU32, 2, raw(2u) + raw(1u)))},
    {"head_count_kv an empty array", "head_count_kv", KEY("llama.attention.head_count_kv", kArray, raw_array(kU32, 0))},
    {"key_length other than value_length", "values of 16",
     [](RawGguf& g) { g.keys.push_back({"llama.attention.value_length", kU32, raw(16u), {}}); }},
    {"no epsilon", "layer_norm_rms_epsilon", [](RawGguf& g) { g.remove_key("llama.attention.layer_norm_rms_epsilon"); }},
    {"epsilon 0", "layer_norm_rms_epsilon", KEY("llama.attention.layer_norm_rms_epsilon", kF32, raw(0.0f))},
    {"epsilon negative", "layer_norm_rms_epsilon", KEY("llama.attention.layer_norm_rms_epsilon", kF32, raw(-1e-5f))},
    {"epsilon no number", "layer_norm_rms_epsilon", KEY("llama.attention.layer_norm_rms_epsilon", kF32, raw(NAN))},
    {"epsilon infinite", "layer_norm_rms_epsilon", KEY("llama.attention.layer_norm_rms_epsilon", kF32, raw(INFINITY))},
    {"epsilon an integer", "layer_norm_rms_epsilon", KEY("llama.attention.layer_norm_rms_epsilon", kU32, raw(1u))},
    {"freq_base 0", "rope.freq_base", KEY("llama.rope.freq_base", kF32, raw(0.0f))},
    {"freq_base negative", "rope.freq_base", KEY("llama.rope.freq_base", kF32, raw(-10000.0f))},
    {"freq_base no number", "rope.freq_base", KEY("llama.rope.freq_base", kF32, raw(NAN))},
    {"freq_base infinite", "rope.freq_base", KEY("llama.rope.freq_base", kF32, raw(INFINITY))},
    {"dimension_count 0", "rope.dimension_count", KEY("llama.rope.dimension_count", kU32, raw(0u))},
    {"dimension_count odd", "rope.dimension_count", KEY("llama.rope.dimension_count", kU32, raw(7u))},
    {"dimension_count above the head's", "rope.dimension_count", KEY("llama.rope.dimension_count", kU32, raw(10u))},
    {"dimension_count 2^32-1", "rope.dimension_count", KEY("llama.rope.dimension_count", kU32, raw(~0u))},
    {"vocab_size 281", "llama.vocab_size", KEY("llama.vocab_size", kU32, raw(281u))},
    {"vocab_size 0", "llama.vocab_size", KEY("llama.vocab_size", kU32, raw(0u))},
    {"scaling of an unknown name", "longrope",
     [](RawGguf& g) { g.keys.push_back({"llama.rope.scaling.type", kText, raw_text("longrope"), {}}); }},
    {"scaling by 0", "rope.scaling.factor",
     [](RawGguf& g) { g.keys.push_back({"llama.rope.scaling.factor", kF32, raw(0.0f), {}}); }},
    {"experts", "llama.expert_count", [](RawGguf& g) { g.keys.push_back({"llama.expert_count", kU32, raw(8u), {}}); }},
    {"a key that nobody knows", "llama.logit_scale",
     [](RawGguf& g) { g.keys.push_back({"llama.logit_scale", kF32, raw(0.5f), {}}); }},
    {"an encoder", "llama.attention.causal",
     [](RawGguf& g) { g.keys.push_back({"llama.attention.causal", kBool, raw(uint8_t{0}), {}}); }},
    {"a newer quantization", "quantization_version", KEY("general.quantization_version", kU32, raw(3u))},
    {"a required feature", "newer Sotto",
     [](RawGguf& g) { g.keys.push_back({"sotto.required_features", kU64, raw(uint64_t{1} << 63), {}}); }},
    {"required features as text", "sotto.required_features",
     [](RawGguf& g) { g.keys.push_back({"sotto.required_features", kText, raw_text("all"), {}}); }},
    // The tokenizer's keys, as far as the model's file goes.
    {"no tokens", "tokenizer.ggml.tokens", [](RawGguf& g) { g.remove_key("tokenizer.ggml.tokens"); }},
    {"tokens as text", "tokenizer.ggml.tokens", KEY("tokenizer.ggml.tokens", kText, raw_text("a"))},
    {"tokens as numbers", "tokenizer.ggml.tokens", KEY("tokenizer.ggml.tokens", kArray, raw_array(kU32, 1, raw(1u)))},
    {"empty tokens", "tokenizer.ggml.tokens", KEY("tokenizer.ggml.tokens", kArray, raw_array(kText, 0))},
    {"fewer tokens than rows", "tokenizer.ggml.tokens",
     [](RawGguf& g) {
       g.key("tokenizer.ggml.tokens").value = raw_array(kText, 1, raw_text("a"));
       g.remove_key("tokenizer.ggml.token_type");
     }},
    {"fewer types than tokens", "tokenizer.ggml.token_type",
     KEY("tokenizer.ggml.token_type", kArray, raw_array(kI32, 1, raw(1u)))},
    {"types as texts", "tokenizer.ggml.token_type", KEY("tokenizer.ggml.token_type", kArray, raw_array(kText, 1, raw_text("a")))},
    {"merges as numbers", "tokenizer.ggml.merges", KEY("tokenizer.ggml.merges", kArray, raw_array(kU32, 1, raw(1u)))},
    {"bos outside", "bos_token_id", KEY("tokenizer.ggml.bos_token_id", kU32, raw(280u))},
    {"eos outside", "eos_token_id", KEY("tokenizer.ggml.eos_token_id", kU32, raw(0x7FFFFFFFu))},
    {"eos as text", "eos_token_id", KEY("tokenizer.ggml.eos_token_id", kText, raw_text("</s>"))},
    {"a template that is a number", "tokenizer.chat_template", KEY("tokenizer.chat_template", kU32, raw(1u))},
    {"a tokenizer model that is a number", "tokenizer.ggml.model", KEY("tokenizer.ggml.model", kU32, raw(1u))},
    // Tensors.
    {"length of a tensor's name", "name of tensor 3", [](RawGguf& g) { g.tensors[3].name_length = kMost; }},
    {"a name of 65 bytes", "name of tensor 3", [](RawGguf& g) { g.tensors[3].name.assign(65, 'x'); }},
    {"an empty name", "tensor 3", [](RawGguf& g) { g.tensors[3].name.clear(); }},
    {"a tensor twice", "blk.0.attn_k.weight",
     [](RawGguf& g) { g.tensor("blk.0.attn_v.weight").name = "blk.0.attn_k.weight"; }},
    {"a tensor missing", "blk.0.ffn_down.weight", TENSOR("blk.0.ffn_down.weight", name = "blk.0.ffn_doww.weight")},
    {"no final norm", "output_norm.weight", TENSOR("output_norm.weight", name = "sotto.head.x")},
    {"a tensor that nobody knows", "blk.0.ffn_gate_inp.weight",
     [](RawGguf& g) {
       g.tensors.push_back({"blk.0.ffn_gate_inp.weight", {32}, 0, 0, {}, {}});
       g.lay_out();
     }},
    {"no dimensions", "token_embd.weight", TENSOR("token_embd.weight", dim_count = 0)},
    {"five dimensions", "token_embd.weight", TENSOR("token_embd.weight", dim_count = 5)},
    {"2^32-1 dimensions", "token_embd.weight", TENSOR("token_embd.weight", dim_count = ~0u)},
    {"a dimension of 0", "blk.0.attn_q.weight", TENSOR("blk.0.attn_q.weight", dims[1] = 0)},
    {"columns of 0", "blk.0.attn_q.weight", TENSOR("blk.0.attn_q.weight", dims[0] = 0)},
    {"a dimension of 2^64-1", "blk.0.attn_q.weight", TENSOR("blk.0.attn_q.weight", dims[1] = kMost)},
    {"columns of 2^64-32", "blk.0.attn_q.weight", TENSOR("blk.0.attn_q.weight", dims[0] = kMost - 31)},
    {"dimensions that wrap to 0", "blk.0.attn_q.weight",
     TENSOR("blk.0.attn_q.weight", dims = (std::vector<uint64_t>{uint64_t{1} << 32, uint64_t{1} << 32}))},
    {"dimensions that wrap to little", "blk.0.attn_q.weight",
     TENSOR("blk.0.attn_q.weight", dims = (std::vector<uint64_t>{32, uint64_t{1} << 59, 32}))},
    {"columns that are no whole blocks", "blk.0.attn_q.weight", TENSOR("blk.0.attn_q.weight", dims[0] = 33)},
    {"columns and rows exchanged", "blk.0.ffn_down.weight", TENSOR("blk.0.ffn_down.weight", dims = (std::vector<uint64_t>{32, 64}))},
    {"a matrix in three dimensions", "blk.0.attn_q.weight",
     TENSOR("blk.0.attn_q.weight", dims = (std::vector<uint64_t>{32, 4, 8}))},
    {"type 4, removed", "weight type 4", TENSOR("blk.0.attn_q.weight", type = 4)},
    {"type 31, removed", "weight type 31", TENSOR("blk.0.attn_q.weight", type = 31)},
    {"an unknown type", "weight type 4294967295", TENSOR("blk.0.attn_q.weight", type = ~0u)},
    {"a type of larger blocks", "blk.0.attn_q.weight", TENSOR("blk.0.attn_q.weight", type = 14)},
    {"a type of less bytes", "blk.0.attn_k.weight", TENSOR("blk.0.attn_q.weight", type = 2)},
    {"a type of more bytes", "blk.0.attn_k.weight", TENSOR("blk.0.attn_q.weight", type = 0)},
    {"a quantized norm", "blk.0.attn_norm.weight",
     [](RawGguf& g) {
       g.tensor("blk.0.attn_norm.weight").type = 8;
       g.lay_out();
     }},
    {"an offset that is not aligned", "blk.0.attn_q.weight", TENSOR("blk.0.attn_q.weight", offset += 1)},
    {"an offset of 2^64-32", "blk.0.attn_q.weight", TENSOR("blk.0.attn_q.weight", offset = kMost - 31)},
    {"an offset past the end", "output_norm.weight", TENSOR("output_norm.weight", offset = 1 << 20)},
    {"an end past the end", "output_norm.weight", TENSOR("output_norm.weight", offset += 64)},
    {"two tensors in one place", "blk.0.ffn_norm.weight", TENSOR("blk.0.ffn_norm.weight", offset = 9536)},
    {"rows that are not the vocabulary's", "the embedding 279 rows",
     [](RawGguf& g) {
       g.tensor("token_embd.weight").dims[1] = 279;
       g.remove_key("llama.vocab_size");
       g.lay_out();
     }},
    {"frequencies of the wrong length", "rope_freqs.weight",
     [](RawGguf& g) {
       g.tensors.push_back({"rope_freqs.weight", {3}, 0, 0, {}, {}});
       g.lay_out();
     }},
    {"frequencies of 0", "rope_freqs.weight",
     [](RawGguf& g) {
       g.tensors.push_back({"rope_freqs.weight", {4}, 0, 0, {}, {}});
       g.lay_out();
     }},
};

TEST(HostileFile, TheUnchangedFileOpens) {
  const std::string base = fixture("gguf/hostile_base.gguf");
  EXPECT_EQ(RawGguf::parse(base).write(), base);
  const Status s = open(base);
  EXPECT_TRUE(s.ok()) << s.text();
}

TEST(HostileFile, EverySingleFaultIsRefusedByName) {
  const RawGguf base = RawGguf::parse(fixture("gguf/hostile_base.gguf"));
  for (const Fault& fault : kFaults) {
    RawGguf broken = base;
    fault.break_it(broken);
    const Status s = open(broken.write());
    EXPECT_TRUE(s.code() == SOTTO_BAD_FILE || s.code() == SOTTO_UNSUPPORTED)
        << fault.name << ": " << s.code() << " " << s.text();
    EXPECT_NE(s.text().find(fault.names), std::string::npos) << fault.name << ": " << s.text();
    (void)open(broken.write(), true);  // as a vocabulary it may open, but not crash
  }
}

TEST(HostileFile, EveryTruncationIsRefused) {
  const std::string base = fixture("gguf/hostile_base.gguf");
  // The last tensor is F32 of 32 and needs no padding: every byte counts.
  for (size_t size = 0; size < base.size(); size += size < 6000 ? 1 : 64) {
    const Status s = open(base.substr(0, size));
    EXPECT_FALSE(s.ok()) << size;
    EXPECT_FALSE(s.text().empty()) << size;
    (void)open(base.substr(0, size), true);
  }
}

TEST(HostileFile, AnyByteOfTheHeadMayBeAnything) {
  const std::string base = fixture("gguf/hostile_base.gguf");
  const size_t head = base.size() - RawGguf::parse(base).data.size();
  for (size_t at = 0; at < head; ++at)
    for (const char value : {'\x00', '\x7f', '\xff'}) {
      std::string changed = base;
      changed[at] = value;
      (void)open(changed);  // refused or not, read within its bounds
    }
}

}  // namespace
}  // namespace sotto
