// Where the time of a model's steps goes, through the C interface.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "e2e/objects.h"
#include "sotto/observe.h"
#include "sotto/plan.h"

namespace sotto::e2e {
namespace {

const char* const kModel = "gguf/wide-q4_k_m.gguf";

using Rows = std::vector<sotto_profile_row>;

int32_t take(void* user, const sotto_profile_row* row) {
  EXPECT_EQ(row->struct_size, sizeof *row);
  static_cast<Rows*>(user)->push_back(*row);
  return 0;
}

Rows rows_of(sotto_model* model) {
  Rows rows;
  Error error;
  EXPECT_EQ(sotto_model_profile_end(model, take, &rows, &error), SOTTO_OK) << error.text;
  return rows;
}

TEST(Profile, TellsOfEachKindOfWorkOnceAndCountsItsProducts) {
  const auto runtime = make_runtime();
  const auto model = open_model(runtime.get(), fixture(kModel), "cpu");
  const auto session = make_session(model.get());
  Error error;
  ASSERT_EQ(sotto_model_profile_begin(model.get(), &error), SOTTO_OK) << error.text;
  EXPECT_EQ(generate(session.get(), greedy_options({1, 2, 3, 4}, 3)).status, SOTTO_OK);
  const Rows rows = rows_of(model.get());
  uint64_t linear_bytes = 0, attention = 0;
  for (const sotto_profile_row& row : rows) {
    EXPECT_GT(row.calls, 0u) << row.name;
    if (row.kind == SOTTO_STEP_LINEAR) linear_bytes += row.bytes;
    if (row.kind == SOTTO_STEP_ATTENTION) attention += row.products;
    for (const sotto_profile_row& other : rows) EXPECT_TRUE(&row == &other || std::string(row.name) != other.name) << row.name;
  }
  EXPECT_GT(linear_bytes, 0u);
  EXPECT_GT(attention, 0u);
  EXPECT_EQ(generate(session.get(), greedy_options({1, 2, 3, 4}, 3)).status, SOTTO_OK);
  EXPECT_EQ(rows_of(model.get()).size(), rows.size()) << "it went on counting, or forgot, after it was told to stop";
}

TEST(Profile, IsRefusedByABackendThatHasNone) {
  const auto runtime = make_runtime();
  const auto model = open_model(runtime.get(), fixture(kModel), "reference");
  Error error;
  EXPECT_EQ(sotto_model_profile_begin(model.get(), &error), SOTTO_UNSUPPORTED);
  EXPECT_NE(std::string(error.text).find("reference has no profile"), std::string::npos) << error.text;
}

}  // namespace
}  // namespace sotto::e2e
