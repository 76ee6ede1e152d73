// Structs and strides of a newer caller (base.h, "Growth"): bytes that this backend does not know must be zero, else the call
// is SOTTO_UNSUPPORTED. A backend that ignores them would silently leave out what was asked for.
#include <cstring>

#include "conformance/cases.h"
#include "conformance/models.h"

namespace sotto::conformance {
namespace {

using B = sotto_backend;

// A struct as a newer header has it: eight bytes more.
template <class T>
struct Longer {
  T known{};
  uint64_t unknown = 0;
};
template <class T>
Longer<T> longer(T known, uint64_t unknown) {
  Longer<T> made;
  made.known = known;
  made.known.struct_size = sizeof made;
  made.unknown = unknown;
  return made;
}
// Rows of a newer caller, at their stride.
template <class T>
std::vector<Longer<T>> longer_rows(const T* rows, size_t count, uint64_t unknown) {
  std::vector<Longer<T>> made(count);
  for (size_t i = 0; i < count; ++i) made[i].known = rows[i];
  made.back().unknown = unknown;
  return made;
}

// The answer to unknown bytes of that value.
using Ask = std::function<sotto_status(uint64_t unknown, Error* error)>;

void both(Recorder& record, const char* what, const Ask& ask) {
  record.check(std::string(what) + " with unknown bytes that are zero", [&] {
    Error error;
    const sotto_status s = ask(0, &error);
    expect(s == SOTTO_OK, std::string("answered ") + status_name(s) + " (" + error.text + "): zeros ask for nothing new");
  });
  record.check(std::string(what) + " with an unknown field that is set", [&] {
    Error error;
    const sotto_status s = ask(uint64_t{1} << 40, &error);
    expect(s != SOTTO_OK, "an unknown field was ignored: SOTTO_UNSUPPORTED expected");
    expect(s == SOTTO_UNSUPPORTED,
           std::string("answered ") + status_name(s) + ", SOTTO_UNSUPPORTED expected (" + error.text + ")");
  });
}

void options(const Subject& subject, Recorder& record, Net& net) {
  const Backend& b = subject.tested;
  both(record, "sotto_group_options", [&](uint64_t unknown, Error* error) {
    sotto_group_options o{};
    o.threads = 1;
    const uint32_t device[] = {subject.device};
    o.devices = device;
    const auto asked = longer(o, unknown);
    Handle<sotto_group> group;
    return b.make(error, calls::group_create, &group, &B::group_destroy, b.self(), &asked.known);
  });
  const sotto_cache_options c{0, SOTTO_F32, SOTTO_F32, 1, 32};
  both(record, "sotto_cache_options of check", [&](uint64_t unknown, Error* error) {
    Runner runner(b, net, subject.options());
    const auto asked = longer(c, unknown);
    return b.call(error, calls::check, runner.ready().group.get(), &net.plan(), 8u, &asked.known, nullptr, 0u);
  });
  both(record, "sotto_cache_options of cache_create", [&](uint64_t unknown, Error* error) {
    Runner runner(b, net, subject.options());
    const auto asked = longer(c, unknown);
    Handle<sotto_cache> cache;
    return b.make(error, calls::cache_create, &cache, &B::cache_destroy, runner.ready().program.get(), &asked.known);
  });
}

// A newer host's array has longer elements: the backend follows the stride and leaves what it does not know alone.
void costs(const Subject& subject, Recorder& record) {
  constexpr uint64_t kMark = 0x5AA55AA55AA55AA5;
  Net net(2, 5210, kSmallModel.vocabulary);
  build(net, kSmallModel, SOTTO_F32);
  const sotto_cache_options c{sizeof c, SOTTO_F32, SOTTO_F32, 1, 32};
  const auto ask = [&](Runner& runner, sotto_rank_cost* first, size_t stride) {
    return subject.tested.call(&runner.ready().error, calls::check, runner.group.get(), &net.plan(), 8u, &c, first,
                               static_cast<uint32_t>(stride));
  };
  record.check("sotto_rank_cost by its stride", [&] {
    Runner runner(subject.tested, net, subject.options());
    std::vector<sotto_rank_cost> plain(net.ranks());
    std::vector<Longer<sotto_rank_cost>> wide(net.ranks());
    for (auto& cost : wide) cost.unknown = kMark;
    expect(ask(runner, plain.data(), sizeof plain[0]) == SOTTO_OK, std::string("refused: ") + runner.error.text);
    expect(ask(runner, &wide[0].known, sizeof wide[0]) == SOTTO_OK,
           std::string("a wider stride is refused: ") + runner.error.text);
    for (uint32_t r = 0; r < net.ranks(); ++r) {
      expect(std::memcmp(&plain[r], &wide[r].known, sizeof plain[r]) == 0,
             "other costs with a wider stride: was cost_stride used?");
      expect(wide[r].unknown == kMark, "wrote behind the sotto_rank_cost that it knows");
    }
  });
  record.check("sotto_rank_cost with too small a stride", [&] {
    Runner runner(subject.tested, net, subject.options());
    std::vector<sotto_rank_cost> plain(net.ranks());
    expect(ask(runner, plain.data(), 8) != SOTTO_OK, "costs 8 bytes apart were written");
  });
}

void uploads(const Subject& subject, Recorder& record, Net& net) {
  const Backend& b = subject.tested;
  both(record, "sotto_upload", [&](uint64_t unknown, Error* error) {
    Runner runner(b, net, subject.options());
    Handle<sotto_weights> weights;
    b.make(error, calls::weights_create, &weights, &B::weights_destroy, runner.ready().group.get(), &net.plan());
    expect(weights != nullptr, error->text);
    const Tensor& t = net.weights[0].tensor;
    int releases = 0;
    const auto release = [](void* user) { ++*static_cast<int*>(user); };
    const auto asked = longer(sotto_upload{0, 0, t.bytes.data(), t.bytes.size(), t.row_bytes, release, &releases}, unknown);
    const sotto_status s = b.call(error, calls::upload, weights.get(), 0u, 0u, &asked.known);
    expect(releases == 1, "release was called " + std::to_string(releases) + " times, once is owed");
    return s;
  });
}

sotto_status run_asked(Runner& runner, const sotto_batch* batch, Error* error) {
  const float* rows[2] = {};
  uint32_t counts[2] = {};
  sotto_run_result result{sizeof(sotto_run_result), 2, rows, counts, 0, 0, nullptr};
  return runner.backend.call(error, calls::run, runner.program.get(), runner.cache.get(), batch, &result);
}

void batches(const Subject& subject, Recorder& record, Net& net) {
  const Sequence text = net.sequence(4);
  const std::vector<sotto_batch_row> rows = rows_of(text, 0, 0, 4);
  both(record, "sotto_batch", [&](uint64_t unknown, Error* error) {
    Runner runner(subject.tested, net, subject.options());
    const auto asked = longer(batch_of(rows), unknown);
    return run_asked(runner.ready(), &asked.known, error);
  });
  both(record, "sotto_batch_row by its stride", [&](uint64_t unknown, Error* error) {
    Runner runner(subject.tested, net, subject.options());
    const auto asked = longer_rows(rows.data(), rows.size(), unknown);
    sotto_batch batch = batch_of(rows);
    batch.rows = &asked[0].known;
    batch.row_stride = sizeof asked[0];
    return run_asked(runner.ready(), &batch, error);
  });
}

void plans(const Subject& subject, Recorder& record, Net& net) {
  const Backend& b = subject.tested;
  const auto check = [&](const sotto_plan* plan, Error* error) {
    Runner runner(b, net, subject.options());
    return b.call(error, calls::check, runner.ready().group.get(), plan, 8u, nullptr, nullptr, 0u);
  };
  const sotto_plan good = net.plan();
  both(record, "sotto_plan", [&](uint64_t unknown, Error* error) {
    const auto asked = longer(good, unknown);
    return check(&asked.known, error);
  });
  // Of arrays the last element is a newer one; all of them say so by their own size.
  const auto grown = [](auto rows) {
    for (auto& row : rows) row.known.struct_size = sizeof row;
    return rows;
  };
  both(record, "sotto_weight", [&](uint64_t unknown, Error* error) {
    const auto asked = grown(longer_rows(good.weights, good.weight_count, unknown));
    sotto_plan plan = good;
    plan.weights = &asked[0].known;
    plan.weight_stride = sizeof asked[0];
    return check(&plan, error);
  });
  both(record, "sotto_step", [&](uint64_t unknown, Error* error) {
    const auto asked = grown(longer_rows(good.steps, good.step_count, unknown));
    sotto_plan plan = good;
    plan.steps = &asked[0].known;
    plan.step_stride = sizeof asked[0];
    return check(&plan, error);
  });
  both(record, "sotto_slot", [&](uint64_t unknown, Error* error) {
    const auto asked = grown(longer_rows(good.slots, good.slot_count, unknown));
    sotto_plan plan = good;
    plan.slots = &asked[0].known;
    plan.slot_stride = sizeof asked[0];
    return check(&plan, error);
  });
}

template <class Args>
void arguments(const Subject& subject, Recorder& record, Net& net, uint32_t kind, const char* what) {
  both(record, what, [&](uint64_t unknown, Error* error) {
    sotto_plan plan = net.plan();
    std::vector<sotto_step> steps(plan.steps, plan.steps + plan.step_count);
    Longer<Args> asked;
    for (sotto_step& step : steps) {
      if (step.kind != kind || asked.known.struct_size != 0) continue;
      asked = longer(*static_cast<const Args*>(step.args), unknown);
      step.args = &asked;
    }
    plan.steps = steps.data();
    Runner runner(subject.tested, net, subject.options());
    return subject.tested.call(error, calls::check, runner.ready().group.get(), &plan, 8u, nullptr, nullptr, 0u);
  });
}

void pairs(const Subject& subject, Recorder& record, Net& net) {
  both(record, "sotto_adapter_pair by its stride", [&](uint64_t unknown, Error* error) {
    Runner runner(subject.tested, net, subject.options());
    uint32_t matrix = 0;
    while ((net.weights[matrix].uses & SOTTO_USE_LINEAR) == 0) ++matrix;
    const std::vector<float> numbers(4096);
    const float* pointers[] = {numbers.data()};
    const sotto_adapter_pair pair{matrix, 1, 1, 0, pointers, pointers};
    const auto asked = longer_rows(&pair, 1, unknown);
    Handle<sotto_adapter> made;
    return subject.tested.make(error, calls::adapter_create, &made, &B::adapter_destroy, runner.ready().weights.get(),
                               &asked[0].known, 1u, static_cast<uint32_t>(sizeof asked[0]));
  });
}

void unknown_fields(const Subject& subject, Recorder& record) {
  Net net(1, 5200, kSmallModel.vocabulary);
  build(net, kSmallModel, SOTTO_F32);
  options(subject, record, net);
  costs(subject, record);
  uploads(subject, record, net);
  plans(subject, record, net);
  arguments<sotto_embed_args>(subject, record, net, SOTTO_STEP_EMBED, "sotto_embed_args");
  arguments<sotto_norm_args>(subject, record, net, SOTTO_STEP_NORM, "sotto_norm_args");
  arguments<sotto_linear_args>(subject, record, net, SOTTO_STEP_LINEAR, "sotto_linear_args");
  arguments<sotto_attention_args>(subject, record, net, SOTTO_STEP_ATTENTION, "sotto_attention_args");
  arguments<sotto_add_args>(subject, record, net, SOTTO_STEP_ADD, "sotto_add_args");
  arguments<sotto_output_args>(subject, record, net, SOTTO_STEP_OUTPUT, "sotto_output_args");
  pairs(subject, record, net);
  batches(subject, record, net);
}

}  // namespace

Sections growth_sections() { return {{"unknown fields", unknown_fields}}; }

}  // namespace sotto::conformance
