#include "script.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "assistant/text.h"
#include "sotto/assistant.h"

namespace sotto::assistant_test {
namespace {

using Json = nlohmann::json;

struct Place {
  std::string file;
  int line;
};
[[noreturn]] void wrong(const Place& place, const std::string& how) {
  throw std::runtime_error(place.file + ":" + std::to_string(place.line) + ": " + how);
}

// Days from 1970 (Hinnant 2014).
int64_t days_of(int year, int month, int day) {
  year -= month <= 2;
  const int era = year / 400, of_era = year - era * 400;
  const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return int64_t{era} * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t clock_of(const std::string& text, const Place& place) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d", &year, &month, &day, &hour, &minute) != 5) wrong(place, "no time: " + text);
  return ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60000;
}

assistant::Understood reading_of(const std::string& words, const std::string& meaning, const Place& place) {
  assistant::Understood understood;
  std::istringstream in(meaning);
  std::string intent, rest;
  in >> intent;
  std::getline(in, rest);
  double probability = 0.95;
  if (const size_t colon = intent.find(':'); colon != std::string::npos) {
    probability = std::atof(intent.c_str() + colon + 1);
    intent.resize(colon);
  }
  understood.intents.push_back({intent, probability});
  if (intent == "none") understood.out_of_scope = probability;
  for (size_t at = 0; at < rest.size();) {
    const size_t end = std::min(rest.find(';', at), rest.size());
    const std::string pair(assistant::trimmed(std::string_view(rest).substr(at, end - at)));
    at = end + 1;
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    const size_t begin = equals == std::string::npos ? equals : words.find(pair.substr(equals + 1));
    if (begin == std::string::npos) wrong(place, "the words of " + pair + " are not in: " + words);
    understood.spans.push_back({pair.substr(0, equals), begin, begin + pair.size() - equals - 1, 0.9});
  }
  return understood;
}

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}
  std::vector<Dialogue> all() {
    std::ifstream in(file_);
    if (!in) wrong({file_, 0}, "cannot be read");
    for (std::string line; std::getline(in, line);) {
      ++line_;
      take(std::string(assistant::trimmed(line)));
    }
    return std::move(dialogues_);
  }

 private:
  Place place() const { return {file_, line_}; }
  Dialogue& dialogue() {
    if (dialogues_.empty()) wrong(place(), "no dialogue has begun");
    return dialogues_.back();
  }
  Step& step() {
    if (dialogue().steps.empty()) wrong(place(), "nobody has spoken");
    return dialogue().steps.back();
  }
  void put_reading(const std::string& line, std::string* words) {
    const size_t arrow = line.find(" => ");
    *words = std::string(assistant::trimmed(line.substr(0, arrow)));
    if (arrow != std::string::npos)
      dialogue().readings[assistant::normal_form(*words)] = reading_of(*words, line.substr(arrow + 4), place());
  }
  void take(const std::string& line) {
    if (line.empty() || assistant::starts_with(line, "//")) return;
    const size_t space = std::min(line.find(' '), line.size());
    const std::string mark = line.substr(0, space), rest(assistant::trimmed(std::string_view(line).substr(space)));
    if (mark == "=") {
      dialogues_.push_back({rest, file_, {}, {}});
      fails_.clear();
    } else if (mark == "@") {
      clock_ = clock_of(rest, place());
    } else if (mark == "#") {
      std::istringstream in(rest);
      std::string verb, function, device, words;
      in >> verb >> function >> device;
      std::getline(in, words);
      if (verb != "fails") wrong(place(), "# takes `fails`");
      fails_[function + " " + device] = std::string(assistant::trimmed(words));
    } else if (mark == ">") {
      Step made;
      made.line = line_;
      made.clock_ms = clock_;
      made.fails = fails_;
      clock_ = 0;
      put_reading(rest, &made.said);
      dialogue().steps.push_back(std::move(made));
    } else if (mark == "~") {
      std::string unused;
      put_reading(rest, &unused);
    } else if (mark == "|") {
      step().further.emplace_back();
      put_reading(rest, &step().further.back());
    } else if (mark == "!") {
      const size_t brace = std::min(rest.find('{'), rest.size());
      step().calls.push_back(
          {std::string(assistant::trimmed(rest.substr(0, brace))), brace < rest.size() ? rest.substr(brace) : "{}"});
      if (!Json::accept(step().calls.back().arguments)) wrong(place(), "no JSON: " + step().calls.back().arguments);
    } else if (mark == "<") {
      step().has.push_back(rest);
    } else if (mark == "<!") {
      step().has_not.push_back(rest);
    } else if (mark == "?") {
      std::istringstream in(rest);
      for (std::string flag; in >> flag;) step().flags.push_back(flag);
    } else {
      wrong(place(), "unknown mark " + mark);
    }
  }

