// values.cc: any bytes as what a user said. Input: language, kind asked for, two bytes of the hour of the clock, the text.
// Spans must lie inside of the text, in order and apart; what is found prints.
#include "sotto/values.h"

#include "target.h"
#include "text/values/parser.h"

namespace sotto::fuzz {

FUZZ_TARGET(values) {
  Input in(data, size);
  sotto_values_options options{};
  options.struct_size = sizeof options;
  options.language = in.byte() % 3;
  options.expect = in.byte() % (SOTTO_VALUE_PHONE + 1);
  const int64_t hours = in.byte() * 256 + in.byte();  // from 2024 on, seven years
  options.now_unix_ms = (1704067200 + hours * 3600) * 1000;
  options.utc_offset_minutes = static_cast<int32_t>(hours % 1441) - 720;
  const std::string_view text = in.rest();
  size_t last = 0;
  uint32_t group = 0;
  values::parse(text, options, [&](const sotto_value* readings, uint32_t count) {
    FUZZ_CHECK(count > 0 && count <= values::Readings::kMost);
    for (uint32_t i = 0; i < count; ++i) {
      const sotto_value& v = readings[i];
      FUZZ_CHECK(v.begin == readings[0].begin && v.end == readings[0].end && v.group == group);
      FUZZ_CHECK(v.begin >= last && v.end > v.begin && v.end <= text.size());
      FUZZ_CHECK(v.number <= v.number_to && v.from.unix_seconds <= v.to.unix_seconds);
      FUZZ_CHECK(values::print(v).find('?') == std::string::npos);
    }
    last = readings[0].end;
    ++group;
  });
}

}  // namespace sotto::fuzz
