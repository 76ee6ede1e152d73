// What a model's weights are multiplied with, through the C interface: against a computation by hand, backend against backend.
#include "sotto/observe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "e2e/objects.h"
#include "model/gguf.h"
#include "unit/model/raw_gguf.h"

namespace sotto::e2e {
namespace {

struct Seen {
  std::vector<float> mean_squares;
  uint64_t tokens = 0;
};
using Observed = std::map<std::string, Seen>;

int32_t take(void* user, const sotto_observation* o) {
  EXPECT_EQ(o->struct_size, sizeof *o);
  const std::string name(o->tensor.data, o->tensor.size);
  const auto [at, is_new] =
      static_cast<Observed*>(user)->emplace(name, Seen{{o->mean_squares, o->mean_squares + o->columns}, o->tokens});
  EXPECT_TRUE(is_new) << name << " came twice";
  return 0;
}

Observed observe(sotto_model* model, const std::vector<uint32_t>& ids, uint32_t window = 0) {
  auto o = sized<sotto_observe_options>();
  o.window = window;
  Observed all;
  Error error;
  EXPECT_EQ(sotto_model_observe(model, ids.data(), ids.size(), &o, take, &all, &error), SOTTO_OK) << error.text;
  return all;
}

// The call that must fail, without a word to the callback.
sotto_status refused(sotto_model* model, const std::vector<uint32_t>& ids, const sotto_observe_options& options,
                     std::string* sentence) {
  Observed all;
  Error error;
  const sotto_status status = sotto_model_observe(model, ids.data(), ids.size(), &options, take, &all, &error);
  EXPECT_TRUE(all.empty());
  *sentence = error.text;
  return status;
}

double relative_difference(const std::vector<float>& ours, const std::vector<float>& wanted) {
  EXPECT_EQ(ours.size(), wanted.size());
  double error = 0, size = 0;
  for (size_t i = 0; i < std::min(ours.size(), wanted.size()); ++i) {
    const double e = static_cast<double>(ours[i]) - static_cast<double>(wanted[i]);
    error += e * e;
    size += static_cast<double>(wanted[i]) * static_cast<double>(wanted[i]);
  }
  return std::sqrt(error / size);
}

void expect_near(const Observed& ours, const Observed& wanted, double tolerance) {
  EXPECT_EQ(ours.size(), wanted.size());
  for (const auto& [name, seen] : wanted) {
    const auto found = ours.find(name);
    ASSERT_NE(found, ours.end()) << name;
    EXPECT_LE(relative_difference(found->second.mean_squares, seen.mean_squares), tolerance) << name;
    EXPECT_EQ(found->second.tokens, seen.tokens) << name;
  }
}

// Mean squares of the first layer's norm over the embeddings, from the tensors of the file.
std::vector<float> first_norm(const Gguf& file, const std::vector<uint32_t>& ids) {
  const GgufTensor& table = *file.tensor("token_embd.weight");
  const auto* gain = reinterpret_cast<const float*>(file.tensor("blk.0.attn_norm.weight")->bytes.data());
  const double epsilon = file.real("llama.attention.layer_norm_rms_epsilon", 0).value();
  std::vector<double> sums(table.columns);
  for (const uint32_t id : ids) {
    const auto* row = reinterpret_cast<const float*>(table.bytes.data() + id * table.row_bytes);
    double squares = 0;
    for (size_t c = 0; c < sums.size(); ++c) squares += static_cast<double>(row[c]) * static_cast<double>(row[c]);
    const double scale = 1 / (squares / static_cast<double>(sums.size()) + epsilon);
    for (size_t c = 0; c < sums.size(); ++c) {
      const double x = static_cast<double>(row[c]) * static_cast<double>(gain[c]);
      sums[c] += x * x * scale / static_cast<double>(ids.size());
    }
  }
  return std::vector<float>(sums.begin(), sums.end());
}

class Observe : public testing::Test {
 protected:
  ModelPtr open(const std::string& name, const std::string& backend = "reference") {
    return open_model(runtime.get(), fixture(name), backend);
  }
  const std::vector<uint32_t> ids = expected("small-f32").tokens;
  const RuntimePtr runtime = make_runtime();
};

TEST_F(Observe, TheFirstNormIsWhatTheFileSays) {
  const std::string bytes = file_bytes(fixture("gguf/small-f32.gguf"));
  auto file = Gguf::read({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  ASSERT_TRUE(file.ok());
  const auto wanted = first_norm(file.value(), ids);
  for (const char* backend : {"reference", "cpu"}) {
    const Observed all = observe(open("gguf/small-f32.gguf", backend).get(), ids);
    for (const char* name : {"blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight"}) {
      ASSERT_EQ(all.count(name), 1u) << name;
      EXPECT_LE(relative_difference(all.at(name).mean_squares, wanted), 1e-5) << backend << " " << name;
      EXPECT_EQ(all.at(name).tokens, ids.size());
    }
  }
}

TEST_F(Observe, BackendsAgreeAsFarAsTheirTypesDo) {
  const struct {
    const char* model;
    double tolerance;  // of squares: twice that of numbers
  } cases[] = {{"gguf/small-f32.gguf", 1e-4}, {"gguf/wide-q4_k_m.gguf", 0.12}, {"gguf/wide-q5_k.gguf", 0.12}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.model);
    expect_near(observe(open(c.model, "cpu").get(), ids), observe(open(c.model).get(), ids), c.tolerance);
  }
}

TEST_F(Observe, EveryMatrixOfTheFileComesOnceWithItsColumns) {
  for (const char* name :
       {"gguf/small-f32.gguf", "gguf/wide-q4_k_m.gguf", "hf/gpt2.gguf", "hf/qwen3.gguf", "hf/llama-bias.gguf"}) {
    SCOPED_TRACE(name);
    const ModelPtr model = open(name);
    const Observed all = observe(model.get(), {1, 2, 3, 4, 5});
    size_t matrices = 0;
    auto info = sized<sotto_tensor_info>();
    Error error;
    std::map<std::string, sotto_tensor_info> tensors;
    for (uint32_t i = 0; sotto_model_tensor(model.get(), i, &info, &error) == SOTTO_OK; ++i) tensors[info.name] = info;
    for (const auto& [tensor, facts] : tensors) {
      const bool is_looked_up =
          tensor == "position_embd.weight" || (tensor == "token_embd.weight" && tensors.count("output.weight"));
      if (facts.rows == 1 || is_looked_up) {
        EXPECT_EQ(all.count(tensor), 0u) << tensor;
        continue;
      }
      ++matrices;
      ASSERT_EQ(all.count(tensor), 1u) << tensor;
      EXPECT_EQ(all.at(tensor).mean_squares.size(), facts.columns) << tensor;
    }
    EXPECT_EQ(all.size(), matrices);
  }
}

TEST_F(Observe, WindowsAreTextsOfTheirOwn) {
  const ModelPtr model = open("gguf/small-f32.gguf");
  const size_t half = ids.size() / 2;
  const Observed both = observe(model.get(), ids, static_cast<uint32_t>(half));
  const Observed first = observe(model.get(), {ids.begin(), ids.begin() + static_cast<ptrdiff_t>(half)});
  const Observed second = observe(model.get(), {ids.begin() + static_cast<ptrdiff_t>(half), ids.end()});
  ASSERT_EQ(half * 2, ids.size());
  for (const auto& [name, seen] : both) {
    std::vector<float> mean;
    for (size_t c = 0; c < seen.mean_squares.size(); ++c)
      mean.push_back((first.at(name).mean_squares[c] + second.at(name).mean_squares[c]) / 2);
    EXPECT_LE(relative_difference(seen.mean_squares, mean), 1e-6) << name;
  }
  EXPECT_GT(
      relative_difference(observe(model.get(), ids).at("output.weight").mean_squares, both.at("output.weight").mean_squares),
      1e-3);
}

// More inputs than a plan has outputs: the first layers are the same whatever follows them.
TEST_F(Observe, DeepModelsAreReadInSeveralPasses) {
  constexpr uint32_t kLayers = 9;
  RawGguf file = RawGguf::parse(file_bytes(fixture("gguf/small-f32.gguf")));
  file.key("llama.block_count").value = raw(kLayers);
  const std::vector<RawTensor> before = file.tensors;
  for (uint32_t layer = 2; layer < kLayers; ++layer)
    for (const RawTensor& t : before) {
      if (t.name.rfind("blk.1.", 0) != 0) continue;
      RawTensor copy = t;
      copy.name = "blk." + std::to_string(layer) + t.name.substr(5);
      const size_t size = static_cast<size_t>(std::accumulate(t.dims.begin(), t.dims.end(), uint64_t{4}, std::multiplies<>()));
      file.data.resize((file.data.size() + 31) / 32 * 32);
      copy.offset = file.data.size();
      file.data += std::string(file.data, static_cast<size_t>(t.offset), size);
      file.tensors.push_back(copy);
    }
  const std::string bytes = file.write();
  const auto source = memory_source(bytes);
  Observed by_backend[2];
  for (size_t i = 0; i < 2; ++i) {
    auto options = sized<sotto_model_options>();
    options.backend = sotto_cstr(i == 0 ? "reference" : "cpu");
    sotto_model* opened = nullptr;
    Error error;
    ASSERT_EQ(sotto_model_open(runtime.get(), &source, &options, &opened, &error), SOTTO_OK) << error.text;
    by_backend[i] = observe(ModelPtr(opened).get(), ids);
  }
  EXPECT_EQ(by_backend[0].size(), kLayers * 7 + 1);
  expect_near(by_backend[1], by_backend[0], 1e-4);
  for (const auto& [name, seen] : observe(open("gguf/small-f32.gguf").get(), ids)) {
    if (name == "output.weight") continue;
    EXPECT_LE(relative_difference(by_backend[0].at(name).mean_squares, seen.mean_squares), 1e-6) << name;
  }
}

TEST_F(Observe, SessionsGoOnAsIfNothingHadBeen) {
  for (const char* backend : {"reference", "cpu"}) {
    const ModelPtr model = open("gguf/small-f32.gguf", backend);
    const SessionPtr session = make_session(model.get());
    const std::vector<uint32_t> first(ids.begin(), ids.begin() + 8), rest(ids.begin() + 8, ids.end());
    auto rows = feed(session.get(), first);
    observe(model.get(), ids);
    const auto more = feed(session.get(), rest);
    rows.insert(rows.end(), more.begin(), more.end());
    const SessionPtr fresh = make_session(model.get());
    auto wanted = feed(fresh.get(), first);
    const auto wanted_rest = feed(fresh.get(), rest);
    wanted.insert(wanted.end(), wanted_rest.begin(), wanted_rest.end());
    EXPECT_EQ(rows, wanted) << backend;
  }
}

struct Countdown {
  int calls_left;
  float last = 0;
  static int32_t progress(void* user, float fraction) {
    auto* self = static_cast<Countdown*>(user);
    EXPECT_GE(fraction, self->last);
    EXPECT_LE(fraction, 1.0f);
    self->last = fraction;
    return self->calls_left-- == 0;
  }
};

TEST_F(Observe, IsCancelledAtAnyPlaceAndTheModelGoesOn) {
  const ModelPtr model = open("gguf/small-f32.gguf", "cpu");
  auto o = sized<sotto_observe_options>();
  o.window = 4;
  o.progress = Countdown::progress;
  std::string sentence;
  for (int calls = 0; calls < 5; ++calls) {  // one a window, one at the end
    Countdown countdown{calls};
    o.progress_user = &countdown;
    EXPECT_EQ(refused(model.get(), ids, o, &sentence), SOTTO_CANCELLED) << calls;
  }
  Countdown never{-1};
  o.progress_user = &never;
  Observed all;
  Error error;
  EXPECT_EQ(sotto_model_observe(model.get(), ids.data(), ids.size(), &o, take, &all, &error), SOTTO_OK) << error.text;
  EXPECT_EQ(never.last, 1.0f);
  expect_near(observe(model.get(), ids, 4), all, 0);
  const auto enough = [](void* user, const sotto_observation*) -> int32_t { return ++*static_cast<int*>(user) == 3; };
  int told = 0;
  EXPECT_EQ(sotto_model_observe(model.get(), ids.data(), ids.size(), nullptr, enough, &told, &error), SOTTO_CANCELLED);
  EXPECT_EQ(told, 3);
}

TEST_F(Observe, WrongCallsAreSentences) {
  const ModelPtr model = open("gguf/small-f32.gguf");
  const auto plain = sized<sotto_observe_options>();
  std::string sentence;
  EXPECT_EQ(refused(model.get(), {}, plain, &sentence), SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(sentence.find("no tokens"), std::string::npos) << sentence;
  EXPECT_EQ(refused(model.get(), {1, 320}, plain, &sentence), SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(sentence.find("token 1 of 2 is 320, the vocabulary has 320"), std::string::npos) << sentence;
  auto facts = sized<sotto_model_facts>();
  Error error;
  ASSERT_EQ(sotto_model_get_facts(model.get(), &facts, &error), SOTTO_OK);
  auto o = plain;
  o.window = facts.context_tokens + 1;
  EXPECT_EQ(refused(model.get(), ids, o, &sentence), SOTTO_CONTEXT_FULL);
  EXPECT_NE(sentence.find(std::to_string(o.window)), std::string::npos) << sentence;
  o = plain;
  o.flags = 1;
  EXPECT_EQ(refused(model.get(), ids, o, &sentence), SOTTO_UNSUPPORTED);
  EXPECT_EQ(refused(nullptr, ids, plain, &sentence), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_model_observe(model.get(), nullptr, 3, &plain, take, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_model_observe(model.get(), ids.data(), 3, &plain, nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);

  auto options = sized<sotto_model_options>();
  options.ranks = 2;
  const ModelPtr two = open_model(runtime.get(), fixture("gguf/small-f32.gguf"), "reference", &options);
  EXPECT_EQ(refused(two.get(), ids, plain, &sentence), SOTTO_UNSUPPORTED);
  EXPECT_NE(sentence.find("2 ranks"), std::string::npos) << sentence;
  options = sized<sotto_model_options>();
  options.flags = SOTTO_MODEL_VOCABULARY_ONLY;
  const ModelPtr words = open_model(runtime.get(), fixture("gguf/small-f32.gguf"), "", &options);
  EXPECT_EQ(refused(words.get(), ids, plain, &sentence), SOTTO_INVALID_ARGUMENT);
}

TEST_F(Observe, ItsMemoryComesOutOfTheRuntimesCap) {
  const std::string path = fixture("gguf/small-f32.gguf");
  auto source = path_source(path);
  auto model_options = sized<sotto_model_options>();
  model_options.backend = sotto_cstr("cpu");
  auto estimate = sized<sotto_memory_estimate>();
  Error error;
  ASSERT_EQ(sotto_model_estimate(runtime.get(), &source, &model_options, &estimate, &error), SOTTO_OK) << error.text;
  auto options = sized<sotto_runtime_options>();
  options.memory_cap_bytes = estimate.total + 1000;
  const RuntimePtr tight = make_runtime(&options);
  const ModelPtr model = open_model(tight.get(), path, "cpu");
  std::string sentence;
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(refused(model.get(), ids, sized<sotto_observe_options>(), &sentence), SOTTO_OUT_OF_MEMORY) << sentence;
  const SessionPtr session = make_session(model.get());
  EXPECT_EQ(feed(session.get(), ids).size(), ids.size() * 320);
}

}  // namespace
}  // namespace sotto::e2e
