// crash.cc: kills a writer with SIGKILL at random moments, again and again on the same profile, and counts what is lost.
//
//     recommendation_crash [ROUNDS [SEED]]
//
// The child records events 0, 1, 2, ... (the number is in the tags), forgets now and then, and says over a pipe what has
// returned. After each kill the profile must open, hold every event that had returned and no other beyond one more.
// What was forgotten stays so. Exit status 1 with a sentence otherwise.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "recommendation/fake_host.h"

namespace {

using namespace sotto::test;

// What the child says: a kind and a number.
struct Said {
  char kind = 0;  // 'e' event recorded, 'f' about to forget, 'F' forgot
  int32_t number = 0;
};

Where where(int number) {
  Where w;
  w.unix_ms = at(0, 9) + number * int64_t{60000};
  w.place = "place" + std::to_string(number % 5);
  w.tags = "n" + std::to_string(number);
  return w;
}

constexpr const char* kFeatures[] = {"radio", "lamp", "song", "weather"};

// Never returns: it is killed.
[[noreturn]] void write_events(const std::string& folder, int first, int pipe) {
  Skill skill(small_catalogue(), folder);
  const auto say = [&](char kind, int number) {
    const Said said{kind, number};
    if (write(pipe, &said, sizeof said) != static_cast<ssize_t>(sizeof said)) _exit(3);
  };
  if (skill.open() != SOTTO_OK || skill.consent() != SOTTO_OK) _exit(4);
  for (int n = first;; ++n) {
    if (skill.record(kFeatures[n % 4], where(n)) != SOTTO_OK) _exit(5);
    say('e', n);
    if (n % 40 == 39) {
      say('f', n);
      if (skill.forget("", 0, where(n - 10).unix_ms) != SOTTO_OK) _exit(6);
      say('F', n);
    }
  }
}

struct Expected {
  std::set<int> kept;      // returned, and not in a forgetting that began
  std::set<int> doubtful;  // in a forgetting that did not return
  int next = 0;
};

void hear(const Said& said, Expected* expected) {
  if (said.kind == 'e') {
    expected->kept.insert(said.number);
    expected->next = said.number + 1;
    return;
  }
  const auto end = expected->kept.lower_bound(said.number - 10);
  if (said.kind == 'f') expected->doubtful.insert(expected->kept.begin(), end);
  if (said.kind == 'F') expected->doubtful.clear();
  expected->kept.erase(expected->kept.begin(), end);
}

std::set<int> numbers_in(const std::string& json) {
  std::set<int> numbers;
  for (size_t i = json.find("\"n"); i != std::string::npos; i = json.find("\"n", i + 1))
    if (json[i + 2] >= '0' && json[i + 2] <= '9') numbers.insert(std::atoi(json.c_str() + i + 2));
  return numbers;
}

// A sentence, empty when all is well. A forgetting is all or nothing.
std::string check(const Folder& folder, Expected* expected, int* lost) {
  Skill skill(small_catalogue(), folder.path());
  if (skill.open() != SOTTO_OK) return "it does not open: " + skill.error;
  const std::set<int> found = numbers_in(skill.exported());
  for (const int n : expected->kept)
    if (found.count(n) == 0) return "event " + std::to_string(n) + " had returned and is lost";
  size_t doubtful = 0;
  for (const int n : found) {
    doubtful += expected->doubtful.count(n);
    if (n > expected->next || (n < expected->next && expected->kept.count(n) + expected->doubtful.count(n) == 0))
      return "event " + std::to_string(n) + " was forgotten and is back";
  }
  if (doubtful != 0 && doubtful != expected->doubtful.size()) return "a half of what was to be forgotten is there";
  if (found.count(expected->next) == 0) ++*lost;
  if (skill.rank(where(expected->next)).size() != 5) return "it does not rank: " + skill.error;
  expected->kept = found;
  expected->doubtful.clear();
  expected->next = found.empty() ? expected->next : std::max(expected->next, *found.rbegin() + 1);
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 8;
  unsigned seed = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 1;
  const Folder folder;
  Expected expected;
  int lost = 0, kills = 0;
  for (int round = 0; round < rounds; ++round) {
    int ends[2];
    if (pipe(ends) != 0) return 2;
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      write_events(folder.path(), expected.next, ends[1]);
    }
    close(ends[1]);
    usleep(static_cast<useconds_t>(20000 + rand_r(&seed) % 300000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    for (Said said; read(ends[0], &said, sizeof said) == static_cast<ssize_t>(sizeof said);) hear(said, &expected);
    close(ends[0]);
    if (!WIFSIGNALED(status)) return std::printf("round %d: the writer ended with %d\n", round, WEXITSTATUS(status)), 1;
    ++kills;
    const std::string fault = check(folder, &expected, &lost);
    if (!fault.empty()) return std::printf("round %d: %s\n", round, fault.c_str()), 1;
  }
  std::printf("%d kills, %d events: none lost that had returned, %d kills cut off the event in progress\n", kills,
              expected.next, lost);
  return 0;
}
