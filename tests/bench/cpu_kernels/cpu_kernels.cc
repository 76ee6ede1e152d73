// cpu_kernels.cc - bench_cpu_kernels <backend library> [device] [threads] [MB of weights]: a chain of 4096 x 4096 LINEARs per
// weight type, with one row (limit: memory; GB/s of weights, part of the bandwidth measured here) and with 256 (products per
// second).
#include <dlfcn.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sotto/backend.h"
#include "sotto/plugin.h"

namespace {

constexpr uint32_t kWidth = 4096;
constexpr uint32_t kRows = 256;

struct TypeRow {
  const char* name;
  uint32_t type, block, bytes;
};
constexpr TypeRow kTypes[] = {
    {"F32", SOTTO_F32, 1, 4},       {"F16", SOTTO_F16, 1, 2},       {"BF16", SOTTO_BF16, 1, 2},
    {"Q8_0", SOTTO_Q8_0, 32, 34},   {"Q4_0", SOTTO_Q4_0, 32, 18},   {"Q4_1", SOTTO_Q4_1, 32, 20},
    {"Q5_0", SOTTO_Q5_0, 32, 22},   {"Q5_1", SOTTO_Q5_1, 32, 24},   {"Q4_K", SOTTO_Q4_K, 256, 144},
    {"Q5_K", SOTTO_Q5_K, 256, 176}, {"Q6_K", SOTTO_Q6_K, 256, 210},
};

[[noreturn]] void quit(const std::string& what, const sotto_error& err) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), err.text);
  std::exit(1);
}

