// generation.cc: Session::generate, the loop from prompt to answer.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "run/drafter.h"
#include "run/sampler.h"
#include "run/session.h"
#include "run/stop_rules.h"
#include "run/user_call.h"
#include "text/stream_decoder.h"

namespace sotto {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t nanoseconds(Clock::duration d) { return static_cast<uint64_t>(std::chrono::nanoseconds(d).count()); }

std::vector<std::string> stop_strings(const sotto_generate_options& o) {
  std::vector<std::string> stops;
  for (uint32_t i = 0; i < o.stop_count; ++i)
    stops.emplace_back(o.stops[i].size ? o.stops[i].data : "", static_cast<size_t>(o.stops[i].size));
  return stops;
}

}  // namespace

// One call of generate: its buffers, rules and result.
class Generation {
 public:
  Generation(Session& session, const sotto_generate_options& options, grammar::TokenMatcher* matcher, sotto_on_text on_text,
             void* user)
      : s_(session),
        o_(options),
        matcher_(matcher),
        on_text_(on_text),
        user_(user),
        stop_(session.watch(options.deadline_ms)),
        start_(Clock::now()),
        speculates_(!(options.flags & SOTTO_GENERATE_NO_SPECULATION) && session.engine().program().invariant_rows > 1),
        sampler_(options, session.engine().file()->config().vocabulary, matcher),
        stops_(stop_strings(options)) {}

  Status run(std::string_view prompt) {
    Status status = sampler_.check();
    if (status.ok()) status = feed_prompt(prompt);
    if (status.ok()) status = decode();
    // What was held back is the caller's, whatever ended the call.
    if (decoder_ && (status.ok() || status.code() == SOTTO_CANCELLED || status.code() == SOTTO_DEADLINE))
      if (Status shown = flush(); status.ok()) status = shown;
    if (!status.ok()) result_.finish = 0;
    s_.prefill_ns_ += result_.prefill_ns;
    s_.decode_ns_ += result_.decode_ns;
    return status;
  }
  const sotto_generate_result& result() const { return result_; }

 private:
  Result<std::vector<uint32_t>> prompt_ids(std::string_view prompt) const {
    if (o_.prompt_ids) return std::vector<uint32_t>(o_.prompt_ids, o_.prompt_ids + o_.prompt_id_count);
    const Engine& engine = s_.engine();
    if (prompt.empty() && (!s_.tokens_.empty() || !engine.tokenizer())) return std::vector<uint32_t>();
    SOTTO_ASSIGN(const Tokenizer* t, engine.need_tokenizer());
    EncodeOptions e;
    e.parse_special = (o_.flags & SOTTO_GENERATE_SPECIAL) != 0;
    e.add_bos = s_.tokens_.empty() && !(o_.flags & SOTTO_GENERATE_NO_BOS);
    e.add_eos = false;
    return t->encode(prompt, e);
  }

  Status feed_prompt(std::string_view prompt) {
    SOTTO_ASSIGN(auto ids, prompt_ids(prompt));
    const Tokenizer* t = s_.engine().tokenizer();
    const size_t before = s_.tokens_.size();
    if (ids.empty() && before == 0) {
      // With nothing at all to go on, the model begins where its texts begin.
      if (!t || !t->bos() || (o_.flags & SOTTO_GENERATE_NO_BOS))
        return Status(
            SOTTO_INVALID_ARGUMENT,
            "generating: the prompt is empty, so is the session, and there is no beginning-of-text token to go on from");
      ids.push_back(*t->bos());
    }
    SOTTO_TRY(s_.append(ids));
    result_.prompt_tokens = static_cast<uint32_t>(ids.size());
    if (t) decoder_.emplace(*t, t->is_control(s_.tokens_.back()));
    // Where the last call was cut inside a character, this one brings it whole.
    if (t && ids.empty()) decoder_->go_on_from(Span<const uint32_t>(s_.tokens_));
    Status status = prefill(before);
    result_.prefill_ns = nanoseconds(Clock::now() - start_);
    return status;
  }

