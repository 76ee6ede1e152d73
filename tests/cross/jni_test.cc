// jni_test.cc - the JNI library without a virtual machine (fake_vm.h): what it looks up, that it streams what the C interface
// says, that exceptions and references are kept in order. It runs where no Java is: under an emulator, with another C library.
#include <gtest/gtest.h>

#include "fake_vm.h"
#include "generated/dev_sotto_Natives.h"
#include "sotto/grammar.h"
#include "sotto/sotto.h"

extern "C" jint JNICALL JNI_OnLoad(JavaVM* vm, void*);

namespace sotto::cross {
namespace {

const std::string kModel = SOTTO_FIXTURES "/gguf/small-f32.gguf";
const std::string kPrompt = "打开客厅的灯 \U0001F44D\U0001F3FD";  // a sign with a skin tone: two characters
constexpr jlong kTokens = 24;
constexpr int kPromisedLocals = 16;  // what a machine holds for a native function that does not ask for more

// The library as an application uses it: a runtime with a log listener, a model, a session.
struct Jni : testing::Test {
  FakeVm vm;
  jlong runtime = 0, model = 0, session = 0;
  std::vector<std::string> log;

  void SetUp() override {
    ASSERT_EQ(JNI_OnLoad(vm.vm(), nullptr), JNI_VERSION_1_6);
    Object* listener = vm.relay();
    listener->on_log = [this](jint, const std::string& line) { log.push_back(line); };
    std::vector<jlong> numbers(16, 0);
    numbers[0] = 1;  // threads
    numbers[1] = 3;  // log level
    jobjectArray texts = vm.objects({vm.bytes(SOTTO_PLUGIN_DIR), vm.bytes("")});
    runtime =
        Java_dev_sotto_Natives_runtimeCreate(vm.env(), vm.natives(), vm.longs(numbers), texts, nullptr, nullptr, listener);
    expect_no_throw();
    model = open(kModel);
    expect_no_throw();
    session = Java_dev_sotto_Natives_sessionCreate(vm.env(), vm.natives(), model, 128);
    expect_no_throw();
  }
  void TearDown() override {
    Java_dev_sotto_Natives_sessionDestroy(vm.env(), vm.natives(), session);
    Java_dev_sotto_Natives_modelDestroy(vm.env(), vm.natives(), model);
    Java_dev_sotto_Natives_runtimeDestroy(vm.env(), vm.natives(), runtime);
    EXPECT_EQ(vm.globals, 0) << "a global reference is left";
    EXPECT_LE(vm.most_locals, kPromisedLocals);
  }