double seconds(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

double best_of(int times, const std::function<void()>& work) {
  double best = 1e30;
  for (int i = 0; i < times; ++i) best = std::min(best, seconds(work));
  return best;
}

// Bytes per second that `threads` threads read.
double bandwidth(const std::vector<uint64_t>& memory, uint32_t threads) {
  std::vector<uint64_t> sums(threads * 16);
  const size_t share = memory.size() / threads;
  const double best = best_of(4, [&] {
    std::vector<std::thread> pool;
    for (uint32_t t = 0; t < threads; ++t) {
      pool.emplace_back([&, t] {
        uint64_t sum = 0;
        for (size_t i = t * share; i < (t + 1) * share; ++i) sum += memory[i];
        sums[t * 16] += sum;
      });
    }
    for (std::thread& t : pool) t.join();
  });
  return static_cast<double>(memory.size() * 8) / best;
}

// INPUT, then LINEAR after LINEAR over distinct pieces of the memory, then OUTPUT.
struct ChainPlan {
  ChainPlan(const TypeRow& type, uint32_t count) : slice{0, kWidth, 0, kWidth, 0}, widths(count + 1, kWidth) {
    input = {sizeof input, 0};
    steps.push_back({sizeof(sotto_step), SOTTO_STEP_INPUT, 0, {SOTTO_NONE, SOTTO_NONE, SOTTO_NONE}, &input});
    for (uint32_t i = 0; i < count; ++i) {
      weights.push_back({sizeof(sotto_weight), type.type, kWidth, kWidth, SOTTO_USE_LINEAR, 0, &slice, {nullptr, 0}});
      linears.push_back({sizeof(sotto_linear_args), i, SOTTO_NONE, SOTTO_NONE, SOTTO_NONE, SOTTO_ACT_NONE, 0, 0, 0, 0});
      steps.push_back({sizeof(sotto_step), SOTTO_STEP_LINEAR, i + 1, {i, SOTTO_NONE, SOTTO_NONE}, &linears.back()});
    }
    output = {sizeof output, 0};
    steps.push_back({sizeof(sotto_step), SOTTO_STEP_OUTPUT, SOTTO_NONE, {count, SOTTO_NONE, SOTTO_NONE}, &output});
    plan.struct_size = sizeof plan;
    plan.world = 1;
    plan.value_count = count + 1;
    plan.weight_count = count;
    plan.weight_stride = sizeof(sotto_weight);
    plan.step_count = static_cast<uint32_t>(steps.size());
    plan.step_stride = sizeof(sotto_step);
    plan.slot_stride = sizeof(sotto_slot);
    plan.output_count = 1;
    plan.vocabulary = 1;
    plan.max_positions = 1u << 20;
    plan.widths = widths.data();
    plan.weights = weights.data();
    plan.steps = steps.data();
  }
  sotto_slice slice;
  std::vector<uint32_t> widths;
  sotto_input_args input = {};
  sotto_output_args output = {};
  std::vector<sotto_weight> weights;
  std::deque<sotto_linear_args> linears;
  std::vector<sotto_step> steps;
  sotto_plan plan = {};
};

struct Bench {
  const sotto_backend& backend;
  uint32_t device, threads;
  const std::vector<uint64_t>& memory;
  double memory_rate;
};

void run_type(const Bench& b, const TypeRow& type) {
  sotto_error err = {};
  err.struct_size = sizeof err;
  const uint64_t stride = uint64_t{kWidth} / type.block * type.bytes, bytes = stride * kWidth;
  const auto count = static_cast<uint32_t>(b.memory.size() * 8 / bytes);
  ChainPlan chain(type, count);
  sotto_group_options options = {};
  options.struct_size = sizeof options;
  options.devices = &b.device;
  options.threads = b.threads;
  sotto_group* group = nullptr;
  sotto_weights* weights = nullptr;
  sotto_program* program = nullptr;
  sotto_cache* cache = nullptr;
  if (b.backend.group_create(nullptr, &options, &group, &err) != SOTTO_OK) quit("group_create", err);
  if (b.backend.weights_create(group, &chain.plan, &weights, &err) != SOTTO_OK) quit("weights_create", err);
  for (uint32_t i = 0; i < count; ++i) {
    const auto* first = reinterpret_cast<const uint8_t*>(b.memory.data()) + i * bytes;
    const sotto_upload data = {sizeof(sotto_upload), SOTTO_UPLOAD_BORROW, first, bytes, stride, nullptr, nullptr};
    if (b.backend.upload(weights, i, 0, &data, &err) != SOTTO_OK) quit("upload", err);
  }
  if (b.backend.compile(group, &chain.plan, weights, kRows, &program, &err) != SOTTO_OK) quit("compile", err);
  const sotto_cache_options cache_options = {sizeof(sotto_cache_options), SOTTO_F32, SOTTO_F32, 1, 1u << 20};
  if (b.backend.cache_create(program, &cache_options, &cache, &err) != SOTTO_OK) quit("cache_create", err);
  std::vector<float> input(uint64_t{kRows} * kWidth, 0.25f);
  const float* inputs[] = {input.data()};
  const auto run = [&](uint32_t rows) {
    if (b.backend.cache_truncate(cache, 0, 0, &err) != SOTTO_OK) quit("cache_truncate", err);
    std::vector<sotto_batch_row> batch(rows);
    for (uint32_t i = 0; i < rows; ++i) batch[i] = {0, i, 0, 1, nullptr, 0, 0};
    const sotto_batch call = {sizeof(sotto_batch), rows, sizeof(sotto_batch_row), 1, batch.data(), inputs, nullptr, nullptr};
    if (b.backend.run(program, cache, &call, nullptr, &err) != SOTTO_OK) quit("run", err);
  };
  run(1);
  const double one = best_of(3, [&] { run(1); });
  const double many = seconds([&] { run(kRows); });
  const double products = static_cast<double>(count) * kWidth * kWidth;
  const double rate = static_cast<double>(count) * static_cast<double>(bytes) / one;
  std::printf("  %-5s one row %6.2f GB/s %4.0f %%   256 rows %8.2f Gproducts/s, %5.1f x\n", type.name, rate / 1e9,
              100 * rate / b.memory_rate, products * kRows / many / 1e9, one * kRows / many);
  b.backend.cache_destroy(cache);
  b.backend.program_destroy(program);
  b.backend.weights_destroy(weights);
  b.backend.group_destroy(group);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "bench_cpu_kernels <backend library> [device] [threads] [MB of weights]\n");
    return 2;
  }
  const auto number = [&](int index, uint32_t otherwise) {
    return argc > index ? static_cast<uint32_t>(std::atoi(argv[index])) : otherwise;
  };
  const uint32_t device = number(2, 0), threads = number(3, 2), megabytes = number(4, 512);
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  const auto* entry =
      library == nullptr ? nullptr : static_cast<const sotto_plugin_entry*>(dlsym(library, SOTTO_PLUGIN_SYMBOL));
  const auto* backend = entry == nullptr ? nullptr : static_cast<const sotto_backend*>(entry->query(nullptr, SOTTO_BACKEND_ID));
  if (backend == nullptr || threads == 0 || megabytes < 128) {
    std::fprintf(stderr, "%s is no backend, or fewer than 1 thread or 128 MB\n", argv[1]);
    return 1;
  }
  // Small numbers as float32, as half precision and as block scales: nothing becomes infinite on its way through the chain.
  const std::vector<uint64_t> memory((size_t{megabytes} << 20) / 8, 0x0101010101010101);
  const double rate = bandwidth(memory, threads);
  std::printf("%u threads read %.2f GB/s\n", threads, rate / 1e9);
  sotto_error err = {};
  err.struct_size = sizeof err;
  sotto_device_info info = {};
  info.struct_size = sizeof info;
  if (backend->device_info(nullptr, device, &info, &err) != SOTTO_OK) quit("device_info", err);
  std::printf("%s, %s\n", info.name, info.detail);
  for (const TypeRow& type : kTypes) {
    run_type({*backend, device, threads, memory, rate}, type);
    std::fflush(stdout);
  }
}
