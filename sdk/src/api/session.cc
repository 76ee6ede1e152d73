// The C functions of session.h: one thread at a time, no re-entry from callbacks, and then the session itself.
#include <fmt/format.h>

#include <thread>

#include "api/grammar_object.h"
#include "api/session_object.h"
#include "api/session_service.h"
#include "border/options.h"

namespace sotto {

sotto_runtime* runtime_of(const sotto_session& session) { return session.model.get()->runtime(); }

namespace {

Status check_generate(const sotto_generate_options& o) {
  constexpr uint32_t kKnown = SOTTO_GENERATE_SPECIAL | SOTTO_GENERATE_NO_BOS | SOTTO_GENERATE_IGNORE_END |
                              SOTTO_GENERATE_LOGPROBS | SOTTO_GENERATE_NO_SPECULATION;
  if (o.flags & ~kKnown)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_generate_options.flags is {:#x}, {:#x} are known", o.flags, kKnown));
  if (o.prompt_id_count && !o.prompt_ids) return Status(SOTTO_INVALID_ARGUMENT, "prompt_id_count is given without prompt_ids");
  if (o.prompt_ids && o.prompt_id_count > UINT32_MAX)
    return Status(SOTTO_CONTEXT_FULL, fmt::format("a prompt of {} tokens fits no context", o.prompt_id_count));
  if (o.stop_count && !o.stops) return Status(SOTTO_INVALID_ARGUMENT, "stop_count is given without stops");
  if (o.bias_count && !o.biases) return Status(SOTTO_INVALID_ARGUMENT, "bias_count is given without biases");
  const struct {
    const char* name;
    float value, least, most;
  } ranges[] = {{"temperature", o.temperature, 0, 100},
                {"top_p", o.top_p, 0, 1},
                {"min_p", o.min_p, 0, 1},
                {"repeat_penalty", o.repeat_penalty, 0, 100},
                {"presence_penalty", o.presence_penalty, -100, 100},
                {"frequency_penalty", o.frequency_penalty, -100, 100}};
  for (const auto& r : ranges)
    if (!(r.value >= r.least && r.value <= r.most))
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("sotto_generate_options.{} is {}, expected {} to {}", r.name, r.value, r.least, r.most));
  if (o.matcher && (o.flags & SOTTO_GENERATE_IGNORE_END))
    return Status(SOTTO_INVALID_ARGUMENT, "SOTTO_GENERATE_IGNORE_END with a grammar: the grammar says where the text ends");
  for (uint32_t i = 0; i < o.stop_count; ++i) SOTTO_TRY(read_text("stops", o.stops[i]).status());
  return {};
}

sotto_generate_result empty_result(const Session& session) {
  sotto_generate_result r{};
  r.position = session.position();
  return r;
}

Status create(sotto_model* model, const sotto_session_options* options, sotto_session** out) {
  SOTTO_TRY(check_given("sotto_session_create: model", model));
  SOTTO_TRY(check_given("sotto_session_create: out", out));
  SOTTO_ASSIGN(const auto o, read_options("sotto_session_options", options));
  const Engine& e = model->engine();
  if (!e.can_run()) return Status(SOTTO_INVALID_ARGUMENT, "creating a session: the model was opened for its vocabulary only");
  if (o.context_tokens > e.context_tokens())
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("creating a session of {} tokens: the model was opened with a context of {}", o.context_tokens,
                              e.context_tokens()));
  *out = new sotto_session(model, o.context_tokens);
  return {};
}

}  // namespace
}  // namespace sotto

sotto_status sotto_session_create(sotto_model* model, const sotto_session_options* options, sotto_session** out,
                                  sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::create(model, options, out); });
}

