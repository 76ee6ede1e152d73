#include "sentiment.h"

#include <algorithm>
#include <cmath>

namespace sotto::sentiment {
namespace {

constexpr size_t kMostBytes = 4096;    // of a text; the end of a longer one says how it was meant
constexpr uint32_t kMostTrailing = 8;  // tokens that a template writes behind the one that ends a turn

// One call of read or read_session at a time.
class Alone {
 public:
  explicit Alone(std::atomic<bool>& is_busy) : is_busy_(is_busy) {
    if (is_busy_.exchange(true)) throw Failure(SOTTO_BUSY, "sentiment: another thread is reading with this reader");
  }
  ~Alone() { is_busy_ = false; }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;

 private:
  std::atomic<bool>& is_busy_;
};

void check_confidence(float given, const char* name) {
  if (!(given >= 0 && given <= 1))
    throw Failure(SOTTO_INVALID_ARGUMENT,
                  std::string("sentiment: ") + name + " is " + std::to_string(given) + ", a probability from 0 to 1 is wanted");
}

void check_flags(uint32_t flags) {
  constexpr uint32_t kKnown =
      SOTTO_SENTIMENT_CONSENT | SOTTO_SENTIMENT_HINTS | SOTTO_SENTIMENT_NO_HEADS | SOTTO_SENTIMENT_NO_EMOTION;
  if ((flags & ~kKnown) != 0)
    throw Failure(SOTTO_UNSUPPORTED, "sentiment: flags are " + std::to_string(flags) + ", known are the bits of " +
                                         std::to_string(kKnown) + ": this plugin is older than the caller's headers");
}

LanguageIndex language_of(const TextSigns& signs) { return signs.is_chinese ? kChinese : kEnglish; }

// What is said of a text without a word: nothing is likelier than anything else.
sotto_sentiment_result blank(const TextSigns& signs) {
  sotto_sentiment_result result{};
  result.struct_size = sizeof result;
  result.label = result.emotion = SOTTO_NONE;
  result.language = signs.language;
  std::fill(std::begin(result.probabilities), std::end(result.probabilities), 1.0f / SOTTO_SENTIMENT_LABELS);
  return result;
}

}  // namespace

Sentiment::Sentiment(const Services& services, sotto_model* model, const sotto_sentiment_options& options)
    : services_(services),
      prompt_(services, model),
      cancel_(services),
      mood_(services, options),
      session_(nullptr, DestroySession{services.session}) {
  check_flags(options.flags);
  check_confidence(options.confidence, "confidence");
  check_confidence(options.emotion_confidence, "emotion_confidence");
  readings_[kSentiment].confidence = options.confidence;
  readings_[kEmotion].confidence = options.emotion_confidence;
  readings_[kEmotion].is_wanted = (options.flags & SOTTO_SENTIMENT_NO_EMOTION) == 0;
  if ((options.flags & SOTTO_SENTIMENT_NO_HEADS) == 0)
    for (size_t task = 0; task < kTasks; ++task) readings_[task].head = Head::find(services, model, kAllTasks[task]);

  sotto_model_facts facts{};
  facts.struct_size = sizeof facts;
  ask([&](sotto_error* err) { return services.session->model_get_facts(model, &facts, err); });
  hidden_ = facts.hidden;
  context_tokens_ = context_of_model_ = facts.context_tokens;
  if (options.context_tokens != 0) context_tokens_ = std::min(context_tokens_, options.context_tokens);
  sotto_session_options session{};
  session.struct_size = sizeof session;
  session.context_tokens = options.context_tokens;
  sotto_session* made = nullptr;
  ask([&](sotto_error* err) { return services.session->session_create(model, &session, &made, err); });
  session_.reset(made);
}

bool Sentiment::wants_hidden() const {
  return std::any_of(readings_.begin(), readings_.end(), [](const Reading& r) { return r.is_wanted && r.head; });
}

bool Sentiment::wants_words() const {
  return std::any_of(readings_.begin(), readings_.end(), [](const Reading& r) { return r.is_wanted && !r.head; });
}

std::vector<sotto_sentiment_result> Sentiment::read(const sotto_str* texts, size_t count,
                                                    const sotto_sentiment_read_options& options) {
  const Alone alone(is_busy_);
  Run run(services_, cancel_, options.deadline_ms);
  std::vector<sotto_sentiment_result> results;
  results.reserve(count);
  try {
    for (size_t i = 0; i < count; ++i) results.push_back(read_text(run, view(texts[i])));
  } catch (...) {
    forget_turn();
    throw;
  }
  forget_turn();
  return results;
}

sotto_sentiment_result Sentiment::read_text(Run& run, std::string_view whole) {
  std::string_view text = tail(whole, kMostBytes);
  const TextSigns signs = look_at(text);
  sotto_sentiment_result result = blank(signs);
  if (!signs.is_blank) {
    const size_t room = prepare(run, language_of(signs), &result);
    const uint32_t before = run.tokens();  // the calibration is told apart
    const Ids turn = fit(&text, room);
    const std::vector<float> hidden = feed_turn(run, turn);
    fill(run, session_.get(), hidden, signs, &result);
    result.extra_tokens = run.tokens() - before;
  }
  if (signs.is_blank && readings_[kEmotion].is_wanted)
    std::fill(std::begin(result.emotions), std::end(result.emotions), 1.0f / SOTTO_EMOTION_LABELS);
  result.skipped_bytes = static_cast<uint32_t>(std::min<uint64_t>(whole.size() - text.size(), UINT32_MAX));
  return result;
}

// The turn with as much of the text's end as the context holds beside `room` tokens.
Ids Sentiment::fit(std::string_view* text, size_t room) const {
  while (true) {
    Ids turn = prompt_.turn(*text);
    if (turn.size() + room <= context_tokens_) return turn;
    if (text->size() <= 1)
      throw Failure(SOTTO_CONTEXT_FULL, "sentiment: a turn of one byte takes " + std::to_string(turn.size() + room) +
                                            " tokens, the context holds " + std::to_string(context_tokens_));
    *text = tail(*text, text->size() / 2);
  }
}

// The opening that an earlier turn left is not computed again.
std::vector<float> Sentiment::feed_turn(Run& run, const Ids& turn) {
  rewind_to_opening();
  sotto_session* const session = session_.get();
  const Ids& opening = prompt_.opening();
  size_t kept = services_.session->session_position(session);
  const bool begins = turn.size() > opening.size() && std::equal(opening.begin(), opening.end(), turn.begin());
  if (kept > 0 && !begins) {
    run.rewind(session, 0);
    kept = 0;
  }
  holds_opening_ = false;
  std::vector<float> row;
  if (!turn.empty())
    row = run.feed(session, turn.data() + kept, turn.size() - kept, turn.size() - kept - 1,
                   wants_hidden() ? SOTTO_OUTPUT_HIDDEN : 0);
  holds_opening_ = begins;
  return row;
}

void Sentiment::rewind_to_opening() {
  const uint32_t position = services_.session->session_position(session_.get());
  const auto wanted = holds_opening_ ? static_cast<uint32_t>(prompt_.opening().size()) : 0;
  if (position > wanted) ask([&](sotto_error* err) { return services_.session->session_rewind(session_.get(), wanted, err); });
}

void Sentiment::forget_turn() noexcept {
  try {
    rewind_to_opening();
  } catch (...) {
    holds_opening_ = false;  // the next call tries again
  }
}

// Label words of the language, made and calibrated when they are first wanted; the tokens that they take in the context.
size_t Sentiment::prepare(Run& run, LanguageIndex language, sotto_sentiment_result* result) {
  size_t room = 0;
  for (size_t task = 0; task < kTasks; ++task) {
    Reading& reading = readings_[task];
    if (!reading.is_wanted || reading.head) continue;
    std::optional<LabelWords>& words = reading.words[language];
    if (!words) {
      LabelWords made(prompt_, kAllTasks[task], kAllTasks[task].wordings[language]);
      const uint32_t before = run.tokens();
      holds_opening_ = false;
      rewind_to_opening();
      made.calibrate(run, session_.get(), prompt_);
      result->calibration_tokens += run.tokens() - before;
      words = std::move(made);
    }
    room = std::max(room, words->room());
  }
  return room;
}

sotto_sentiment_result Sentiment::read_session(sotto_session* session, const uint32_t* ids, size_t count,
                                               const sotto_sentiment_read_options& options) {
  const Alone alone(is_busy_);
  const std::string_view text = tail(view(options.text), kMostBytes);
  const TextSigns signs = look_at(text);
  const size_t turn = options.turn_tokens != 0 ? options.turn_tokens : count;
  if (turn > count)
    throw Failure(SOTTO_INVALID_ARGUMENT, "sentiment: turn_tokens is " + std::to_string(turn) + " of " + std::to_string(count) +
                                              " ids: it counts those of them that are the user's turn");
  if (count > context_of_model_)
    throw Failure(SOTTO_CONTEXT_FULL, "sentiment: " + std::to_string(count) + " ids do not fit into the context of " +
                                          std::to_string(context_of_model_) + " tokens");
  sotto_sentiment_result result = blank(signs);
  result.skipped_bytes = static_cast<uint32_t>(std::min<uint64_t>(options.text.size - text.size(), UINT32_MAX));
  Run run(services_, cancel_, options.deadline_ms);
  try {
    prepare(run, language_of(signs), &result);
  } catch (...) {
    forget_turn();
    throw;
  }
  uint32_t not_extra = result.calibration_tokens;
  SessionPtr fork(nullptr, DestroySession{services_.session});
  std::vector<float> hidden;
  if (count > 0) {
    const size_t end = prompt_.end_of_turn(ids, turn);
    const uint32_t before = services_.session->session_position(session);
    hidden = run.feed(session, ids, count, end, wants_hidden() ? SOTTO_OUTPUT_HIDDEN : 0);
    not_extra = run.tokens();
    if (wants_words()) {
      fork = run.fork(session);
      if (end + 1 < count) run.rewind(fork.get(), before + static_cast<uint32_t>(end) + 1);
    }
  } else {
    fork = run.fork(session);
    hidden = end_on_fork(run, fork.get());
  }
  fill(run, fork.get(), hidden, signs, &result);
  result.extra_tokens = run.tokens() - not_extra;
  return result;
}

sotto_sentiment_result Sentiment::read_hidden(const float* hidden, size_t count, const sotto_sentiment_read_options& options) {
  const Alone alone(is_busy_);
  if (wants_words())
    throw Failure(SOTTO_UNSUPPORTED,
                  "sentiment: the model has no heads \"sentiment\" and \"emotion\", which a hidden state alone "
                  "is read with: use read");
  const TextSigns signs = look_at(tail(view(options.text), kMostBytes));
  sotto_sentiment_result result = blank(signs);
  Run run(services_, cancel_, options.deadline_ms);
  fill(run, nullptr, std::vector<float>(hidden, hidden + count), signs, &result);
  return result;
}

// The fork ends with the turn afterwards.
std::vector<float> Sentiment::end_on_fork(Run& run, sotto_session* fork) const {
  const uint32_t position = services_.session->session_position(fork);
  if (position == 0) throw Failure(SOTTO_INVALID_ARGUMENT, "sentiment: the session is empty: feed the user's turn first");
  const uint32_t first = position - std::min(position, kMostTrailing);
  const Ids ids = fetch<uint32_t>(kMostTrailing, [&](uint32_t* into, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return services_.session->session_tokens(fork, first, into, capacity, count, err);
  });
  if (ids.empty()) throw Failure(SOTTO_INTERNAL, "sentiment: the session gives no tokens");
  const size_t at = prompt_.end_of_turn(ids.data(), ids.size());
  const uint32_t end = first + static_cast<uint32_t>(at);
  if (wants_hidden()) {
    run.rewind(fork, end);
    return run.feed(fork, &ids[at], 1, 0, SOTTO_OUTPUT_HIDDEN);
  }
  if (end + 1 < position) run.rewind(fork, end + 1);
  return {};
}

void Sentiment::fill(Run& run, sotto_session* session, const std::vector<float>& hidden, const TextSigns& signs,
                     sotto_sentiment_result* result) const {
  if (wants_hidden() && hidden.size() != hidden_)
    throw Failure(SOTTO_MISMATCH, "sentiment: a hidden state of " + std::to_string(hidden.size()) + " numbers, the model has " +
                                      std::to_string(hidden_) + ": the session belongs to another model");
  for (size_t task = 0; task < kTasks; ++task) {
    const Reading& reading = readings_[task];
    if (!reading.is_wanted) continue;
    const Shares shares = reading.head ? reading.head->read(hidden) : reading.words[language_of(signs)]->read(run, session);
    const bool is_sentiment = task == kSentiment;
    float* const out = is_sentiment ? result->probabilities : result->emotions;
    for (size_t i = 0; i < kAllTasks[task].labels; ++i) out[i] = static_cast<float>(shares[i]);
    (is_sentiment ? result->label : result->emotion) = choose(task, shares);
    (is_sentiment ? result->label_source : result->emotion_source) =
        reading.head ? SOTTO_SENTIMENT_FROM_HEAD : SOTTO_SENTIMENT_FROM_WORDS;
  }
  result->intensity = std::clamp((1 - result->probabilities[SOTTO_SENTIMENT_NEUTRAL]) * signs.degree, 0.0f, 1.0f);
}

// The likeliest label, if it is likely enough.
uint32_t Sentiment::choose(size_t task, const Shares& shares) const {
  const Reading& reading = readings_[task];
  const auto first = shares.begin();
  const auto best =
      static_cast<size_t>(std::max_element(first, first + static_cast<std::ptrdiff_t>(kAllTasks[task].labels)) - first);
  float least = reading.confidence;
  if (least <= 0 && reading.head) least = reading.head->threshold(best);
  if (least <= 0) least = kAllTasks[task].confidence;
  return static_cast<float>(shares[best]) >= least ? static_cast<uint32_t>(best) : SOTTO_NONE;
}

}  // namespace sotto::sentiment
