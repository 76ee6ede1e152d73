#include "calibrate.h"

#include <algorithm>

#include "files.h"
#include "sotto/observe.h"
#include "terminal.h"

namespace sotto::tools {
namespace {

constexpr uint32_t kWindow = 512;  // tokens; longer ones change the means little and cost more memory

struct Calibration {
  ProgressBar bar;
  Interrupts& interrupts;
  std::vector<Importance> importance;
  std::exception_ptr failure;  // of the callback: waits until the library has returned

  static int32_t progress(void* user, float fraction) {
    auto* self = static_cast<Calibration*>(user);
    self->bar.show(static_cast<double>(fraction));
    return self->interrupts.signal();
  }
  static int32_t take(void* user, const sotto_observation* o) {
    auto* self = static_cast<Calibration*>(user);
    try {
      self->importance.push_back(
          {std::string(o->tensor.data, static_cast<size_t>(o->tensor.size)), {o->mean_squares, o->mean_squares + o->columns}});
    } catch (...) {
      self->failure = std::current_exception();
    }
    return self->failure ? 1 : 0;
  }
};

// Each window begins as texts do for this model: with its beginning-of-text token, if it wants one.
std::vector<uint32_t> windows_of(const ModelHandle& model, const std::string& text, uint32_t window) {
  const std::vector<uint32_t> ids = tokenize(model, text, SOTTO_TOKENIZE_NO_BOS);
  const std::vector<uint32_t> begin = tokenize(model, {}, 0);
  if (begin.empty() || begin[0] != facts_of(model).bos || window < 2) return ids;
  std::vector<uint32_t> all;
  for (size_t at = 0; at < ids.size(); at += window - 1) {
    all.push_back(begin[0]);
    const size_t end = std::min<size_t>(ids.size(), at + window - 1);
    all.insert(all.end(), ids.begin() + static_cast<ptrdiff_t>(at), ids.begin() + static_cast<ptrdiff_t>(end));
  }
  return all;
}

}  // namespace

std::vector<Importance> importance_of(Console& console, const std::string& model, const std::string& file,
                                      const CommonOptions& options) {
  const std::string text = read_file(file);
  const Runtime runtime = open_runtime(options);
  Use use;
  use.context_if_free = std::min(kWindow, estimate(runtime, model, options, 0).context_tokens);
  const ModelHandle opened = open_model(console, runtime, model, options, use);
  sotto_observe_options o{};
  o.struct_size = sizeof o;
  o.window = std::min(kWindow, facts_of(opened).context_tokens);
  o.progress = Calibration::progress;
  const std::vector<uint32_t> ids = windows_of(opened, text, o.window);
  if (ids.empty()) throw Error(SOTTO_INVALID_ARGUMENT, ("calibrating with " + file + ": the text is empty").c_str());
  Calibration calibration{{"calibrating", options.quiet}, console.interrupts, {}, nullptr};
  o.progress_user = &calibration;
  const Interrupts::Scope scope(console.interrupts, [] {});
  try {
    call([&](sotto_error* err) {
      return sotto_model_observe(opened.get(), ids.data(), ids.size(), &o, Calibration::take, &calibration, err);
    });
  } catch (const Error&) {
    if (calibration.failure) std::rethrow_exception(calibration.failure);
    throw;
  }
  return std::move(calibration.importance);
}

}  // namespace sotto::tools
