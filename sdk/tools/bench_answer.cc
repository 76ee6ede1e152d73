#include "bench_answer.h"

#include <fmt/format.h>

#include <algorithm>

namespace sotto::tools {
namespace {

int32_t take(void* user, uint32_t token, float) {
  auto* answer = static_cast<TimedAnswer*>(user);
  answer->last = std::chrono::steady_clock::now();
  if (answer->count++ == 0) answer->first = answer->last;
  for (int b = 0; b < 4; ++b) answer->hash = (answer->hash ^ ((token >> (8 * b)) & 0xFFu)) * 0x100000001b3u;
  return 0;
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return {values.front(), n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2, values.back()};
}

TimedAnswer time_answer(Console& console, const SessionHandle& session, const AnswerWishes& wishes) {
  TimedAnswer answer;
  sotto_generate_result result{};
  result.struct_size = sizeof result;
  sotto_generate_options o{};
  o.struct_size = sizeof o;
  o.flags = SOTTO_GENERATE_IGNORE_END | SOTTO_GENERATE_NO_BOS;
  if (!wishes.speculates) o.flags |= SOTTO_GENERATE_NO_SPECULATION;
  o.max_tokens = wishes.count;
  o.prompt_ids = wishes.prompt->data();
  o.prompt_id_count = wishes.prompt->size();
  o.temperature = wishes.temperature;
  o.seed = 1;
  o.on_token = take;
  o.on_token_user = &answer;
  o.result = &result;
  answer.start = std::chrono::steady_clock::now();
  call_on(console, session, [&](sotto_error* err) { return sotto_generate(session.get(), {}, &o, nullptr, nullptr, err); });
  if (answer.count != wishes.count)
    throw Error(SOTTO_CONTEXT_FULL, fmt::format("measuring {} + {} tokens: the answer ended after {}: give a larger --context",
                                                wishes.prompt->size(), wishes.count, answer.count)
                                        .c_str());
  answer.drafted = result.drafted_tokens;
  answer.accepted = result.accepted_tokens;
  return answer;
}

void rewind(const SessionHandle& session) {
  call([&](sotto_error* err) { return sotto_session_rewind(session.get(), 0, err); });
}

}  // namespace sotto::tools
