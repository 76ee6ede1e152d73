// generation.cc: Session::generate, the loop from prompt to answer.
#include <fmt/format.h>

#include <algorithm>

#include "run/sampler.h"
#include "run/session.h"
#include "run/stop_rules.h"
#include "text/stream_decoder.h"

namespace sotto {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t nanoseconds(Clock::duration d) { return static_cast<uint64_t>(std::chrono::nanoseconds(d).count()); }

std::vector<std::string> stop_strings(const sotto_generate_options& o) {
  std::vector<std::string> stops;
  for (uint32_t i = 0; i < o.stop_count; ++i)
    stops.emplace_back(o.stops[i].data ? o.stops[i].data : "", static_cast<size_t>(o.stops[i].data ? o.stops[i].size : 0));
  return stops;
}

}  // namespace

// One call of generate: its buffers, rules and result.
class Generation {
 public:
  Generation(Session& session, const sotto_generate_options& options, sotto_on_text on_text, void* user)
      : s_(session),
        o_(options),
        on_text_(on_text),
        user_(user),
        sampler_(options, session.engine().file()->config().vocabulary),
        stops_(stop_strings(options)) {}

  Status run(std::string_view prompt) {
    start_ = Clock::now();
    result_.struct_size = sizeof result_;
    Status status = s_.start_call(o_.deadline_ms, &stop_);
    if (status.ok()) status = feed_prompt(prompt);
    if (status.ok()) status = loop();
    // What was held back is the caller's, whatever ended the call.
    if (decoder_ && (status.ok() || status.code() == SOTTO_CANCELLED || status.code() == SOTTO_DEADLINE)) flush();
    if (!status.ok()) result_.finish = 0;
    result_.position = s_.position();
    s_.prefill_ns_ += result_.prefill_ns;
    s_.decode_ns_ += result_.decode_ns;
    return status;
  }
  const sotto_generate_result& result() const { return result_; }

 private:
  Result<std::vector<uint32_t>> prompt_ids(std::string_view prompt) const {
    if (o_.prompt_ids) return std::vector<uint32_t>(o_.prompt_ids, o_.prompt_ids + o_.prompt_id_count);
    if (prompt.empty() && !s_.tokens_.empty()) return std::vector<uint32_t>();
    SOTTO_ASSIGN(const Tokenizer* t, s_.engine().need_tokenizer());
    EncodeOptions e;
    e.parse_special = (o_.flags & SOTTO_GENERATE_SPECIAL) != 0;
    e.add_bos = s_.tokens_.empty() && !(o_.flags & SOTTO_GENERATE_NO_BOS);
    e.add_eos = false;
    SOTTO_ASSIGN(auto ids, t->encode(prompt, e));
    // With nothing at all to go on, the model begins where its texts begin.
    if (ids.empty() && s_.tokens_.empty() && t->bos()) ids.push_back(*t->bos());
    return ids;
  }

  Status feed_prompt(std::string_view prompt) {
    SOTTO_ASSIGN(const auto ids, prompt_ids(prompt));
    const size_t before = s_.tokens_.size();
    if (ids.empty() && before == 0)
      return Status(SOTTO_INVALID_ARGUMENT,
                    "generating: the prompt is empty, so is the session, and the model has no token to begin with");
    SOTTO_TRY(s_.append(ids));
    result_.prompt_tokens = static_cast<uint32_t>(ids.size());
    if (const Tokenizer* t = s_.engine().tokenizer()) decoder_.emplace(*t, t->is_control(s_.tokens_.back()));
    // The last token is computed (again, if it is there already) for its logits.
    if (s_.computed_ >= s_.tokens_.size()) SOTTO_TRY(s_.truncate_cache(static_cast<uint32_t>(s_.tokens_.size()) - 1));
    Status status = compute(before);
    result_.prefill_ns = nanoseconds(Clock::now() - start_);
    return status;
  }

