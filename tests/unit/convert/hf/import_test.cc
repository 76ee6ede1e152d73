// Whole folders through the importer onto the reference backend, against the logits of transformers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "convert/import.h"
#include "unit/convert/hf/test_folder.h"
#include "unit/model/backend_run.h"

namespace sotto {
namespace {

struct Judged {
  std::string failure;  // empty: it ran
  std::string architecture;
  double most = 0;  // difference of any logit
  std::vector<uint32_t> greedy;
};

// `folder` has expected.json and logits.f32 beside the checkpoint.
Judged judge(const std::string& folder) {
  TestFolder out;
  const std::string file = out.path() + "/model.gguf";
  Judged judged;
  const auto report = import_checkpoint(folder, file, {}, {});
  judged.failure = report.status().text();
  if (!report.ok()) return judged;
  judged.architecture = report.value().architecture;
  std::ifstream json(folder + "/expected.json"), floats(folder + "/logits.f32", std::ios::binary);
  const auto expected = nlohmann::json::parse(json, nullptr, false);
  const std::string bytes(std::istreambuf_iterator<char>(floats), {});
  std::vector<float> want(bytes.size() / sizeof(float));
  std::memcpy(want.data(), bytes.data(), bytes.size());
  const auto model = open_model(file);
  const Backend* backend = find_backend("reference");
  judged.failure = !model.ok() ? model.status().text() : backend ? "" : "no reference backend";
  if (!judged.failure.empty()) return judged;
  const auto run = BackendRun::open(*backend, model.value(), {});
  judged.failure = run.status().text();
  if (!run.ok()) return judged;
  auto got = run.value()->feed(expected["tokens"].get<std::vector<uint32_t>>());
  judged.failure = got.status().text();
  if (!got.ok() || got.value().size() != want.size()) return judged;
  for (size_t i = 0; i < want.size(); ++i)
    judged.most = std::max(judged.most, static_cast<double>(std::fabs(got.value()[i] - want[i])));
  const size_t vocabulary = report.value().vocabulary, steps = expected.value("greedy", std::vector<uint32_t>()).size();
  while (got.ok() && judged.greedy.size() < steps) {
    const float* row = got.value().data() + got.value().size() - vocabulary;
    judged.greedy.push_back(static_cast<uint32_t>(std::max_element(row, row + vocabulary) - row));
    got = run.value()->feed({judged.greedy.back()});
  }
  return judged;
}

TEST(HfImport, LogitsAndContinuationsAreThoseOfTransformers) {
  if (!find_backend("reference")) GTEST_SKIP() << "the backend reference is not in " << SOTTO_PLUGIN_DIR;
  constexpr double kTolerance = 2e-4;  // of float32 arithmetic
  for (const char* name : {"gpt2", "llama", "qwen3"}) {
    const std::string folder = std::string(SOTTO_FIXTURES "/hf/") + name;
    const Judged judged = judge(folder);
    ASSERT_EQ(judged.failure, "") << name;
    EXPECT_EQ(judged.architecture, name);
    EXPECT_LE(judged.most, kTolerance) << name;
    std::ifstream json(folder + "/expected.json");
    EXPECT_EQ(judged.greedy, nlohmann::json::parse(json, nullptr, false)["greedy"].get<std::vector<uint32_t>>()) << name;
  }
}

}  // namespace
}  // namespace sotto
