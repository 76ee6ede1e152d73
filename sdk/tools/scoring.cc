#include "scoring.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "terminal.h"

namespace sotto::tools {
namespace {

constexpr size_t kSlice = 256;  // tokens fed at once: what is in memory at a time

// Natural log of sum(exp(row)).
double log_sum_exp(const float* row, size_t width) {
  const float max = *std::max_element(row, row + width);
  double sum = 0;
  for (size_t i = 0; i < width; ++i) sum += static_cast<double>(std::exp(row[i] - max));
  return static_cast<double>(max) + std::log(sum);
}

struct Window {
  const std::vector<uint32_t>& ids;
  Scoring& scoring;
  double& sum;  // of the negative log-likelihoods

  static int32_t take(void* user, uint32_t position, uint32_t, const float* row, uint32_t width) {
    auto* self = static_cast<Window*>(user);
    const uint32_t next = self->ids[position + 1];
    self->sum += log_sum_exp(row, width) - static_cast<double>(row[next]);
    self->scoring.likeliest.push_back(static_cast<uint32_t>(std::max_element(row, row + width) - row));
    return 0;
  }
};

void score_window(Console& console, const SessionHandle& session, Window* window) {
  const std::vector<uint32_t>& ids = window->ids;
  call([&](sotto_error* err) { return sotto_session_rewind(session.get(), 0, err); });
  for (size_t at = 0; at < ids.size(); at += kSlice) {
    const size_t count = std::min(kSlice, ids.size() - at);
    std::vector<uint32_t> wishes(count, SOTTO_OUTPUT_LOGITS);
    if (at + count == ids.size()) wishes.back() = 0;  // nothing follows the last token
    sotto_feed_options feed{};
    feed.struct_size = sizeof feed;
    feed.output_masks = wishes.data();
    feed.on_row = Window::take;
    feed.user = window;
    call_on(console, session,
            [&](sotto_error* err) { return sotto_session_feed(session.get(), ids.data() + at, count, &feed, err); });
  }
}

}  // namespace

double Scoring::perplexity() const { return std::exp(mean_nll); }

Scoring score(Console& console, const ModelHandle& model, const std::string& text, const std::string& name, bool is_quiet) {
  const sotto_model_facts facts = facts_of(model);
  const std::vector<uint32_t> ids = tokenize(model, text, SOTTO_TOKENIZE_NO_BOS);
  std::vector<uint32_t> begin = tokenize(model, {}, 0);  // the beginning-of-text token, if the model wants one
  begin.resize(!begin.empty() && begin[0] == facts.bos ? 1 : 0);
  const size_t own = facts.context_tokens > begin.size() ? facts.context_tokens - begin.size() : 1;

  const SessionHandle session = open_session(model);
  ProgressBar bar("scoring", is_quiet);
  Scoring scoring;
  scoring.tokens = ids.size();
  scoring.context = facts.context_tokens;
  double sum = 0;
  for (size_t at = 0; at < ids.size(); at += own, ++scoring.windows) {
    std::vector<uint32_t> window = begin;
    window.insert(window.end(), ids.begin() + static_cast<ptrdiff_t>(at),
                  ids.begin() + static_cast<ptrdiff_t>(std::min(ids.size(), at + own)));
    Window to_score{window, scoring, sum};
    score_window(console, session, &to_score);
    bar.show(static_cast<double>(at + own) / static_cast<double>(ids.size()));
  }
  if (scoring.scored() == 0)
    throw Error(SOTTO_INVALID_ARGUMENT,
                fmt::format("scoring {}: {} tokens, at least two are wanted", name, ids.size()).c_str());
  scoring.mean_nll = sum / static_cast<double>(scoring.scored());
  return scoring;
}

}  // namespace sotto::tools
