#include "writer.h"

#include <cmath>
#include <new>

namespace sotto::assistant {
namespace {

struct Answer {
  IsEnough is_enough = nullptr;
  std::string text;
  double logarithms = 0;
  size_t tokens = 0;
  bool has_thrown = false;

  static int32_t take(void* user, sotto_str piece) noexcept {
    auto* self = static_cast<Answer*>(user);
    try {
      self->text.append(view(piece));
      return self->is_enough != nullptr && self->is_enough(self->text) ? 1 : 0;
    } catch (...) {
      return self->has_thrown = true, 1;
    }
  }
  static int32_t count(void* user, uint32_t, float logprob) noexcept {
    auto* self = static_cast<Answer*>(user);
    self->logarithms += double{logprob};
    ++self->tokens;
    return 0;
  }
};

}  // namespace

Writer::Writer(const Services& services, sotto_model* model, const char* what, uint32_t deadline_ms)
    : services_(services), model_(model), deadline_ms_(deadline_ms) {
  uint64_t size = 0;
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status =
      services.session->model_text(model, sotto_cstr("tokenizer.chat_template"), nullptr, 0, &size, &err);
  if (status != SOTTO_OK || size == 0)
    throw Failure(SOTTO_UNSUPPORTED, std::string("assistant: ") + what + ": the model has no chat template");
  sotto_session_options session{};
  session.struct_size = sizeof session;
  ask([&](sotto_error* e) { return services.session->session_create(model, &session, &session_, e); });
}

Writer::~Writer() {
  if (session_ != nullptr) services_.session->session_destroy(session_);
}

void Writer::cancel() { services_.session->session_cancel(session_); }

uint64_t Writer::tokens() const {
  sotto_counters counters{};
  counters.struct_size = sizeof counters;
  ask([&](sotto_error* err) { return services_.session->session_counters(session_, &counters, err); });
  return counters.computed_tokens;
}

std::vector<uint32_t> Writer::prompt(const std::string& messages) const {
  sotto_template_options options{};
  options.struct_size = sizeof options;
  options.messages = str(messages);
  return fetch<uint32_t>(messages.size() + 64, [&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return services_.session->template_tokenize(model_, &options, ids, capacity, count, err);
  });
}

Written Writer::write(const std::vector<uint32_t>& prompt, sotto_matcher* matcher, uint32_t most_tokens, IsEnough is_enough) {
  try {
    return generate(prompt, matcher, most_tokens, is_enough);
  } catch (...) {
    held_.clear();
    throw;
  }
}

Written Writer::generate(const std::vector<uint32_t>& prompt, sotto_matcher* matcher, uint32_t most_tokens,
                         IsEnough is_enough) {
  size_t keep = 0;
  while (keep + 1 < prompt.size() && keep < held_.size() && prompt[keep] == held_[keep]) ++keep;
  held_.resize(keep);
  ask([&](sotto_error* err) { return services_.session->session_rewind(session_, static_cast<uint32_t>(keep), err); });
  Answer answer;
  answer.is_enough = is_enough;
  sotto_generate_result result{};
  result.struct_size = sizeof result;
  sotto_generate_options options{};
  options.struct_size = sizeof options;
  options.flags = SOTTO_GENERATE_LOGPROBS;
  options.max_tokens = most_tokens;
  options.deadline_ms = deadline_ms_;
  options.prompt_ids = prompt.data() + keep;
  options.prompt_id_count = prompt.size() - keep;
  options.on_token = Answer::count;
  options.on_token_user = &answer;
  options.matcher = matcher;
  options.result = &result;
  ask([&](sotto_error* err) {
    return services_.session->generate(session_, sotto_str{}, &options, Answer::take, &answer, err);
  });
  if (answer.has_thrown) throw std::bad_alloc();
  held_ = prompt;
  Written written;
  written.text = std::move(answer.text);
  written.probability = answer.tokens > 0 ? std::exp(answer.logarithms / static_cast<double>(answer.tokens)) : 0;
  written.is_whole = result.finish == SOTTO_FINISH_GRAMMAR || result.finish == SOTTO_FINISH_END;
  return written;
}

}  // namespace sotto::assistant
