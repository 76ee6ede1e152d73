// perplexity.cc: `sotto perplexity`: how well a model predicts a text.
//
// The text's tokens are cut into windows of the context length that do not overlap. Where the model wants a beginning-of-text
// token, each window begins with one. Every token of a window but its first is scored. A text shorter than the context is one
// window.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "files.h"
#include "json.h"
#include "loading.h"

namespace sotto::tools {
namespace {

constexpr size_t kSlice = 256;  // tokens fed at once: what is in memory at a time

struct Options {
  CommonOptions common;
  std::string model;
  std::string file;
};

// Natural log of sum(exp(row)).
double log_sum_exp(const float* row, size_t width) {
  const float max = *std::max_element(row, row + width);
  double sum = 0;
  for (size_t i = 0; i < width; ++i) sum += static_cast<double>(std::exp(row[i] - max));
  return static_cast<double>(max) + std::log(sum);
}

struct Score {
  const std::vector<uint32_t>& window;
  double sum = 0;  // of the negative log-likelihoods
  uint64_t count = 0;

  static int32_t take(void* user, uint32_t position, uint32_t, const float* row, uint32_t width) {
    auto* self = static_cast<Score*>(user);
    const uint32_t next = self->window[position + 1];
    self->sum += log_sum_exp(row, width) - static_cast<double>(row[next]);
    ++self->count;
    return 0;
  }
};

void score_window(Console& console, const SessionHandle& session, Score* score) {
  const std::vector<uint32_t>& ids = score->window;
  call([&](sotto_error* err) { return sotto_session_rewind(session.get(), 0, err); });
  for (size_t at = 0; at < ids.size(); at += kSlice) {
    const size_t count = std::min(kSlice, ids.size() - at);
    std::vector<uint32_t> wishes(count, SOTTO_OUTPUT_LOGITS);
    if (at + count == ids.size()) wishes.back() = 0;  // nothing follows the last token
    sotto_feed_options feed{};
    feed.struct_size = sizeof feed;
    feed.output_masks = wishes.data();
    feed.on_row = Score::take;
    feed.user = score;
    call_on(console, session,
            [&](sotto_error* err) { return sotto_session_feed(session.get(), ids.data() + at, count, &feed, err); });
  }
}

void run(Console& console, const Options& o) {
  const std::string text = read_file(o.file);
  const Runtime runtime = open_runtime(o.common);
  const ModelHandle model = open_model(console, runtime, o.model, o.common, {});
  const sotto_model_facts facts = facts_of(model);
  const std::vector<uint32_t> ids = tokenize(model, text, SOTTO_TOKENIZE_NO_BOS);
  std::vector<uint32_t> begin = tokenize(model, {}, 0);  // the beginning-of-text token, if the model wants one
  begin.resize(!begin.empty() && begin[0] == facts.bos ? 1 : 0);
  const size_t own = facts.context_tokens > begin.size() ? facts.context_tokens - begin.size() : 1;

  const SessionHandle session = open_session(model);
  ProgressBar bar("scoring", o.common.quiet);
  double sum = 0;
  uint64_t scored = 0, windows = 0;
  for (size_t at = 0; at < ids.size(); at += own, ++windows) {
    std::vector<uint32_t> window = begin;
    window.insert(window.end(), ids.begin() + static_cast<ptrdiff_t>(at),
                  ids.begin() + static_cast<ptrdiff_t>(std::min(ids.size(), at + own)));
    Score score{window};
    score_window(console, session, &score);
    sum += score.sum;
    scored += score.count;
    bar.show(static_cast<double>(at + own) / static_cast<double>(ids.size()));
  }
  if (scored == 0)
    throw Error(SOTTO_INVALID_ARGUMENT,
                fmt::format("scoring {}: {} tokens, at least two are wanted", o.file, ids.size()).c_str());
  const double mean = sum / static_cast<double>(scored);
  if (o.common.json)
    return print_json(Json{{"model", facts.name},
                           {"file", o.file},
                           {"tokens", ids.size()},
                           {"scored_tokens", scored},
                           {"windows", windows},
                           {"context", facts.context_tokens},
                           {"mean_nll", mean},
                           {"perplexity", std::exp(mean)}});
  write_bytes(fmt::format("tokens      {} ({} scored, {} windows of {})\nmean NLL    {:.6f}\nperplexity  {:.4f}\n", ids.size(),
                          scored, windows, facts.context_tokens, mean, std::exp(mean)));
}

}  // namespace

Action declare_perplexity(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  declare_model(app, &o->model);
  app.add_option("-f,--file", o->file, "the text; - is standard input")->required();
  declare_common(app, &o->common);
  app.footer("Windows of the context length without overlap; every token but a window's first is scored. Natural logarithm.");
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools
