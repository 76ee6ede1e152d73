// sotto_quantize through the border: structs of every age, callbacks, importance.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sotto/convert.h"

namespace {

const std::string kInput = std::string(SOTTO_FIXTURES) + "/gguf/small-f32.gguf";

sotto_str view(const std::string& text) { return {text.data(), text.size()}; }

class QuantizeApi : public testing::Test {
 protected:
  QuantizeApi() {
    options_.struct_size = sizeof options_;
    options_.type = sotto_cstr("q4_0");
    options_.flags = SOTTO_CONVERT_OVERWRITE;
    report_.struct_size = sizeof report_;
    error_.struct_size = sizeof error_;
  }
  ~QuantizeApi() override { std::filesystem::remove(output_); }

  sotto_status run() { return sotto_quantize(view(kInput), view(output_), &options_, &report_, &error_); }
  std::string said() const { return error_.text; }

  std::string output_ = testing::TempDir() + "quantize_api_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  sotto_quantize_options options_{};
  sotto_quantize_report report_{};
  sotto_error error_{};
};

TEST_F(QuantizeApi, ReportsWhatItDid) {
  ASSERT_EQ(run(), SOTTO_OK) << said();
  EXPECT_EQ(report_.tensors, 21u);
  EXPECT_EQ(report_.input_bytes, std::filesystem::file_size(kInput));
  EXPECT_EQ(report_.bytes, std::filesystem::file_size(output_));
  EXPECT_GT(report_.bits_per_weight, 4.5);
  EXPECT_NEAR(report_.relative_error, 0.081, 0.01);
}

TEST_F(QuantizeApi, ReportAndErrorMayBeNull) {
  EXPECT_EQ(sotto_quantize(view(kInput), view(output_), &options_, nullptr, nullptr), SOTTO_OK);
  EXPECT_EQ(sotto_quantize(view(kInput), view(output_), nullptr, nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
}

TEST_F(QuantizeApi, AReportOfAnOlderCallerIsFilledAsFarAsItReaches) {
  report_.struct_size = offsetof(sotto_quantize_report, bytes);
  ASSERT_EQ(run(), SOTTO_OK) << said();
  EXPECT_EQ(report_.tensors, 21u);
  EXPECT_EQ(report_.bytes, 0u);
}

TEST_F(QuantizeApi, WhatIsWrongIsNamed) {
  options_.flags = 2;
  EXPECT_EQ(run(), SOTTO_UNSUPPORTED);
  EXPECT_NE(said().find("flags"), std::string::npos);
  options_.flags = 0;
  options_.importance_count = 1;
  EXPECT_EQ(run(), SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(said().find("importance"), std::string::npos);
  options_.importance_count = 0;
  options_.struct_size = 0;
  EXPECT_EQ(run(), SOTTO_INVALID_ARGUMENT);
  EXPECT_FALSE(std::filesystem::exists(output_));
}

TEST_F(QuantizeApi, ImportanceShiftsTheErrors) {
  // Half of the columns of one tensor counts for nothing: its plain error grows.
  std::vector<float> columns(64, 0.0f);
  for (size_t i = 0; i < columns.size(); i += 2) columns[i] = 1;
  const std::string name = "blk.0.attn_q.weight";
  sotto_importance importance{sizeof importance, 0, view(name), columns.data(), columns.size()};
  struct Seen {
    std::string name;
    double error = 0;
  } seen{name};
  options_.user = &seen;
  options_.tensor_done = [](void* user, const sotto_tensor_report* r) {
    auto* s = static_cast<Seen*>(user);
    if (std::string(r->name.data, r->name.size) == s->name) s->error = r->relative_error;
  };
  ASSERT_EQ(run(), SOTTO_OK) << said();
  const double plain = seen.error;
  options_.importance = &importance;
  options_.importance_count = 1;
  options_.importance_stride = sizeof importance;
  ASSERT_EQ(run(), SOTTO_OK) << said();
  EXPECT_GT(seen.error, plain);
}

TEST_F(QuantizeApi, EventsAreTold) {
  struct Told {
    float last = 0;
    int warnings = 0;
  } told;
  sotto_convert_events events{};
  events.struct_size = sizeof events;
  events.user = &told;
  events.progress = [](void* user, float part, sotto_str what) -> int32_t {
    auto* t = static_cast<Told*>(user);
    EXPECT_GE(part, t->last);
    EXPECT_GT(what.size, 0u);
    t->last = part;
    return 0;
  };
  events.warning = [](void* user, sotto_str) { ++static_cast<Told*>(user)->warnings; };
  options_.events = &events;
  options_.type = sotto_cstr("q4_k");
  ASSERT_EQ(run(), SOTTO_OK) << said();
  EXPECT_GT(told.last, 0.9f);
  EXPECT_EQ(told.warnings, 2);  // rows of 64 and of 96 are no blocks of 256
  events.progress = [](void*, float, sotto_str) -> int32_t { return 1; };
  EXPECT_EQ(run(), SOTTO_CANCELLED);
}

}  // namespace
