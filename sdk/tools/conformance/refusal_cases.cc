// Plans that must be refused, by check and by compile, each with a sentence and without a crash.
#include <gtest/gtest.h>

#include <cmath>

#include "conformance/models.h"
#include "conformance/spoilers.h"
#include "conformance/tolerance.h"

namespace sotto::conformance {
namespace {

struct Group {
  explicit Group(uint32_t ranks) {
    sotto_group_options g{};
    g.struct_size = sizeof g;
    g.local_ranks = ranks;
    g.threads = 1;
    EXPECT_EQ(tested()->group_create(tested().self(), &g, &group, nullptr), SOTTO_OK);
  }
  ~Group() { tested()->group_destroy(group); }
  sotto_group* group = nullptr;
};

TEST(Refusal, SpoiltPlansAreRefusedWithASentence) {
  Group group(2);
  for (const Spoiler& spoiler : spoilers()) {
    SpoiltPlan spoilt;
    spoiler.spoil(spoilt);
    Error error;
    const sotto_status checked = tested()->check(group.group, &spoilt.plan, 8, nullptr, nullptr, &error);
    EXPECT_EQ(checked, spoiler.status) << spoiler.what << ": " << error.text;
    EXPECT_NE(error.text[0], '\0') << spoiler.what;
    sotto_weights* weights = nullptr;
    Error again;
    EXPECT_EQ(tested()->weights_create(group.group, &spoilt.plan, &weights, &again), spoiler.status)
        << spoiler.what << ": " << again.text;
    tested()->weights_destroy(weights);
  }
}

TEST(Refusal, APlanForOtherRanksIsAMismatch) {
  Group group(3);
  SpoiltPlan plan;
  EXPECT_EQ(tested()->check(group.group, &plan.plan, 8, nullptr, nullptr, nullptr), SOTTO_MISMATCH);
}

TEST(Refusal, WeightsThatWereNotUploadedAreMissed) {
  Group group(2);
  SpoiltPlan plan;
  sotto_weights* weights = nullptr;
  Error error;
  ASSERT_EQ(tested()->weights_create(group.group, &plan.plan, &weights, &error), SOTTO_OK) << error.text;
  sotto_program* program = nullptr;
  EXPECT_NE(tested()->compile(group.group, &plan.plan, weights, 8, &program, &error), SOTTO_OK);
  EXPECT_NE(error.text[0], '\0');
  EXPECT_EQ(program, nullptr);
  tested()->weights_destroy(weights);
}

TEST(Refusal, UploadsThatAreTooShortAreRefusedAndReleased) {
  Group group(2);
  SpoiltPlan plan;
  sotto_weights* weights = nullptr;
  ASSERT_EQ(tested()->weights_create(group.group, &plan.plan, &weights, nullptr), SOTTO_OK);
  const std::vector<uint8_t> bytes(1u << 20);
  struct Case {
    const char* what;
    uint32_t weight, rank, flags;
    const void* bytes;
    uint64_t count, stride;
  };
  const uint32_t matrix = plan.first_matrix();
  const Case kCases[] = {
      {"no bytes", matrix, 0, 0, nullptr, bytes.size(), 4096},
      {"one byte too few", matrix, 0, 1, bytes.data(), 1, 4096},
      {"a stride below a row", matrix, 0, 0, bytes.data(), bytes.size(), 1},
      {"a stride past the end", matrix, 0, 1, bytes.data(), 4096, UINT64_MAX},
      {"no such weight", 9999, 0, 0, bytes.data(), bytes.size(), 4096},
      {"no such rank", matrix, 2, 0, bytes.data(), bytes.size(), 4096},
      {"an unknown flag", matrix, 0, 6, bytes.data(), bytes.size(), 4096},
  };
  for (const Case& c : kCases) {
    int releases = 0;
    const sotto_upload u{
        sizeof(sotto_upload), c.flags, c.bytes, c.count, c.stride, [](void* user) { ++*static_cast<int*>(user); }, &releases};
    Error error;
    EXPECT_NE(tested()->upload(weights, c.weight, c.rank, &u, &error), SOTTO_OK) << c.what;
    EXPECT_NE(error.text[0], '\0') << c.what;
    EXPECT_EQ(releases, 1) << c.what;
  }
  tested()->weights_destroy(weights);
}

TEST(Refusal, GroupsThatCannotBeAreRefused) {
  const uint32_t far[] = {1000};
  struct Case {
    const char* what;
    sotto_group_options options;
  };
  const uint32_t size = sizeof(sotto_group_options);
  const Case kCases[] = {
      {"more ranks here than there are", {size, 1, 0, 2, nullptr, 1, 0, 0, nullptr}},
      {"ranks past the end", {size, 4, 3, 2, nullptr, 1, 0, 0, nullptr}},
      {"ranks elsewhere and no communicator", {size, 4, 0, 2, nullptr, 1, 0, 0, nullptr}},
      {"a device that is not there", {size, 1, 0, 1, far, 1, 0, 0, nullptr}},
      {"too many ranks", {size, 0, 0, 1u << 30, nullptr, 1, 0, 0, nullptr}},
  };
  for (const Case& c : kCases) {
    sotto_group* group = nullptr;
    Error error;
    EXPECT_NE(tested()->group_create(tested().self(), &c.options, &group, &error), SOTTO_OK) << c.what;
    EXPECT_NE(error.text[0], '\0') << c.what;
    EXPECT_EQ(group, nullptr) << c.what;
  }
}

TEST(Refusal, OptionsFromTheFutureAreUnsupported) {
  struct Longer {
    sotto_group_options options;
    uint64_t unknown;
  } longer{};
  longer.options.struct_size = sizeof longer;
  longer.options.threads = 1;
  sotto_group* group = nullptr;
  EXPECT_EQ(tested()->group_create(tested().self(), &longer.options, &group, nullptr), SOTTO_OK)
      << "zero bytes are nothing new";
  tested()->group_destroy(group);
  group = nullptr;
  longer.unknown = 1;
  EXPECT_EQ(tested()->group_create(tested().self(), &longer.options, &group, nullptr), SOTTO_UNSUPPORTED);
  EXPECT_EQ(group, nullptr);
}

TEST(Refusal, NullIsDestroyedInPeace) {
  tested()->group_destroy(nullptr);
  tested()->weights_destroy(nullptr);
  tested()->program_destroy(nullptr);
  tested()->cache_destroy(nullptr);
  tested()->adapter_destroy(nullptr);
}

}  // namespace
}  // namespace sotto::conformance
