// template_check.h: what holds of every rendered template, for the targets that render.
#pragma once

#include "target.h"
#include "text/template/chat_template.h"

namespace sotto::fuzz {

constexpr size_t kMostOutput = size_t{16} << 20;
constexpr std::string_view kMessages =
    R"([{"role":"system","content":"Be brief."},{"role":"user","content":"Lamp on \u00fc"},{"role":"assistant","content":null,)"
    R"("tool_calls":[{"type":"function","function":{"name":"lamp","arguments":{"on":true,"level":0.5,"n":[1,2]}}}]}])";

inline void check(const Result<Rendered>& rendered) {
  if (!rendered.ok()) {
    FUZZ_CHECK(!rendered.status().text().empty());
    return;
  }
  FUZZ_CHECK(rendered->text.size() <= kMostOutput);
  size_t end = 0;
  for (const ByteRange& range : rendered->trusted) {
    FUZZ_CHECK(range.first >= end && range.count > 0 && range.count <= rendered->text.size() - range.first);
    end = range.first + range.count;
  }
}

}  // namespace sotto::fuzz
