// journal_rows.cc: exchanges into rows, beside a file of the fuzzer's making; personal data is found where the fuzzer says.
// Input: flags, times, findings; what the user said and what was answered, each up to a zero byte; the file. Every row that is
// added is JSON, and what is forgotten is gone.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "journal.h"
#include "refusal.h"
#include "scratch_folder.h"
#include "target.h"

namespace sotto::fuzz {
namespace {

// The fuzzer's word for what care finds, and for the time.
struct World {
  std::string_view findings;
  int64_t now_ms = 0;
};

sotto_status create(void* self, const sotto_care_options*, sotto_care** out, sotto_error*) {
  *out = static_cast<sotto_care*>(self);
  return SOTTO_OK;
}
void destroy(sotto_care*) {}
sotto_status check(sotto_care* self, sotto_str, uint32_t, sotto_on_care_finding on_finding, void* user, sotto_care_result*,
                   sotto_error*) {
  const std::string_view findings = reinterpret_cast<World*>(self)->findings;
  for (size_t i = 0; i + 2 < findings.size(); i += 3) {
    sotto_care_finding f{};
    f.struct_size = sizeof f;
    f.category = SOTTO_CARE_PERSONAL;
    f.kind = static_cast<uint8_t>(findings[i]) % 8;
    f.begin = static_cast<uint8_t>(findings[i + 1]);
    f.end = static_cast<uint8_t>(findings[i + 2]);
    if (on_finding(user, &f) != 0) break;
  }
  return SOTTO_OK;
}

sotto_interface query(void* self, const char* id) {
  static const sotto_care_api care = [] {
    sotto_care_api api{};
    api.struct_size = sizeof api;
    api.create = create;
    api.destroy = destroy;
    api.check = check;
    return api;
  }();
  static const sotto_clock_service clock = {sizeof clock, 0, [](void* world) { return static_cast<World*>(world)->now_ms; },
                                            [](void*) { return uint64_t{1}; }};
  if (std::strcmp(id, SOTTO_CARE_ID) == 0) return {&care, self};
  if (std::strcmp(id, SOTTO_CLOCK_SERVICE_ID) == 0) return {&clock, self};
  return {nullptr, nullptr};
}

int64_t time_of(Input* in) {
  uint64_t bits = 0;
  const uint8_t shift = in->byte() % 57;
  for (int i = 0; i < 2; ++i) bits = bits << 8 | in->byte();
  bits <<= shift;
  int64_t time = 0;
  std::memcpy(&time, &bits, sizeof time);
  return time;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void check_rows(const std::string& text, size_t from) {
  while (from < text.size()) {
    const size_t end = text.find('\n', from);
    FUZZ_CHECK(end != std::string::npos);
    FUZZ_CHECK(nlohmann::json::accept(text.begin() + static_cast<std::ptrdiff_t>(from),
                                      text.begin() + static_cast<std::ptrdiff_t>(end)));
    from = end + 1;
  }
}

}  // namespace

FUZZ_TARGET(journal_rows) {
  static const ScratchFolder folder;
  static const std::string name = "journal-000001.jsonl";
  Input in(data, size);
  World world;
  const uint8_t flags = in.byte();
  const int64_t first = time_of(&in), second = time_of(&in), from = time_of(&in), to = time_of(&in);
  world.now_ms = time_of(&in);
  world.findings = in.short_text();
  const std::string_view user = in.text(), answer = in.text(), file = in.rest();
  folder.write(name, reinterpret_cast<const uint8_t*>(file.data()), file.size());
  sotto_host host{};
  host.struct_size = sizeof host;
  host.context = &world;
  host.log = [](void*, int32_t, sotto_str) {};
  host.query = query;
  check_refusals(
      [&] {
        sotto_journal_options options{};
        options.struct_size = sizeof options;
        options.flags = SOTTO_JOURNAL_CONSENT;
        options.folder = {folder.path().data(), folder.path().size()};
        journal::Journal journal(plugin::Host(&host), options);
        const size_t before = bytes_of(folder.path(name)).size();
        FUZZ_CHECK(journal.facts().bytes == before);
        sotto_exchange e{};
        e.struct_size = sizeof e;
        e.unix_ms = first;
        e.user = {user.data(), user.size()};
        e.answer = {answer.data(), answer.size()};
        journal.note(e);
        e.unix_ms = second;
        e.flags = flags % 4;
        journal.note(e);
        journal.flush();
        const std::string text = bytes_of(folder.path(name));
        FUZZ_CHECK(journal.facts().bytes == text.size());
        if (before <= text.size()) check_rows(text, before);
        journal.forget(std::min(from, to), std::max(from, to));
        journal.forget(INT64_MIN, INT64_MAX);
        FUZZ_CHECK(journal.facts().bytes == 0 && journal.facts().rows == 0);
      },
      true);  // care names bytes beyond the text
}

}  // namespace sotto::fuzz
