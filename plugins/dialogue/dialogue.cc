#include "dialogue.h"

#include <algorithm>
#include <cstring>

#include "state.h"

namespace sotto::dialogue {
namespace {

constexpr uint32_t kDefaultAnswerTokens = 256;
// When turns must go, they go until this part of the room for the conversation is free: dropping moves every later token, so
// the cache behind the system prompt is computed again, and that should not happen at each turn.
constexpr size_t kFreePart = 4;

uint64_t nanoseconds_since(std::chrono::steady_clock::time_point start) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count());
}

// Stands between the session and the caller's callback: keeps the answer, sees a cancel that came before the session ran.
struct Relay {
  sotto_on_text on_text;
  void* user;
  const std::atomic<bool>& is_cancelled;
  std::string answer;
  bool has_thrown = false;

  static int32_t take(void* self_pointer, sotto_str piece) noexcept {
    auto* self = static_cast<Relay*>(self_pointer);
    try {
      self->answer.append(view(piece));
      const int32_t stop = self->on_text != nullptr ? self->on_text(self->user, piece) : 0;
      return stop != 0 || self->is_cancelled ? 1 : 0;
    } catch (...) {
      self->has_thrown = true;
      return 1;
    }
  }
};

// The turns of a conversation as they were, put back unless the change is kept.
class Undo {
 public:
  explicit Undo(Conversation& conversation) : conversation_(conversation), size_(conversation.turns.size()) {}
  ~Undo() {
    if (is_kept_) return;
    conversation_.turns.resize(size_);
    for (const size_t i : dropped) conversation_.turns[i].is_dropped = false;
  }
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  void keep() { is_kept_ = true; }

  std::vector<size_t> dropped;  // turns whose mark is to be taken back; older than the turns that were added

 private:
  Conversation& conversation_;
  size_t size_;
  bool is_kept_ = false;
};

}  // namespace

void Services::log(int32_t level, const std::string& line) const {
  if (host->log != nullptr && level <= host->log_level) host->log(host->context, level, str(line));
}

Status Dialogue::open(sotto_model* model, const sotto_dialogue_options& options) {
  model_ = model;
  template_source_ = view(options.template_source);
  variables_ = view(options.variables);
  if (options.system_prompt.data != nullptr) conversation_.system_prompt = std::string(view(options.system_prompt));
  sotto_model_facts facts{};
  facts.struct_size = sizeof facts;
  const sotto_session_service& service = *services_.session;
  if (Status s = call([&](sotto_error* err) { return service.model_get_facts(model, &facts, err); }); !s.ok()) return s;
  model_name_.assign(facts.name, strnlen(facts.name, sizeof facts.name));
  if (Status s = require_template(); !s.ok()) return s;

  context_tokens_ = facts.context_tokens;
  if (options.context_tokens != 0) context_tokens_ = std::min(options.context_tokens, context_tokens_);
  answer_tokens_ = options.answer_tokens != 0 ? options.answer_tokens : std::min(context_tokens_ / 4, kDefaultAnswerTokens);
  if (context_tokens_ != 0 && answer_tokens_ >= context_tokens_)
    return {SOTTO_INVALID_ARGUMENT, "creating a dialogue: answer_tokens " + std::to_string(answer_tokens_) +
                                        " leaves no room for a question in a context of " + std::to_string(context_tokens_) +
                                        " tokens"};
  sotto_session_options session{};
  session.struct_size = sizeof session;
  session.context_tokens = options.context_tokens;
  return call([&](sotto_error* err) { return service.session_create(model, &session, &session_, err); });
}

Status Dialogue::require_template() {
  if (!template_source_.empty()) return {};
  uint64_t size = 0;
  const Status found = call([&](sotto_error* err) {
    return services_.session->model_text(model_, sotto_cstr("tokenizer.chat_template"), nullptr, 0, &size, err);
  });
  if (found.ok() && size > 0) return {};
  return {SOTTO_NOT_FOUND, "creating a dialogue: the model \"" + model_name_ +
                               "\" has no chat template (tokenizer.chat_template): give one as template_source"};
}

