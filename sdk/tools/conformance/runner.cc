#include "conformance/runner.h"

#include <dlfcn.h>

#include <cmath>

#include <gtest/gtest.h>

namespace sotto::conformance {
namespace {

const sotto_host kHost = {
    sizeof(sotto_host),
    SOTTO_ABI_MAJOR,
    SOTTO_ABI_MINOR,
    0,
    nullptr,
    [](void*, int32_t, sotto_str) {},
    [](void*, const char*) {
      return sotto_interface{nullptr, nullptr};
    },
};

// The bytes of one rank's slice: from its first whole block on.
struct SliceBytes {
  const uint8_t* first;
  uint64_t count;
};
SliceBytes bytes_of(const Tensor& t, const sotto_slice& s) {
  const uint64_t block = block_size(t.type), bytes = block_bytes(t.type);
  const uint64_t column = (s.first_column - s.skip_columns) / block * bytes;
  const uint64_t row = (s.skip_columns + s.columns + block - 1) / block * bytes;
  return {t.bytes.data() + s.first_row * t.row_bytes + column, (s.rows - 1) * t.row_bytes + row};
}

std::vector<float> part_of(const Tensor& t, const Part& rows, const Part& columns) {
  std::vector<float> numbers;
  for (uint64_t r = 0; r < rows.count; ++r)
    for (uint64_t c = 0; c < columns.count; ++c) numbers.push_back(static_cast<float>(t.at(rows.first + r, columns.first + c)));
  return numbers;
}

}  // namespace

std::unique_ptr<Backend> Backend::open(const std::string& path, std::string* why) {
  std::unique_ptr<Backend> made(new Backend);
  made->library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (made->library_ == nullptr) {
    *why = dlerror();
    return nullptr;
  }
  made->entry_ = static_cast<const sotto_plugin_entry*>(dlsym(made->library_, SOTTO_PLUGIN_SYMBOL));
  if (made->entry_ == nullptr) {
    *why = path + " has no symbol " SOTTO_PLUGIN_SYMBOL;
    return nullptr;
  }
  Error error;
  if (made->entry_->create(&kHost, &made->self_, &error) != SOTTO_OK) {
    *why = error.text;
    made->entry_ = nullptr;
    return nullptr;
  }
  made->id_ = made->entry_->id;
  made->api_ = static_cast<const sotto_backend*>(made->entry_->query(made->self_, SOTTO_BACKEND_ID));
  if (made->api_ == nullptr) *why = path + " has no " SOTTO_BACKEND_ID;
  return made->api_ == nullptr ? nullptr : std::move(made);
}

Backend::~Backend() {
  if (entry_ != nullptr) entry_->destroy(self_);
  if (library_ != nullptr) dlclose(library_);
}

uint32_t Backend::devices() const {
  uint32_t count = 0;
  return api_->device_count(self_, &count, nullptr) == SOTTO_OK ? count : 0;
}

uint32_t Backend::invariant_rows(uint32_t device) const {
  sotto_device_info info{};
  info.struct_size = sizeof info;
  return api_->device_info(self_, device, &info, nullptr) == SOTTO_OK ? info.batch_invariant_rows : 0;
}

Schedule one_batch(const std::vector<Sequence>& sequences) {
  Schedule made(1);
  for (uint32_t s = 0; s < sequences.size(); ++s) made[0].insert(made[0].end(), sequences[s].length, s);
  return made;
}

Schedule chunks(const std::vector<Sequence>& sequences, uint32_t rows) {
  Schedule made;
  for (uint32_t s = 0; s < sequences.size(); ++s)
    for (uint32_t t = 0; t < sequences[s].length; t += rows) made.emplace_back(std::min(rows, sequences[s].length - t), s);
  return made;
}

Schedule shuffled(const std::vector<Sequence>& sequences, Random& random) {
  std::vector<uint32_t> rows = one_batch(sequences)[0];
  for (size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random() % i]);
  Schedule made;
  for (size_t i = 0; i < rows.size();) {
    const size_t count = std::min<size_t>(1 + random() % 7, rows.size() - i);
    made.emplace_back(rows.begin() + static_cast<std::ptrdiff_t>(i), rows.begin() + static_cast<std::ptrdiff_t>(i + count));
    i += count;
  }
  return made;
}

