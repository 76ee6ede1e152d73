#include "conformance/runner.h"

#include <algorithm>
#include <cmath>

namespace sotto::conformance {
namespace {

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

std::vector<sotto_batch_row> rows_of(const Sequence& s, uint32_t id, uint32_t first, uint32_t count) {
  std::vector<sotto_batch_row> rows;
  for (uint32_t t = first; t < first + count; ++t)
    rows.push_back({s.tokens[t], t, id, t + 1 == first + count ? 1u : 0u, nullptr, 0, 0});
  return rows;
}

sotto_batch batch_of(const std::vector<sotto_batch_row>& rows) {
  sotto_batch batch{};
  batch.struct_size = sizeof batch;
  batch.row_stride = sizeof(sotto_batch_row);
  batch.row_count = static_cast<uint32_t>(rows.size());
  batch.rows = rows.data();
  return batch;
}

Runner::Runner(const Backend& b, Net& n, const RunnerOptions& o) : backend(b), net(n), options(o) { status = make(); }

sotto_status Runner::make() {
  const std::vector<uint32_t> devices(local_ranks(), options.device);
  sotto_group_options g{};
  g.struct_size = sizeof g;
  g.world = net.ranks();
  g.first_rank = first_rank();
  g.local_ranks = local_ranks();
  g.comm = options.comm;
  g.devices = devices.data();
  g.threads = options.threads;
  g.flags = options.in_place ? SOTTO_GROUP_IN_PLACE : 0;
  const sotto_cache_options c{sizeof(sotto_cache_options), options.k_type, options.v_type, options.sequences, options.tokens};
  const sotto_plan& plan = net.plan();
  std::vector<sotto_rank_cost> costs(local_ranks());
  using B = sotto_backend;
  sotto_status s = backend.make(&error, calls::group_create, &group, &B::group_destroy, backend.self(), &g);
  if (s == SOTTO_OK)
    s = backend.call(&error, calls::check, group.get(), &plan, options.max_batch, &c, costs.data(),
                     static_cast<uint32_t>(sizeof costs[0]));
  if (s == SOTTO_OK) s = backend.make(&error, calls::weights_create, &weights, &B::weights_destroy, group.get(), &plan);
  if (s == SOTTO_OK) s = upload();
  if (s == SOTTO_OK)
    s = backend.make(&error, calls::compile, &program, &B::program_destroy, group.get(), &plan, weights.get(),
                     options.max_batch);
  if (s == SOTTO_OK) s = backend.make(&error, calls::cache_create, &cache, &B::cache_destroy, program.get(), &c);
  return s;
}

Runner::~Runner() {
  adapters_.clear();
  cache.reset();
  program.reset();
  weights.reset();
  if (releases_owed_ != 0) backend.remember("an upload was never released, or twice: weights_destroy is the latest moment");
  group.reset();
}

Runner& Runner::ready() {
  if (status != SOTTO_OK) throw Fault(std::string("the plan was refused with ") + status_name(status) + ": " + error.text);
  return *this;
}

sotto_status Runner::upload() {
  for (uint32_t w = 0; w < net.weights.size(); ++w) {
    for (uint32_t r = first_rank(); r < first_rank() + local_ranks(); ++r) {
      const HeldWeight& held = net.weights[w];
      const sotto_slice& slice = held.slices[r];
      if (slice.rows == 0 || slice.columns == 0) continue;
      const SliceBytes bytes = bytes_of(held.tensor, slice);
      // Without BORROW the bytes are gone after the call: a copy that ends here proves that none is kept.
      const std::vector<uint8_t> passing(bytes.first, bytes.first + bytes.count);
      ++releases_owed_;
      const auto release = [](void* user) { --*static_cast<uint32_t*>(user); };
      const sotto_upload u{sizeof(sotto_upload),
                           options.borrow ? SOTTO_UPLOAD_BORROW : 0u,
                           options.borrow ? bytes.first : passing.data(),
                           bytes.count,
                           held.tensor.row_bytes,
                           release,
                           &releases_owed_};
      if (const sotto_status s = backend.call(&error, calls::upload, weights.get(), w, r, &u); s != SOTTO_OK) return s;
    }
  }
  return SOTTO_OK;
}

sotto_adapter* Runner::adapter(int number) {
  if (number < 0) return nullptr;
  Handle<sotto_adapter>& made = adapters_[number];
  if (made != nullptr) return made.get();
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
  const auto count = static_cast<uint32_t>(pairs.size()), stride = static_cast<uint32_t>(sizeof pairs[0]);
  const sotto_status s = backend.make(&error, calls::adapter_create, &made, &sotto_backend::adapter_destroy, weights.get(),
                                      pairs.data(), count, stride);
  succeed(s, "adapter_create", error);
  return made.get();
}

uint32_t Runner::output_width(uint32_t output) const {
  for (const sotto_step& step : net.steps)
    if (step.kind == SOTTO_STEP_OUTPUT && static_cast<const sotto_output_args*>(step.args)->output == output)
      return net.widths[size_t{step.in[0]} * net.ranks()];
  return 0;
}

// Every output has a row for each that asked, and each sequence the length that follows.
void Runner::check_delivery(const sotto_batch& batch, const std::vector<const float*>& rows,
                            const std::vector<uint32_t>& counts) const {
  for (uint32_t o = 0; o < net.output_count; ++o) {
    uint32_t asked = 0;
    for (uint32_t i = 0; i < batch.row_count; ++i) asked += batch.rows[i].outputs >> o & 1;
    expect(counts[o] == asked, "run delivered " + (counts[o] == SOTTO_NONE ? "no count" : std::to_string(counts[o]) + " rows") +
                                   " of output " + std::to_string(o) + ", " + std::to_string(asked) + " rows asked for it");
    expect(asked == 0 || rows[o] != nullptr,
           "run answered SOTTO_OK and left the rows of output " + std::to_string(o) + " unset");
  }
  for (uint32_t i = 0; i < batch.row_count; ++i) {
    const sotto_batch_row& row = batch.rows[i];
    const uint32_t length = row.sequence < lengths.size() ? lengths[row.sequence] : SOTTO_NONE;
    expect(length != SOTTO_NONE && length > row.position,
           "run answered SOTTO_OK and says that sequence " + std::to_string(row.sequence) + " holds " +
               (length == SOTTO_NONE ? "nothing (unset)" : std::to_string(length) + " tokens") + " after position " +
               std::to_string(row.position));
  }
}

sotto_status Runner::run(sotto_batch& batch, Delivered* delivered) {
  std::vector<const float*> rows(net.output_count);
  std::vector<uint32_t> counts(net.output_count, SOTTO_NONE);
  lengths.assign(options.sequences, SOTTO_NONE);
  sotto_run_result result{
      sizeof(sotto_run_result), net.output_count, rows.data(), counts.data(), options.sequences, 0, lengths.data()};
  const sotto_status s = backend.call(&error, calls::run, program.get(), cache.get(), &batch, &result);
  if (s != SOTTO_OK) return s;
  check_delivery(batch, rows, counts);
  if (delivered == nullptr) return s;
  delivered->assign(net.output_count, {});
  for (uint32_t o = 0; o < net.output_count; ++o) {
    const uint32_t width = output_width(o);
    for (uint32_t i = 0; i < counts[o]; ++i)
      (*delivered)[o].emplace_back(rows[o] + size_t{i} * width, rows[o] + size_t{i + 1} * width);
  }
  return s;
}

std::vector<float> Runner::feed(const Sequence& s, uint32_t id, uint32_t first, uint32_t count) {
  const std::vector<sotto_batch_row> rows = rows_of(s, id, first, count);
  sotto_batch batch = batch_of(rows);
  Delivered delivered;
  const sotto_status answer = run(batch, &delivered);
  succeed(answer, "run", error);
  expect(lengths[id] == first + count, "sequence " + std::to_string(id) + " holds " + std::to_string(lengths[id]) +
                                           " tokens, " + std::to_string(first + count) + " were fed");
  return delivered[0].at(0);
}

std::vector<uint8_t> Runner::exported(uint32_t sequence, uint32_t first, uint32_t count) {
  uint64_t size = 0;
  sotto_status s = backend.call(&error, calls::cache_export, cache.get(), sequence, first, count, nullptr, &size);
  succeed(s, "cache_export for the size", error);
  std::vector<uint8_t> bytes(size);
  s = backend.call(&error, calls::cache_export, cache.get(), sequence, first, count, bytes.data(), &size);
  succeed(s, "cache_export", error);
  return bytes;
}
sotto_status Runner::imported(uint32_t sequence, uint32_t count, const std::vector<uint8_t>& bytes) {
  return backend.call(&error, calls::cache_import, cache.get(), sequence, count, bytes.data(), bytes.size());
}
sotto_status Runner::truncate(uint32_t sequence, uint32_t length) {
  return backend.call(&error, calls::cache_truncate, cache.get(), sequence, length);
}
sotto_status Runner::copy(uint32_t from, uint32_t to, uint32_t length) {
  return backend.call(&error, calls::cache_copy, cache.get(), from, to, length);
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
    sotto_batch batch = batch_of(rows);
    batch.input_count = static_cast<uint32_t>(inputs.size());
    batch.inputs = input_pointers.data();
    Delivered delivered;
    const sotto_status s = run(batch, &delivered);
    succeed(s, "run", error);
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
        // Only a mistake's result can be expected to be none: 0 / 0 without an epsilon.
        if (std::isnan(results[s][o].numbers[i]) && std::isnan(expected[s][o].numbers[i])) continue;
        difference += std::pow(results[s][o].numbers[i] - expected[s][o].numbers[i], 2);
        size += std::pow(expected[s][o].numbers[i], 2);
      }
    }
  }
  const double error = std::sqrt(difference / size);
  return std::isnan(error) ? HUGE_VAL : error;
}

