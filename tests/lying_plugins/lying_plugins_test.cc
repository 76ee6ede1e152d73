// Backends that do not keep their word, through the C ABI: a failure names the plugin, nothing else happens, and another
// backend runs the model in the same process.
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lying_plugins/lying_backend.h"
#include "sotto/dialogue.h"
#include "sotto/sotto.h"
#include "sotto/speech.h"

extern "C" const sotto_plugin_entry sotto_plugin_reference;  // the honest one

namespace sotto::lying {
namespace {

constexpr char kModel[] = SOTTO_FIXTURES "/gguf/small-q8_0.gguf";
const std::vector<uint32_t> kPrompt = {3, 4, 5, 6, 7};

struct Failure {
  sotto_error error = {sizeof(sotto_error), SOTTO_OK, ""};
  const char* step = "";  // the function of the C ABI that failed; "": none
};

sotto_str view(const char* text) { return sotto_cstr(text); }

// One application: a runtime with the liar and the real backends, a model, a session and all that one does with them. Ends
// at the first failure.
class Application {
 public:
  explicit Application(const sotto_plugin_entry& liar = entry()) {
    const sotto_plugin_entry* entries[] = {&liar, &sotto_plugin_reference};
    sotto_runtime_options o{};
    o.struct_size = sizeof o;
    o.plugin_entries = entries;
    o.plugin_entry_count = 2;
    o.threads = 1;
    o.log = [](void* self, int32_t, sotto_str line) {
      static_cast<Application*>(self)->log_.append(line.data, line.size).append("\n");
    };
    o.log_user = this;
    try_it("create", sotto_runtime_create(&o, &runtime_, err()));
  }
  ~Application() {
    close();
    sotto_runtime_destroy(runtime_);
  }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  void close() {
    sotto_lora_destroy(lora_);
    sotto_session_destroy(fork_);
    sotto_session_destroy(session_);
    sotto_model_destroy(model_);
    lora_ = nullptr;
    fork_ = session_ = nullptr;
    model_ = nullptr;
  }

  // Everything, in the order in which an application does it. `backend` "": any.
  Failure live(const char* backend) {
    failure_ = Failure();
    open(backend) && generate(session_) && save_and_restore() && fork() && rewind() && adapt();
    close();
    return failure_;
  }
  const std::vector<uint32_t>& answer() const { return answer_; }
  const std::string& log() const { return log_; }
  sotto_runtime* runtime() { return runtime_; }
  bool open(const char* backend) {
    sotto_model_source source{};
    source.struct_size = sizeof source;
    source.path = view(kModel);
    sotto_model_options o{};
    o.struct_size = sizeof o;
    o.backend = view(backend);
    o.context_tokens = 32;
    o.sessions = 2;
    o.memory_cap_bytes = uint64_t{1} << 30;
    return try_it("open", sotto_model_open(runtime_, &source, &o, &model_, err())) &&
           try_it("session", sotto_session_create(model_, nullptr, &session_, err()));
  }
  bool generate(sotto_session* session) {
    sotto_generate_options o{};
    o.struct_size = sizeof o;
    o.max_tokens = 4;
    o.prompt_ids = kPrompt.data();
    o.prompt_id_count = kPrompt.size();
    answer_.clear();
    o.on_token = [](void* self, uint32_t token, float) {
      static_cast<Application*>(self)->answer_.push_back(token);
      return 0;
    };
    o.on_token_user = this;
    return try_it("generate", sotto_generate(session, sotto_str{}, &o, nullptr, nullptr, err()));
  }
  sotto_session* session() { return session_; }
  const Failure& failure() const { return failure_; }

 private:
  sotto_error* err() { return &failure_.error; }
  bool try_it(const char* step, sotto_status status) {
    EXPECT_TRUE(status == SOTTO_OK || status == failure_.error.status) << step;
    if (status != SOTTO_OK) failure_.step = step;
    return status == SOTTO_OK;
  }
  bool save_and_restore() {
    uint64_t size = 0;
    if (!try_it("save", sotto_session_save(session_, nullptr, 0, &size, err()))) return false;
    std::string state(size, '\0');
    return try_it("save", sotto_session_save(session_, state.data(), size, &size, err())) &&
           try_it("restore", sotto_session_restore(session_, state.data(), size, err()));
  }
  bool fork() { return try_it("fork", sotto_session_fork(session_, &fork_, err())) && generate(fork_); }
  bool rewind() { return try_it("rewind", sotto_session_rewind(session_, 2, err())) && generate(session_); }
  bool adapt();