void Runner::count_release(void* user) { --*static_cast<uint32_t*>(user); }

Runner::Runner(const Backend& b, Net& n, const RunnerOptions& o) : backend(b), net(n), options(o) {
  const std::vector<uint32_t> devices(net.ranks(), options.device);
  sotto_group_options g{};
  g.struct_size = sizeof g;
  g.local_ranks = net.ranks();
  g.devices = devices.data();
  g.threads = options.threads;
  const sotto_cache_options c{sizeof(sotto_cache_options), options.k_type, options.v_type, options.sequences, options.tokens};
  const sotto_plan& plan = net.plan();
  std::vector<sotto_rank_cost> costs(net.ranks());
  status = backend->group_create(backend.self(), &g, &group, &error);
  if (status == SOTTO_OK) status = backend->check(group, &plan, options.max_batch, &c, costs.data(), &error);
  if (status == SOTTO_OK) status = backend->weights_create(group, &plan, &weights, &error);
  if (status == SOTTO_OK) status = upload();
  if (status == SOTTO_OK) status = backend->compile(group, &plan, weights, options.max_batch, &program, &error);
  if (status == SOTTO_OK) status = backend->cache_create(program, &c, &cache, &error);
}

Runner::~Runner() {
  for (const auto& [number, made] : adapters_) backend->adapter_destroy(made);
  backend->cache_destroy(cache);
  backend->program_destroy(program);
  backend->weights_destroy(weights);
  backend->group_destroy(group);
  EXPECT_EQ(releases_owed_, 0u) << "uploads that were never released, or twice";
}

sotto_status Runner::upload() {
  for (uint32_t w = 0; w < net.weights.size(); ++w) {
    for (uint32_t r = 0; r < net.ranks(); ++r) {
      const HeldWeight& held = net.weights[w];
      const sotto_slice& slice = held.slices[r];
      if (slice.rows == 0 || slice.columns == 0) continue;
      const SliceBytes bytes = bytes_of(held.tensor, slice);
      // Without BORROW the bytes are gone after the call: a copy that ends here proves that none is kept.
      const std::vector<uint8_t> passing(bytes.first, bytes.first + bytes.count);
      ++releases_owed_;
      const sotto_upload u{sizeof(sotto_upload),
                           options.borrow ? SOTTO_UPLOAD_BORROW : 0u,
                           options.borrow ? bytes.first : passing.data(),
                           bytes.count,
                           held.tensor.row_bytes,
                           count_release,
                           &releases_owed_};
      if (const sotto_status s = backend->upload(weights, w, r, &u, &error); s != SOTTO_OK) return s;
    }
  }
  return SOTTO_OK;
}

sotto_adapter* Runner::adapter(int number) {
  if (number < 0) return nullptr;
  sotto_adapter*& made = adapters_[number];
  if (made != nullptr) return made;
  std::vector<std::vector<float>> numbers;
  std::vector<std::vector<const float*>> pointers;
  std::vector<sotto_adapter_pair> pairs;
  for (const HeldAdapter::Pair& pair : net.adapters[static_cast<size_t>(number)].pairs) {
    const uint64_t dims = pair.a.rows;
    std::vector<const float*> a, b;
    for (const sotto_slice& s : net.weights[pair.weight].slices) {
      a.push_back(numbers.emplace_back(part_of(pair.a, {0, dims}, {s.first_column, s.columns})).data());
      b.push_back(numbers.emplace_back(part_of(pair.b, {s.first_row, s.rows}, {0, dims})).data());
    }
    pointers.push_back(std::move(a));
    pointers.push_back(std::move(b));
    pairs.push_back({pair.weight, static_cast<uint32_t>(dims), pair.scale, 0, pointers[pointers.size() - 2].data(),
                     pointers.back().data()});
  }
  status = backend->adapter_create(weights, pairs.data(), static_cast<uint32_t>(pairs.size()), sizeof pairs[0], &made, &error);
  return made;
}