  void expect_no_throw() {
    const Object* thrown = vm.leave_native();
    ASSERT_EQ(thrown, nullptr) << thrown->bytes;
  }
  jlong open(const std::string& path) {
    std::vector<jlong> source(8, 0), numbers(16, 0);
    source[0] = SOTTO_SOURCE_PATH;
    return Java_dev_sotto_Natives_modelOpen(vm.env(), vm.natives(), runtime, vm.longs(source), vm.bytes(path),
                                            vm.longs(numbers), vm.bytes("cpu"), nullptr);
  }
  Object* generate(jobject prompt, Object* relay, jobject mask = nullptr, jlong matcher = 0) {
    std::vector<jlong> numbers(16, 0);
    numbers[1] = kTokens;
    numbers[6] = matcher;
    jobjectArray options =
        vm.objects({vm.longs(numbers), vm.floats(std::vector<jfloat>(16, 0.0f)), nullptr, nullptr, nullptr, mask});
    jlongArray result = vm.longs(std::vector<jlong>(16, 0));
    Java_dev_sotto_Natives_sessionGenerate(vm.env(), vm.natives(), session, prompt, nullptr, options, relay, result);
    generated = at(result)->longs[2];
    return vm.leave_native();
  }
  jlong compile(const std::string& rules) {
    return Java_dev_sotto_Natives_grammarCompile(vm.env(), vm.natives(), model, SOTTO_GRAMMAR_GBNF, vm.bytes(rules), 0, 0,
                                                 nullptr, nullptr);
  }
  jlong generated = 0;
};

int32_t append(void* text, sotto_str piece) {
  static_cast<std::string*>(text)->append(piece.data, piece.size);
  return 0;
}

// What the C interface answers to the prompt.
std::string answer_in_c() {
  const std::string folder = SOTTO_PLUGIN_DIR;
  sotto_error err{sizeof err, SOTTO_OK, ""};
  sotto_runtime* runtime = nullptr;
  sotto_model* model = nullptr;
  sotto_session* session = nullptr;
  sotto_runtime_options options{};
  options.struct_size = sizeof options;
  options.threads = 1;
  options.plugin_folder = {folder.data(), folder.size()};
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.path = {kModel.data(), kModel.size()};
  sotto_model_options model_options{};
  model_options.struct_size = sizeof model_options;
  model_options.backend = sotto_cstr("cpu");
  sotto_session_options session_options{};
  session_options.struct_size = sizeof session_options;
  session_options.context_tokens = 128;
  sotto_generate_options generate{};
  generate.struct_size = sizeof generate;
  generate.max_tokens = kTokens;
  std::string text;
  EXPECT_EQ(sotto_runtime_create(&options, &runtime, &err), SOTTO_OK) << err.text;
  EXPECT_EQ(sotto_model_open(runtime, &source, &model_options, &model, &err), SOTTO_OK) << err.text;
  EXPECT_EQ(sotto_session_create(model, &session_options, &session, &err), SOTTO_OK) << err.text;
  EXPECT_EQ(sotto_generate(session, {kPrompt.data(), kPrompt.size()}, &generate, append, &text, &err), SOTTO_OK) << err.text;
  sotto_session_destroy(session);
  sotto_model_destroy(model);
  sotto_runtime_destroy(runtime);
  return text;
}

TEST(JniOnLoad, LooksUpTheMethodsThatCallbacksUseAndNothingElse) {
  FakeVm vm;
  EXPECT_EQ(JNI_OnLoad(vm.vm(), nullptr), JNI_VERSION_1_6);
  const std::set<std::string> found(vm.looked_up.begin(), vm.looked_up.end());
  const std::set<std::string> expected = {"dev/sotto/Natives",
                                          "fail",
                                          "dev/sotto/PieceRelay",
                                          "text",
                                          "token",
                                          "wantsTokens",
                                          "dev/sotto/RowRelay",
                                          "row",
                                          "dev/sotto/ProgressRelay",
                                          "progress",
                                          "dev/sotto/MaskRelay",
                                          "logits",
                                          "dev/sotto/ValueRelay",
                                          "value",
                                          "dev/sotto/LogRelay",
                                          "log"};
  for (const std::string& name : expected) EXPECT_EQ(found.count(name), 1u) << name;
  EXPECT_EQ(vm.locals, 0);
  EXPECT_EQ(vm.globals, 0);
}

TEST(JniOnLoad, RefusesWhereAClassOrAMethodWasShrunkAway) {
  for (const char* name : {"dev/sotto/PieceRelay", "fail", "log"}) {
    FakeVm vm;
    vm.missing = {name};
    EXPECT_EQ(JNI_OnLoad(vm.vm(), nullptr), JNI_ERR) << name;
    EXPECT_NE(vm.leave_native(), nullptr) << name << ": the machine says by its exception what is missing";
  }
}

TEST_F(Jni, StreamsTheTextOfTheCInterface) {
  Object* relay = vm.relay();
  std::string streamed;
  jlong tokens = 0;
  relay->on_text = [&](const std::string& piece) { return streamed += piece, true; };
  relay->on_token = [&](jint, jfloat) { return ++tokens, true; };
  ASSERT_EQ(generate(vm.bytes(kPrompt), relay), nullptr);
  EXPECT_EQ(streamed, answer_in_c());
  EXPECT_FALSE(streamed.empty());
  EXPECT_EQ(tokens, generated);
}

TEST_F(Jni, ReadsALargePromptInPlace) {
  Object* relay = vm.relay();
  std::string streamed;
  relay->on_text = [&](const std::string& piece) { return streamed += piece, true; };
  ASSERT_EQ(generate(vm.buffer(kPrompt), relay), nullptr);
  EXPECT_EQ(streamed, answer_in_c());
}

TEST_F(Jni, TextComesBackAsItWasTokenised) {
  const jintArray ids = Java_dev_sotto_Natives_modelTokenize(vm.env(), vm.natives(), model, vm.bytes(kPrompt), 0);
  ASSERT_NE(ids, nullptr);
  const jbyteArray text = Java_dev_sotto_Natives_modelDetokenize(vm.env(), vm.natives(), model, ids, 0);
  ASSERT_NE(text, nullptr);
  EXPECT_NE(at(text)->bytes.find(kPrompt), std::string::npos) << at(text)->bytes;
}

TEST_F(Jni, AnExceptionOfAListenerEndsTheAnswerAndComesOutTheSame) {
  Object* relay = vm.relay();
  Object* thrown = nullptr;
  int pieces = 0;
  relay->on_text = [&](const std::string&) {
    ++pieces;
    vm.throw_from_listener();
    thrown = vm.pending;
    return true;
  };
  EXPECT_EQ(generate(vm.bytes(kPrompt), relay), thrown);
  EXPECT_EQ(pieces, 1);
  relay->on_text = [](const std::string&) { return true; };
  Java_dev_sotto_Natives_sessionRewind(vm.env(), vm.natives(), session, 0);
  EXPECT_EQ(generate(vm.bytes(kPrompt), relay), nullptr) << "the session is usable afterwards";
}

TEST_F(Jni, AMissingModelIsASentence) {
  EXPECT_EQ(open("/there/is/no/model.gguf"), 0);
  const Object* thrown = vm.leave_native();
  ASSERT_NE(thrown, nullptr);
  EXPECT_EQ(thrown->status, SOTTO_NOT_FOUND) << thrown->bytes;
  EXPECT_NE(thrown->bytes.find("/there/is/no/model.gguf"), std::string::npos) << thrown->bytes;
}

TEST_F(Jni, AnswersFollowAGrammarWithAMaskBehindIt) {
  const jlong grammar = compile("root ::= [ab]{6}");
  expect_no_throw();
  const jlong matcher = Java_dev_sotto_Natives_matcherCreate(vm.env(), vm.natives(), grammar);
  Java_dev_sotto_Natives_grammarDestroy(vm.env(), vm.natives(), grammar);
  Object *relay = vm.relay(), *mask = vm.relay();
  std::string streamed;
  int masked = 0;
  relay->on_text = [&](const std::string& piece) { return streamed += piece, true; };
  mask->on_logits = [&](std::vector<jfloat>&) { return ++masked, true; };
  ASSERT_EQ(generate(vm.bytes(kPrompt), relay, mask, matcher), nullptr);
  EXPECT_EQ(streamed.size(), 6u) << streamed;
  EXPECT_EQ(streamed.find_first_not_of("ab"), std::string::npos) << streamed;
  EXPECT_GE(masked, 6);
  EXPECT_EQ(Java_dev_sotto_Natives_matcherState(vm.env(), vm.natives(), matcher), static_cast<jint>(SOTTO_MATCHER_COMPLETE));
  Java_dev_sotto_Natives_matcherDestroy(vm.env(), vm.natives(), matcher);
}

TEST_F(Jni, WhatAMaskThrowsComesOutTheSame) {
  Object *relay = vm.relay(), *mask = vm.relay(), *thrown = nullptr;
  relay->on_text = [](const std::string&) { return true; };
  mask->on_logits = [&](std::vector<jfloat>&) {
    vm.throw_from_listener();
    thrown = vm.pending;
    return true;
  };
  EXPECT_EQ(generate(vm.bytes(kPrompt), relay, mask), thrown);
  EXPECT_NE(thrown, nullptr);
}

TEST_F(Jni, AWrongGrammarIsASentenceWithItsPlace) {
  EXPECT_EQ(compile("root ::= ("), 0);
  const Object* thrown = vm.leave_native();
  ASSERT_NE(thrown, nullptr);
  EXPECT_EQ(thrown->status, SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(thrown->bytes.find("line 1"), std::string::npos) << thrown->bytes;
}

TEST_F(Jni, ManyValuesLeaveNoReferences) {
  std::string text, last;
  for (int i = 0; i < 100; ++i) text += "\u706f 7, ";
  Object* relay = vm.relay();
  int values = 0;
  relay->on_value = [&](const std::vector<jlong>&, const std::string& normal) { ++values, last = normal; };
  Java_dev_sotto_Natives_valuesParse(vm.env(), vm.natives(), vm.bytes(text), vm.longs({0, 0, 0, 0, 0}), relay);
  expect_no_throw();
  EXPECT_EQ(values, 100);
  EXPECT_EQ(last, "number 7");
}

TEST_F(Jni, LogLinesReachTheListener) { EXPECT_FALSE(log.empty()); }

}  // namespace
}  // namespace sotto::cross
