// What the CPU backend makes of activation rows (backends/cpu/kernels/quantize.cc), on every instruction set of this machine:
// no number is farther from its row than half a step, the sums are those of the integers, the list of outliers has an end.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "instruction_sets.h"

namespace sotto::cpu {
namespace {

// A row behind `skip` zeros, as the kernels read it: exactly as many bytes as they may use, so that a sanitizer sees more.
struct Row {
  uint32_t units, skip;
  std::vector<float> numbers;
};

class Counted {
 public:
  Counted(const Kernels& kernels, const Row& row)
      : units_(row.units), memory_((quant_row_bytes(row.units) + sizeof(ActivationUnit) - 1) / sizeof(ActivationUnit)) {
    const QuantRows rows = {reinterpret_cast<uint8_t*>(memory_.data()), memory_.size() * sizeof(ActivationUnit), units_};
    kernels.quantize(row.numbers.data(), row.skip, static_cast<uint32_t>(row.numbers.size()), rows, 0);
  }
  const ActivationUnit& unit(uint32_t u) const { return memory_[u]; }
  uint32_t outliers() const { return *count(); }
  const Outlier& outlier(uint32_t i) const { return reinterpret_cast<const Outlier*>(count() + 1)[i]; }

 private:
  const uint32_t* count() const { return reinterpret_cast<const uint32_t*>(memory_.data() + units_); }

  uint32_t units_;
  std::vector<ActivationUnit> memory_;
};

// The integers of unit u, upper bits and all; moves `next` behind its outliers.
std::vector<int32_t> integers_of(const Counted& counted, uint32_t u, uint32_t* next) {
  const ActivationUnit& unit = counted.unit(u);
  std::vector<int32_t> integers(unit.numbers, unit.numbers + kUnit);
  for (uint32_t i = 0; i < unit.outliers; ++i, ++*next) {
    const Outlier& o = counted.outlier(*next);
    EXPECT_EQ(o.place / (kUnit / 4), u);
    EXPECT_FLOAT_EQ(o.step, 128 * unit.step);
    for (uint32_t k = 0; k < 4; ++k) integers[o.place % (kUnit / 4) * 4 + k] += 128 * o.four[k];
  }
  return integers;
}

void expect_true(const Kernels& kernels, const Row& row) {
  const Counted counted(kernels, row);
  ASSERT_LE(counted.outliers(), row.units * kOutliersPerUnit);
  uint32_t next = 0;
  for (uint32_t u = 0; u < row.units; ++u) {
    const ActivationUnit& unit = counted.unit(u);
    const std::vector<int32_t> integers = integers_of(counted, u, &next);
    int32_t sums[2] = {};
    for (uint32_t k = 0; k < kUnit; ++k) {
      sums[k / (kUnit / 2)] += integers[k];
      const uint32_t column = u * kUnit + k - row.skip;  // wraps before the row
      const double x = column < row.numbers.size() ? static_cast<double>(row.numbers[column]) : 0;
      // Half a step, and the roundings of the step and of its inverse where numbers have 15 bits.
      ASSERT_NEAR(integers[k] * static_cast<double>(unit.step), x, 0.51 * static_cast<double>(unit.step)) << u << " " << k;
    }
    ASSERT_EQ(unit.count, sums[0] + sums[1]);
    ASSERT_EQ(unit.second_count, sums[1]);
    ASSERT_FLOAT_EQ(unit.sum, unit.step * static_cast<float>(unit.count));
  }
  EXPECT_EQ(next, counted.outliers());
}

uint32_t below(std::mt19937& random, uint32_t end) { return std::uniform_int_distribution<uint32_t>(0, end - 1)(random); }

Row random_row(std::mt19937& random) {
  Row row = {1 + below(random, 40), 0, {}};
  row.skip = row.units == 1 ? 0 : below(random, 33);
  row.numbers.resize(1 + below(random, row.units * kUnit - row.skip));
  std::normal_distribution<float> normal;
  for (float& x : row.numbers) x = normal(random);
  return row;
}

class Quantize : public testing::Test {
 protected:
  void SetUp() override { count_ = usable_sets(sets_); }
  template <class Body>
  void on_every_set(const Body& body) {
    for (uint32_t i = 0; i < count_; ++i) {
      SCOPED_TRACE(sets_[i].detail);
      body(*sets_[i].kernels);
    }
  }

 private:
  InstructionSet sets_[kMostSets];
  uint32_t count_ = 0;
};

TEST_F(Quantize, ScatteredNumbersOfAnySizeStandOut) {
  on_every_set([](const Kernels& kernels) {
    std::mt19937 random(1);
    for (int i = 0; i < 1000; ++i) {
      Row row = random_row(random);
      const float size = std::pow(10.0f, static_cast<float>(below(random, 12)));
      const auto all = static_cast<uint32_t>(row.numbers.size());
      const uint32_t many = 1 + below(random, 1 + all / 8);
      for (uint32_t k = 0; k < many; ++k) row.numbers[below(random, all)] = size * (below(random, 2) == 0 ? 1.5f : -0.7f);
      expect_true(kernels, row);
    }
  });
}

// As many numbers as can stand out, and then as many of the rest.
TEST_F(Quantize, TheListHoldsTheMostThatCanStandOut) {
  on_every_set([](const Kernels& kernels) {
    for (const float rest : {0.0f, 1e-3f}) {
      Row row = {32, 0, std::vector<float>(32 * kUnit, rest)};
      const size_t most = row.numbers.size() / 16 - 1;
      for (size_t i = 0; i < most; ++i) {
        row.numbers[i * 8] = 1.0f;
        row.numbers[i * 8 + 4] = 0.1f;
      }
      const Counted counted(kernels, row);
      EXPECT_EQ(counted.outliers(), 2 * most);
      expect_true(kernels, row);
    }
  });
}

TEST_F(Quantize, NothingAndAlmostNothing) {
  on_every_set([](const Kernels& kernels) {
    for (const float x : {0.0f, 1.0f, -1.0f, std::numeric_limits<float>::denorm_min()}) {
      const Counted counted(kernels, {3, 5, std::vector<float>(70, x)});
      EXPECT_EQ(counted.outliers(), 0u);
      EXPECT_LE(std::fabs(static_cast<double>(counted.unit(1).sum) - 32 * static_cast<double>(x)), 1e-5);
    }
  });
}

TEST_F(Quantize, WhatIsNoNumberIsNotListed) {
  on_every_set([](const Kernels& kernels) {
    std::mt19937 random(2);
    for (const float x : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(), 3e38f}) {
      Row row = random_row(random);
      row.numbers[row.numbers.size() / 2] = x;
      EXPECT_LE(Counted(kernels, row).outliers(), row.units * kOutliersPerUnit);
    }
  });
}

}  // namespace
}  // namespace sotto::cpu
