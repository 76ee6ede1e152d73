// assistant_functions: how often a maker's own functions, which no model was trained on, are called as they should be: with
// example sentences, with a description alone, and written freely by a model as the ablation. By hand:
// build/tests/assistant_functions PLUGINS MODEL DOMAIN HOME FILE... [--way examples|description|grammar|free] [--show]
//   examples, description   the assistant with the domain's intents and all functions of all files; FILE is reported apart
//   grammar                 the same with examples, and what was not understood the model writes under a grammar
//   free                    no assistant: functions, schemas and an example of each in the prompt, the answer read as JSON
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "model_driver.h"
#include "own_functions.h"

namespace sotto::assistant_test {
namespace {

using Json = nlohmann::json;

constexpr uint32_t kPromptTokens = 6144;  // of all functions with their schemas, and an answer
constexpr uint32_t kMostAnswer = 96;

struct Made {
  std::string function, arguments;  // empty: none
  bool is_question = false;         // of that function
};

class Way {
 public:
  virtual ~Way() = default;
  virtual Made answer(const std::string& said) = 0;
};

class AssistantWay : public Way {
 public:
  AssistantWay(const DriverOptions& options, const std::vector<MakerFunction>& functions, bool has_examples, bool shows)
      : driver_(options) {
    driver_.shows = shows;
    driver_.add_intents();
    for (const MakerFunction& own : functions) add(own, has_examples);
  }
  Made answer(const std::string& said) override {
    driver_.reset();
    const Answer answer = driver_.say({said});
    const std::vector<Call> calls = driver_.take_calls();
    if (!calls.empty()) return {calls.front().function, calls.size() == 1 ? calls.front().arguments : "several", false};
    return {(answer.flags & SOTTO_ASSISTANT_ASKS) != 0 ? driver_.intent : "", "", true};
  }

 private:
  void add(const MakerFunction& own, bool has_examples) {
    std::vector<sotto_str> examples;
    for (const std::string& example : own.examples) examples.push_back(sotto::str(example));
    sotto_function f{};
    f.name = sotto::str(own.name);
    f.description = sotto::str(own.description);
    f.schema = sotto::str(own.schema);
    if (has_examples) {
      f.examples = examples.data();
      f.example_count = static_cast<uint32_t>(examples.size());
    }
    driver_.add(f);
  }
  ModelDriver driver_;
};

// The model writes what it likes: the prompt says what would be right, nothing holds it to that.
class FreeWay : public Way {
 public:
  FreeWay(const DriverOptions& options, const std::vector<MakerFunction>& functions, bool shows)
      : driver_(options), shows_(shows) {
    order_ =
        "You choose the function of a device that does what the user asks for, and answer with one JSON object: {\"name\": "
        "FUNCTION, \"arguments\": {...}}. When no function fits: {\"name\": \"none\", \"arguments\": {}}. The functions:\n";
    for (const MakerFunction& f : functions) {
      Json properties = Json::parse(f.schema)["properties"];
      for (auto& property : properties) property.erase("x-sotto");
      order_ += "- " + f.name + ": " + f.description + " arguments: " + properties.dump() + "\n";
    }
    sotto_session_options session{};
    session.struct_size = sizeof session;
    call([&](sotto_error* err) { return sotto_session_create(driver_.model(), &session, &session_, err); });
  }
  ~FreeWay() override { sotto_session_destroy(session_); }
  FreeWay(const FreeWay&) = delete;
  FreeWay& operator=(const FreeWay&) = delete;

  Made answer(const std::string& said) override {
    const std::vector<uint32_t> ids = prompt(said);
    size_t keep = 0;
    while (keep + 1 < ids.size() && keep < held_.size() && ids[keep] == held_[keep]) ++keep;
    call([&](sotto_error* err) { return sotto_session_rewind(session_, static_cast<uint32_t>(keep), err); });
    std::string text;
    sotto_generate_options o{};
    o.struct_size = sizeof o;
    o.max_tokens = kMostAnswer;
    o.prompt_ids = ids.data() + keep;
    o.prompt_id_count = ids.size() - keep;
    const auto take = [](void* user, sotto_str piece) -> int32_t {
      return static_cast<std::string*>(user)->append(piece.data, piece.size), 0;
    };
    call([&](sotto_error* err) { return sotto_generate(session_, sotto_str{}, &o, take, &text, err); });
    held_ = ids;
    if (shows_) std::printf("  wrote %s\n", text.c_str());
    return read(text);
  }

 private:
  // The first object in the answer: whatever stands around it is forgiven.
  static Made read(const std::string& text) {
    const size_t open = text.find('{');
    for (size_t close = open == std::string::npos ? open : text.find('}', open); close != std::string::npos;
         close = text.find('}', close + 1)) {
      const Json json = Json::parse(text.substr(open, close + 1 - open), nullptr, false);
      if (json.is_discarded()) continue;
      if (!json.is_object() || !json.contains("name") || !json["name"].is_string() || json["name"] == "none") return {};
      return {json["name"].get<std::string>(), json.value("arguments", Json::object()).dump(), false};
    }
    return {};
  }
  std::vector<uint32_t> prompt(const std::string& said) const {
    const std::string messages =
        Json::array({{{"role", "system"}, {"content", order_}}, {{"role", "user"}, {"content", said}}}).dump();
    sotto_template_options options{};
    options.struct_size = sizeof options;
    options.messages = sotto::str(messages);
    std::vector<uint32_t> ids(messages.size() + 64);
    uint64_t count = 0;
    call([&](sotto_error* err) {
      return sotto_template_tokenize(driver_.model(), &options, ids.data(), ids.size(), &count, err);
    });
    ids.resize(count);
    return ids;
  }

