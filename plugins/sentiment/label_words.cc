#include "label_words.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace sotto::sentiment {
namespace {

constexpr double kLeastPrior = 1e-200;  // no division by zero; words that are rare by many tokens are far above

// log of the sum of exp over the vocabulary: what a logit is less than its log-probability.
double log_sum(const std::vector<float>& logits) {
  const auto largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x) - largest);
  return largest + std::log(sum);
}

}  // namespace

// Question and word are tokenized together, since a tokenizer may join them; what all the results begin with is the question.
LabelWords::LabelWords(const Prompt& prompt, const Task& task, const Wording& wording) : labels_(task.labels) {
  for (size_t i = 0; i < labels_; ++i)
    words_.push_back(prompt.tokenize(std::string(wording.question) + std::string(wording.words[i])));
  size_t common = words_[0].size();
  for (const Ids& word : words_)
    common = std::min(
        common,
        static_cast<size_t>(std::mismatch(word.begin(), word.end(), words_[0].begin(), words_[0].end()).first - word.begin()));
  question_ = prompt.to_answer();
  question_.insert(question_.end(), words_[0].begin(), words_[0].begin() + static_cast<std::ptrdiff_t>(common));
  if (question_.empty())
    throw Failure(SOTTO_UNSUPPORTED, "sentiment: the model's tokenizer makes nothing of a question: use a model with heads");
  for (Ids& word : words_) word.erase(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(common));
  for (const Ids& word : words_) {
    room_ = std::max(room_, question_.size() + word.size());
    if (word.empty() || std::count(words_.begin(), words_.end(), word) > 1)
      throw Failure(SOTTO_UNSUPPORTED, "sentiment: the model's tokenizer cannot tell the words for the labels of '" +
                                           std::string(task.head) + "' apart: use a model with heads");
  }
}

void LabelWords::calibrate(Run& run, sotto_session* session, const Prompt& prompt) {
  Shares sum{};
  for (const std::string_view text : kContentFree) {
    const Ids turn = prompt.turn(text);
    run.feed(session, turn.data(), turn.size(), 0, 0);
    const Shares shares = ask_words(run, session);
    run.rewind(session, 0);
    for (size_t i = 0; i < labels_; ++i) sum[i] += shares[i] / static_cast<double>(std::size(kContentFree));
  }
  prior_ = sum;
  is_calibrated_ = true;
}

Shares LabelWords::read(Run& run, sotto_session* session) const {
  Shares shares = ask_words(run, session);
  double sum = 0;
  for (size_t i = 0; i < labels_; ++i) sum += shares[i] /= std::max(prior_[i], kLeastPrior);
  for (double& share : shares) share /= sum;
  return shares;
}

Shares LabelWords::ask_words(Run& run, sotto_session* session) const {
  const uint32_t before = run.services().session->session_position(session);
  const size_t last = question_.size() - 1;
  const std::vector<float> logits = run.feed(session, question_.data(), question_.size(), last, SOTTO_OUTPUT_LOGITS);
  Group all(labels_);
  for (size_t i = 0; i < labels_; ++i) all[i] = i;
  std::array<double, kMostLabels> scores{};
  descend(run, session, all, 0, logits, scores.data());
  run.rewind(session, before);
  return softmax(scores.data(), labels_);
}

// `logits` is what the model expects behind the first `depth` tokens, which all words of the group share and the session holds.
void LabelWords::descend(Run& run, sotto_session* session, const Group& group, size_t depth, const std::vector<float>& logits,
                         double* scores) const {
  std::map<uint32_t, Group> next;
  for (const size_t label : group)
    if (depth < words_[label].size()) next[words_[label][depth]].push_back(label);
  const double all = log_sum(logits);
  for (const auto& [token, labels] : next) {
    if (token >= logits.size())
      throw Failure(SOTTO_INTERNAL, "sentiment: token " + std::to_string(token) + " of a word is beyond the vocabulary");
    for (const size_t label : labels) scores[label] += static_cast<double>(logits[token]) - all;
    if (labels.size() == 1) continue;
    const uint32_t before = run.services().session->session_position(session);
    const std::vector<float> deeper = run.feed(session, &token, 1, 0, SOTTO_OUTPUT_LOGITS);
    descend(run, session, labels, depth + 1, deeper, scores);
    run.rewind(session, before);
  }
}

}  // namespace sotto::sentiment
