// model_understanding.h: a text through the model, formatted as it was trained (sdk/train/sotto_train/tokens/chat.py), and
// through its heads: the sequence heads at the token that ends the turn, the span head at the user's words.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "services.h"
#include "understanding.h"

namespace sotto::assistant {

class ModelUnderstanding : public Understanding {
 public:
  struct Options {
    uint32_t deadline_ms = 0;
    double intent_threshold = 0;  // 0: the head's
  };
  // A model without an intent head gives hidden states alone. Throws SOTTO_UNSUPPORTED where one with it has no chat markers.
  ModelUnderstanding(const Services& services, sotto_model* model, const Options& options);
  ~ModelUnderstanding() override;
  ModelUnderstanding(const ModelUnderstanding&) = delete;
  ModelUnderstanding& operator=(const ModelUnderstanding&) = delete;

  Understood read(const std::string& text) override;
  void cancel() override;
  uint64_t tokens() const override { return tokens_; }
  // The session leaves; whoever destroys the assistant destroys it last.
  sotto_session* release_session() { return std::exchange(session_, nullptr); }

 private:
  struct Head {
    uint32_t index = 0;
    std::vector<std::string> labels;
    std::vector<float> thresholds;
  };
  struct Rows {  // hidden states, one after the other
    std::vector<float> numbers;
    uint32_t width = 0;
  };

  void take_markers();
  std::optional<Head> find_head(const char* name, uint32_t kind) const;
  std::vector<uint32_t> tokenize(std::string_view text, uint32_t flags) const;
  Rows feed(const std::vector<uint32_t>& ids, size_t first, size_t last);
  std::vector<std::pair<size_t, size_t>> places_of(const std::vector<uint32_t>& ids, std::string_view text) const;
  std::vector<double> probabilities(const Head& head, const float* hidden) const;
  void read_intents(const float* hidden, Understood* out) const;
  void read_spans(const Rows& words, size_t count, std::string_view text, const std::vector<uint32_t>& ids,
                  Understood* out) const;

  const Services& services_;
  sotto_model* model_;
  Options options_;
  sotto_session* session_ = nullptr;
  std::vector<uint32_t> before_, after_;  // tokens around a user's words
  std::optional<Head> intent_, scope_, slots_;
  uint64_t tokens_ = 0;
};

// Spans that do not overlap: of two the likelier stays. In order of place.
std::vector<Span> apart(std::vector<Span> spans);

// begin and end scores of one slot over `count` words, as the head gives them: the likeliest span (probability of its begin
// times that of its end, each a softmax over the words and absence, whose score is 0), as training/heads.py best_spans. `first`
// and `last` are words.
struct BestSpan {
  double probability = 0;
  size_t first = 0, last = 0;
};
BestSpan best_span(const float* begins, const float* ends, size_t count, size_t stride);

}  // namespace sotto::assistant
