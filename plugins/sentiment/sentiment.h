// sentiment.h: one conversation's reader: its way into the model and its mood. The C table of plugin.cc calls these methods.
#pragma once

#include <atomic>
#include <optional>

#include "head.h"
#include "label_words.h"
#include "mood.h"
#include "run.h"
#include "text_signs.h"

namespace sotto::sentiment {

class Sentiment {
 public:
  Sentiment(const Services& services, sotto_model* model, const sotto_sentiment_options& options);
  Sentiment(const Sentiment&) = delete;
  Sentiment& operator=(const Sentiment&) = delete;

  std::vector<sotto_sentiment_result> read(const sotto_str* texts, size_t count, const sotto_sentiment_read_options& options);
  sotto_sentiment_result read_session(sotto_session* session, const uint32_t* ids, size_t count,
                                      const sotto_sentiment_read_options& options);
  sotto_sentiment_result read_hidden(const float* hidden, size_t count, const sotto_sentiment_read_options& options);
  void cancel() { cancel_.cancel(); }  // [any thread]
  Mood& mood() { return mood_; }

  const Services& services() const { return services_; }
  // The session leaves the reader; whoever destroys the reader destroys it last: with it the model may end.
  sotto_session* release_session() { return session_.release(); }

 private:
  // One task of one reader: its head, or its label words by language.
  struct Reading {
    std::optional<Head> head;
    std::array<std::optional<LabelWords>, kLanguages> words;
    float confidence = 0;  // as the options say; 0: the thresholds
    bool is_wanted = true;
  };

  sotto_sentiment_result read_text(Run& run, std::string_view text);
  Ids fit(std::string_view* text, size_t room) const;
  std::vector<float> feed_turn(Run& run, const Ids& turn);
  void rewind_to_opening();
  void forget_turn() noexcept;  // of the texts nothing stays in the session
  size_t prepare(Run& run, LanguageIndex language, sotto_sentiment_result* result);
  // The tasks' shares at the end of the turn that `session` ends with. `hidden`: of its last token, where a head wants it.
  void fill(Run& run, sotto_session* session, const std::vector<float>& hidden, const TextSigns& signs,
            sotto_sentiment_result* result) const;
  std::vector<float> end_on_fork(Run& run, sotto_session* fork) const;
  uint32_t choose(size_t task, const Shares& shares) const;
  bool wants_hidden() const;
  bool wants_words() const;

  const Services& services_;
  const Prompt prompt_;
  CancelSwitch cancel_;
  Mood mood_;
  std::array<Reading, kTasks> readings_;
  uint32_t hidden_ = 0;  // width of a hidden state
  uint32_t context_of_model_ = 0;
  uint32_t context_tokens_ = 0;  // of session_
  SessionPtr session_;           // for texts: holds the opening of a turn between calls, or nothing
  bool holds_opening_ = false;
  std::atomic<bool> is_busy_{false};
};

}  // namespace sotto::sentiment
