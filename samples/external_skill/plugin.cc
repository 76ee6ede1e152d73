// plugin.cc: the table "com.example.notes/1" and the entry.
#include <algorithm>
#include <cstring>
#include <mutex>

#include "summary.h"

namespace notes {
namespace {

using sotto::plugin::Failure;
using sotto::plugin::guard;
using sotto::plugin::read_options;

struct Plugin {
  explicit Plugin(sotto::plugin::Host h) : host(h), notebook(h) {}
  const void* query(std::string_view id) const;

  sotto::plugin::Host host;
  std::mutex mutex;  // guards notebook; not held while a callback or the model runs
  Notebook notebook;
};

Plugin& of(void* self) {
  if (self == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, "notes: self is NULL: pass what the runtime's query gave");
  return *static_cast<Plugin*>(self);
}

std::vector<Note> copy_of_notes(Plugin& plugin) {
  const std::lock_guard<std::mutex> lock(plugin.mutex);
  return plugin.notebook.all();
}

sotto_status add(void* self, sotto_str text, sotto_error* err) {
  return guard(err, [&] {
    Plugin& plugin = of(self);
    const std::lock_guard<std::mutex> lock(plugin.mutex);
    plugin.notebook.add(sotto::plugin::view(text));
  });
}

sotto_status list(void* self, int32_t (*on_note)(void* user, const notes_note* note), void* user, sotto_error* err) {
  return guard(err, [&] {
    if (on_note == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, "notes: no callback is given");
    for (const Note& note : copy_of_notes(of(self))) {
      const notes_note given{sizeof given, 0, note.unix_milliseconds, sotto::plugin::str(note.text)};
      if (on_note(user, &given) != 0) return;
    }
  });
}

sotto_status forget_all(void* self, sotto_error* err) {
  return guard(err, [&] {
    Plugin& plugin = of(self);
    const std::lock_guard<std::mutex> lock(plugin.mutex);
    plugin.notebook.forget_all();
  });
}

sotto_status summarise_notes(void* self, sotto_model* model, const notes_summary_options* given, sotto_on_text on_text,
                             void* user, notes_summary_result* result, sotto_error* err) {
  return guard(err, [&] {
    Plugin& plugin = of(self);
    const notes_summary_options options = read_options(given);
    std::vector<Note> notes = copy_of_notes(plugin);
    const auto is_old = [&](const Note& note) { return note.unix_milliseconds < options.since_unix_ms; };
    if (options.since_unix_ms != 0) notes.erase(std::remove_if(notes.begin(), notes.end(), is_old), notes.end());
    notes_summary_result done{};
    summarise(plugin.host, model, std::move(notes), options, on_text, user, &done);
    if (result == nullptr) return;
    done.struct_size = result->struct_size;  // into an out-struct no more than the caller has
    std::memcpy(result, &done, std::min<size_t>(result->struct_size, sizeof done));
  });
}

constexpr notes_api kApi = {sizeof(notes_api), 0, add, list, forget_all, summarise_notes};

const void* Plugin::query(std::string_view id) const { return id == NOTES_ID ? &kApi : nullptr; }

using Entry = sotto::plugin::Entry<Plugin>;

}  // namespace
}  // namespace notes

SOTTO_PLUGIN_ENTRY(notes) = {
    SOTTO_PLUGIN_HEAD,     "com.example.notes", "1.0.0", "remembers what it is told and summarises it", notes::Entry::create,
    notes::Entry::destroy, notes::Entry::query};
