// Opening a model: every kind of source, progress, ranks, what is refused; on each backend the logits of the fixtures.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>

#include "e2e/objects.h"

namespace sotto::e2e {
namespace {

const std::string kModel = "gguf/small-q8_0.gguf";

sotto_status try_open(sotto_runtime* runtime, const sotto_model_source& source, const sotto_model_options& options,
                      Error* error, ModelPtr* model = nullptr) {
  sotto_model* opened = nullptr;
  const sotto_status status = sotto_model_open(runtime, &source, &options, &opened, error);
  ModelPtr owner(opened);
  if (model) *model = std::move(owner);
  return status;
}

sotto_status try_open(sotto_runtime* runtime, const sotto_model_source& source, Error* error, ModelPtr* model = nullptr) {
  return try_open(runtime, source, sized<sotto_model_options>(), error, model);
}

double relative_rms(const std::vector<float>& found, const std::vector<float>& wanted) {
  double difference = 0, scale = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    difference += std::pow(static_cast<double>(found[i]) - static_cast<double>(wanted[i]), 2);
    scale += std::pow(static_cast<double>(wanted[i]), 2);
  }
  return std::sqrt(difference / scale);
}

// A file with the model at an odd place in it, as an asset of an app lies in its package.
struct Asset {
  static constexpr uint64_t kOffset = 4099;
  FILE* file = std::tmpfile();
  uint64_t length;
  explicit Asset(const std::string& model) : length(model.size()) {
    const std::string around(kOffset, '#');
    for (const std::string* part : {&around, &model, &around})
      EXPECT_EQ(fwrite(part->data(), 1, part->size(), file), part->size());
    fflush(file);
  }
  ~Asset() {
    if (file) fclose(file);
  }
};

TEST(Open, EveryKindOfSourceGivesTheSameLogits) {
  const auto runtime = make_runtime();
  const std::string bytes = file_bytes(fixture(kModel));
  const Asset asset(bytes);
  const std::string path = fixture(kModel);
  auto from_path = path_source(path);
  const auto from_memory = memory_source(bytes);
  auto from_fd = sized<sotto_model_source>();
  from_fd.kind = SOTTO_SOURCE_FD;
  from_fd.offset = Asset::kOffset;
  from_fd.length = asset.length;
  from_fd.fd = dup(fileno(asset.file));
  auto from_calls = sized<sotto_model_source>();
  from_calls.kind = SOTTO_SOURCE_CALLBACK;
  from_calls.size = bytes.size();
  from_calls.user = const_cast<char*>(bytes.data());
  from_calls.read = [](void* user, uint64_t at, void* into, uint64_t count) -> int32_t {
    std::memcpy(into, static_cast<const char*>(user) + at, static_cast<size_t>(count));
    return 0;
  };
  const auto tokens = expected("small-q8_0").tokens;
  std::vector<float> first;
  for (const auto& source : {from_path, from_memory, from_fd, from_calls}) {
    Error error;
    ModelPtr model;
    ASSERT_EQ(try_open(runtime.get(), source, &error, &model), SOTTO_OK) << source.kind << ": " << error.text;
    if (source.kind == SOTTO_SOURCE_FD) close(source.fd);  // allowed after the call
    const auto rows = feed(make_session(model.get()).get(), tokens);
    if (first.empty()) first = rows;
    EXPECT_EQ(rows, first) << source.kind;
  }
}

TEST(Open, LogitsAreTheFixturesOnEachBackend) {
  const auto runtime = make_runtime();
  for (const char* backend : {"reference", "cpu"}) {
    for (const char* name : {"small-f32", "small-f16", "small-bf16", "small-q8_0", "small-q4_0", "small-q4_1", "small-q5_0",
                             "small-q5_1", "wide-q4_k_m", "wide-q5_k"}) {
      const auto model = open_model(runtime.get(), fixture("gguf/" + std::string(name) + ".gguf"), backend);
      ASSERT_TRUE(model);
      const auto rows = feed(make_session(model.get()).get(), expected(name).tokens);
      const auto wanted = fixture_floats("gguf/" + std::string(name) + ".logits.f32");
      ASSERT_EQ(rows.size(), wanted.size());
      double most = 0;
      for (size_t i = 0; i < rows.size(); ++i) most = std::max(most, std::abs(static_cast<double>(rows[i] - wanted[i])));
      // The fixtures' README: float32 activations 1e-3, quantised activations 6 % relative rms.
      if (backend == std::string("reference"))
        EXPECT_LE(most, 1e-3) << name;
      else
        EXPECT_LE(relative_rms(rows, wanted), 0.06) << name;
    }
  }
}

TEST(Open, ProgressRunsFromNothingToAllAndCanCancel) {
  const auto runtime = make_runtime();
  const std::string path = fixture(kModel);
  struct Seen {
    std::vector<float> fractions;
    size_t cancel_at = SIZE_MAX;
  };
  for (const size_t cancel_at : {SIZE_MAX, size_t{0}, size_t{3}}) {
    Seen seen;
    seen.cancel_at = cancel_at;
    auto options = sized<sotto_model_options>();
    options.progress_user = &seen;
    options.progress = [](void* user, float fraction) -> int32_t {
      auto& s = *static_cast<Seen*>(user);
      s.fractions.push_back(fraction);
      return s.fractions.size() > s.cancel_at;
    };
    Error error;
    const sotto_status status = try_open(runtime.get(), path_source(path), options, &error);
    EXPECT_EQ(status, cancel_at == SIZE_MAX ? SOTTO_OK : SOTTO_CANCELLED) << error.text;
    EXPECT_TRUE(std::is_sorted(seen.fractions.begin(), seen.fractions.end()));
    ASSERT_FALSE(seen.fractions.empty());
    EXPECT_GE(seen.fractions.front(), 0);
    if (cancel_at == SIZE_MAX)
      EXPECT_FLOAT_EQ(seen.fractions.back(), 1);
    else
      EXPECT_EQ(seen.fractions.size(), cancel_at + 1) << "nothing is told after the cancel";
  }
}

TEST(Open, RanksAndSplitsGiveTheLogitsOfOneRank) {
  const auto runtime = make_runtime();
  const auto wanted = fixture_floats("gguf/small-q8_0.logits.f32");
  const auto tokens = expected("small-q8_0").tokens;
  const uint32_t uneven[] = {3, 1}, three[] = {1, 2, 1};
  const struct {
    uint32_t ranks;
    const uint32_t* split;
  } cases[] = {{2, nullptr}, {3, nullptr}, {4, nullptr}, {2, uneven}, {3, three}};
  for (const char* backend : {"reference", "cpu"}) {
    for (const auto& c : cases) {
      auto options = sized<sotto_model_options>();
      options.ranks = c.ranks;
      options.split = c.split;
      const auto model = open_model(runtime.get(), fixture(kModel), backend, &options);
      ASSERT_TRUE(model);
      auto facts = sized<sotto_model_facts>();
      ASSERT_EQ(sotto_model_get_facts(model.get(), &facts, nullptr), SOTTO_OK);
      EXPECT_EQ(facts.ranks, c.ranks);
      EXPECT_LE(relative_rms(feed(make_session(model.get()).get(), tokens), wanted), backend[0] == 'r' ? 1e-4 : 0.06)
          << backend << " " << c.ranks;
    }
  }
}

TEST(Open, WhatCannotBeIsASentence) {
  const auto runtime = make_runtime();
  const std::string path = fixture(kModel);
  const uint32_t zero_split[] = {0, 0}, device = 7;
  const std::string folder = SOTTO_FIXTURES, missing = "/nowhere/model.gguf", nul("a\0b", 3);
  struct Case {
    const char* what;
    sotto_status status;
    const char* says;
    std::function<void(sotto_model_source&, sotto_model_options&)> change;
  };
  const Case cases[] = {
      {"no path", SOTTO_INVALID_ARGUMENT, "", [](auto& s, auto&) { s.path = {}; }},
      {"missing", SOTTO_NOT_FOUND, "/nowhere/model.gguf",
       [&](auto& s, auto&) {
         s.path = {missing.data(), missing.size()};
       }},
      {"folder", SOTTO_INVALID_ARGUMENT, "not a regular file",
       [&](auto& s, auto&) {
         s.path = {folder.data(), folder.size()};
       }},
      {"NUL in the path", SOTTO_INVALID_ARGUMENT, "",
       [&](auto& s, auto&) {
         s.path = {nul.data(), nul.size()};
       }},
      {"part past the end", SOTTO_INVALID_ARGUMENT, "1073741824", [](auto& s, auto&) { s.offset = 1u << 30; }},
      {"kind", SOTTO_UNSUPPORTED, "kind", [](auto& s, auto&) { s.kind = 9; }},
      {"backend", SOTTO_NOT_FOUND, "abacus", [](auto&, auto& o) { o.backend = sotto_cstr("abacus"); }},
      {"device", SOTTO_NOT_FOUND, "7", [&](auto&, auto& o) { o.devices = &device; }},
      {"too many ranks", SOTTO_INVALID_ARGUMENT, "5", [](auto&, auto& o) { o.ranks = 5; }},
      {"empty split", SOTTO_INVALID_ARGUMENT, "split", [&](auto&, auto& o) { o.ranks = 2, o.split = zero_split; }},
      {"context", SOTTO_INVALID_ARGUMENT, "128", [](auto&, auto& o) { o.context_tokens = 129; }},
      {"KV type", SOTTO_UNSUPPORTED, "kv_type", [](auto&, auto& o) { o.kv_type = 4; }},
      {"device layers without a device", SOTTO_INVALID_ARGUMENT, "device_layers", [](auto&, auto& o) { o.device_layers = 1; }},
      {"device layers on the CPU", SOTTO_INVALID_ARGUMENT, "name another backend",
       [](auto&, auto& o) { o.device_layers = 1, o.backend = sotto_cstr("cpu"); }},
      {"flags", SOTTO_UNSUPPORTED, "flags", [](auto&, auto& o) { o.flags = 1u << 31; }},
      {"memory", SOTTO_OUT_OF_MEMORY, "memory_cap_bytes", [](auto&, auto& o) { o.memory_cap_bytes = 1000; }},
  };
  for (const Case& c : cases) {
    auto source = path_source(path);
    auto options = sized<sotto_model_options>();
    c.change(source, options);
    Error error;
    auto* untouched = reinterpret_cast<sotto_model*>(uintptr_t{16});
    sotto_model* out = untouched;
    EXPECT_EQ(sotto_model_open(runtime.get(), &source, &options, &out, &error), c.status) << c.what << ": " << error.text;
    EXPECT_EQ(out, untouched) << c.what;
    EXPECT_NE(std::strstr(error.text, c.says), nullptr) << c.what << ": " << error.text;
    EXPECT_EQ(std::strchr(error.text, '\n'), nullptr) << c.what;
    EXPECT_GT(std::strlen(error.text), 10u) << c.what;
  }
}

TEST(Open, AFailingReadIsAnIoError) {
  const auto runtime = make_runtime();
  auto source = sized<sotto_model_source>();
  source.kind = SOTTO_SOURCE_CALLBACK;
  source.size = 1000;
  source.read = [](void*, uint64_t, void*, uint64_t) -> int32_t { return 5; };
  Error error;
  EXPECT_EQ(try_open(runtime.get(), source, &error), SOTTO_IO_ERROR) << error.text;
  source.size = UINT64_MAX;  // refused before an allocation of that size could end the process
  EXPECT_NE(try_open(runtime.get(), source, &error), SOTTO_OK);
}

TEST(Open, AVocabularyAloneHasFactsTokensAndNoSessions) {
  auto options = sized<sotto_model_options>();
  options.flags = SOTTO_MODEL_VOCABULARY_ONLY;
  const auto runtime = make_runtime();
  for (const char* name : {"gguf/small-q8_0.gguf", "tokenizers/sp_bpe_identity_bytes.model"}) {
    const std::string path = fixture(name);
    const auto source = path_source(path);
    Error error;
    ModelPtr model;
    ASSERT_EQ(try_open(runtime.get(), source, options, &error, &model), SOTTO_OK) << error.text;
    uint32_t ids[64];
    uint64_t count = 0;
    ASSERT_EQ(sotto_tokenize(model.get(), sotto_cstr("打开灯 please"), SOTTO_TOKENIZE_NO_BOS, ids, 64, &count, &error),
              SOTTO_OK);
    char text[64];
    uint64_t size = 0;
    ASSERT_EQ(sotto_detokenize(model.get(), ids, count, 0, text, sizeof text, &size, &error), SOTTO_OK) << error.text;
    EXPECT_EQ(std::string(text, static_cast<size_t>(size)), "打开灯 please");
    sotto_session* session = nullptr;
    EXPECT_EQ(sotto_session_create(model.get(), nullptr, &session, &error), SOTTO_INVALID_ARGUMENT);
    EXPECT_NE(std::strstr(error.text, "vocabulary"), nullptr) << error.text;
  }
}

TEST(Open, EveryTruncationIsRefusedAndTakesNoMemory) {
  const auto runtime = make_runtime();
  const std::string bytes = file_bytes(fixture("gguf/hostile_base.gguf"));
  const uint64_t before = resident_bytes();
  for (size_t size = 0; size < bytes.size(); size += 61) {
    const std::string cut = bytes.substr(0, size);  // its own allocation: a sanitizer sees every read past the end
    const auto source = memory_source(cut);
    Error error;
    const sotto_status status = try_open(runtime.get(), source, &error);
    EXPECT_TRUE(status == SOTTO_BAD_FILE || (size == 0 && status == SOTTO_INVALID_ARGUMENT)) << size << ": " << error.text;
    EXPECT_GT(std::strlen(error.text), 10u);
  }
#if !defined(__SANITIZE_ADDRESS__)  // its quarantine keeps freed memory
  EXPECT_LT(resident_bytes(), before + bytes.size() + (16u << 20));
#else
  (void)before;
#endif
}

}  // namespace
}  // namespace sotto::e2e