  Status prefill(size_t before) {
    const auto size = static_cast<uint32_t>(s_.tokens_.size());
    // The last token is computed for its logits; again, if it is in the cache already.
    if (s_.stream_.computed >= size) {
      Scheduler::Turn turn(s_.engine().scheduler());
      SOTTO_TRY(s_.truncate_cache(turn, size - 1));
    }
    return compute(before);
  }

  // Computes what is not computed yet and keeps the logits of the last position.
  Status compute(size_t kept) {
    RowWishes wishes;
    wishes.last = SOTTO_OUTPUT_LOGITS;
    return s_.compute(kept, wishes, stop_, nullptr, nullptr);
  }

  Status decode() {
    struct Decoding {
      Scheduler& scheduler;
      ~Decoding() { scheduler.end_decoding(); }
    } decoding{s_.engine().scheduler()};
    decoding.scheduler.begin_decoding();
    const auto start = Clock::now();
    if (speculates_) s_.drafter_.read(Span<const uint32_t>(s_.tokens_), s_.context_tokens_);
    Status status;
    while (status.ok() && result_.finish == 0) status = one_token();
    result_.decode_ns = nanoseconds(Clock::now() - start);
    return status;
  }

  Status one_token() {
    if (is_at_end_of_grammar()) return finish(SOTTO_FINISH_GRAMMAR);
    if (s_.tokens_.size() >= s_.context_tokens_) return finish(SOTTO_FINISH_CONTEXT);
    if (stop_.should_stop()) return stop_.status();
    auto chosen = sampler_.next(logits(), Span<const uint32_t>(s_.tokens_), decoder_ && decoder_->is_at_start());
    // Where no mask could write them, strange logits are the backend's.
    if (!chosen.ok())
      return chosen.status().code() == SOTTO_INTERNAL && !o_.mask ? chosen.status().within(s_.engine().place().backend_id)
                                                                  : chosen.status();
    const Sampler::Choice choice = chosen.value();
    if (choice.ended_by_mask) return finish(SOTTO_FINISH_CALLBACK);
    const uint32_t token = choice.token;
    if (++result_.generated_tokens == 1) result_.first_token_ns = nanoseconds(Clock::now() - start_);
    ++s_.generated_tokens_;
    const Tokenizer* t = s_.engine().tokenizer();
    const bool ends = t && t->ends_generation(token) && !(o_.flags & SOTTO_GENERATE_IGNORE_END);
    if (!ends) {
      if (matcher_) SOTTO_TRY(matcher_->accept(token));
      if (row_ < guess_.size() && guess_[row_] != token) s_.trusted_ = static_cast<uint32_t>(s_.tokens_.size());
      s_.tokens_.push_back(token);
      s_.set_position();
    }
    if (o_.on_token) {
      SOTTO_ASSIGN(const bool enough,
                   user_call("on_token", [&] { return o_.on_token(o_.on_token_user, token, choice.logprob); }));
      if (enough) return finish(SOTTO_FINISH_CALLBACK);
    }
    if (ends) return finish(SOTTO_FINISH_END);
    if (decoder_) SOTTO_TRY(show(stops_.add(decoder_->add(token))));
    if (result_.finish) return {};
    if (stops_.stopped()) {
      result_.stop_index = stops_.stop_index();
      return finish(SOTTO_FINISH_STOP);
    }
    if (is_at_end_of_grammar()) return finish(SOTTO_FINISH_GRAMMAR);
    if (o_.max_tokens && result_.generated_tokens >= o_.max_tokens) return finish(SOTTO_FINISH_LENGTH);
    if (s_.tokens_.size() >= s_.context_tokens_) return finish(SOTTO_FINISH_CONTEXT);
    return go_on();
  }

  Span<float> logits() const {
    const size_t width = s_.rows_.size() / (guess_.size() + 1);
    return Span<float>(s_.rows_.data() + row_ * width, width);
  }