  // Computes what is not computed yet and keeps the logits of the last position.
  Status compute(size_t kept) {
    const uint32_t last = static_cast<uint32_t>(s_.tokens_.size()) - 1;
    const Session::WantOutputs want = [last](uint32_t position) { return position == last ? SOTTO_OUTPUT_LOGITS : 0u; };
    return s_.compute(kept, &want, nullptr, stop_);
  }

  Status loop() {
    const auto decode_start = Clock::now();
    Status status;
    while (status.ok() && result_.finish == 0) status = one_token();
    result_.decode_ns = nanoseconds(Clock::now() - decode_start);
    return status;
  }

  Status one_token() {
    if (stop_.should_stop()) return stop_.status();
    const Span<float> logits(s_.copied_);
    const bool wants_logprob = o_.on_token && (o_.flags & SOTTO_GENERATE_LOGPROBS);
    if (wants_logprob) raw_.assign(logits.begin(), logits.end());
    auto chosen = sampler_.next(logits, Span<const uint32_t>(s_.tokens_));
    if (chosen.status().code() == SOTTO_CANCELLED) return finish(SOTTO_FINISH_CALLBACK);
    if (!chosen.ok()) return chosen.status();
    const uint32_t token = chosen.value();
    if (++result_.generated_tokens == 1) result_.first_token_ns = nanoseconds(Clock::now() - start_);
    ++s_.generated_tokens_;
    const Tokenizer* t = s_.engine().tokenizer();
    const bool ends = t && t->ends_generation(token) && !(o_.flags & SOTTO_GENERATE_IGNORE_END);
    if (!ends) {
      s_.tokens_.push_back(token);
      s_.set_position();
    }
    if (o_.on_token &&
        o_.on_token(o_.on_token_user, token, wants_logprob ? log_probability(Span<const float>(raw_), token) : 0))
      return finish(SOTTO_FINISH_CALLBACK);
    if (ends) return finish(SOTTO_FINISH_END);
    if (decoder_ && !show(stops_.add(decoder_->add(token)))) return finish(SOTTO_FINISH_CALLBACK);
    if (stops_.stopped()) {
      result_.stop_index = stops_.stop_index();
      return finish(SOTTO_FINISH_STOP);
    }
    if (o_.max_tokens && result_.generated_tokens >= o_.max_tokens) return finish(SOTTO_FINISH_LENGTH);
    if (s_.tokens_.size() >= s_.context_tokens_) return finish(SOTTO_FINISH_CONTEXT);
    return compute(s_.tokens_.size());
  }

  Status finish(uint32_t reason) {
    result_.finish = reason;
    return {};
  }

  // False when the caller wants no more.
  bool show(std::string_view text) {
    return text.empty() || !on_text_ || on_text_(user_, sotto_str{text.data(), text.size()}) == 0;
  }

  void flush() {
    if (result_.finish == SOTTO_FINISH_CALLBACK || stops_.stopped()) return;
    if (show(stops_.add(decoder_->finish())) && !stops_.stopped()) show(stops_.finish());
  }

  Session& s_;
  const sotto_generate_options& o_;
  sotto_on_text on_text_;
  void* user_;
  Sampler sampler_;
  StopRules stops_;
  StopWatch stop_;
  std::optional<StreamDecoder> decoder_;
  std::vector<float> raw_;
  sotto_generate_result result_{};
  Clock::time_point start_;
};

Status Session::generate(std::string_view prompt, const sotto_generate_options& options, sotto_on_text on_text, void* user) {
  Generation g(*this, options, on_text, user);
  Status status = g.run(prompt);
  if (options.result) {
    // The caller's struct may be older or newer: its own size rules.
    const uint32_t size = options.result->struct_size;
    std::copy_n(reinterpret_cast<const char*>(&g.result()) + sizeof size,
                std::min<size_t>(size, sizeof(sotto_generate_result)) - sizeof size,
                reinterpret_cast<char*>(options.result) + sizeof size);
  }
  return status;
}

}  // namespace sotto
