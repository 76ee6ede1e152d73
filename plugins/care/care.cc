#include "care.h"

namespace sotto::care {
namespace {

constexpr uint32_t kUsualAnswerFrom[SOTTO_CARE_CATEGORIES] = {SOTTO_CARE_MENTION, SOTTO_CARE_CONCERN, SOTTO_CARE_CONCERN,
                                                              SOTTO_CARE_MENTION, SOTTO_CARE_NEVER};
constexpr uint32_t kUsualHold = 512, kLeastHold = 64, kMostHold = 65536;
constexpr uint64_t kMostRules = 1 << 20;
constexpr size_t kPart = 65536;  // of a text, between two looks at whether the caller wants more

std::string_view checked_rules(sotto_str rules) {
  if (rules.size > kMostRules)
    throw Failure(SOTTO_INVALID_ARGUMENT, "care: rules of " + std::to_string(rules.size) + " bytes, at most 1 MiB is taken");
  return view(rules);
}

}  // namespace

Care::Care(const Services& services, const sotto_care_options& options)
    : rules_(checked_rules(options.rules)), hold_bytes_(options.hold_bytes != 0 ? options.hold_bytes : kUsualHold) {
  if (hold_bytes_ < kLeastHold || hold_bytes_ > kMostHold)
    throw Failure(SOTTO_INVALID_ARGUMENT, "care: hold_bytes is " + std::to_string(hold_bytes_) + ", 64 to 65536 is wanted");
  for (uint32_t i = 0; i < SOTTO_CARE_CATEGORIES; ++i) {
    const uint32_t given = options.answer_from[i];
    if (given > SOTTO_CARE_NEVER)
      throw Failure(SOTTO_INVALID_ARGUMENT, "care: answer_from[" + std::to_string(i) + "] is " + std::to_string(given) +
                                                ", 0 or SOTTO_CARE_MENTION to SOTTO_CARE_NEVER is wanted");
    answer_from_[i] = given != 0 ? given : kUsualAnswerFrom[i];
  }
  if (!(options.head_confidence >= 0 && options.head_confidence <= 1))
    throw Failure(SOTTO_INVALID_ARGUMENT, "care: head_confidence is " + std::to_string(options.head_confidence) +
                                              ", a probability from 0 to 1 is wanted");
  if (options.model != nullptr) head_ = Head::find(services, options.model, options.head_confidence);
}

sotto_care_result Care::check(std::string_view text, uint32_t from, sotto_on_care_finding on_finding, void* user) const {
  bool is_ended = false;
  Reader::OnFinding give;
  if (on_finding != nullptr) give = [&](const sotto_care_finding& f) { is_ended = is_ended || on_finding(user, &f) != 0; };
  Reader reader(rules_, from, give);
  for (size_t end = 0; end < text.size() && !is_ended;) {
    end = std::min(text.size(), end + kPart);
    const size_t begin = std::min(reader.read_to(), reader.settled());
    reader.push(text.substr(begin, end - begin), begin, end == text.size());
  }
  Verdict verdict = reader.verdict();
  // Where a rule found anything, or excused it, it says more than weights could.
  const uint32_t by_rules = verdict.result(answer_from_, false).categories & ~(1u << SOTTO_CARE_PERSONAL);
  const bool is_excused = reader.met_exception(SOTTO_CARE_SELF_HARM);
  if (from == SOTTO_CARE_FROM_USER && by_rules == 0 && !is_ended && !is_excused)
    weights_.read(text, [&](const sotto_care_finding& f) {
      verdict.note(f);
      if (give && !is_ended) give(f);
    });
  if (head_ != nullptr && from == SOTTO_CARE_FROM_USER && !is_ended && !text.empty())
    for (const sotto_care_finding& f : head_->read(text)) {
      if (is_excused && f.category == SOTTO_CARE_SELF_HARM) continue;
      verdict.note(f);
      if (give && !is_ended) give(f);
    }
  return verdict.result(answer_from_, reader.is_chinese());
}

}  // namespace sotto::care
