// Whole models through the plan on every backend of this build, against logits that others computed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "unit/model/backend_run.h"
#include "unit/model/raw_gguf.h"

namespace sotto {
namespace {

struct Expected {
  std::string name;  // "gguf/small-f32"
  std::vector<uint32_t> tokens, greedy;
  std::vector<double> margin;
  size_t vocabulary = 0;
  std::vector<float> logits;
};

std::vector<Expected> read_expected(const std::string& folder) {
  std::vector<Expected> list;
  for (const auto& entry : nlohmann::json::parse(fixture(folder + "/expected.json"), nullptr, false)) {
    Expected e;
    e.name = folder + "/" + entry["name"].get<std::string>();
    e.tokens = entry["tokens"].get<std::vector<uint32_t>>();
    e.greedy = entry.value("greedy", std::vector<uint32_t>());
    e.margin = entry.value("greedy_margin", std::vector<double>());
    e.vocabulary = entry["vocabulary"].get<size_t>();
    const std::string bytes = fixture(e.name + ".logits.f32");
    e.logits.resize(bytes.size() / sizeof(float));
    std::memcpy(e.logits.data(), bytes.data(), bytes.size());
    EXPECT_EQ(e.logits.size(), e.tokens.size() * e.vocabulary) << e.name;
    list.push_back(e);
  }
  EXPECT_FALSE(list.empty()) << folder;
  return list;
}

struct Difference {
  double most = 0;  // of any logit
  double relative_rms = 0;
  double divergence = 0;  // mean KL over the rows
};

Difference compare(const std::vector<float>& got, const Expected& e) {
  Difference d;
  double squares = 0, all = 0;
  for (size_t i = 0; i < e.logits.size(); ++i) {
    const double want = static_cast<double>(e.logits[i]), x = static_cast<double>(got[i]) - want;
    d.most = std::isnan(x) ? INFINITY : std::max(d.most, std::abs(x));
    squares += x * x;
    all += want * want;
  }
  d.relative_rms = std::sqrt(squares / all);
  const auto log_sum = [](const float* row, size_t n) {
    double sum = 0;
    const double top = static_cast<double>(*std::max_element(row, row + n));
    for (size_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(row[i]) - top);
    return top + std::log(sum);
  };
  for (size_t row = 0; row < e.tokens.size(); ++row) {
    const float *want = &e.logits[row * e.vocabulary], *have = &got[row * e.vocabulary];
    const double lw = log_sum(want, e.vocabulary), lh = log_sum(have, e.vocabulary);
    for (size_t i = 0; i < e.vocabulary; ++i) {
      const double p = static_cast<double>(want[i]) - lw, q = static_cast<double>(have[i]) - lh;
      d.divergence += std::exp(p) * (p - q) / static_cast<double>(e.tokens.size());
    }
  }
  return d;
}

// What a backend is held to: float32 arithmetic, or quantised activations.
struct Rule {
  const char* backend;
  bool exact;
};
constexpr Rule kBackends[] = {{"reference", true}, {"cpu", false}};

const std::vector<PlanOptions>& splits() {
  static const std::vector<PlanOptions> list = {{1, {}},     {2, {}},        {3, {}},          {4, {}},
                                                {2, {5, 3}}, {3, {1, 1, 2}}, {4, {1, 2, 1, 3}}};
  return list;
}

std::string describe(const PlanOptions& o) {
  std::string text = std::to_string(o.ranks) + " ranks";
  for (const uint32_t part : o.split) text += " " + std::to_string(part);
  return text;
}

// Runs every file of a folder on every split, whole and token by token, and hands each result to `judge`.
template <class Judge>
void run_all(const Backend& backend, const std::string& folder, Judge&& judge) {
  for (const Expected& e : read_expected(folder)) {
    auto file = open_model(std::string(SOTTO_FIXTURES) + "/" + e.name + ".gguf");
    ASSERT_TRUE(file.ok()) << file.status().text();
    for (const PlanOptions& split : splits()) {
      SCOPED_TRACE(e.name + " on " + describe(split));
      for (const uint32_t batch : {32u, 5u, 1u}) {
        auto run = BackendRun::open(backend, file.value(), {split, SOTTO_F32, batch});
        ASSERT_TRUE(run.ok()) << run.status().text();
        const auto got = run.value()->feed(e.tokens);
        ASSERT_TRUE(got.ok()) << got.status().text();
        ASSERT_EQ(got.value().size(), e.logits.size());
        judge(e, compare(got.value(), e));
      }
    }
  }
}

class OnBackend : public testing::TestWithParam<Rule> {
 protected:
  void SetUp() override {
    backend_ = find_backend(GetParam().backend);
    if (!backend_) GTEST_SKIP() << "the backend " << GetParam().backend << " is not in " << SOTTO_PLUGIN_DIR;
  }
  const Backend* backend_ = nullptr;
};

TEST_P(OnBackend, EveryWeightTypeAndSplitGivesTheExpectedLogits) {
  const bool exact = GetParam().exact;
  run_all(*backend_, "gguf", [&](const Expected& e, const Difference& d) {
    const bool wide = e.name.find("wide") != std::string::npos;
    EXPECT_LE(d.most, exact ? 1e-3 : 1e3);
    EXPECT_LE(d.relative_rms, 0.06);
    EXPECT_LE(d.divergence, wide ? 0.06 : 0.01);
  });
}

TEST_P(OnBackend, EveryArchitectureAgreesWithTransformers) {
  run_all(*backend_, "hf", [&](const Expected&, const Difference& d) { EXPECT_LE(d.most, 2e-4); });
}

TEST_P(OnBackend, GreedyTokensAreTheExpectedOnes) {
  for (const Expected& e : read_expected("gguf")) {
    SCOPED_TRACE(e.name);
    auto file = open_model(std::string(SOTTO_FIXTURES) + "/" + e.name + ".gguf");
    ASSERT_TRUE(file.ok()) << file.status().text();
    auto run = BackendRun::open(*backend_, file.value(), {{2, {}}, SOTTO_F32, 32});
    ASSERT_TRUE(run.ok()) << run.status().text();
    auto got = run.value()->feed(e.tokens);
    for (size_t step = 0; step < e.greedy.size(); ++step) {
      ASSERT_TRUE(got.ok()) << got.status().text();
      const float* row = &got.value()[got.value().size() - e.vocabulary];
      const auto best = static_cast<uint32_t>(std::max_element(row, row + e.vocabulary) - row);
      const bool excused = e.margin[step] <= (GetParam().exact ? 2e-3 : 0.3);
      EXPECT_TRUE(best == e.greedy[step] || excused) << "step " << step << ": " << best << ", expected " << e.greedy[step];
      got = run.value()->feed({e.greedy[step]});
    }
  }
}

TEST_P(OnBackend, HiddenStatesTimesTheHeadAreTheLogits) {
  auto file = open_model(std::string(SOTTO_FIXTURES) + "/gguf/small-f32.gguf");
  ASSERT_TRUE(file.ok()) << file.status().text();
  for (const PlanOptions& split : splits()) {
    auto run = BackendRun::open(*backend_, file.value(), {split, SOTTO_F32, 8});
    ASSERT_TRUE(run.ok()) << run.status().text();
    const auto logits = run.value()->feed({1, 2, 3}, 0);
    ASSERT_TRUE(run.value()->forget().ok());
    const auto hidden = run.value()->feed({1, 2, 3}, 1);
    ASSERT_TRUE(logits.ok() && hidden.ok());
    const uint32_t width = file->config().hidden, vocabulary = file->config().vocabulary;
    ASSERT_EQ(hidden.value().size(), 3 * width);
    const GgufTensor* head = file->gguf().tensor("output.weight");
    std::vector<float> w(head->rows * head->columns);
    std::memcpy(w.data(), head->bytes.data(), head->bytes.size());
    for (size_t row = 0; row < 3; ++row)
      for (size_t id = 0; id < vocabulary; id += 37) {
        double sum = 0;
        for (size_t i = 0; i < width; ++i)
          sum += static_cast<double>(w[id * width + i]) * static_cast<double>(hidden.value()[row * width + i]);
        EXPECT_NEAR(sum, static_cast<double>(logits.value()[row * vocabulary + id]), 1e-3) << describe(split);
      }
  }
}

INSTANTIATE_TEST_SUITE_P(All, OnBackend, testing::ValuesIn(kBackends),
                         [](const auto& row) { return std::string(row.param.backend); });

}  // namespace
}  // namespace sotto
