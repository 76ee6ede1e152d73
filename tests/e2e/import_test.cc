// Checkpoints of Megatron-LM through sotto_import, and back through sotto_export: the same logits as the original's, the same
// bytes from every split.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "objects.h"
#include "sotto/convert.h"

namespace sotto::e2e {
namespace {

namespace fs = std::filesystem;

constexpr float kTolerance = 2e-5F;  // float32 sums in another order; Megatron-LM's own ranks differ by 4e-6

class ImportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sotto-import-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string import(const std::string& source, const std::string& name, const sotto_import_options* options = nullptr) {
    Error err;
    const std::string out = path(name);
    const sotto_status status = sotto_import(sotto_cstr(source.c_str()), sotto_cstr(out.c_str()), options, nullptr, &err);
    EXPECT_EQ(status, SOTTO_OK) << err.text;
    return out;
  }
  // The sentence with which it is refused; nothing may be left.
  std::string refusal(const std::string& source, sotto_status expected = SOTTO_OK) {
    Error err;
    const std::string out = path("refused.gguf");
    const sotto_status status = sotto_import(sotto_cstr(source.c_str()), sotto_cstr(out.c_str()), nullptr, nullptr, &err);
    EXPECT_NE(status, SOTTO_OK);
    if (expected != SOTTO_OK) {
      EXPECT_EQ(status, expected) << err.text;
    }
    for (const auto& entry : fs::directory_iterator(folder_))
      EXPECT_EQ(entry.path().filename().string().find("refused.gguf"), std::string::npos) << entry.path() << " is left";
    return err.text;
  }
  // A copy that may be changed.
  fs::path copy(const std::string& name) {
    const fs::path to = folder_ / "copy";
    fs::remove_all(to);
    fs::copy(fixture("megatron/" + name), to, fs::copy_options::recursive);
    return to;
  }