  // The logits behind the token just chosen: those of its row, if it is what was guessed, or of the next step.
  Status go_on() {
    if (!speculates_) return compute(s_.tokens_.size());
    const Span<const uint32_t> tokens(s_.tokens_);
    s_.drafter_.follow(tokens);
    if (row_ < guess_.size() && guess_[row_] == s_.tokens_.back()) {
      ++row_;
      ++result_.accepted_tokens;
      return {};
    }
    const auto start = Clock::now();
    if (s_.trusted_ < tokens.size()) SOTTO_TRY(forget_from(std::exchange(s_.trusted_, UINT32_MAX)));
    const auto guess = s_.drafter_.draft(tokens, room_for_guess());
    guess_.assign(guess.begin(), guess.end());
    row_ = 0;
    Status status = step_with_guess();
    if (status.ok() && s_.engine().scheduler().decoding() == 1)
      s_.drafter_.took(static_cast<uint32_t>(guess_.size()) + 1, Clock::now() - start);
    return status;
  }

  Status step_with_guess() {
    if (!guess_.empty()) {
      result_.drafted_tokens += static_cast<uint32_t>(guess_.size());
      Status status = s_.compute_ahead(Span<const uint32_t>(guess_), stop_);
      if (status.code() != SOTTO_CONTEXT_FULL) return status;
      guess_.clear();  // there may be room for the token alone
      SOTTO_TRY(forget_from(static_cast<uint32_t>(s_.tokens_.size()) - 1));
    }
    return compute(s_.tokens_.size());
  }

  Status forget_from(uint32_t position) {
    Scheduler::Turn turn(s_.engine().scheduler());
    return s_.truncate_cache(turn, position);
  }

  // Others who decode fill the step better than a guess; without equal bits in larger steps the text would not be the same.
  uint32_t room_for_guess() const {
    const Engine& engine = s_.engine();
    if (s_.engine().scheduler().decoding() > 1) return 0;
    size_t room = std::min(engine.program().max_batch, engine.program().invariant_rows.load()) - 1;
    room = std::min(room, s_.context_tokens_ - s_.tokens_.size());
    if (o_.max_tokens) room = std::min<size_t>(room, o_.max_tokens - result_.generated_tokens - 1);
    return static_cast<uint32_t>(room);
  }

  bool is_at_end_of_grammar() const { return matcher_ && !matcher_->can_go_on(); }

  Status finish(uint32_t reason) {
    result_.finish = reason;
    return {};
  }

  // Finishes when the caller wants no more.
  Status show(std::string_view text) {
    if (text.empty() || !on_text_) return {};
    SOTTO_ASSIGN(const bool enough, user_call("on_text", [&] { return on_text_(user_, sotto_str{text.data(), text.size()}); }));
    return enough ? finish(SOTTO_FINISH_CALLBACK) : Status();
  }

  Status flush() {
    if (result_.finish == SOTTO_FINISH_CALLBACK || stops_.stopped()) return {};
    const uint32_t reason = result_.finish;
    // The beginning of a character at the end of the text is broken; at a limit it is only not finished yet.
    if (reason == SOTTO_FINISH_END) SOTTO_TRY(show(stops_.add(decoder_->finish())));
    if (result_.finish == reason && !stops_.stopped()) SOTTO_TRY(show(stops_.finish()));
    return {};
  }

  Session& s_;
  const sotto_generate_options& o_;
  grammar::TokenMatcher* const matcher_;
  sotto_on_text on_text_;
  void* user_;
  StopWatch stop_;
  Clock::time_point start_;
  const bool speculates_;
  std::vector<uint32_t> guess_;  // what the last step computed behind the text
  size_t row_ = 0;               // of its rows: whose logits are next
  Sampler sampler_;
  StopRules stops_;
  std::optional<StreamDecoder> decoder_;
  sotto_generate_result result_{};
};

Status Session::generate(std::string_view prompt, const sotto_generate_options& options, grammar::TokenMatcher* matcher,
                         sotto_on_text on_text, void* user) {
  Generation g(*this, options, matcher, on_text, user);
  struct Report {
    const Generation& g;
    const Session& s;
    sotto_generate_result* to;
    ~Report() {
      if (!to) return;
      sotto_generate_result r = g.result();
      r.position = s.position();
      // The caller's struct may be older or newer: its own size rules.
      constexpr size_t kFirst = sizeof r.struct_size;
      std::copy_n(reinterpret_cast<const char*>(&r) + kFirst, std::min<size_t>(to->struct_size, sizeof r) - kFirst,
                  reinterpret_cast<char*>(to) + kFirst);
    }
  } report{g, *this, options.result};
  return g.run(prompt);
}

}  // namespace sotto
