// target.h: what a fuzz target is. One source, two programs: libFuzzer calls it with bytes of its own making (preset `fuzz`),
// and fuzz_replay calls it with the files of corpus/ in every other build, so that what was found stays mended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace sotto::fuzz {

// A finding of the target itself; a crash, so that both programs see it. For what no sanitizer can know.
#define FUZZ_CHECK(condition)                                                             \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

using Target = void (*)(const uint8_t* data, size_t size);
struct Row {
  const char* name;
  Target run;
};
// The targets that are linked in. Filled by FUZZ_TARGET before main.
inline std::vector<Row>& rows() {
  static std::vector<Row> all;
  return all;
}
struct Registration {
  Registration(const char* name, Target run) { rows().push_back({name, run}); }
};

// FUZZ_TARGET(elf) { ... data, size ... }
#if defined(SOTTO_FUZZING)
#define FUZZ_TARGET(name)                                                   \
  static void fuzz_##name(const uint8_t* data, size_t size);                \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { \
    fuzz_##name(data, size);                                                \
    return 0;                                                               \
  }                                                                         \
  static void fuzz_##name(const uint8_t* data, size_t size)
#else
#define FUZZ_TARGET(name)                                                           \
  static void fuzz_##name(const uint8_t* data, size_t size);                        \
  static const ::sotto::fuzz::Registration registration_##name(#name, fuzz_##name); \
  static void fuzz_##name(const uint8_t* data, size_t size)
#endif

// Takes an input apart from the front. Past the end everything is zero and empty.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return b;
  }
  // A length of one byte, then the text.
  std::string_view short_text() {
    const size_t length = byte();
    return cut(rest_.substr(0, length).size());
  }
  // Up to the next zero byte, which is skipped: for texts, whose seeds stay readable.
  std::string_view text() {
    const size_t zero = rest_.find('\0');
    if (zero == std::string_view::npos) return cut(rest_.size());
    const std::string_view out = cut(zero);
    rest_.remove_prefix(1);
    return out;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view cut(size_t count) {
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }

  std::string_view rest_;
};

}  // namespace sotto::fuzz
