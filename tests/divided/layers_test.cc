// A model whose first layers run on one backend and the rest on the CPU: the ids of the whole, wherever it is cut, whatever
// fails.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "e2e/lora.h"
#include "lying_plugins/with_liar.h"

namespace sotto::e2e {
namespace {

using lying::Kind;
using lying::tell;

constexpr uint32_t kLayers = 2;

class Layers : public WithLiar {
 protected:
  Layers() : WithLiar("small-f32") {}  // float32 everywhere: backends differ by roundings alone

  static sotto_model_options options(uint32_t layers) {
    auto o = sized<sotto_model_options>();
    o.device_layers = layers;
    o.sessions = 2;
    o.kv_type = SOTTO_KV_F32;
    return o;
  }
  ModelPtr open(uint32_t layers, const std::string& backend = "liar") const {
    const auto o = options(layers);
    return open_model(runtime_.get(), file_, backend, &o);
  }
  // The failure of opening.
  std::string refusal(uint32_t layers, const char* backend, sotto_status status, sotto_runtime* runtime) const {
    auto o = options(layers);
    o.backend = sotto_cstr(backend);
    const auto source = path_source(file_);
    sotto_model* model = nullptr;
    Error error;
    EXPECT_EQ(sotto_model_open(runtime, &source, &o, &model, &error), status) << error.text;
    return error.text;
  }
};

TEST_F(Layers, TheIdsAreThoseOfTheWholeWhereverItIsCut) {
  const ModelPtr one = open(1);
  EXPECT_EQ(ask(make_session(one.get()).get()).tokens, wanted_);
  EXPECT_STREQ(facts(one.get()).backend, "liar");
  EXPECT_NE(std::string(facts(one.get()).device).find("1 of 2 layers on liar, the rest on cpu"), std::string::npos)
      << facts(one.get()).device;
  for (const uint32_t all : {kLayers, 99u}) {
    const ModelPtr whole = open(all);
    EXPECT_EQ(ask(make_session(whole.get()).get()).tokens, wanted_);
    EXPECT_EQ(std::string(facts(whole.get()).device).find("layers"), std::string::npos) << facts(whole.get()).device;
  }
}

// Both parts compute the rows of both sessions in one step.
TEST_F(Layers, TheNumbersAreThoseOfTheCpu) {
  const auto right = feed(make_session(open(0, "cpu").get()).get(), expected_.tokens);
  const ModelPtr model = open(1);
  const auto rows = feed(make_session(model.get()).get(), expected_.tokens);
  ASSERT_EQ(rows.size(), right.size());
  for (size_t i = 0; i < rows.size(); ++i) ASSERT_NEAR(rows[i], right[i], 1e-3f) << "number " << i;
}

TEST_F(Layers, TwoRanksOnEachSide) {
  auto o = options(1);
  o.ranks = 2;
  const ModelPtr model = open_model(runtime_.get(), file_, "liar", &o);
  EXPECT_EQ(ask(make_session(model.get()).get()).tokens, wanted_);
}

TEST_F(Layers, ASavedSessionGoesOnOnAnotherBackendAndBack) {
  const ModelPtr divided = open(1), cpu = open(0, "cpu");
  const size_t half = expected_.tokens.size() / 2;
  const std::vector<uint32_t> begin(expected_.tokens.begin(), expected_.tokens.begin() + static_cast<ptrdiff_t>(half));
  const std::vector<uint32_t> rest(expected_.tokens.begin() + static_cast<ptrdiff_t>(half), expected_.tokens.end());
  for (const auto& [from, to] : {std::pair(divided.get(), cpu.get()), std::pair(cpu.get(), divided.get())}) {
    const SessionPtr first = make_session(from), second = make_session(to);
    (void)feed(first.get(), begin);
    uint64_t size = 0;
    Error error;
    ASSERT_EQ(sotto_session_save(first.get(), nullptr, 0, &size, &error), SOTTO_OK) << error.text;
    std::vector<char> bytes(size);
    ASSERT_EQ(sotto_session_save(first.get(), bytes.data(), size, &size, &error), SOTTO_OK) << error.text;
    ASSERT_EQ(sotto_session_restore(second.get(), bytes.data(), size, &error), SOTTO_OK) << error.text;
    EXPECT_EQ(generate(second.get(), greedy_options(rest, kTokens)).tokens, wanted_);
  }
}

TEST_F(Layers, AfterAFailedStepBothPartsHoldTheSameTokens) {
  const auto right = feed(make_session(open(0, "cpu").get()).get(), expected_.tokens);
  const std::vector<uint32_t> first(expected_.tokens.begin(), expected_.tokens.begin() + 4);
  const std::vector<uint32_t> then(expected_.tokens.begin() + 4, expected_.tokens.end());
  for (const Kind kind : {Kind::kStatus, Kind::kNoRows, Kind::kFewRows, Kind::kThrow}) {
    const ModelPtr model = open(1);
    const SessionPtr session = make_session(model.get());
    const auto before = feed(session.get(), first);
    tell({"run", kind, SOTTO_INTERNAL, 0});
    Error error;
    EXPECT_NE(sotto_session_feed(session.get(), then.data(), 1, nullptr, &error), SOTTO_OK);
    tell({});
    const auto rows = feed(session.get(), then);
    ASSERT_EQ(before.size() + rows.size(), right.size());
    for (size_t i = 0; i < rows.size(); ++i) ASSERT_NEAR(rows[i], right[before.size() + i], 1e-3f) << "number " << i;
  }
}

TEST_F(Layers, ALostDeviceIsLeftForTheCpuWhicheverStepItWas) {
  for (uint32_t n = 0; n < kTokens; ++n) {
    const ModelPtr model = open(1);
    const SessionPtr session = make_session(model.get());
    tell({"run", Kind::kStatus, SOTTO_DEVICE_LOST, n});
    const Answer answer = ask(session.get());
    tell({});
    ASSERT_EQ(answer.status, SOTTO_OK) << answer.error;
    EXPECT_EQ(answer.tokens, wanted_);
    EXPECT_STREQ(facts(model.get()).backend, "cpu");
  }
}

TEST_F(Layers, AnAdapterIsDividedWithThem) {
  const std::string bytes = lora_file({"blk.0.attn_q.weight", "blk.1.attn_q.weight"});
  const auto with_adapter = [&](sotto_model* model) {
    const LoraPtr lora = open_lora(model, bytes);
    const SessionPtr session = make_session(model);
    Error error;
    EXPECT_EQ(sotto_session_set_lora(session.get(), lora.get(), 1.0f, &error), SOTTO_OK) << error.text;
    const Answer answer = ask(session.get());
    EXPECT_EQ(answer.status, SOTTO_OK) << answer.error;
    return answer.tokens;
  };
  const auto on_cpu = with_adapter(open(0, "cpu").get());
  EXPECT_NE(on_cpu, wanted_) << "the adapter changes nothing: the test sees nothing";
  EXPECT_EQ(with_adapter(open(1).get()), on_cpu);
}

// From a device without room to one with room for all: each number of layers in turn, and always the same ids.
TEST_F(Layers, AsManyAsFitTheDevicesMemory) {
  constexpr uint64_t kReserve = 24u << 20, kStep = 16u << 10, kMost = 4u << 20;
  std::vector<std::string> seen;
  for (uint64_t bytes = 0; bytes <= kMost; bytes += kStep) {
    tell({"device_info", Kind::kLittleMemory, 0, 0, kReserve + bytes});
    log_.text.clear();
    const ModelPtr model = open(SOTTO_DEVICE_LAYERS_AUTO);
    const sotto_model_facts f = facts(model.get());
    const std::string device = f.device;
    const size_t at = device.find(" layers");
    const std::string what = std::string(f.backend) == "cpu" ? "cpu"
                             : at == std::string::npos       ? "whole"
                                                             : device.substr(at - 6, 6);
    if (!seen.empty() && seen.back() == what) continue;
    seen.push_back(what);
    EXPECT_EQ(ask(make_session(model.get()).get()).tokens, wanted_) << what;
    if (what == "cpu") {
      EXPECT_NE(log_.text.find("no layer fits the device of liar; cpu runs them all"), std::string::npos) << log_.text;
    }
    if (what == "whole") break;
    tell({});
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"cpu", "1 of 2", "2 of 2", "whole"}));
}

TEST_F(Layers, WhatCannotBeDividedIsRefusedWithTheReason) {
  EXPECT_NE(refusal(1, "cpu", SOTTO_INVALID_ARGUMENT, runtime_.get()).find("name another backend"), std::string::npos);
  EXPECT_NE(refusal(1, "", SOTTO_INVALID_ARGUMENT, runtime_.get()).find("without a backend"), std::string::npos);
  const RuntimePtr alone = make_lonely_runtime();
  EXPECT_NE(refusal(1, "liar", SOTTO_NOT_FOUND, alone.get()).find("backend cpu is not loaded"), std::string::npos);
}

}  // namespace
}  // namespace sotto::e2e
