// take_notes: an application that uses the notes skill through Sotto's runtime.
#include <cstdlib>
#include <iostream>
#include <vector>

#include <sotto/sotto.hpp>

#include "notes.h"

namespace {

constexpr const char* kUsage =
    "take_notes --skill LIBRARY --data FOLDER [--plugins FOLDER --model FILE.gguf] [--backend NAME] [--now UNIX_MS]\n"
    "           [--tokens N] (add TEXT | list | summary | forget)...\n";

struct Options {
  std::string skill, data, plugins, model, backend, now, tokens;
  std::vector<std::string> commands;  // with the text of add behind it
};

struct UsageError {};

Options read(int argc, char** argv) {
  Options o;
  struct Row {
    const char* name;
    std::string* into;
  };
  const Row rows[] = {{"--skill", &o.skill},     {"--data", &o.data}, {"--plugins", &o.plugins}, {"--model", &o.model},
                      {"--backend", &o.backend}, {"--now", &o.now},   {"--tokens", &o.tokens}};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    std::string* into = nullptr;
    for (const Row& row : rows)
      if (word == row.name) into = row.into;
    if (into == nullptr && word.substr(0, 2) == "--") throw UsageError();
    if (into == nullptr) {
      o.commands.push_back(word);
    } else if (++i < argc) {
      *into = argv[i];
    } else {
      throw UsageError();
    }
  }
  if (o.skill.empty() || o.commands.empty()) throw UsageError();
  return o;
}

// A clock that stands still: what an application's tests give the runtime.
struct StoppedClock {
  int64_t now;
  static int64_t unix_milliseconds(void* self) { return static_cast<StoppedClock*>(self)->now; }
  static uint64_t monotonic_nanoseconds(void*) { return 0; }
};
constexpr sotto_clock_service kStoppedClock = {sizeof kStoppedClock, 0, StoppedClock::unix_milliseconds,
                                               StoppedClock::monotonic_nanoseconds};

int32_t print_note(void*, const notes_note* note) {
  std::cout << note->unix_milliseconds << ' ' << std::string_view(note->text.data, note->text.size) << '\n';
  return std::cout ? 0 : 1;
}

int32_t print_text(void*, sotto_str piece) {
  return std::cout.write(piece.data, static_cast<std::streamsize>(piece.size)) ? 0 : 1;
}

void summary(const Options& o, const sotto::Runtime& runtime, const notes_skill& skill) {
  sotto_model_options options{};
  options.struct_size = sizeof options;
  if (!o.backend.empty()) options.backend = sotto::str(o.backend);
  const sotto::Model model(runtime, o.model, &options);
  notes_summary_options wanted{};
  wanted.struct_size = sizeof wanted;
  wanted.max_tokens = static_cast<uint32_t>(std::strtoul(o.tokens.c_str(), nullptr, 10));
  notes_summary_result result{};
  result.struct_size = sizeof result;
  sotto::call([&](sotto_error* err) {
    return skill.api->summarise(skill.self, model.get(), &wanted, print_text, nullptr, &result, err);
  });
  std::cout << "\n[" << result.used_notes << " notes, " << result.left_out << " left out]\n";
}

void obey(const Options& o, const sotto::Runtime& runtime, const notes_skill& skill) {
  for (size_t i = 0; i < o.commands.size(); ++i) {
    const std::string& command = o.commands[i];
    if (command == "add" && i + 1 < o.commands.size()) {
      const std::string& text = o.commands[++i];
      sotto::call([&](sotto_error* err) { return skill.api->add(skill.self, sotto::str(text), err); });
    } else if (command == "list") {
      sotto::call([&](sotto_error* err) { return skill.api->list(skill.self, print_note, nullptr, err); });
    } else if (command == "forget") {
      sotto::call([&](sotto_error* err) { return skill.api->forget_all(skill.self, err); });
    } else if (command == "summary") {
      summary(o, runtime, skill);
    } else {
      throw UsageError();
    }
  }
}

void run(const Options& o) {
  const sotto_str files[] = {sotto::str(o.skill)};
  StoppedClock clock{std::strtoll(o.now.c_str(), nullptr, 10)};
  sotto_runtime_options options{};
  options.struct_size = sizeof options;
  options.plugin_files = files;
  options.plugin_file_count = 1;
  if (!o.plugins.empty()) options.plugin_folder = sotto::str(o.plugins);  // the backends
  if (!o.data.empty()) options.data_folder = sotto::str(o.data);
  if (!o.now.empty()) options.clock = {&kStoppedClock, &clock};
  const sotto::Runtime runtime(options);
  const notes_skill skill = notes_find(runtime.get());
  if (skill.api == nullptr) {
    sotto_plugin_info info{};
    info.struct_size = sizeof info;
    sotto::call([&](sotto_error* err) { return sotto_runtime_plugin_info(runtime.get(), 0, &info, err); });
    throw sotto::Error(SOTTO_NOT_FOUND, info.status == SOTTO_OK ? "the library is no notes skill" : info.reason);
  }
  obey(o, runtime, skill);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(read(argc, argv));
    return 0;
  } catch (const UsageError&) {
    std::cerr << kUsage;
    return 2;
  } catch (const std::exception& e) {
    std::cerr << "take_notes: " << e.what() << '\n';
    return 1;
  }
}
