#include "run/observe.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "model/observing_plan.h"
#include "run/user_call.h"

namespace sotto {
namespace {

constexpr uint32_t kUsualWindow = 512;
// All rows of a step want all outputs: the step is cut so that they stay below this, but not below what keeps a device busy.
constexpr uint64_t kDeliveredBytes = 16u << 20;
constexpr uint32_t kLeastRows = 16;
constexpr uint32_t kRowsInWorkspace = 16;  // sotto_rank_cost counts the outputs of so many

// Some of the inputs: a program with a cache of its own on the engine's group and weights, as long as it is needed.
class Group {
 public:
  Group(Engine& engine, Span<const LinearInput> inputs) : engine_(engine), inputs_(inputs), plan_(engine.plan().c(), inputs) {
    for (const LinearInput& input : inputs) row_bytes_ += input.width * sizeof(float);
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group() { close(); }

  // Chooses the number of rows and the cache's type; bytes() is known from here on.
  Status measure(uint32_t window);
  Status open();
  void close();
  // The rows of a window that begin at `first`, at most max_rows(); squares[i] gets those of input i.
  Status step(Span<const uint32_t> window, uint32_t first, uint32_t count, std::vector<double>* squares);

  uint64_t bytes() const { return bytes_; }
  uint32_t max_rows() const { return max_rows_; }
  uint32_t cost() const { return plan_.c().step_count; }  // of a row, beside other groups
  Span<const LinearInput> inputs() const { return inputs_; }

 private:
  Status check(sotto_rank_cost* cost) const;
  Status run(Span<const uint32_t> window, uint32_t first, uint32_t count);

  Engine& engine_;
  Span<const LinearInput> inputs_;
  ObservingPlan plan_;
  uint64_t row_bytes_ = 0;  // of all outputs of one row
  uint64_t bytes_ = 0;
  uint32_t max_rows_ = 0;
  sotto_cache_options cache_options_{};
  bool is_guest_ = false;  // of the engine: it stays where it is
  sotto_program* program_ = nullptr;
  sotto_cache* cache_ = nullptr;
  std::vector<sotto_batch_row> rows_;
  const float* results_[ObservingPlan::kMostOutputs] = {};
  uint32_t result_counts_[ObservingPlan::kMostOutputs] = {};
};

Status Group::check(sotto_rank_cost* cost) const {
  return engine_.program().call("check", [&](const sotto_backend& t, sotto_error* err) {
    return t.check(engine_.program().group, &plan_.c(), max_rows_, &cache_options_, cost, sizeof *cost, err);
  });
}

Status Group::measure(uint32_t window) {
  const uint32_t most = std::min(engine_.program().max_batch, window);
  max_rows_ = static_cast<uint32_t>(std::clamp<uint64_t>(kDeliveredBytes / row_bytes_, std::min(kLeastRows, most), most));
  cache_options_.struct_size = sizeof cache_options_;
  cache_options_.sequences = 1;
  cache_options_.tokens = window;
  cache_options_.k_type = cache_options_.v_type = SOTTO_F32;
  sotto_rank_cost cost{};
  Scheduler::Turn turn(engine_.scheduler());
  Status status = check(&cost);
  if (status.code() == SOTTO_UNSUPPORTED) {
    cache_options_.k_type = cache_options_.v_type = type_of_kv(engine_.memory().kv_type);
    status = check(&cost);
  }
  // A plugin's word: the sum stays at the most instead of wrapping.
  bytes_ = (max_rows_ - std::min(max_rows_, kRowsInWorkspace)) * row_bytes_;
  for (const uint64_t part : {cost.cache, cost.workspace}) bytes_ = part > UINT64_MAX - bytes_ ? UINT64_MAX : bytes_ + part;
  return status;
}

Status Group::open() {
  const Program& p = engine_.program();
  rows_.resize(max_rows_);
  Scheduler::Turn turn(engine_.scheduler());
  SOTTO_TRY(p.need_all_here("observing a model"));
  engine_.add_guest();
  is_guest_ = true;
  SOTTO_TRY(p.make("compile", &program_, [&](const sotto_backend& t, sotto_program** made, sotto_error* err) {
    return t.compile(p.group, &plan_.c(), p.weights, max_rows_, made, err);
  }));
  return p.make("cache_create", &cache_, [&](const sotto_backend& t, sotto_cache** made, sotto_error* err) {
    return t.cache_create(program_, &cache_options_, made, err);
  });
}

void Group::close() {
  if (!is_guest_) return;
  const Program& p = engine_.program();
  Scheduler::Turn turn(engine_.scheduler());
  if (cache_) (void)call_plugin_void(p.backend->id, "cache_destroy", [&] { p.backend->table->cache_destroy(cache_); });
  if (program_) (void)call_plugin_void(p.backend->id, "program_destroy", [&] { p.backend->table->program_destroy(program_); });
  cache_ = nullptr;
  program_ = nullptr;
  is_guest_ = false;
  engine_.remove_guest();
}

Status Group::run(Span<const uint32_t> window, uint32_t first, uint32_t count) {
  const Program& p = engine_.program();
  for (uint32_t i = 0; i < count; ++i) {
    rows_[i] = {};
    rows_[i].token = window[first + i];
    rows_[i].position = first + i;
    rows_[i].outputs = (1u << inputs_.size()) - 1;
  }
  sotto_batch batch{};
  batch.struct_size = sizeof batch;
  batch.row_count = count;
  batch.row_stride = sizeof(sotto_batch_row);
  batch.rows = rows_.data();
  batch.should_stop = [](void*) -> int32_t { return 0; };
  uint32_t length = 0;
  sotto_run_result result{};
  result.struct_size = sizeof result;
  result.output_count = ObservingPlan::kMostOutputs;
  result.rows = results_;
  result.row_counts = result_counts_;
  result.sequence_count = 1;
  result.lengths = &length;
  std::fill(std::begin(results_), std::end(results_), nullptr);
  std::fill(std::begin(result_counts_), std::end(result_counts_), 0);
  Scheduler::Turn turn(engine_.scheduler());
  if (first == 0)  // what an earlier window left
    SOTTO_TRY(p.call("cache_truncate",
                     [&](const sotto_backend& t, sotto_error* err) { return t.cache_truncate(cache_, 0, 0, err); }));
  SOTTO_TRY(
      p.call("run", [&](const sotto_backend& t, sotto_error* err) { return t.run(program_, cache_, &batch, &result, err); }));
  if (length == first + count) return {};
  return plugin_fault(p.backend->id, "run",
                      fmt::format("it succeeded, but {} of {} tokens were committed", length, first + count));
}

// The rows stay the program's own until its next run: no turn is needed to read them.
Status Group::step(Span<const uint32_t> window, uint32_t first, uint32_t count, std::vector<double>* squares) {
  SOTTO_TRY(run(window, first, count));
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (result_counts_[i] != count || !results_[i])
      return plugin_fault(engine_.program().backend->id, "run",
                          fmt::format("{} rows of output {} were delivered, {} were wanted", result_counts_[i], i, count));
    const size_t width = inputs_[i].width;
    double* const sums = squares[i].data();
    for (uint32_t r = 0; r < count; ++r) {
      const float* row = results_[i] + r * width;
      for (size_t c = 0; c < width; ++c) sums[c] += static_cast<double>(row[c]) * static_cast<double>(row[c]);
    }
  }
  return {};
}

class Observer {
 public:
  Observer(Engine& engine, Span<const uint32_t> ids, const ObserveOptions& options)
      : engine_(engine), ids_(ids), options_(options), inputs_(linear_inputs(engine.plan().c())) {}