  std::string file_;
  int line_ = 0;
  int64_t clock_ = 0;
  std::map<std::string, std::string> fails_;
  std::vector<Dialogue> dialogues_;
};

constexpr struct {
  const char* name;
  uint32_t bit;
  bool is_exact;  // set only where the script says so
} kFlags[] = {{"asks", SOTTO_ASSISTANT_ASKS, true},       {"confirms", SOTTO_ASSISTANT_CONFIRMS, false},
              {"unclear", SOTTO_ASSISTANT_UNCLEAR, true}, {"no_scope", SOTTO_ASSISTANT_NO_SCOPE, false},
              {"failure", SOTTO_ASSISTANT_FAILURE, true}, {"took_back", SOTTO_ASSISTANT_TOOK_BACK, false}};

bool has_arguments(const std::string& got, const std::string& wanted) {
  const Json a = Json::parse(got, nullptr, false), b = Json::parse(wanted, nullptr, false);
  if (!a.is_object() || !b.is_object()) return false;
  for (const auto& [name, value] : b.items())
    if (value.is_null() ? a.contains(name) : !a.contains(name) || a[name] != value) return false;
  return true;
}

void check_answer(const Step& step, const Answer& answer, std::vector<std::string>* problems) {
  for (const std::string& words : step.has)
    if (answer.text.find(words) == std::string::npos)
      problems->push_back("the answer \"" + answer.text + "\" has not: " + words);
  for (const std::string& words : step.has_not)
    if (answer.text.find(words) != std::string::npos) problems->push_back("the answer \"" + answer.text + "\" has: " + words);
  if (answer.text.empty()) problems->push_back("there is no answer");
  const auto wants = [&](const std::string& name) {
    return std::find(step.flags.begin(), step.flags.end(), name) != step.flags.end();
  };
  for (const auto& row : kFlags) {
    const bool is_set = (answer.flags & row.bit) != 0;
    if (wants(row.name) != is_set && (row.is_exact || wants(row.name)))
      problems->push_back(std::string(row.name) + (is_set ? " is set" : " is not set") + "; \"" + answer.text + "\"");
  }
  if (wants("retrieved") != (answer.source == SOTTO_ANSWER_RETRIEVED))
    problems->push_back("source is " + std::to_string(answer.source) + "; \"" + answer.text + "\"");
}

}  // namespace

std::vector<Dialogue> read_dialogues(const std::string& file) { return Reader(file).all(); }

std::vector<std::string> play(const Dialogue& dialogue, Driver& driver, bool only_calls,
                              const std::vector<std::vector<std::string>>& heard) {
  std::vector<std::string> problems;
  for (size_t i = 0; i < dialogue.steps.size(); ++i) {
    const Step& step = dialogue.steps[i];
    std::vector<std::string> mine, hypotheses = heard.empty() ? std::vector<std::string>{step.said} : heard[i];
    if (heard.empty()) hypotheses.insert(hypotheses.end(), step.further.begin(), step.further.end());
    if (step.clock_ms != 0) driver.set_clock(step.clock_ms);
    driver.set_fails(step.fails);
    const Answer answer = driver.say(hypotheses);
    const std::vector<Call> calls = driver.take_calls();
    std::string got;
    for (const Call& call : calls) got += " " + call.function + " " + call.arguments;
    bool is_same = calls.size() == step.calls.size();
    for (size_t k = 0; is_same && k < calls.size(); ++k)
      is_same = calls[k].function == step.calls[k].function && has_arguments(calls[k].arguments, step.calls[k].arguments);
    if (!is_same) mine.push_back("calls are:" + (got.empty() ? std::string(" none") : got) + "; \"" + answer.text + "\"");
    if (!only_calls) check_answer(step, answer, &mine);
    for (const std::string& problem : mine)
      problems.push_back(dialogue.file + ":" + std::to_string(step.line) + " (" + dialogue.title + ") \"" + hypotheses[0] +
                         "\": " + problem);
  }
  return problems;
}

