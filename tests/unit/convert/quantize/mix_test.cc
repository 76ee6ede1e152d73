#include "convert/quantize/mix.h"

#include <gtest/gtest.h>

#include <map>

#include "sotto/types.h"
#include "unit/model/raw_gguf.h"

namespace sotto::quantize {
namespace {

struct Wanted {
  const char* name;
  uint64_t rows, columns;
};
constexpr Wanted kModel[] = {
    {"token_embd.weight", 512, 256},     {"output.weight", 512, 256},       {"output_norm.weight", 1, 256},
    {"position_embd.weight", 64, 256},   {"rope_freqs.weight", 1, 16},      {"sotto.head.mood.weight", 3, 256},
    {"blk.0.attn_norm.weight", 1, 256},  {"blk.0.attn_q.weight", 256, 256}, {"blk.0.attn_v.weight", 256, 256},
    {"blk.0.ffn_down.weight", 256, 512}, {"blk.1.attn_v.weight", 256, 256}, {"blk.1.attn_output.weight", 256, 288},
    {"blk.2.attn_v.weight", 256, 256},   {"blk.2.ffn_up.weight", 300, 100}, {"blk.2.ffn_down.bias", 1, 256},
};

// The file's types by name under a mix. `without`: a tensor that it does not have.
std::map<std::string, uint32_t> types(const char* mix, std::string_view without = "") {
  RawGguf raw;
  for (const Wanted& w : kModel) {
    if (w.name == without) continue;
    RawTensor t;
    t.name = w.name;
    t.dims = {w.columns};
    if (w.rows > 1) t.dims.push_back(w.rows);
    raw.tensors.push_back(t);
  }
  raw.lay_out();
  const std::string bytes = raw.write();
  const std::vector<uint8_t> aligned(bytes.begin(), bytes.end());
  const auto file = Gguf::read(aligned);
  EXPECT_TRUE(file.ok()) << file.status().text();
  std::map<std::string, uint32_t> found;
  for (const Decision& d : decide(file.value(), *find_mix(mix).value())) found[std::string(d.tensor->name)] = d.to->type;
  return found;
}

TEST(Mix, OneTypeIsForAllMatricesAndForNothingElse) {
  const auto found = types("q8_0");
  for (const char* matrix : {"token_embd.weight", "output.weight", "blk.0.attn_q.weight", "blk.1.attn_output.weight"})
    EXPECT_EQ(found.at(matrix), SOTTO_Q8_0) << matrix;
  for (const char* kept : {"output_norm.weight", "position_embd.weight", "rope_freqs.weight", "sotto.head.mood.weight",
                           "blk.0.attn_norm.weight", "blk.2.ffn_down.bias"})
    EXPECT_EQ(found.at(kept), SOTTO_F32) << kept;
}

TEST(Mix, KeepsFinerWhatHarmsMost) {
  const auto found = types("Q4_K_M");
  EXPECT_EQ(found.at("output.weight"), SOTTO_Q6_K);
  EXPECT_EQ(found.at("token_embd.weight"), SOTTO_Q4_K);
  EXPECT_EQ(found.at("blk.0.attn_q.weight"), SOTTO_Q4_K);
  EXPECT_EQ(found.at("blk.1.attn_v.weight"), SOTTO_Q4_K);
  EXPECT_EQ(found.at("blk.2.attn_v.weight"), SOTTO_Q6_K);
}

TEST(Mix, ATiedEmbeddingIsTheOutput) { EXPECT_EQ(types("q4_k_m", "output.weight").at("token_embd.weight"), SOTTO_Q6_K); }

TEST(Mix, ColumnsThatDoNotFitFallBack) {
  struct Case {
    const char* mix;
    uint32_t by_32, by_1;
  };
  for (const Case& c : {Case{"q4_k", SOTTO_Q4_1, SOTTO_F16}, Case{"q5_k", SOTTO_Q5_1, SOTTO_F16},
                        Case{"q6_k", SOTTO_Q8_0, SOTTO_F16}, Case{"q4_0", SOTTO_Q4_0, SOTTO_F16}}) {
    const auto found = types(c.mix);
    EXPECT_EQ(found.at("blk.1.attn_output.weight"), c.by_32) << c.mix;
    EXPECT_EQ(found.at("blk.2.ffn_up.weight"), c.by_1) << c.mix;
  }
}

TEST(Mix, AnUnknownNameListsThoseThatThereAre) {
  const auto found = find_mix("q3_k");
  EXPECT_EQ(found.status().code(), SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(found.status().text().find("q4_k_m"), std::string::npos);
}

}  // namespace
}  // namespace sotto::quantize
