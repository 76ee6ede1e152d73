#include "model_understanding.h"

#include <algorithm>
#include <cmath>

#include "text.h"

namespace sotto::assistant {
namespace {

constexpr size_t kMostGuesses = 24;
constexpr double kSpanLikelierThanNot = 0.5, kIntentLikelierThanNot = 0.5;

struct Collector {
  std::vector<float>* numbers;
  uint32_t width;
  bool has_thrown = false;

  static int32_t take(void* user, uint32_t, uint32_t, const float* row, uint32_t width) noexcept {
    auto* self = static_cast<Collector*>(user);
    try {
      self->width = width;
      self->numbers->insert(self->numbers->end(), row, row + width);
      return 0;
    } catch (...) {
      return self->has_thrown = true, 1;
    }
  }
};

void softmax(std::vector<double>* logits) {
  const double largest = *std::max_element(logits->begin(), logits->end());
  double sum = 0;
  for (double& x : *logits) sum += x = std::exp(x - largest);
  if (!std::isfinite(sum) || sum <= 0)
    throw Failure(SOTTO_BAD_FILE, "assistant: the model computes what is no number: its weights or its heads are damaged");
  for (double& x : *logits) x /= sum;
}

}  // namespace

ModelUnderstanding::ModelUnderstanding(const Services& services, sotto_model* model, const Options& options)
    : services_(services), model_(model), options_(options) {
  intent_ = find_head("intent", SOTTO_HEAD_SEQUENCE);
  scope_ = find_head("scope", SOTTO_HEAD_SEQUENCE);
  slots_ = find_head("slots", SOTTO_HEAD_SPAN);
  take_markers();
  sotto_session_options session{};
  session.struct_size = sizeof session;
  ask([&](sotto_error* err) { return services_.session->session_create(model_, &session, &session_, err); });
}

// What stands around the words: as heads were trained, else what the model wants at the beginning of a text.
void ModelUnderstanding::take_markers() {
  if (!intent_) {
    sotto_model_facts facts{};
    facts.struct_size = sizeof facts;
    ask([&](sotto_error* err) { return services_.session->model_get_facts(model_, &facts, err); });
    if (facts.bos != SOTTO_NONE) before_ = {facts.bos};
    return;
  }
  before_ = tokenize("<|im_start|>", SOTTO_TOKENIZE_SPECIAL);
  after_ = tokenize("<|im_end|>", SOTTO_TOKENIZE_SPECIAL);
  if (before_.size() != 1 || after_.size() != 1)
    throw Failure(SOTTO_UNSUPPORTED,
                  "assistant: the model's tokenizer has no <|im_start|> and <|im_end|> (ChatML), with which heads are trained");
  const std::vector<uint32_t> role = tokenize("user\n", 0);
  before_.insert(before_.end(), role.begin(), role.end());
}

ModelUnderstanding::~ModelUnderstanding() {
  if (session_ != nullptr) services_.session->session_destroy(session_);
}

std::optional<ModelUnderstanding::Head> ModelUnderstanding::find_head(const char* name, uint32_t kind) const {
  Head head;
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status = services_.hidden->head_find(model_, sotto_cstr(name), &head.index, &err);
  if (status == SOTTO_NOT_FOUND) return std::nullopt;
  if (status != SOTTO_OK) throw plugin::failure(status, err);
  sotto_head_info info{};
  info.struct_size = sizeof info;
  ask([&](sotto_error* e) { return services_.hidden->head_info(model_, head.index, &info, e); });
  if (info.kind != kind || info.labels < 1)
    throw Failure(SOTTO_UNSUPPORTED, std::string("assistant: the model's head \"") + name + "\" is of kind " +
                                         std::to_string(info.kind) + ", expected " + std::to_string(kind) + " (hidden.h)");
  for (uint32_t i = 0; i < info.labels; ++i) {
    sotto_head_label label{};
    label.struct_size = sizeof label;
    ask([&](sotto_error* e) { return services_.hidden->head_label(model_, head.index, i, &label, e); });
    head.labels.emplace_back(label.text);
    head.thresholds.push_back(label.threshold);
  }
  return head;
}

std::vector<uint32_t> ModelUnderstanding::tokenize(std::string_view text, uint32_t flags) const {
  return fetch<uint32_t>(64 + text.size(), [&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return services_.session->tokenize(model_, str(text), flags | SOTTO_TOKENIZE_NO_BOS, ids, capacity, count, err);
  });
}

// Hidden states at ids[first .. last].
ModelUnderstanding::Rows ModelUnderstanding::feed(const std::vector<uint32_t>& ids, size_t first, size_t last) {
  std::vector<uint32_t> masks(ids.size(), 0);
  for (size_t i = first; i <= last; ++i) masks[i] = SOTTO_OUTPUT_HIDDEN;
  Rows rows;
  Collector collector{&rows.numbers, 0};
  sotto_feed_options options{};
  options.struct_size = sizeof options;
  options.deadline_ms = options_.deadline_ms;
  options.output_masks = masks.data();
  options.on_row = Collector::take;
  options.user = &collector;
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status = services_.session->session_feed(session_, ids.data(), ids.size(), &options, &err);
  tokens_ += services_.session->session_position(session_);
  if (collector.has_thrown) throw std::bad_alloc();
  if (status != SOTTO_OK) throw plugin::failure(status, err);
  rows.width = collector.width;
  if (rows.width == 0 || rows.numbers.size() != size_t{rows.width} * (last - first + 1))
    throw Failure(SOTTO_INTERNAL, "assistant: the session computed " + std::to_string(rows.numbers.size()) +
                                      " hidden numbers for " + std::to_string(last - first + 1) + " tokens");
  return rows;
}

Understood ModelUnderstanding::read(const std::string& text) {
  ask([&](sotto_error* err) { return services_.session->session_rewind(session_, 0, err); });
  const std::vector<uint32_t> words = tokenize(text, 0);
  std::vector<uint32_t> ids = before_;
  ids.insert(ids.end(), words.begin(), words.end());
  ids.insert(ids.end(), after_.begin(), after_.end());
  Understood understood;
  understood.has_head = intent_.has_value();
  if (ids.size() == before_.size()) return understood;
  const Rows rows = feed(ids, before_.size(), ids.size() - 1);
  const float* const end = rows.numbers.data() + rows.numbers.size() - rows.width;
  understood.end.assign(end, end + rows.width);
  if (intent_) read_intents(end, &understood);
  if (scope_) {
    const std::vector<double> scope = probabilities(*scope_, end);
    for (size_t i = 0; i < scope.size(); ++i)
      if (scope_->labels[i] == "out") understood.out_of_scope = scope[i];
  }
  if (slots_ && !words.empty()) read_spans(rows, words.size(), text, words, &understood);
  understood.mean.assign(rows.width, 0);
  for (size_t w = 0; w < words.size(); ++w)
    for (uint32_t i = 0; i < rows.width; ++i)
      understood.mean[i] += rows.numbers[w * rows.width + i] / static_cast<float>(words.size());
  return understood;
}

std::vector<double> ModelUnderstanding::probabilities(const Head& head, const float* hidden) const {
  std::vector<float> logits(head.labels.size());
  ask([&](sotto_error* err) {
    return services_.hidden->head_apply(model_, head.index, hidden, 1, logits.data(), logits.size(), err);
  });
  std::vector<double> shares(logits.begin(), logits.end());
  softmax(&shares);
  return shares;
}

void ModelUnderstanding::read_intents(const float* hidden, Understood* out) const {
  const std::vector<double> shares = probabilities(*intent_, hidden);
  std::vector<size_t> order(shares.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const size_t count = std::min(order.size(), kMostGuesses);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](size_t a, size_t b) { return shares[a] > shares[b] || (shares[a] == shares[b] && a < b); });
  for (size_t i = 0; i < count; ++i) out->intents.push_back({intent_->labels[order[i]], shares[order[i]]});
  const float own = intent_->thresholds[order[0]];
  out->threshold = options_.intent_threshold > 0 ? options_.intent_threshold : own > 0 ? double{own} : kIntentLikelierThanNot;
}

