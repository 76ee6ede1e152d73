// Whole files through quantize_file: what stays, what changes, what is refused.
#include "convert/quantize/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/mapped_file.h"
#include "base/sha256.h"
#include "convert/quantize/formats.h"
#include "model/gguf.h"
#include "sotto/types.h"
#include "unit/model/raw_gguf.h"

namespace sotto::quantize {
namespace {

class QuantizeFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string("quantize_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static std::string source(const std::string& name) { return std::string(SOTTO_FIXTURES) + "/gguf/" + name; }
  size_t files() const { return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {})); }
  std::string written(const RawGguf& raw) const {
    std::ofstream(path("in.gguf"), std::ios::binary) << raw.write();
    return path("in.gguf");
  }

  Options options(const char* type) {
    Options o;
    o.type = type;
    o.warning = [this](std::string_view sentence) { warnings_.emplace_back(sentence); };
    return o;
  }

  std::filesystem::path folder_;
  std::vector<std::string> warnings_;
};

TEST_F(QuantizeFile, DecodesEveryTypeToTheBit) {
  const auto expected = nlohmann::json::parse(fixture("gguf/decoded.json"));
  for (const auto& [name, tensors] : expected.items()) {
    const auto report = quantize_file(source(name + ".gguf"), path(name), options("f32"));
    ASSERT_TRUE(report.ok()) << report.status().text();
    EXPECT_EQ(report.value().relative_error, 0) << name;
    const std::string bytes = read_file(path(name));
    const std::vector<uint8_t> aligned(bytes.begin(), bytes.end());
    const auto file = Gguf::read(aligned);
    ASSERT_TRUE(file.ok()) << file.status().text();
    for (const auto& [tensor, hash] : tensors.items()) {
      const Span<const uint8_t> decoded = file.value().tensor(tensor)->bytes;
      EXPECT_EQ(hexadecimal(Sha256().add(decoded.data(), decoded.size()).digest()), hash.get<std::string>())
          << name << " " << tensor;
    }
  }
}

TEST_F(QuantizeFile, TheBytesDoNotDependOnTheThreads) {
  for (const char* type : {"q4_k_m", "q5_0"}) {
    std::string first;
    for (const uint32_t threads : {1u, 2u, 7u}) {
      Options o = options(type);
      o.threads = threads;
      o.overwrite = true;
      ASSERT_TRUE(quantize_file(source("wide-q5_k.gguf"), path("out.gguf"), o).ok());
      const std::string bytes = read_file(path("out.gguf"));
      if (first.empty()) first = bytes;
      EXPECT_TRUE(bytes == first) << type << ", " << threads << " threads";
    }
  }
}

TEST_F(QuantizeFile, KeepsMetadataAndWhatIsNoMatrix) {
  RawGguf raw = RawGguf::parse(read_file(source("small-f32.gguf")));
  raw.keys.push_back({"somebody.else", 8, raw_text("stays"), {}});
  raw.keys.push_back({"general.alignment", 4, sotto::raw(uint32_t{64}), {}});
  raw.alignment = 64;
  raw.lay_out();
  const std::string in = written(raw);
  const auto report = quantize_file(in, path("out.gguf"), options("Q4_0"));
  ASSERT_TRUE(report.ok()) << report.status().text();
  const std::string before_bytes = read_file(in), after_bytes = read_file(path("out.gguf"));
  const std::vector<uint8_t> before_aligned(before_bytes.begin(), before_bytes.end()),
      after_aligned(after_bytes.begin(), after_bytes.end());
  const auto before = Gguf::read(before_aligned), after = Gguf::read(after_aligned);
  ASSERT_TRUE(after.ok()) << after.status().text();
  EXPECT_EQ(after->text("somebody.else", "").value(), "stays");
  EXPECT_EQ(after->integer("general.file_type", 0).value(), 2u);
  EXPECT_EQ(after->integer("general.quantization_version", 0).value(), 2u);
  EXPECT_EQ(after->text("sotto.quantize.type", "").value(), "q4_0");
  ASSERT_EQ(before->tensors().size(), after->tensors().size());
  for (size_t i = 0; i < before->tensors().size(); ++i) {
    const GgufTensor &b = before->tensors()[i], &a = after->tensors()[i];
    EXPECT_EQ(b.name, a.name);
    EXPECT_EQ(b.dimensions, a.dimensions);
    EXPECT_EQ(a.type, b.dimensions == 2 ? SOTTO_Q4_0 : SOTTO_F32) << a.name;
    if (a.type == b.type) {
      EXPECT_TRUE(std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin())) << a.name;
    }
  }
  EXPECT_EQ(report->bytes, after_bytes.size());
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(QuantizeFile, WarnsThatErrorsAddUpAndThatColumnsDoNotFit) {
  ASSERT_TRUE(quantize_file(source("small-q4_1.gguf"), path("out.gguf"), options("q4_k")).ok());
  ASSERT_EQ(warnings_.size(), 2u);  // 64 and 96 columns: Q4_1, which they are already
}

TEST_F(QuantizeFile, ReportsEveryTensorInOrder) {
  Options o = options("q8_0");
  std::vector<std::string> names;
  double largest = 0;
  o.tensor_done = [&](const sotto_tensor_report& r) {
    names.emplace_back(r.name.data, r.name.size);
    largest = std::max(largest, r.relative_error);
    EXPECT_EQ(r.relative_error > 0, r.from_type != r.to_type) << names.back();
  };
  const auto report = quantize_file(source("small-f32.gguf"), path("out.gguf"), o);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(names.size(), report->tensors);
  EXPECT_GT(largest, 0.001);
  EXPECT_LT(largest, 0.01);
}

TEST_F(QuantizeFile, NeverReplacesUnaskedNorItsOwnInput) {
  std::ofstream(path("out.gguf")) << "precious";
  EXPECT_FALSE(quantize_file(source("small-f32.gguf"), path("out.gguf"), options("q8_0")).ok());
  EXPECT_EQ(read_file(path("out.gguf")), "precious");
  std::filesystem::copy_file(source("small-f32.gguf"), path("in.gguf"));
  std::filesystem::create_symlink(path("in.gguf"), path("link.gguf"));
  Options o = options("q8_0");
  o.overwrite = true;
  for (const char* name : {"in.gguf", "link.gguf"}) {
    const auto report = quantize_file(path("in.gguf"), path(name), o);
    EXPECT_EQ(report.status().code(), SOTTO_INVALID_ARGUMENT) << name;
    EXPECT_NE(report.status().text().find("same file"), std::string::npos);
  }
}

TEST_F(QuantizeFile, CancelLeavesNothing) {
  for (const int after : {0, 1, 20}) {
    Options o = options("q8_0");
    int calls = 0;
    o.progress = [&](double, std::string_view) { return calls++ >= after; };
    EXPECT_EQ(quantize_file(source("small-f32.gguf"), path("out.gguf"), o).status().code(), SOTTO_CANCELLED);
    EXPECT_EQ(files(), 0u);
  }
}

TEST_F(QuantizeFile, ANumberThatIsNoneIsRefusedByName) {
  for (const float poison : {std::nanf(""), HUGE_VALF, -HUGE_VALF, 3e38f}) {
    RawGguf raw = RawGguf::parse(read_file(source("small-f32.gguf")));
    const RawTensor& t = raw.tensor("blk.1.ffn_up.weight");
    std::memcpy(raw.data.data() + t.offset + 4 * (5 * 64 + 3), &poison, sizeof poison);
    const std::string in = written(raw);
    for (const char* type : {"q8_0", "q4_0", "q4_1", "f16"}) {
      const auto report = quantize_file(in, path("out.gguf"), options(type));
      ASSERT_FALSE(report.ok()) << type;
      for (const char* word : {"blk.1.ffn_up.weight", "row 5", "column 3"})
        EXPECT_NE(report.status().text().find(word), std::string::npos) << report.status().text();
      EXPECT_EQ(files(), 1u);
    }
  }
}

TEST_F(QuantizeFile, ImportanceMustFitTheModel) {
  Options o = options("q4_0");
  o.importance["blk.0.attn_q.weight"] = std::vector<float>(63, 1.0f);
  EXPECT_EQ(quantize_file(source("small-f32.gguf"), path("out.gguf"), o).status().code(), SOTTO_MISMATCH);
  o.importance = {{"nobody.weight", {1.0f}}};
  EXPECT_EQ(quantize_file(source("small-f32.gguf"), path("out.gguf"), o).status().code(), SOTTO_MISMATCH);
  o.importance = {{"blk.0.attn_q.weight", std::vector<float>(64, -1.0f)}};
  EXPECT_EQ(quantize_file(source("small-f32.gguf"), path("out.gguf"), o).status().code(), SOTTO_INVALID_ARGUMENT);
  o.importance = {{"blk.0.attn_q.weight", std::vector<float>(64, 0.0f)}};  // says nothing
  EXPECT_TRUE(quantize_file(source("small-f32.gguf"), path("out.gguf"), o).ok());
}

TEST_F(QuantizeFile, WhatIsNoModelIsASentence) {
  EXPECT_EQ(quantize_file(path("none.gguf"), path("out.gguf"), options("q8_0")).status().code(), SOTTO_NOT_FOUND);
  std::ofstream(path("noise.gguf")) << "GGUF and then nothing of the kind";
  EXPECT_FALSE(quantize_file(path("noise.gguf"), path("out.gguf"), options("q8_0")).ok());
  RawGguf raw = RawGguf::parse(read_file(source("small-f32.gguf")));
  raw.keys.push_back({"general.type", 8, raw_text("adapter"), {}});
  EXPECT_EQ(quantize_file(written(raw), path("out.gguf"), options("q8_0")).status().code(), SOTTO_UNSUPPORTED);
}

}  // namespace
}  // namespace sotto::quantize
