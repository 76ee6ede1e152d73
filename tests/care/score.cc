// score.cc: how many cases of care's hand-written sets are found, and what of other texts alarms.
//   care_score [--part seen|unseen|all] [--misses] FILE.tsv...     expected category, kind, text; lines that count from 1
//   care_score --texts FILE                                        a text a line: what alarms
// The part is by line number: every fourth line was kept unseen while the rules were written.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>

#include "cases.h"

namespace sotto::care_test {
namespace {

struct Arguments {
  std::string part = "all";
  bool shows_misses = false, is_texts = false;
  std::vector<std::string> files;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--part" && i + 1 < argc)
      a.part = argv[++i];
    else if (word == "--misses")
      a.shows_misses = true;
    else if (word == "--texts")
      a.is_texts = true;
    else
      a.files.push_back(word);
  }
  return a;
}

void score_file(const care::Care& care, const Arguments& a, const std::string& file) {
  std::map<std::string, Score> scores;
  for (const Case& c : read_cases(file)) {
    if (a.part != "all" && (a.part == "unseen") != c.is_unseen) continue;
    const bool is_right = judge(care, c, &scores[c.expected]);
    if (!is_right && a.shows_misses)
      std::printf("  line %zu, %s %s: %s -> %s\n", c.line, c.expected.c_str(), c.kind.c_str(), c.text.c_str(),
                  names_of(found_in(care, c.text)).c_str());
  }
  for (const auto& [expected, score] : scores)
    std::printf("%-28s %-6s %-10s %4zu of %4zu  %.2f %%\n", file.substr(file.rfind('/') + 1).c_str(), a.part.c_str(),
                expected.c_str(), score.right, score.cases,
                100.0 * static_cast<double>(score.right) / static_cast<double>(score.cases));
}

// Alarms: what would be answered with a fixed text by default.
void score_texts(const care::Care& care, const Arguments& a, const std::string& file) {
  std::ifstream in(file);
  std::map<std::string, size_t> alarms;
  size_t texts = 0, bytes = 0, alarming = 0;
  const auto start = std::chrono::steady_clock::now();
  for (std::string line; std::getline(in, line);) {
    const sotto_care_result r = care.check(line, SOTTO_CARE_FROM_USER, nullptr, nullptr);
    ++texts;
    bytes += line.size();
    if ((r.categories & ~(1u << SOTTO_CARE_PERSONAL)) != 0) {
      ++alarming;
      if (a.shows_misses) std::printf("  %s: %s\n", names_of(r.categories).c_str(), line.c_str());
    }
    for (uint32_t i = 0; i < SOTTO_CARE_CATEGORIES; ++i) alarms[kNames[i]] += r.categories >> i & 1u;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%s: %zu texts, %zu bytes, %.2f s; %zu alarm, personal data aside (%.3f %%):", file.c_str(), texts, bytes,
              took.count(), alarming, 100.0 * static_cast<double>(alarming) / static_cast<double>(texts > 0 ? texts : 1));
  for (const auto& [name, count] : alarms) std::printf(" %s %zu", name.c_str(), count);
  std::printf("\n");
}

int run(int argc, char** argv) {
  const Arguments a = parse(argc, argv);
  const care::Services services = no_services();
  const auto care = make_care(services);
  for (const std::string& file : a.files) a.is_texts ? score_texts(*care, a, file) : score_file(*care, a, file);
  return a.files.empty() ? 2 : 0;
}

}  // namespace
}  // namespace sotto::care_test

int main(int argc, char** argv) try { return sotto::care_test::run(argc, argv); } catch (const std::exception& e) {
  std::fprintf(stderr, "care_score: %s\n", e.what());
  return 1;
}
