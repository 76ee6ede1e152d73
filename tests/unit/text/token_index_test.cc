#include "text/token_index.h"

#include <gtest/gtest.h>

#include <string>

#include "sotto/base.h"

namespace sotto {
namespace {

TEST(TokenIndex, FindsEveryTextAndOfEqualOnesTheFirst) {
  std::vector<std::string> kept;
  for (int i = 0; i < 5000; ++i)
    kept.push_back("token " + std::to_string(i * 7919) + std::string(static_cast<size_t>(i % 20), 'x'));
  kept.push_back("");
  kept.push_back(kept[17]);
  const std::vector<std::string_view> texts(kept.begin(), kept.end());
  const TokenIndex index(texts);
  for (uint32_t id = 0; id <= 5000; ++id) ASSERT_EQ(index.find(kept[id]), id);
  EXPECT_EQ(index.find(kept.back()), 17u);
  EXPECT_EQ(index.find("token"), SOTTO_NONE);
  EXPECT_EQ(TokenIndex().find("x"), SOTTO_NONE);
}

TEST(MergeTable, FindsEveryPairAndOfEqualOnesTheFirst) {
  MergeTable table(3001);
  for (uint32_t i = 0; i < 3000; ++i) table.add(i, i * i, i, i + 1);
  table.add(5, 25, 9, 9);
  for (uint32_t i = 0; i < 3000; ++i) {
    const auto* merge = table.find(i, i * i);
    ASSERT_TRUE(merge && merge->rank == i && merge->whole == i + 1) << i;
  }
  EXPECT_EQ(table.find(25, 5), nullptr);
  EXPECT_EQ(MergeTable().find(0, 0), nullptr);
}

}  // namespace
}  // namespace sotto