sotto_status Runner::run(sotto_batch& batch, std::vector<std::vector<std::vector<float>>>* delivered) {
  batch.struct_size = sizeof batch;
  batch.row_stride = sizeof(sotto_batch_row);
  std::vector<const float*> rows(net.output_count);
  std::vector<uint32_t> counts(net.output_count);
  lengths.assign(options.sequences, 0xDEAD);
  sotto_run_result result{
      sizeof(sotto_run_result), net.output_count, rows.data(), counts.data(), options.sequences, 0, lengths.data()};
  const sotto_status s = backend->run(program, cache, &batch, &result, &error);
  if (s != SOTTO_OK || delivered == nullptr) return s;
  delivered->assign(net.output_count, {});
  uint32_t output = 0;
  for (const sotto_step& step : net.steps) {
    if (step.kind != SOTTO_STEP_OUTPUT) continue;
    const uint32_t width = net.widths[size_t{step.in[0]} * net.ranks()];
    for (uint32_t i = 0; i < counts[output]; ++i)
      (*delivered)[output].emplace_back(rows[output] + size_t{i} * width, rows[output] + size_t{i + 1} * width);
    ++output;
  }
  return s;
}

Results Runner::play(const std::vector<Sequence>& sequences, const Schedule& schedule) {
  Results results(sequences.size());
  for (size_t s = 0; s < sequences.size(); ++s) results[s].resize(net.output_count);
  std::vector<uint32_t> next(sequences.size());
  for (const std::vector<uint32_t>& batch_sequences : schedule) {
    std::vector<sotto_batch_row> rows;
    std::vector<std::vector<float>> inputs(sequences.empty() ? 0 : sequences[0].inputs.size());
    for (const uint32_t s : batch_sequences) {
      const Sequence& sequence = sequences[s];
      const uint32_t position = next[s]++;
      rows.push_back({sequence.tokens[position], position, s, (uint32_t{1} << net.output_count) - 1, adapter(sequence.adapter),
                      sequence.strength, 0});
      for (size_t i = 0; i < inputs.size(); ++i)
        for (uint32_t c = 0; c < sequence.inputs[i].width; ++c)
          inputs[i].push_back(static_cast<float>(sequence.inputs[i].at(position, c)));
    }
    std::vector<const float*> input_pointers;
    for (const std::vector<float>& input : inputs) input_pointers.push_back(input.data());
    sotto_batch batch{};
    batch.row_count = static_cast<uint32_t>(rows.size());
    batch.rows = rows.data();
    batch.input_count = static_cast<uint32_t>(inputs.size());
    batch.inputs = input_pointers.data();
    std::vector<std::vector<std::vector<float>>> delivered;
    if (status == SOTTO_OK) status = run(batch, &delivered);
    if (status != SOTTO_OK) return results;
    for (size_t o = 0; o < delivered.size(); ++o) {
      for (size_t i = 0; i < delivered[o].size(); ++i) {
        Matrix& to = results[rows[i].sequence][o];
        to.width = static_cast<uint32_t>(delivered[o][i].size());
        ++to.rows;
        for (const float x : delivered[o][i]) to.numbers.push_back(static_cast<double>(x));
      }
    }
  }
  return results;
}

double relative_error(const Results& results, const Results& expected) {
  double difference = 0, size = 1e-60;
  for (size_t s = 0; s < expected.size(); ++s) {
    for (size_t o = 0; o < expected[s].size(); ++o) {
      if (results[s][o].numbers.size() != expected[s][o].numbers.size()) return HUGE_VAL;
      for (size_t i = 0; i < expected[s][o].numbers.size(); ++i) {
        difference += std::pow(results[s][o].numbers[i] - expected[s][o].numbers[i], 2);
        size += std::pow(expected[s][o].numbers[i], 2);
      }
    }
  }
  const double error = std::sqrt(difference / size);
  return std::isnan(error) ? HUGE_VAL : error;
}

Results expected_results(const Net& net, const std::vector<Sequence>& sequences) {
  Results results;
  for (const Sequence& s : sequences) results.push_back(net.expected(s));
  return results;
}

}  // namespace sotto::conformance
