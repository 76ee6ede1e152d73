// care_rules.cc: any bytes as a maker's rules, without the built-in ones, then a text that they are asked about, whole and in
// two parts. Input: the text up to a zero byte, then the rules. Findings lie in the text; both ways the same is found.
#include <algorithm>
#include <vector>

#include "reader.h"
#include "refusal.h"
#include "target.h"

namespace sotto::fuzz {
namespace {

using Findings = std::vector<std::pair<size_t, size_t>>;

Findings read(const care::Rules& rules, uint32_t from, std::string_view text, size_t cut) {
  Findings found;
  care::Reader reader(rules, from, [&](const sotto_care_finding& f) {
    FUZZ_CHECK(f.begin < f.end && f.end <= text.size());
    FUZZ_CHECK(f.category < SOTTO_CARE_CATEGORIES && f.severity >= 1 && f.severity <= 3);
    found.emplace_back(f.begin, f.end);
  });
  if (cut > 0) reader.push(text.substr(0, cut), 0, false);
  const size_t begin = cut > 0 ? std::min(reader.read_to(), reader.settled()) : 0;
  FUZZ_CHECK(begin <= text.size());
  reader.push(text.substr(begin), begin, true);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

FUZZ_TARGET(care_rules) {
  Input in(data, size);
  const std::string_view text = in.text(), maker = in.rest();
  check_refusals([&] {
    const care::Rules rules(std::vector<care::RuleFile>{{"the maker's rules", maker}});
    for (const uint32_t from : {SOTTO_CARE_FROM_USER, SOTTO_CARE_FROM_MODEL})
      FUZZ_CHECK(read(rules, from, text, 0) == read(rules, from, text, text.size() / 2));
  });
}

}  // namespace sotto::fuzz