  ModelDriver driver_;
  bool shows_;
  std::string order_;
  sotto_session* session_ = nullptr;
  std::vector<uint32_t> held_;
};

struct Count {
  uint32_t sentences = 0, chosen = 0, done = 0, asked = 0, other = 0, none = 0, false_calls = 0;
};

void judge(const std::vector<MakerFunction>& file, const std::vector<MakerFunction>& all, Way& way, bool shows, Count* counts) {
  const auto is_own = [&](const std::string& name) {
    return std::any_of(all.begin(), all.end(), [&](const MakerFunction& f) { return f.name == name; });
  };
  for (const MakerFunction& function : file)
    for (const Wanted& wanted : function.held_out) {
      Count& count = counts[wanted.is_chinese ? 0 : 1];
      const Made made = way.answer(wanted.said);
      if (function.name == "none") {
        ++count.none;
        if (is_own(made.function)) ++count.false_calls;
        if (shows && is_own(made.function))
          std::printf("  FALSE %s: %s %s\n", wanted.said.c_str(), made.function.c_str(), made.arguments.c_str());
        continue;
      }
      const bool is_chosen = made.function == function.name;
      const bool is_done = is_chosen && !made.is_question && are_same_arguments(made.arguments, wanted.arguments);
      ++count.sentences;
      count.chosen += is_chosen ? 1 : 0;
      count.done += is_done ? 1 : 0;
      count.asked += is_chosen && made.is_question ? 1 : 0;
      count.other += !is_chosen && !made.function.empty() ? 1 : 0;
      if (shows && !is_done)
        std::printf("  MISS %s: wanted %s %s, got %s %s\n", wanted.said.c_str(), function.name.c_str(),
                    wanted.arguments.c_str(), made.function.c_str(), made.is_question ? "?" : made.arguments.c_str());
    }
}

std::vector<MakerFunction> without_none(const std::vector<std::vector<MakerFunction>>& files) {
  std::vector<MakerFunction> all;
  for (const auto& file : files)
    for (const MakerFunction& f : file)
      if (f.name != "none") all.push_back(f);
  return all;
}

int run(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const auto flag = std::find(words.begin(), words.end(), "--show");
  const bool shows = flag != words.end();
  if (shows) words.erase(flag);
  std::string way_name = "examples";
  if (const auto at = std::find(words.begin(), words.end(), "--way"); at != words.end() && at + 1 != words.end()) {
    way_name = *(at + 1);
    words.erase(at, at + 2);
  }
  const bool is_free = way_name == "free", is_grammar = way_name == "grammar";
  if (words.size() < 5 || (!is_free && !is_grammar && way_name != "examples" && way_name != "description")) {
    std::fputs("assistant_functions PLUGINS MODEL DOMAIN HOME FILE... [--way examples|description|grammar|free] [--show]\n",
               stderr);
    return 2;
  }
  std::vector<std::vector<MakerFunction>> files;
  for (size_t i = 4; i < words.size(); ++i) files.push_back(read_functions(words[i]));
  const std::vector<MakerFunction> all = without_none(files);
  DriverOptions options{words[0], words[1], read_text(words[2]), read_text(words[3])};
  if (is_free || is_grammar) options.context_tokens = kPromptTokens, options.threads = 2;
  if (is_grammar) options.flags = SOTTO_ASSISTANT_WRITE_CALLS;
  std::unique_ptr<Way> way;
  if (is_free)
    way = std::make_unique<FreeWay>(options, all, shows);
  else
    way = std::make_unique<AssistantWay>(options, all, way_name != "description", shows);
  for (size_t i = 0; i < files.size(); ++i) {
    Count counts[2];
    judge(files[i], all, *way, shows, counts);
    for (size_t l = 0; l < 2; ++l)
      std::printf(
          "%s, %s, %s: %u of %u done (%.3f); the function of %u right (%.3f), %u asked, %u another; none: %u of %u called "
          "(%.3f)\n",
          words[4 + i].c_str(), l == 0 ? "zh" : "en", way_name.c_str(), counts[l].done, counts[l].sentences,
          counts[l].done / static_cast<double>(counts[l].sentences), counts[l].chosen,
          counts[l].chosen / static_cast<double>(counts[l].sentences), counts[l].asked, counts[l].other, counts[l].false_calls,
          counts[l].none, counts[l].false_calls / static_cast<double>(std::max(counts[l].none, 1u)));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace sotto::assistant_test

int main(int argc, char** argv) {
  try {
    return sotto::assistant_test::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "assistant_functions: %s\n", e.what());
    return 1;
  }
}