  fs::path folder_;
};

std::vector<std::vector<uint32_t>> ids_of(const std::string& io) {
  return nlohmann::json::parse(file_bytes(io))["input_ids"].get<std::vector<std::vector<uint32_t>>>();
}

float largest_difference(const std::string& model, uint32_t ranks, const std::string& io, const std::vector<float>& expected) {
  const RuntimePtr runtime = make_runtime();
  auto options = sized<sotto_model_options>();
  options.ranks = ranks;
  const ModelPtr opened = open_model(runtime.get(), model, "reference", &options);
  std::vector<float> rows;
  for (const auto& ids : ids_of(io)) {
    const SessionPtr session = make_session(opened.get());
    const std::vector<float> part = feed(session.get(), ids);
    rows.insert(rows.end(), part.begin(), part.end());
  }
  EXPECT_EQ(rows.size(), expected.size());
  float largest = 0;
  for (size_t i = 0; i < std::min(rows.size(), expected.size()); ++i)
    largest = std::max(largest, std::fabs(rows[i] - expected[i]));
  return largest;
}

struct Source {
  const char* model;
  std::vector<const char*> folders;
};
const Source kSources[] = {
    {"gpt2", {"legacy_tp2"}},
    {"gpt2/dist_tp2_optim_plain", {""}},
    {"llama", {"legacy_tp1", "legacy_tp2_pp2", "dist_tp2_pp2_core020", "dist_dp2_parallel_save", "dist_tp2_core014"}},
    {"qwen2", {"legacy_pp2", "dist_tp2"}},
    {"qwen3", {"legacy_tp2"}},
    {"qwen3/dist_tp2_bf16", {""}},
    {"nemotron", {"legacy_tp2", "dist_tp2"}},
};

TEST_F(ImportTest, EverySplitGivesTheSameFileAndTheOriginalsLogits) {
  for (const Source& source : kSources) {
    SCOPED_TRACE(source.model);
    const std::string root = fixture(std::string("megatron/") + source.model);
    std::string first;
    for (const char* folder : source.folders) {
      SCOPED_TRACE(folder);
      const std::string file = import(root + "/" + folder, "model.gguf");
      if (first.empty()) {
        first = file_bytes(file);
        for (const uint32_t ranks : {1U, 2U, 4U})
          EXPECT_LE(largest_difference(file, ranks, root + "/io.json",
                                       fixture_floats(std::string("megatron/") + source.model + "/logits.f32")),
                    kTolerance)
              << ranks << " ranks";
      } else {
        EXPECT_EQ(file_bytes(file), first);
      }
      fs::remove(file);
    }
  }
}

// Chunks of virtual stages come round again: the first stage holds layers 0 and 2.
TEST_F(ImportTest, VirtualStagesAndHybridLayersGiveTheSameFile) {
  const std::string plain = import(fixture("megatron/virtual/plain"), "plain.gguf");
  EXPECT_EQ(file_bytes(import(fixture("megatron/virtual/pp2_vpp2"), "virtual.gguf")), file_bytes(plain));
  EXPECT_EQ(file_bytes(import(fixture("megatron/virtual/hybrid"), "hybrid.gguf")), file_bytes(plain));
}

TEST_F(ImportTest, ZarrIsRefusedByName) {
  const fs::path root = folder_ / "zarr";
  fs::create_directories(root / "iter_0000001");
  std::ofstream(root / "latest_checkpointed_iteration.txt") << "1";
  std::ofstream(root / "iter_0000001/metadata.json") << R"({"sharded_backend": "zarr", "sharded_backend_version": 1})";
  EXPECT_NE(refusal(root.string(), SOTTO_UNSUPPORTED).find("zarr"), std::string::npos);
}

TEST_F(ImportTest, ExportedAtAnySplitItComesBackBitForBit) {
  const struct {
    const char* name;
    uint32_t tensor, pipeline;
  } kCases[] = {{"gpt2/legacy_tp2", 4, 2},     {"llama/legacy_tp1", 4, 1},  {"qwen2/dist_tp2", 1, 2},
                {"qwen3/dist_tp2_bf16", 2, 2}, {"nemotron/dist_tp2", 2, 1}, {"llama/legacy_tp1", 1, 1}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const std::string file = import(fixture(std::string("megatron/") + c.name), "model.gguf");
    auto options = sized<sotto_export_options>();
    options.tensor_parallel = c.tensor;
    options.pipeline_parallel = c.pipeline;
    Error err;
    const std::string folder = path("exported");
    ASSERT_EQ(sotto_export(sotto_cstr(file.c_str()), sotto_cstr(folder.c_str()), &options, &err), SOTTO_OK) << err.text;
    EXPECT_EQ(file_bytes(import(folder, "again.gguf")), file_bytes(file));
    fs::remove_all(folder);
    fs::remove(file);
    fs::remove(path("again.gguf"));
  }
}

TEST_F(ImportTest, ATokenizerSurvivesTheWayToTheCheckpointAndBack) {
  const std::string model = fixture("gguf/small-f32.gguf");
  auto options = sized<sotto_export_options>();
  options.tensor_parallel = 2;
  Error err;
  ASSERT_EQ(sotto_export(sotto_cstr(model.c_str()), sotto_cstr(path("exported").c_str()), &options, &err), SOTTO_OK)
      << err.text;
  const std::string once = import(path("exported"), "once.gguf");
  const RuntimePtr runtime = make_runtime();
  const ModelPtr before = open_model(runtime.get(), model, "reference"), after = open_model(runtime.get(), once, "reference");
  const Expected e = expected("small-f32");
  const SessionPtr a = make_session(before.get()), b = make_session(after.get());
  EXPECT_EQ(feed(a.get(), e.tokens), feed(b.get(), e.tokens));
  for (sotto_model* m : {before.get(), after.get()}) {
    uint64_t count = 0;
    EXPECT_EQ(sotto_tokenize(m, sotto_cstr("hello there"), 0, nullptr, 0, &count, &err), SOTTO_OK) << err.text;
    EXPECT_GT(count, 0U);
  }
}

TEST_F(ImportTest, WhatIsMissingOrCutIsNamed) {
  fs::path at = copy("llama/legacy_tp2_pp2") / "iter_0000100";
  fs::remove_all(at / "mp_rank_01_000");
  EXPECT_NE(refusal(folder_ / "copy", SOTTO_NOT_FOUND).find("mp_rank_01_000/model_optim_rng.pt is missing"), std::string::npos);
  at = copy("llama/legacy_tp2_pp2") / "iter_0000100";
  fs::remove_all(at / "mp_rank_01_000");
  fs::remove_all(at / "mp_rank_01_001");
  EXPECT_NE(refusal(folder_ / "copy").find("tensor_model_parallel_size"), std::string::npos);
  at = copy("llama/dist_tp2_core014") / "iter_0000100";
  fs::remove(at / "__1_0.distcp");
  EXPECT_NE(refusal(folder_ / "copy").find("__1_0.distcp"), std::string::npos);
  at = copy("llama/legacy_tp1") / "iter_0000100" / "mp_rank_00" / "model_optim_rng.pt";
  fs::resize_file(at, fs::file_size(at) / 2);
  EXPECT_NE(refusal(folder_ / "copy", SOTTO_BAD_FILE).find("zip archive"), std::string::npos);
  at = copy("llama/dist_tp2_core014") / "iter_0000100" / "__0_0.distcp";
  fs::resize_file(at, 100);
  EXPECT_NE(refusal(folder_ / "copy", SOTTO_BAD_FILE).find("the file is cut"), std::string::npos);
  EXPECT_NE(refusal(path("nowhere"), SOTTO_NOT_FOUND).find("no folder"), std::string::npos);
  fs::create_directory(path("empty"));
  EXPECT_NE(refusal(path("empty"), SOTTO_NOT_FOUND).find("neither"), std::string::npos);
}

// A byte of a weight changed: the archive's checksum tells.
TEST_F(ImportTest, DamagedWeightsAreNoticed) {
  const fs::path at = copy("llama/legacy_tp1") / "iter_0000100" / "mp_rank_00" / "model_optim_rng.pt";
  std::string bytes = file_bytes(at.string());
  const size_t data = bytes.find("/data/0");
  bytes[data + 200] = static_cast<char>(bytes[data + 200] ^ 1);
  std::ofstream(at, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  EXPECT_NE(refusal(folder_ / "copy", SOTTO_BAD_FILE).find("checksum"), std::string::npos);
}

TEST_F(ImportTest, AnExistingFileIsKept) {
  const std::string source = fixture("megatron/llama/legacy_tp1"), out = path("kept.gguf");
  std::ofstream(out) << "precious";
  Error err;
  EXPECT_EQ(sotto_import(sotto_cstr(source.c_str()), sotto_cstr(out.c_str()), nullptr, nullptr, &err), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(file_bytes(out), "precious");
  auto options = sized<sotto_import_options>();
  options.flags = SOTTO_CONVERT_OVERWRITE;
  EXPECT_EQ(sotto_import(sotto_cstr(source.c_str()), sotto_cstr(out.c_str()), &options, nullptr, &err), SOTTO_OK) << err.text;
}

TEST_F(ImportTest, ACancelledImportLeavesNothing) {
  auto events = sized<sotto_convert_events>();
  events.progress = [](void*, float fraction, sotto_str) -> int32_t { return fraction > 0.3F ? 1 : 0; };
  auto options = sized<sotto_import_options>();
  options.events = &events;
  Error err;
  const std::string source = fixture("megatron/llama/legacy_tp1"), out = path("cancelled.gguf");
  EXPECT_EQ(sotto_import(sotto_cstr(source.c_str()), sotto_cstr(out.c_str()), &options, nullptr, &err), SOTTO_CANCELLED)
      << err.text;
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ImportTest, TypesAreChosenAndUnknownOnesRefused) {
  const std::string source = fixture("megatron/llama/legacy_tp1");
  auto options = sized<sotto_import_options>();
  for (const char* type : {"F16", "bf16", "f32"}) {
    options.type = sotto_cstr(type);
    import(source, std::string(type) + ".gguf", &options);
  }
  EXPECT_LT(fs::file_size(path("F16.gguf")), fs::file_size(path("f32.gguf")));
  options.type = sotto_cstr("q4_0");
  Error err;
  EXPECT_EQ(sotto_import(sotto_cstr(source.c_str()), sotto_cstr(path("q.gguf").c_str()), &options, nullptr, &err),
            SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(std::string(err.text).find("quantize"), std::string::npos);
}

}  // namespace
}  // namespace sotto::e2e
