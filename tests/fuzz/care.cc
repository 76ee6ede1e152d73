// care.cc: any bytes as what is said, whole and in pieces, and as a maker's rules. Input: which, the size of the pieces, the
// text. Findings lie in the text; a stream gives what it was given, from the front, and all of it where nothing was decided.
#include "care.h"

#include "stream.h"
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

void read_rules(const care::Services& services, std::string_view rules) {
  sotto_care_options options{};
  options.struct_size = sizeof options;
  options.rules = {rules.data(), rules.size()};
  try {
    const care::Care care(services, options);
    care.check("we zig and zag, 我 想 42", SOTTO_CARE_FROM_USER, nullptr, nullptr);
  } catch (const plugin::Failure&) {
  }
}

struct Bounds {
  size_t size;
  uint32_t categories = 0;
};

int32_t check_finding(void* user, const sotto_care_finding* f) {
  auto& bounds = *static_cast<Bounds*>(user);
  FUZZ_CHECK(f->begin < f->end && f->end <= bounds.size);
  FUZZ_CHECK(f->category < SOTTO_CARE_CATEGORIES && f->severity >= 1 && f->severity <= 3);
  bounds.categories |= 1u << f->category;
  return 0;
}

void read_stream(const care::Care& care, std::string_view text, size_t piece) {
  care::Stream stream(care.rules(), care.answer_from(), care.hold_bytes());
  std::string said;
  for (size_t at = 0; at < text.size(); at += piece) {
    said += stream.feed(text.substr(at, piece));
    FUZZ_CHECK(said.size() <= text.size() && text.substr(0, said.size()) == said);
  }
  said += stream.finish();
  FUZZ_CHECK(text.substr(0, said.size()) == said);
  FUZZ_CHECK(stream.result().answer != SOTTO_NONE || said == text);
}

}  // namespace

FUZZ_TARGET(care) {
  Input in(data, size);
  static const care::Services services = no_services();
  static const care::Care care = [] {
    sotto_care_options options{};
    options.struct_size = sizeof options;
    return care::Care(services, options);
  }();
  const uint8_t which = in.byte();
  const size_t piece = 1 + in.byte() % 40;
  const std::string_view text = in.rest();
  if (which % 8 == 0) return read_rules(services, text);
  Bounds bounds{text.size()};
  const sotto_care_result whole = care.check(text, which % 2, check_finding, &bounds);
  FUZZ_CHECK(whole.categories == bounds.categories);
  FUZZ_CHECK(whole.answer == SOTTO_NONE || (whole.begin < whole.end && whole.end <= text.size()));
  read_stream(care, text, piece);
}

}  // namespace sotto::fuzz