  sotto_runtime* runtime_ = nullptr;
  sotto_model* model_ = nullptr;
  sotto_session* session_ = nullptr;
  sotto_session* fork_ = nullptr;
  sotto_lora* lora_ = nullptr;
  Failure failure_;
  std::vector<uint32_t> answer_;
  std::string log_;
};

// A LoRA pair for one weight of the model, of zeros: written by hand, to be loaded through the C ABI.
std::string adapter_file() {
  std::string f;
  const auto number = [&](auto n) { f.append(reinterpret_cast<const char*>(&n), sizeof n); };
  const auto text = [&](const std::string& s) {
    number(uint64_t{s.size()});
    f += s;
  };
  f = "GGUF";
  number(uint32_t{3});
  number(uint64_t{2});
  number(uint64_t{3});
  for (const auto& [key, value] : {std::pair<const char*, const char*>{"general.type", "adapter"},
                                   {"adapter.type", "lora"},
                                   {"general.architecture", "llama"}}) {
    text(key);
    number(uint32_t{8});
    text(value);
  }
  constexpr uint64_t kColumns = 64, kRows = 64;
  text("blk.0.attn_q.weight.lora_a");
  number(uint32_t{2});
  for (const uint64_t n : {kColumns, uint64_t{1}}) number(n);
  number(uint32_t{0});
  number(uint64_t{0});
  text("blk.0.attn_q.weight.lora_b");
  number(uint32_t{2});
  for (const uint64_t n : {uint64_t{1}, kRows}) number(n);
  number(uint32_t{0});
  number(uint64_t{kColumns * 4});
  f.append((32 - f.size() % 32) % 32, '\0');
  f.append((kColumns + kRows) * 4, '\0');
  return f;
}

bool Application::adapt() {
  const std::string file = adapter_file();
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.kind = SOTTO_SOURCE_MEMORY;
  source.data = file.data();
  source.size = file.size();
  return try_it("lora", sotto_lora_open(model_, &source, &lora_, err())) &&
         try_it("set_lora", sotto_session_set_lora(session_, lora_, 1, err())) &&
         try_it("rewind", sotto_session_rewind(session_, 0, err())) && generate(session_);
}

struct Case {
  Lie lie;
  const char* step;  // that fails; "": none may
  sotto_status status;
  const char* words;
};

// What each function may do instead of its work. `kNothing` leaves the out-parameters as they were.
const Case kCases[] = {
    {{"device_count", Kind::kStatus, 999}, "open", SOTTO_INTERNAL, "device_count: status 999 is none of"},
    {{"device_count", Kind::kNothing}, "open", SOTTO_NOT_FOUND, "has no device"},
    {{"device_count", Kind::kThrow}, "open", SOTTO_INTERNAL, "device_count threw an exception"},
    {{"device_count", Kind::kHugeCount}, "open", SOTTO_INTERNAL, "device_count: 4294967295 devices"},
    {{"device_info", Kind::kStatus, -1}, "open", SOTTO_INTERNAL, "device_info: status -1 is none of"},
    {{"device_info", Kind::kNothing}, "", SOTTO_OK, ""},
    {{"device_info", Kind::kEndlessName}, "", SOTTO_OK, ""},
    {{"group_create", Kind::kStatus, SOTTO_DEVICE_LOST}, "open", SOTTO_DEVICE_LOST, "group_create failed with status 14"},
    {{"group_create", Kind::kNothing}, "open", SOTTO_INTERNAL, "group_create"},
    {{"group_create", Kind::kGarbage}, "open", SOTTO_INTERNAL, "group_create failed with status 17"},
    {{"weights_create", Kind::kGarbage}, "open", SOTTO_INTERNAL, "weights_create failed"},
    {{"compile", Kind::kGarbage}, "open", SOTTO_INTERNAL, "compile failed"},
    {{"cache_create", Kind::kGarbage}, "open", SOTTO_INTERNAL, "cache_create failed"},
    {{"adapter_create", Kind::kGarbage}, "lora", SOTTO_INTERNAL, "adapter_create failed"},
    {{"group_create", Kind::kThrow}, "open", SOTTO_INTERNAL, "group_create threw an exception, which no plugin may: kettle"},
    {{"group_create", Kind::kEndlessText}, "open", SOTTO_INTERNAL, "group_create: xxx"},
    {{"group_create", Kind::kOddText}, "open", SOTTO_INTERNAL, "group_create: ???"},
    {{"check", Kind::kStatus, 999}, "open", SOTTO_INTERNAL, "check: status 999"},
    {{"check", Kind::kThrowNumber}, "open", SOTTO_INTERNAL, "check threw an exception"},
    {{"weights_create", Kind::kStatus, 999}, "open", SOTTO_INTERNAL, "weights_create: status 999"},
    {{"weights_create", Kind::kNothing}, "open", SOTTO_INTERNAL, "weights_create"},
    {{"weights_create", Kind::kThrow}, "open", SOTTO_INTERNAL, "weights_create threw"},
    {{"upload", Kind::kStatus, 999}, "open", SOTTO_INTERNAL, "upload: status 999"},
    {{"upload", Kind::kStatus, SOTTO_OUT_OF_MEMORY, 2}, "open", SOTTO_OUT_OF_MEMORY, "upload failed with status 6"},
    {{"upload", Kind::kThrow, 0, 3}, "open", SOTTO_INTERNAL, "upload threw"},
    {{"upload", Kind::kEndlessText}, "open", SOTTO_INTERNAL, "upload: xxx"},
    {{"compile", Kind::kStatus, INT32_MIN}, "open", SOTTO_INTERNAL, "compile: status -2147483648"},
    {{"compile", Kind::kNothing}, "open", SOTTO_INTERNAL, "compile"},
    {{"compile", Kind::kThrowNumber}, "open", SOTTO_INTERNAL, "compile threw"},
    {{"cache_create", Kind::kStatus, SOTTO_OUT_OF_MEMORY}, "open", SOTTO_OUT_OF_MEMORY, "cache_create failed"},
    {{"cache_create", Kind::kNothing}, "open", SOTTO_INTERNAL, "cache_create"},
    {{"cache_create", Kind::kThrow}, "open", SOTTO_INTERNAL, "cache_create threw"},
    {{"cache_truncate", Kind::kStatus, 999}, "generate", SOTTO_INTERNAL, "cache_truncate: status 999"},
    {{"cache_truncate", Kind::kThrow}, "generate", SOTTO_INTERNAL, "cache_truncate threw"},
    {{"cache_truncate", Kind::kStatus, SOTTO_UNSUPPORTED}, "generate", SOTTO_UNSUPPORTED, "cache_truncate failed"},
    {{"cache_copy", Kind::kStatus, 999}, "fork", SOTTO_INTERNAL, "cache_copy: status 999"},
    {{"cache_copy", Kind::kThrow}, "fork", SOTTO_INTERNAL, "cache_copy threw"},
    {{"cache_export", Kind::kStatus, 999}, "save", SOTTO_INTERNAL, "cache_export: status 999"},
    {{"cache_export", Kind::kThrow}, "save", SOTTO_INTERNAL, "cache_export threw"},
    {{"cache_export", Kind::kOtherSize}, "save", SOTTO_INTERNAL, "cache_export"},
    {{"cache_import", Kind::kStatus, 999}, "restore", SOTTO_INTERNAL, "cache_import: status 999"},
    {{"cache_import", Kind::kThrow}, "restore", SOTTO_INTERNAL, "cache_import threw"},
    {{"adapter_create", Kind::kStatus, 999}, "lora", SOTTO_INTERNAL, "adapter_create: status 999"},
    {{"adapter_create", Kind::kNothing}, "lora", SOTTO_INTERNAL, "adapter_create"},
    {{"adapter_create", Kind::kThrow}, "lora", SOTTO_INTERNAL, "adapter_create threw"},
    {{"run", Kind::kStatus, 999}, "generate", SOTTO_INTERNAL, "run: status 999"},
    {{"run", Kind::kStatus, -5, 2}, "generate", SOTTO_INTERNAL, "run: status -5"},
    {{"run", Kind::kNothing}, "generate", SOTTO_INTERNAL, "run: succeeded, but 0 of 5 tokens were committed"},
    {{"run", Kind::kStatus, SOTTO_CANCELLED}, "generate", SOTTO_INTERNAL, "run: cancelled, though nobody asked for it"},
    {{"run", Kind::kStatus, SOTTO_CONTEXT_FULL}, "generate", SOTTO_CONTEXT_FULL, "run failed with status 7"},
    {{"run", Kind::kStatus, SOTTO_DEVICE_LOST, 1}, "generate", SOTTO_DEVICE_LOST, "run failed with status 14"},
    {{"run", Kind::kThrow}, "generate", SOTTO_INTERNAL, "run threw an exception"},
    {{"run", Kind::kThrowNumber, 0, 1}, "generate", SOTTO_INTERNAL, "run threw an exception"},
    {{"run", Kind::kEndlessText}, "generate", SOTTO_INTERNAL, "run: xxx"},
    {{"run", Kind::kNoRows}, "generate", SOTTO_INTERNAL, "run: "},
    {{"run", Kind::kFewRows}, "generate", SOTTO_INTERNAL, "run: 0 rows of output 0 were delivered, more were wanted"},
    {{"run", Kind::kFewTokens}, "generate", SOTTO_INTERNAL, "run: succeeded, but 0 of 5 tokens were committed"},
    {{"run", Kind::kFewTokens, 0, 1}, "generate", SOTTO_INTERNAL, "run: succeeded, but 0 of 1 tokens were committed"},
    {{"run", Kind::kManyTokens}, "generate", SOTTO_INTERNAL, "run: "},
    {{"run", Kind::kNotNumbers}, "generate", SOTTO_INTERNAL, "not a number"},
    {{"run", Kind::kNoneLikely}, "generate", SOTTO_INTERNAL, ""},
    {{"run", Kind::kOwnPointers}, "", SOTTO_OK, ""},
    {{"run", Kind::kStopElsewhere}, "generate", SOTTO_INTERNAL, "should_stop"},
    {{"group_destroy", Kind::kThrow}, "", SOTTO_OK, ""},
    {{"weights_destroy", Kind::kThrow}, "", SOTTO_OK, ""},
    {{"program_destroy", Kind::kThrow}, "", SOTTO_OK, ""},
    {{"cache_destroy", Kind::kThrow}, "", SOTTO_OK, ""},
    {{"adapter_destroy", Kind::kThrow}, "", SOTTO_OK, ""},
};

std::string name_of(const Case& c) {
  return std::string(c.lie.function) + ", lie " + std::to_string(static_cast<int>(c.lie.kind)) + ", status " +
         std::to_string(c.lie.status) + ", after " + std::to_string(c.lie.after);
}

std::vector<uint32_t> honest_answer() {
  tell({});
  Application app;
  const Failure f = app.live("liar");
  EXPECT_STREQ(f.step, "") << f.error.text;
  return app.answer();
}

TEST(LyingBackend, WithoutALieAllOfItWorks) { EXPECT_EQ(honest_answer().size(), 4u); }

TEST(LyingBackend, ALieIsAFailureThatNamesThePluginAndAnotherBackendGoesOn) {
  const std::vector<uint32_t> expected = honest_answer();
  for (const Case& c : kCases) {
    SCOPED_TRACE(name_of(c));
    Application app;
    tell(c.lie);
    const Failure f = app.live("liar");
    EXPECT_STREQ(f.step, c.step) << f.error.text;
    EXPECT_GT(times_told(), 0u) << "the lie was never told";
    if (*c.step != '\0') {
      EXPECT_EQ(f.error.status, c.status) << f.error.text;
      EXPECT_NE(std::memchr(f.error.text, 0, sizeof f.error.text), nullptr);
      EXPECT_NE(std::strstr(f.error.text, "liar"), nullptr) << f.error.text;
      EXPECT_NE(std::strstr(f.error.text, c.words), nullptr) << f.error.text;
    }
    const Failure other = app.live("reference");
    EXPECT_STREQ(other.step, "") << other.error.text;
    EXPECT_EQ(app.answer(), expected);
  }
}

TEST(LyingBackend, CostsWhoseSumWrapsAreNoWayPastTheCap) {
  Application app;
  tell({"check", Kind::kHugeCosts});
  EXPECT_STREQ(app.live("liar").step, "open");
  EXPECT_EQ(app.failure().error.status, SOTTO_OUT_OF_MEMORY) << app.failure().error.text;
}

// What goes wrong until the model is open makes the host take the next backend, and say so.
TEST(LyingBackend, IsPassedOverWhenTheApplicationNamesNone) {
  sotto_plugin_entry fast = entry();
  fast.id = "test.sotto.cuda";  // preferred to all others
  for (const Lie& lie :
       {Lie{"device_count", Kind::kThrow}, Lie{"device_info", Kind::kStatus, 999}, Lie{"group_create", Kind::kNothing},
        Lie{"group_create", Kind::kStatus, SOTTO_INVALID_ARGUMENT}, Lie{"check", Kind::kStatus, SOTTO_INVALID_ARGUMENT},
        Lie{"check", Kind::kThrow}, Lie{"check", Kind::kHugeCosts}, Lie{"weights_create", Kind::kThrow},
        Lie{"upload", Kind::kStatus, SOTTO_DEVICE_LOST, 3}, Lie{"compile", Kind::kNothing},
        Lie{"cache_create", Kind::kStatus, SOTTO_OUT_OF_MEMORY}}) {
    SCOPED_TRACE(std::string(lie.function) + ", lie " + std::to_string(static_cast<int>(lie.kind)));
    Application app(fast);
    tell(lie);
    const Failure f = app.live("");
    EXPECT_GT(times_told(), 0u);
    EXPECT_STREQ(f.step, "") << f.error.text;
    EXPECT_NE(app.log().find("backend cuda is passed over: "), std::string::npos) << app.log();
  }
}

// A session whose step failed over a lie goes on with the next, honest one.
TEST(LyingBackend, ALieInOneStepDoesNotEndTheSession) {
  for (const Kind kind :
       {Kind::kThrow, Kind::kNoRows, Kind::kFewRows, Kind::kNotNumbers, Kind::kStopElsewhere, Kind::kEndlessText}) {
    SCOPED_TRACE(static_cast<int>(kind));
    Application app;
    tell({"run", kind});
    ASSERT_TRUE(app.open("liar")) << app.failure().error.text;
    EXPECT_FALSE(app.generate(app.session()));
    tell({});
    sotto_error err = {sizeof err, SOTTO_OK, ""};
    EXPECT_EQ(sotto_session_rewind(app.session(), 0, &err), SOTTO_OK) << err.text;
    EXPECT_TRUE(app.generate(app.session())) << app.failure().error.text;
    EXPECT_EQ(app.answer().size(), 4u);
  }
}

// A skill's entry, the only part of a skill that the host itself calls.
struct Skill {
  const char* what;
  sotto_status (*create)(const sotto_host*, void**, sotto_error*);
  void (*destroy)(void*);
  const void* (*query)(void*, const char*);
  sotto_status status;
  const char* words;
};

sotto_status create_well(const sotto_host*, void**, sotto_error*) { return SOTTO_OK; }
sotto_status create_throwing(const sotto_host*, void**, sotto_error*) { throw 7; }
sotto_status create_odd(const sotto_host*, void**, sotto_error*) { return -3; }
sotto_status create_endless(const sotto_host*, void**, sotto_error* err) {
  std::memset(err, 0xEE, sizeof *err);
  return SOTTO_UNSUPPORTED;
}
// Asks for itself and for services while it is being made, with ids that are none.
sotto_status create_asking(const sotto_host* host, void** self, sotto_error*) {
  for (const char* id : {"sotto.dialogue/1", "", SOTTO_CLOCK_SERVICE_ID}) (void)host->query(host->context, id);
  (void)host->query(host->context, nullptr);
  host->log(host->context, INT32_MIN, sotto_str{nullptr, UINT64_MAX});
  host->log(host->context, SOTTO_LOG_ERROR, sotto_str{"\xFF\x1b", 2});
  *self = nullptr;
  return SOTTO_OK;
}
void destroy_well(void*) {}
void destroy_throwing(void*) { throw std::string("kettle"); }
const void* query_nothing(void*, const char*) { return nullptr; }
const void* query_throwing(void*, const char*) { throw std::string("kettle"); }
const void* query_throwing_later(void*, const char* id) {
  return std::strcmp(id, SOTTO_BACKEND_ID) == 0 ? nullptr : throw std::string("kettle");
}

const Skill kSkills[] = {
    {"throws in create", create_throwing, destroy_well, query_nothing, SOTTO_INTERNAL, "liar: create threw an exception"},
    {"an odd status", create_odd, destroy_well, query_nothing, SOTTO_INTERNAL, "liar: create: status -3"},
    {"an endless sentence", create_endless, destroy_well, query_nothing, SOTTO_UNSUPPORTED, "liar: create: "},
    {"asks for everything", create_asking, destroy_well, query_nothing, SOTTO_OK, ""},
    {"throws in destroy", create_well, destroy_throwing, query_nothing, SOTTO_OK, ""},
    {"throws in query", create_well, destroy_well, query_throwing, SOTTO_INTERNAL, "liar: query threw an exception"},
    {"throws in a later query", create_well, destroy_well, query_throwing_later, SOTTO_OK, ""},
    {"throws wherever it can", create_well, destroy_throwing, query_throwing, SOTTO_INTERNAL, "liar: query threw an exception"},
};

TEST(LyingSkill, IsRefusedByNameOrDoesNoHarmAndABackendGoesOn) {
  tell({});
  for (const Skill& skill : kSkills) {
    SCOPED_TRACE(skill.what);
    const sotto_plugin_entry liar = {SOTTO_PLUGIN_HEAD, kId,           "1",        "a test's skill that lies",
                                     skill.create,      skill.destroy, skill.query};
    Application app(liar);
    sotto_plugin_info info{};
    info.struct_size = sizeof info;
    ASSERT_EQ(sotto_runtime_plugin_info(app.runtime(), 0, &info, nullptr), SOTTO_OK);
    EXPECT_STREQ(info.id, kId);
    EXPECT_EQ(info.status, skill.status) << info.reason;
    EXPECT_NE(std::strstr(info.reason, skill.words), nullptr) << info.reason;
    EXPECT_EQ(sotto_runtime_query(app.runtime(), "test.unknown/1").table, nullptr);
    const Failure f = app.live("reference");
    EXPECT_STREQ(f.step, "") << f.error.text;
    EXPECT_EQ(app.log().find('\x1b'), std::string::npos);
  }
}

// sotto_dialogue_find hands out no table that lacks a function, whatever the plugin says.
sotto_dialogue_api g_dialogue{};

const void* query_dialogue(void*, const char* id) { return std::strcmp(id, SOTTO_DIALOGUE_ID) == 0 ? &g_dialogue : nullptr; }

TEST(LyingSkill, ATableWithoutAFunctionIsNotHandedOut) {
  const auto found = [] {
    const sotto_plugin_entry entry = {SOTTO_PLUGIN_HEAD, kId, "1", "a test's skill", create_well, destroy_well, query_dialogue};
    Application app(entry);
    return sotto_dialogue_find(app.runtime()).api != nullptr;
  };
  constexpr size_t kFirst = 2 * sizeof(uint32_t);
  constexpr size_t kFirstKnown = offsetof(sotto_dialogue_api, set_hint);  // what came later an older plugin lacks
  std::memset(&g_dialogue, 1, sizeof g_dialogue);                         // every function is set; none is called
  g_dialogue.struct_size = sizeof g_dialogue;
  EXPECT_TRUE(found());
  g_dialogue.struct_size = UINT32_MAX;
  EXPECT_TRUE(found());
  for (uint32_t size : {0u, 8u, static_cast<uint32_t>(kFirstKnown - 1)}) {
    g_dialogue.struct_size = size;
    EXPECT_FALSE(found()) << size;
  }
  g_dialogue.struct_size = sizeof g_dialogue;
  for (size_t at = kFirst; at < kFirstKnown; at += sizeof(void*)) {
    std::memset(reinterpret_cast<char*>(&g_dialogue) + at, 0, sizeof(void*));
    EXPECT_FALSE(found()) << at;
    std::memset(reinterpret_cast<char*>(&g_dialogue) + at, 1, sizeof(void*));
  }
}

sotto_speech_api g_speech{};

const void* query_speech(void*, const char* id) { return std::strcmp(id, SOTTO_SPEECH_ID) == 0 ? &g_speech : nullptr; }

TEST(LyingSkill, ASpeechTableWithoutAFunctionIsNotHandedOut) {
  const auto found = [] {
    const sotto_plugin_entry entry = {SOTTO_PLUGIN_HEAD, kId, "1", "a test's skill", create_well, destroy_well, query_speech};
    Application app(entry);
    return sotto_speech_find(app.runtime()).api != nullptr;
  };
  std::memset(&g_speech, 1, sizeof g_speech);  // every function is set; none is called
  g_speech.struct_size = sizeof g_speech;
  EXPECT_TRUE(found());
  g_speech.struct_size = sizeof g_speech - 1;
  EXPECT_FALSE(found());
  g_speech.struct_size = sizeof g_speech;
  for (size_t at = 2 * sizeof(uint32_t); at < sizeof g_speech; at += sizeof(void*)) {
    std::memset(reinterpret_cast<char*>(&g_speech) + at, 0, sizeof(void*));
    EXPECT_FALSE(found()) << at;
    std::memset(reinterpret_cast<char*>(&g_speech) + at, 1, sizeof(void*));
  }
}

}  // namespace
}  // namespace sotto::lying