double relative_error(const std::vector<float>& row, const Matrix& expected, uint32_t at) {
  Matrix one(1, static_cast<uint32_t>(row.size())), other(1, expected.width);
  for (uint32_t c = 0; c < one.width; ++c) one.at(0, c) = static_cast<double>(row[c]);
  for (uint32_t c = 0; c < other.width; ++c) other.at(0, c) = expected.at(at, c);
  return relative_error(Results{{one}}, Results{{other}});
}

Results expected_results(const Net& net, const std::vector<Sequence>& sequences, Mistake mistake) {
  Results results;
  for (const Sequence& s : sequences) results.push_back(net.expected(s, mistake));
  return results;
}

std::string wrong_place(const Results& results, const Results& expected, double tolerance) {
  for (size_t s = 0; s < expected.size(); ++s) {
    for (size_t o = 0; o < expected[s].size(); ++o) {
      const Matrix &got = results[s][o], &right = expected[s][o];
      if (got.numbers.size() != right.numbers.size()) return "rows are missing";
      double size = 0;
      for (const double x : right.numbers) size += x * x / static_cast<double>(right.numbers.size());
      uint32_t row = right.rows, first = right.width, last = 0, wrong = 0;
      for (uint32_t t = 0; t < right.rows; ++t) {
        for (uint32_t c = 0; c < right.width; ++c) {
          if (std::fabs(got.at(t, c) - right.at(t, c)) <= 5 * tolerance * std::sqrt(size)) continue;
          row = std::min(row, t), first = std::min(first, c), last = std::max(last, c), ++wrong;
        }
      }
      if (wrong == 0) continue;
      const std::string columns =
          first == 0 && last + 1 == right.width
              ? "in columns all over"
              : "in columns " + std::to_string(first) + " .. " + std::to_string(last) + " of " + std::to_string(right.width);
      return "first wrong in sequence " + std::to_string(s) + " at position " + std::to_string(row) + ", " + columns;
    }
  }
  return "wrong by little everywhere";
}

}  // namespace sotto::conformance