std::string result_of(const std::string& function) {
  static const std::map<std::string, const char*> kResults = {
      {"clock.time", R"({"result": {"zh": "八点半", "en": "8:30 pm"}})"},
      {"clock.date", R"({"result": {"zh": "星期六", "en": "Saturday"}})"},
      {"weather.query", R"({"result": {"zh": "晴，12度", "en": "sunny and 12 degrees"}})"},
      {"device.get_state", R"({"result": {"zh": "开着", "en": "on"}})"},
      {"timer.status", R"({"result": {"zh": "3分钟", "en": "3 minutes"}})"},
      {"list.query", R"({"result": {"zh": "牛奶、鸡蛋", "en": "milk, eggs"}})"},
      {"climate.get_temperature", R"({"result": {"zh": "23度", "en": "23 degrees"}})"},
      {"light.set", R"({"undo": {"device": "light.before", "percent": 40}})"},
      {"volume.set", R"({"undo": {"percent": 35}})"},
      {"scene.activate", R"({"next": [{"name": "cover.close", "arguments": {"device": "cover.living"}}]})"},
      {"joke.tell", R"({"result": "{name} {{result}} <|im_end|>"})"}};
  const auto at = kResults.find(function);
  return at == kResults.end() ? std::string() : at->second;
}

const std::vector<OwnFunction>& own_functions() {
  static const std::vector<OwnFunction> kFunctions = {
      {"plant.water",
       R"({"type": "object", "properties": {"plant": {"type": "string"}, "millilitres": {"type": "integer", "minimum": 10, "maximum": 2000}}, "required": ["plant"]})",
       R"({"zh": {"done": ["给{plant}浇水了。"], "ask": {"plant": ["给哪盆浇水？"]}}, "en": {"done": ["I watered the {plant}."], "ask": {"plant": ["Which plant?"]}}})",
       {"给{plant}浇水", "浇一下{plant}", "浇花", "给{plant}浇点水", "植物该喝水了", "给{plant}浇{millilitres}毫升水",
        "water the {plant}", "give the {plant} some water", "water my plants", "the {plant} needs water",
        "water the {plant} with {millilitres} millilitres"},
       0},
      {"aquarium.mode",
       R"({"type": "object", "properties": {"mode": {"type": "string", "enum": ["day", "night", "feed"],
          "x-sotto": {"zh": {"day": ["白天"], "night": ["夜间", "晚上"], "feed": ["喂食", "喂鱼"]}, "en": {"feed": ["feeding"]}}}}, "required": ["mode"]})",
       R"({"zh": {"done": ["鱼缸是{mode}模式了。"], "ask": {"mode": ["白天、夜间还是喂食？"]}}, "en": {"done": ["The aquarium is in {mode} mode."],
          "ask": {"mode": ["Day, night or feeding?"]}}})",
       {"鱼缸切到白天模式", "鱼缸换成夜间模式", "把鱼缸调成喂食模式", "鱼缸模式", "switch the aquarium to day mode",
        "set the aquarium to night mode", "aquarium feeding mode", "aquarium mode"},
       0},
      {"oven.clean",
       R"({"type": "object", "properties": {}})",
       R"({"zh": {"done": ["烤箱开始自清洁了。"], "confirm": ["自清洁会很烫，要开始吗？"]}, "en": {"done": ["The oven cleans itself now."], "confirm": ["It will get very hot. Start cleaning the oven?"]}})",
       {"烤箱自清洁", "让烤箱清洁自己", "开始高温清洁烤箱", "清洁烤箱", "启动烤箱的自清洁", "clean the oven",
        "start the oven's self cleaning", "run the oven cleaning cycle", "self clean the oven", "let the oven clean itself"},
       SOTTO_FUNCTION_CONFIRM}};
  return kFunctions;
}

std::string read_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(file + " cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace sotto::assistant_test