Status Dialogue::say(std::string_view role, std::string_view text, const sotto_generate_options& options, sotto_on_text on_text,
                     void* user, sotto_turn_result* result) {
  const Clock::time_point start = Clock::now();
  is_cancelled_ = false;
  Undo undo(conversation_);
  if (Status s = add(role, text); !s.ok()) return s;

  Prompt prompt;
  if (Status s = fit(&prompt, &undo.dropped); !s.ok()) return s;
  result->dropped_turns = static_cast<uint32_t>(undo.dropped.size());
  result->flags = conversation_.hint.empty() ? 0 : SOTTO_TURN_HINTED;
  result->prompt_tokens = static_cast<uint32_t>(prompt.total);
  result->reused_tokens = static_cast<uint32_t>(prompt.reuse.keep);
  const size_t turns = conversation_.turns.size();
  Status status = answer(prompt, options, start, on_text, user, result);
  if (conversation_.turns.size() > turns) undo.keep();
  return status;
}

Status Dialogue::answer(const Prompt& prompt, sotto_generate_options options, Clock::time_point start, sotto_on_text on_text,
                        void* user, sotto_turn_result* result) {
  const sotto_session_service& service = *services_.session;
  const auto keep = static_cast<uint32_t>(prompt.reuse.keep);
  if (keep < service.session_position(session_)) {
    if (Status s = call([&](sotto_error* err) { return service.session_rewind(session_, keep, err); }); !s.ok()) return s;
  }
  const uint64_t spent = nanoseconds_since(start);
  if (options.deadline_ms != 0) {
    if (spent / 1000000 >= options.deadline_ms)
      return {SOTTO_DEADLINE,
              "dialogue: the deadline of " + std::to_string(options.deadline_ms) + " ms passed before the model ran"};
    options.deadline_ms -= static_cast<uint32_t>(spent / 1000000);
  }
  if (is_cancelled_) return {SOTTO_CANCELLED, "dialogue: cancelled before the model ran"};

  options.prompt_ids = prompt.ids.data() + prompt.reuse.next;
  options.prompt_id_count = prompt.ids.size() - prompt.reuse.next;
  sotto_generate_result generated{};
  generated.struct_size = sizeof generated;
  sotto_generate_result* wanted = std::exchange(options.result, &generated);
  Relay relay{on_text, user, is_cancelled_, {}};
  const uint64_t computed_before = computed_so_far();
  Status status =
      call([&](sotto_error* err) { return service.generate(session_, sotto_str{}, &options, &Relay::take, &relay, err); });
  write_struct(generated, wanted);
  if (relay.has_thrown) status = {SOTTO_INVALID_ARGUMENT, "dialogue: the text callback threw an exception"};
  if (status.ok() && is_cancelled_ && generated.finish == SOTTO_FINISH_CALLBACK) {
    status = {SOTTO_CANCELLED,
              "dialogue: cancelled after " + std::to_string(generated.generated_tokens) + " tokens of the answer"};
    generated.finish = 0;
  }

  result->finish = generated.finish;
  // What went through the model for the prompt: one more than was fed when the last token of the answer before was never
  // computed.
  const uint64_t steps = generated.generated_tokens > 1 ? generated.generated_tokens - 1 : 0;
  const uint64_t computed = computed_so_far() - computed_before;
  result->computed_tokens = std::min(result->prompt_tokens, static_cast<uint32_t>(computed > steps ? computed - steps : 0));
  if (status.ok()) result->reused_tokens = result->prompt_tokens - result->computed_tokens;
  result->generated_tokens = generated.generated_tokens;
  result->first_token_ns = generated.first_token_ns != 0 ? spent + generated.first_token_ns : 0;
  result->prefill_ns = generated.prefill_ns;
  result->decode_ns = generated.decode_ns;
  const bool was_stopped = status.code == SOTTO_CANCELLED || status.code == SOTTO_DEADLINE;
  if (status.ok() || (was_stopped && !relay.answer.empty()))
    conversation_.turns.push_back({"assistant", std::move(relay.answer)});
  return status;
}

