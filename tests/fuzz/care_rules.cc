// care_rules.cc: any bytes as a maker's rules, then a text that they are asked about. Input: the text up to a zero byte, then
// the rules. Findings lie in the text.
#include "care.h"
#include "refusal.h"
#include "target.h"

namespace sotto::fuzz {
namespace {

sotto_interface nothing(void*, const char*) { return {nullptr, nullptr}; }

care::Services no_services() {
  static sotto_host host{};
  host.struct_size = sizeof host;
  host.query = nothing;
  return care::Services(plugin::Host(&host));
}

int32_t check_finding(void* user, const sotto_care_finding* f) {
  FUZZ_CHECK(f->begin < f->end && f->end <= *static_cast<const size_t*>(user));
  FUZZ_CHECK(f->category < SOTTO_CARE_CATEGORIES && f->severity >= 1 && f->severity <= 3);
  return 0;
}

}  // namespace

FUZZ_TARGET(care_rules) {
  static const care::Services services = no_services();
  Input in(data, size);
  const std::string_view text = in.text(), rules = in.rest();
  sotto_care_options options{};
  options.struct_size = sizeof options;
  options.rules = {rules.data(), rules.size()};
  check_refusals([&] {
    const care::Care care(services, options);
    size_t bytes = text.size();
    for (const uint32_t from : {SOTTO_CARE_FROM_USER, SOTTO_CARE_FROM_MODEL}) care.check(text, from, check_finding, &bytes);
  });
}

}  // namespace sotto::fuzz