void sotto_session_destroy(sotto_session* s) {
  if (!s) return;
  s->session.cancel();
  if (s->session.entered_here()) {
    s->doomed = true;
    return;
  }
  while (!s->session.enter(0).ok()) {
    s->session.cancel();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  delete s;
}

sotto_status sotto_session_feed(sotto_session* s, const uint32_t* ids, uint64_t count, const sotto_feed_options* options,
                                sotto_error* err) {
  return sotto::on_session(s, err, [&](sotto::Session& session) -> sotto::Status {
    SOTTO_ASSIGN(const auto o, sotto::read_options("sotto_feed_options", options));
    if (count) SOTTO_TRY(sotto::check_given("sotto_session_feed: ids", ids));
    return session.feed(sotto::Span<const uint32_t>(ids, static_cast<size_t>(count)), o);
  });
}

sotto_status sotto_generate(sotto_session* s, sotto_str prompt, const sotto_generate_options* options, sotto_on_text on_text,
                            void* user, sotto_error* err) {
  return sotto::on_session(s, err, [&](sotto::Session& session) -> sotto::Status {
    SOTTO_ASSIGN(const auto o, sotto::read_options("sotto_generate_options", options));
    SOTTO_ASSIGN(const std::string_view text, sotto::read_text("prompt", prompt));
    if (o.result) SOTTO_TRY(sotto::write_out("sotto_generate_result", sotto::empty_result(session), o.result));
    SOTTO_TRY(sotto::check_generate(o));
    sotto::MatcherUse matcher(o.matcher);
    SOTTO_TRY(matcher.check_for(session.engine()));
    return session.generate(text, o, matcher.get(), on_text, user);
  });
}

void sotto_session_cancel(sotto_session* s) {
  if (s) s->session.cancel();
}

uint32_t sotto_session_position(const sotto_session* s) { return s ? s->session.position() : 0; }

sotto_status sotto_session_rewind(sotto_session* s, uint32_t position, sotto_error* err) {
  return sotto::on_session(s, err, [&](sotto::Session& session) { return session.rewind(position); });
}

sotto_status sotto_session_tokens(sotto_session* s, uint32_t first, uint32_t* ids, uint64_t capacity, uint64_t* count,
                                  sotto_error* err) {
  return sotto::on_session(s, err, [&](sotto::Session& session) -> sotto::Status {
    const auto& tokens = session.tokens();
    if (first > tokens.size())
      return sotto::Status(SOTTO_INVALID_ARGUMENT, fmt::format("tokens from {} on: the session has {}", first, tokens.size()));
    return sotto::write_items(tokens.data() + first, tokens.size() - first, ids, capacity, count);
  });
}

sotto_status sotto_session_fork(sotto_session* s, sotto_session** out, sotto_error* err) {
  return sotto::on_session(s, err, [&](sotto::Session& session) -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_session_fork: out", out));
    auto other = std::make_unique<sotto_session>(s->model.get(), session.context_tokens());
    SOTTO_TRY(session.fork_into(other->session));
    *out = other.release();
    return {};
  });
}

sotto_status sotto_session_set_lora(sotto_session* s, sotto_lora* lora, float strength, sotto_error* err) {
  return sotto::on_session(s, err, [&](sotto::Session& session) -> sotto::Status {
    if (lora && lora->model.get() != s->model.get())
      return sotto::Status(SOTTO_MISMATCH, "the adapter was opened for another model than the session's");
    return session.set_lora(lora ? lora->lora : nullptr, strength);
  });
}

sotto_status sotto_session_save(sotto_session* s, void* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
  return sotto::on_session(s, err, [&](sotto::Session& session) -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_session_save: size", size));
    return session.save(static_cast<uint8_t*>(buffer), capacity, size);
  });
}

sotto_status sotto_session_restore(sotto_session* s, const void* bytes, uint64_t size, sotto_error* err) {
  return sotto::on_session(s, err, [&](sotto::Session& session) -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_session_restore: bytes", bytes));
    return session.restore(sotto::Span<const uint8_t>(static_cast<const uint8_t*>(bytes), static_cast<size_t>(size)));
  });
}

sotto_status sotto_session_counters(const sotto_session* s, sotto_counters* out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_session_counters: session", s));
    return sotto::write_out("sotto_counters", s->session.counters(), out);
  });
}