  Status run();
  std::vector<Observation> observations() const;

 private:
  Status check_call();
  Status read(Group& group, std::vector<double>* squares);
  Status tell();

  Engine& engine_;
  Span<const uint32_t> ids_;
  const ObserveOptions& options_;
  std::vector<LinearInput> inputs_;
  std::vector<std::vector<double>> squares_;  // by input: sums over the tokens
  uint32_t window_ = 0;
  uint64_t done_ = 0, work_ = 0;  // steps times rows
};

Status Observer::check_call() {
  if (ids_.empty()) return Status(SOTTO_INVALID_ARGUMENT, "observing: there are no tokens to read");
  const uint32_t vocabulary = engine_.file()->config().vocabulary;
  for (size_t i = 0; i < ids_.size(); ++i)
    if (ids_[i] >= vocabulary)
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("observing: token {} of {} is {}, the vocabulary has {}", i, ids_.size(), ids_[i], vocabulary));
  const uint32_t context = std::min(engine_.context_tokens(), engine_.plan().c().max_positions);
  if (options_.window > context)
    return Status(SOTTO_CONTEXT_FULL,
                  fmt::format("observing: a window of {} tokens, the model's context has {}; take a smaller "
                              "window, or open the model with a longer context",
                              options_.window, context));
  window_ = options_.window ? options_.window : std::min(context, kUsualWindow);
  window_ = static_cast<uint32_t>(std::min<size_t>(window_, ids_.size()));
  return {};
}

Status Observer::run() {
  SOTTO_TRY(check_call());
  std::deque<Group> groups;
  uint64_t bytes = 0;
  for (size_t at = 0; at < inputs_.size(); at += ObservingPlan::kMostOutputs) {
    const size_t count = std::min(ObservingPlan::kMostOutputs, inputs_.size() - at);
    Group& group = groups.emplace_back(engine_, Span<const LinearInput>(inputs_).part(at, count));
    SOTTO_TRY(group.measure(window_));
    bytes = std::max(bytes, group.bytes());
    work_ += group.cost() * uint64_t{ids_.size()};
  }
  if (options_.reserve) SOTTO_TRY(options_.reserve(bytes));
  for (const LinearInput& input : inputs_) squares_.emplace_back(input.width);
  std::vector<double>* squares = squares_.data();
  for (Group& group : groups) {  // one after the other: each takes memory
    SOTTO_TRY(group.open());
    SOTTO_TRY(read(group, squares));
    group.close();
    squares += group.inputs().size();
  }
  return tell();
}

Status Observer::read(Group& group, std::vector<double>* squares) {
  for (size_t at = 0; at < ids_.size(); at += window_) {
    const Span<const uint32_t> window = ids_.part(at, std::min<size_t>(window_, ids_.size() - at));
    for (uint32_t first = 0; first < window.size();) {
      SOTTO_TRY(tell());
      const uint32_t count = std::min(group.max_rows(), static_cast<uint32_t>(window.size()) - first);
      SOTTO_TRY(group.step(window, first, count, squares));
      first += count;
      done_ += group.cost() * uint64_t{count};
    }
  }
  return {};
}

Status Observer::tell() {
  if (!options_.progress) return {};
  const double fraction = work_ ? static_cast<double>(done_) / static_cast<double>(work_) : 1;
  SOTTO_ASSIGN(const bool stop, user_call("progress", [&] { return options_.progress(static_cast<float>(fraction)); }));
  return stop ? Status(SOTTO_CANCELLED, "observing was cancelled") : Status();
}

// A tensor that several inputs meet has the mean over all of them.
std::vector<Observation> Observer::observations() const {
  std::vector<Observation> all;
  std::unordered_map<std::string_view, size_t> known;
  std::vector<std::vector<double>> sums;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    for (const std::string_view tensor : inputs_[i].tensors) {
      const auto [at, is_new] = known.emplace(tensor, all.size());
      if (is_new) {
        all.push_back({tensor, {}, 0});
        sums.emplace_back(inputs_[i].width);
      }
      for (size_t c = 0; c < squares_[i].size(); ++c) sums[at->second][c] += squares_[i][c];
      all[at->second].tokens += ids_.size();
    }
  }
  for (size_t i = 0; i < all.size(); ++i)
    for (const double sum : sums[i])
      all[i].mean_squares.push_back(static_cast<float>(sum / static_cast<double>(all[i].tokens)));
  return all;
}

}  // namespace

Result<std::vector<Observation>> observe(Engine& engine, Span<const uint32_t> ids, const ObserveOptions& options) {
  if (!engine.can_run())
    return Status(SOTTO_INVALID_ARGUMENT, "observing needs a model that runs; this one was opened for its vocabulary only");
  if (engine.plan().c().world != 1)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("observing: the model runs on {} ranks, each of which sees a part of its inputs; "
                              "open it with one rank",
                              engine.plan().c().world));
  Observer observer(engine, ids, options);
  SOTTO_TRY(observer.run());
  return observer.observations();
}

}  // namespace sotto