void ModelUnderstanding::read_spans(const Rows& rows, size_t count, std::string_view text, const std::vector<uint32_t>& ids,
                                    Understood* out) const {
  const std::vector<std::pair<size_t, size_t>> places = places_of(ids, text);
  if (places.size() != count) return;
  const size_t slots = slots_->labels.size();
  std::vector<float> logits(count * 2 * slots);
  ask([&](sotto_error* err) {
    return services_.hidden->head_apply(model_, slots_->index, rows.numbers.data(), count, logits.data(), logits.size(), err);
  });
  for (size_t s = 0; s < slots; ++s) {
    const BestSpan best = best_span(logits.data() + s, logits.data() + slots + s, count, 2 * slots);
    const double threshold = slots_->thresholds[s] > 0 ? double{slots_->thresholds[s]} : kSpanLikelierThanNot;
    if (!(best.probability >= threshold)) continue;
    Span span{slots_->labels[s], places[best.first].first, places[best.last].second, best.probability};
    while (span.begin < span.end && text[span.begin] == ' ') ++span.begin;
    while (span.end > span.begin && text[span.end - 1] == ' ') --span.end;
    if (span.begin < span.end) out->spans.push_back(std::move(span));
  }
  out->spans = apart(std::move(out->spans));
}

// Bytes of the text that each token covers; the byte tokens of one character share its place. Empty where tokens do not spell
// the text.
std::vector<std::pair<size_t, size_t>> ModelUnderstanding::places_of(const std::vector<uint32_t>& ids,
                                                                     std::string_view text) const {
  std::vector<std::pair<size_t, size_t>> places;
  size_t at = 0;
  for (const uint32_t id : ids) {
    const auto piece = fetch<char>(64, [&](char* into, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return services_.session->detokenize(model_, &id, 1, 0, into, capacity, size, err);
    });
    const std::string_view spelled(piece.data(), piece.size());
    if (!spelled.empty() && text.substr(at, spelled.size()) == spelled) {
      places.emplace_back(at, at + spelled.size());
      at += spelled.size();
    } else if (at < text.size()) {
      places.emplace_back(at, at + 1);  // a byte of a character that is spelled in bytes
      ++at;
    } else {
      return {};
    }
  }
  if (at != text.size()) return {};
  const auto is_inside = [&](size_t i) { return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0u) == 0x80u; };
  for (auto& [begin, end] : places) {
    while (begin > 0 && is_inside(begin)) --begin;
    while (is_inside(end)) ++end;
  }
  return places;
}

void ModelUnderstanding::cancel() {
  if (session_ != nullptr) services_.session->session_cancel(session_);
}

BestSpan best_span(const float* begins, const float* ends, size_t count, size_t stride) {
  std::vector<double> begin(count + 1, 0), end(count + 1, 0);  // the last is absence
  for (size_t i = 0; i < count; ++i) begin[i] = begins[i * stride], end[i] = ends[i * stride];
  softmax(&begin);
  softmax(&end);
  BestSpan best;
  size_t first = 0;
  for (size_t i = 0; i < count; ++i) {
    if (begin[i] > begin[first]) first = i;
    if (begin[first] * end[i] > best.probability) best = {begin[first] * end[i], first, i};
  }
  return best;
}

std::vector<Span> apart(std::vector<Span> spans) {
  std::stable_sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.probability > b.probability; });
  std::vector<Span> kept;
  for (Span& span : spans)
    if (std::all_of(kept.begin(), kept.end(), [&](const Span& k) { return span.end <= k.begin || k.end <= span.begin; }))
      kept.push_back(std::move(span));
  std::sort(kept.begin(), kept.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  return kept;
}

}  // namespace sotto::assistant