Status Dialogue::fit(Prompt* out, std::vector<size_t>* dropped) {
  Ids cached;
  if (Status s = cached_ids(&cached); !s.ok()) return s;
  if (Status s = measure(cached, out); !s.ok()) return s;
  const size_t room = context_tokens_ - answer_tokens_;
  if (out->total <= room) return {};

  const std::vector<std::vector<size_t>> exchanges = conversation_.droppable();
  const auto try_without = [&](size_t count) {
    for (const size_t i : *dropped) conversation_.turns[i].is_dropped = false;
    dropped->clear();
    for (size_t e = 0; e < count; ++e) dropped->insert(dropped->end(), exchanges[e].begin(), exchanges[e].end());
    for (const size_t i : *dropped) conversation_.turns[i].is_dropped = true;
    return measure(cached, out);
  };
  const size_t wanted = room - room / kFreePart;
  size_t low = 0, high = exchanges.size();  // dropping `low` is too little; `high` is enough, or all there is
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    if (Status s = try_without(middle); !s.ok()) return s;
    (out->total <= wanted ? high : low) = middle;
  }
  if (Status s = try_without(high); !s.ok()) return s;
  if (out->total > room)
    return {SOTTO_CONTEXT_FULL, "dialogue: the system prompt and this turn alone take " + std::to_string(out->total) +
                                    " tokens, the context of " + std::to_string(context_tokens_) + " has room for " +
                                    std::to_string(room) + " beside an answer of " + std::to_string(answer_tokens_) +
                                    ": say less, or open the model with a larger context"};
  services_.log(SOTTO_LOG_INFO, "dialogue: " + std::to_string(dropped->size()) + " old turns left the context of " +
                                    std::to_string(context_tokens_) + " tokens, the prompt has " + std::to_string(out->total));
  return {};
}

Status Dialogue::measure(const Ids& cached, Prompt* out) {
  const std::string messages = conversation_.prompt_json();
  sotto_template_options options{};
  options.struct_size = sizeof options;
  options.messages = str(messages);
  if (!variables_.empty()) options.variables = str(variables_);
  if (!template_source_.empty()) options.source = str(template_source_);
  const auto tokenize = [&](sotto_error* err, uint32_t* ids, uint64_t capacity, uint64_t* count) {
    return services_.session->template_tokenize(model_, &options, ids, capacity, count, err);
  };
  // One call where the guess suffices: a token is a byte at least, and the template adds a few to each message.
  uint64_t count = 0;
  out->ids.resize(messages.size() + 256);
  Status s = call([&](sotto_error* err) { return tokenize(err, out->ids.data(), out->ids.size(), &count); });
  if (s.ok() && count > out->ids.size()) {
    out->ids.resize(static_cast<size_t>(count));
    s = call([&](sotto_error* err) { return tokenize(err, out->ids.data(), out->ids.size(), &count); });
  }
  if (!s.ok()) return s.within("dialogue: making the prompt of " + std::to_string(conversation_.turns.size()) + " turns");
  out->ids.resize(static_cast<size_t>(count));
  if (out->ids.empty())
    return {SOTTO_TEMPLATE_ERROR, "dialogue: the chat template makes an empty prompt of " +
                                      std::to_string(conversation_.turns.size()) + " turns: check template_source"};
  s = find_reuse(
      cached, out->ids,
      [this](const uint32_t* ids, size_t n, bool with_control, std::string* text) { return spell(ids, n, with_control, text); },
      &out->reuse);
  out->total = out->reuse.keep + out->ids.size() - out->reuse.next;
  return s;
}

uint64_t Dialogue::computed_so_far() const {
  sotto_counters counters{};
  counters.struct_size = sizeof counters;
  const Status s = call([&](sotto_error* err) { return services_.session->session_counters(session_, &counters, err); });
  return s.ok() ? counters.computed_tokens : 0;
}

Status Dialogue::cached_ids(Ids* out) {
  out->resize(services_.session->session_position(session_));
  if (out->empty()) return {};
  uint64_t count = 0;
  Status s = call(
      [&](sotto_error* err) { return services_.session->session_tokens(session_, 0, out->data(), out->size(), &count, err); });
  if (count < out->size()) out->resize(static_cast<size_t>(count));
  return s;
}

Status Dialogue::spell(const uint32_t* ids, size_t count, bool with_control, std::string* text) {
  text->clear();
  if (count == 0) return {};
  const uint32_t flags = with_control ? SOTTO_DETOKENIZE_SPECIAL : 0;
  uint64_t size = 0;
  text->resize(64 + 16 * count);
  const auto fill = [&](sotto_error* err) {
    return services_.session->detokenize(model_, ids, count, flags, text->data(), text->size(), &size, err);
  };
  Status s = call(fill);
  if (s.ok() && size > text->size()) {
    text->resize(static_cast<size_t>(size));
    s = call(fill);
  }
  text->resize(s.ok() ? static_cast<size_t>(size) : 0);
  return s;
}

Status Dialogue::add(std::string_view role, std::string_view text) {
  if (role.empty()) return {SOTTO_INVALID_ARGUMENT, "dialogue: a turn without a role: use \"user\", \"assistant\" or \"tool\""};
  conversation_.turns.push_back({std::string(role), std::string(text)});
  return {};
}

Status Dialogue::reset() {
  if (Status s = call([&](sotto_error* err) { return services_.session->session_rewind(session_, 0, err); }); !s.ok()) return s;
  conversation_.turns.clear();
  return {};
}

Status Dialogue::undo(uint32_t turns) {
  const size_t held = conversation_.turns.size();
  if (turns > held)
    return {SOTTO_INVALID_ARGUMENT,
            "dialogue: " + std::to_string(turns) + " turns to take back, there are " + std::to_string(held)};
  conversation_.turns.resize(held - turns);
  // With all that was left of the prompt gone, older turns fit again.
  const bool has_live =
      std::any_of(conversation_.turns.begin(), conversation_.turns.end(), [](const Turn& t) { return !t.is_dropped; });
  if (!has_live)
    for (Turn& turn : conversation_.turns) turn.is_dropped = false;
  return {};
}

Status Dialogue::history(char* buffer, uint64_t capacity, uint64_t* size) {
  const std::string json = conversation_.history_json();
  return give(json.data(), json.size(), buffer, capacity, size);
}

Status Dialogue::save(void* buffer, uint64_t capacity, uint64_t* size) {
  uint64_t session_size = 0;
  const auto save_session = [&](void* into, uint64_t room) {
    return call([&](sotto_error* err) { return services_.session->session_save(session_, into, room, &session_size, err); });
  };
  if (Status s = save_session(nullptr, 0); !s.ok()) return s;
  const uint64_t needed = packed_size(conversation_, session_size);
  if (buffer == nullptr || capacity < needed) return give<char>(nullptr, needed, nullptr, 0, size);
  uint64_t session_at = 0;
  const uint64_t expected = session_size;
  std::string bytes = pack(conversation_, session_size, &session_at);
  if (Status s = save_session(bytes.data() + session_at, expected); !s.ok()) return s;
  if (session_size != expected)
    return {SOTTO_INTERNAL, "dialogue: the session's state has " + std::to_string(session_size) + " bytes, it announced " +
                                std::to_string(expected)};
  seal(&bytes);
  return give<char>(bytes.data(), bytes.size(), static_cast<char*>(buffer), capacity, size);
}

Status Dialogue::restore(const void* bytes, uint64_t size) {
  Unpacked unpacked;
  if (Status s = unpack(bytes, size, &unpacked); !s.ok()) return s;
  Status s = call([&](sotto_error* err) {
    return services_.session->session_restore(session_, unpacked.session, unpacked.session_size, err);
  });
  if (!s.ok()) return s.within("restoring a dialogue of " + std::to_string(unpacked.conversation.turns.size()) + " turns");
  unpacked.conversation.hint = std::move(conversation_.hint);
  conversation_ = std::move(unpacked.conversation);
  return {};
}

Status Dialogue::set_hint(std::string_view text) {
  constexpr size_t kLongestHint = 1000;
  if (text.size() > kLongestHint)
    return {SOTTO_INVALID_ARGUMENT,
            "dialogue: a hint of " + std::to_string(text.size()) + " bytes, at most 1000 are taken: it is a sentence or two"};
  conversation_.hint = std::string(text);
  return {};
}

void Dialogue::cancel() {
  is_cancelled_ = true;
  services_.session->session_cancel(session_);
}

}  // namespace sotto::dialogue
