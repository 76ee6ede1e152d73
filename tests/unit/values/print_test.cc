#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "text/values/parser.h"

namespace sotto::values {
namespace {

TEST(Print, NumbersKeepTenDigits) {
  EXPECT_EQ(print(number_value(SOTTO_VALUE_NUMBER, 1.0 / 3)), "number 0.3333333333");
  EXPECT_EQ(print(number_value(SOTTO_VALUE_NUMBER, 123456789)), "number 123456789");
  EXPECT_EQ(print(number_value(SOTTO_VALUE_NUMBER, 2, 3)), "number 2..3");
  EXPECT_EQ(print(number_value(SOTTO_VALUE_TEMPERATURE, -5, -5, SOTTO_UNIT_CELSIUS)), "temperature -5C");
}

TEST(Print, DurationsAreThoseOfIso8601) {
  struct Case {
    double seconds;
    const char* text;
  };
  for (const auto& [seconds, text] :
       {Case{0, "duration PT0S"}, Case{90, "duration PT1M30S"}, Case{3600, "duration PT1H"}, Case{86400, "duration P1D"},
        Case{90061, "duration P1DT1H1M1S"}, Case{1.5, "duration PT1.5S"}})
    EXPECT_EQ(print(number_value(SOTTO_VALUE_DURATION, seconds, seconds, SOTTO_UNIT_SECOND)), text);
}

// A value comes from a caller: any bytes of it print as something.
TEST(Print, WhatIsNoValuePrints) {
  sotto_value v = number_value(77, std::nan(""));
  v.unit = 4000;
  EXPECT_EQ(print(v).substr(0, 2), "? ");
  for (uint32_t kind = 0; kind < 14; ++kind) {
    for (const double number : {std::nan(""), std::numeric_limits<double>::infinity(), -1e300, 1e300, -1.0}) {
      sotto_value w = number_value(kind, number);
      w.repeat_unit = w.precision = w.flags = w.unit = 0xFFFFFFFFu;
      w.repeat_weekdays = w.repeat_interval = 0xFFFFFFFFu;
      w.from.year = INT32_MIN;
      std::fill(std::begin(w.text), std::end(w.text), 'x');
      EXPECT_FALSE(print(w).empty());
      EXPECT_LT(print(w).size(), 400u);
    }
  }
}

}  // namespace
}  // namespace sotto::values
