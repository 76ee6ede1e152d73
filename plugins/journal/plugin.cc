// plugin.cc: what the library exports: its entry, and the table "sotto.log/1" whose functions call Journal.
#include "journal.h"

struct sotto_journal {
  sotto_journal(const sotto::plugin::Host& host, const sotto_journal_options& options) : body(host, options) {}
  sotto::journal::Journal body;
};

namespace sotto::journal {
namespace {

using plugin::guard;
using plugin::read_options;

template <class T>
T& of(T* pointer, const char* what) {
  if (pointer == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, std::string("journal: ") + what + " is NULL");
  return *pointer;
}

sotto_status open(void* self, const sotto_journal_options* given, sotto_journal** out, sotto_error* err) noexcept {
  return guard(err, [&] {
    const auto& host = of(static_cast<const plugin::Host*>(self), "self");
    sotto_journal*& made = of(out, "out");
    made = std::make_unique<sotto_journal>(host, read_options(given)).release();
  });
}

void close(sotto_journal* journal) noexcept { delete journal; }

sotto_status set_consent(sotto_journal* journal, uint32_t is_given, sotto_error* err) noexcept {
  return guard(err, [&] {
    Journal& body = of(journal, "the journal").body;
    if (is_given > 1) throw Failure(SOTTO_INVALID_ARGUMENT, "journal: consent is 0 or 1, not " + std::to_string(is_given));
    body.set_consent(is_given == 1);
  });
}

sotto_status note(sotto_journal* journal, const sotto_exchange* exchange, sotto_error* err) noexcept {
  return guard(err, [&] { of(journal, "the journal").body.note(read_options(&of(exchange, "the exchange"))); });
}

sotto_status flush(sotto_journal* journal, sotto_error* err) noexcept {
  return guard(err, [&] { of(journal, "the journal").body.flush(); });
}

sotto_status forget(sotto_journal* journal, int64_t from, int64_t to, sotto_error* err) noexcept {
  return guard(err, [&] { of(journal, "the journal").body.forget(from, to); });
}

sotto_status facts(sotto_journal* journal, sotto_journal_facts* out, sotto_error* err) noexcept {
  return guard(err, [&] {
    const sotto_journal_facts found = of(journal, "the journal").body.facts();
    const uint32_t size = of(out, "out").struct_size;
    if (size < sizeof size) throw Failure(SOTTO_INVALID_ARGUMENT, "journal: the facts' struct_size is not set");
    std::memcpy(out, &found, std::min<size_t>(sizeof found, size));
    out->struct_size = size;
  });
}

constexpr sotto_journal_api kApi = {sizeof(sotto_journal_api), 0, open, close, set_consent, note, flush, forget, facts};

sotto_status create(const sotto_host* host, void** self, sotto_error* err) noexcept {
  return guard(err, [&] { *self = std::make_unique<plugin::Host>(host).release(); });
}

void destroy(void* self) noexcept { delete static_cast<plugin::Host*>(self); }

const void* query(void*, const char* id) noexcept { return std::string_view(id) == SOTTO_JOURNAL_ID ? &kApi : nullptr; }

}  // namespace
}  // namespace sotto::journal

SOTTO_PLUGIN_ENTRY(journal) = {
    SOTTO_PLUGIN_HEAD,      "dev.sotto.journal",     SOTTO_VERSION_STRING,  "keeps what was said, with consent, for training",
    sotto::journal::create, sotto::journal::destroy, sotto::journal::query,
};
