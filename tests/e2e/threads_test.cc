// The threads of a model on the CPU: however many are asked for, the same answer; none of them works once it is said.
#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "e2e/objects.h"

namespace sotto::e2e {
namespace {

const char* const kModel = "gguf/small-q8_0.gguf";

// Of all threads of this process together.
uint64_t processor_ns() {
  timespec t = {};
  EXPECT_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

void keep_line(void* user, int32_t, sotto_str line) {
  static_cast<std::vector<std::string>*>(user)->emplace_back(line.data, line.size);
}

Answer answer_on(uint32_t threads, std::vector<std::string>* log) {
  auto runtime_options = sized<sotto_runtime_options>();
  runtime_options.log = keep_line;
  runtime_options.log_user = log;
  const auto runtime = make_runtime(&runtime_options);
  auto options = sized<sotto_model_options>();
  options.threads = threads;
  const auto model = open_model(runtime.get(), fixture(kModel), "cpu", &options);
  const auto session = make_session(model.get());
  return generate(session.get(), greedy_options(expected("small-q8_0").tokens, 16));
}

TEST(Threads, AnyNumberGivesTheSameAnswerAndMoreThanTheCoresAreSaidInTheLog) {
  const uint32_t cores = std::max(std::thread::hardware_concurrency(), 1u);
  for (const uint32_t threads : {0u, 1u, 2u, cores, cores + 3}) {
    std::vector<std::string> log;
    EXPECT_EQ(answer_on(threads, &log).tokens, expected("small-q8_0").greedy) << threads << " threads";
    const bool said = std::any_of(log.begin(), log.end(), [&](const std::string& line) {
      return line.find(std::to_string(threads) + " threads on " + std::to_string(cores)) != std::string::npos;
    });
    EXPECT_EQ(said, threads > cores) << threads << " threads";
  }
}

TEST(Threads, AnAbsurdNumberIsRefusedWithItsBound) {
  const auto runtime = make_runtime();
  const std::string path = fixture(kModel);
  const auto source = path_source(path);
  for (const auto& [threads, bound] : {std::pair{4097u, "4096"}, std::pair{4096u, "at most 1024"}}) {
    auto options = sized<sotto_model_options>();
    options.backend = sotto_cstr("cpu");
    options.threads = threads;
    sotto_model* model = nullptr;
    Error error;
    EXPECT_NE(sotto_model_open(runtime.get(), &source, &options, &model, &error), SOTTO_OK) << threads;
    EXPECT_NE(std::string(error.text).find(bound), std::string::npos) << error.text;
    sotto_model_destroy(model);
  }
}

// A thread that still waits by asking over and over takes all of the 300 ms, or half of them on a busy core. Asked again where
// something else of the process (a thread that has not been given the core to fall asleep) came in between.
TEST(Threads, NoneWorksATenthOfASecondAfterTheLastToken) {
  constexpr uint64_t kTick = 10'000'000;  // of the system's own accounts, 100 Hz
  const auto runtime = make_runtime();
  auto options = sized<sotto_model_options>();
  options.threads = 4;
  const auto model = open_model(runtime.get(), fixture(kModel), "cpu", &options);
  const auto session = make_session(model.get());
  uint64_t spent = UINT64_MAX;
  for (int attempt = 0; attempt < 3 && spent > kTick; ++attempt) {
    EXPECT_EQ(generate(session.get(), greedy_options({1, 2, 3}, 6)).status, SOTTO_OK);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const uint64_t before = processor_ns();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    spent = processor_ns() - before;
  }
  std::printf("%.3f ms of processor time in 300 ms\n", static_cast<double>(spent) / 1e6);
  EXPECT_LE(spent, kTick);
}

}  // namespace
}  // namespace sotto::e2e
