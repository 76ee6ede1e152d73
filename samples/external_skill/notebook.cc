#include "notebook.h"

#include <charconv>

namespace notes {
namespace {

using sotto::plugin::Failure;

constexpr char kKey[] = "notes";
constexpr std::string_view kHead = "notes 1\n";  // then a line for each note: unix milliseconds, a tab, the text
constexpr size_t kMostNotes = 500, kMostBytes = 1000;

struct Blobs {
  const sotto_blob_service* table;
  void* self;
};
Blobs blobs_of(const sotto::plugin::Host& host) {
  Blobs blobs{};
  blobs.table = host.find<sotto_blob_service>(SOTTO_BLOB_SERVICE_ID, &blobs.self);
  if (blobs.table == nullptr)
    throw Failure(SOTTO_UNSUPPORTED, "notes: there is nowhere to keep them: name a data folder when the runtime is created");
  return blobs;
}

// Calls a service and throws its failure on: ask([&](sotto_error* err) { return ...; }).
template <class Call>
void ask(Call call) {
  sotto_error err{sizeof err, SOTTO_OK, {}};
  if (const sotto_status status = call(&err); status != SOTTO_OK) throw sotto::plugin::failure(status, err);
}

// Bytes of the UTF-8 character that begins with `first`; 0: none does.
size_t character_size(unsigned char first) {
  return first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

void check_text(std::string_view text) {
  if (text.empty() || text.size() > kMostBytes)
    throw Failure(SOTTO_INVALID_ARGUMENT,
                  "notes: a note of " + std::to_string(text.size()) + " bytes; it has 1 to " + std::to_string(kMostBytes));
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    size_t size = character_size(first);
    for (size_t k = 1; k < size; ++k)
      if (i + k >= text.size() || (static_cast<unsigned char>(text[i + k]) & 0xC0u) != 0x80u) size = 0;
    if (size == 0 || first < 0x20 || first == 0x7F)
      throw Failure(SOTTO_INVALID_ARGUMENT, "notes: byte " + std::to_string(i) + " of the note is no text on one line");
    i += size;
  }
}

[[noreturn]] void damaged(size_t line) {
  throw Failure(SOTTO_BAD_FILE,
                "notes: line " + std::to_string(line) + " of the kept notes is damaged: forget them to begin anew");
}

std::vector<Note> parse(std::string_view bytes) {
  if (bytes.substr(0, kHead.size()) != kHead) damaged(1);
  bytes.remove_prefix(kHead.size());
  std::vector<Note> notes;
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n'), tab = bytes.find('\t');
    if (end == std::string_view::npos || tab == std::string_view::npos || tab > end) damaged(notes.size() + 2);
    Note note{0, std::string(bytes.substr(tab + 1, end - tab - 1))};
    const auto [stopped, error] = std::from_chars(bytes.data(), bytes.data() + tab, note.unix_milliseconds);
    if (error != std::errc() || stopped != bytes.data() + tab) damaged(notes.size() + 2);
    notes.push_back(std::move(note));
    bytes.remove_prefix(end + 1);
  }
  return notes;
}

}  // namespace

void Notebook::read() {
  const Blobs blobs = blobs_of(host_);
  std::string bytes;
  uint64_t size = 0;
  sotto_error err{sizeof err, SOTTO_OK, {}};
  const sotto_status status = blobs.table->read(blobs.self, sotto_cstr(kKey), nullptr, &size, &err);
  if (status != SOTTO_OK && status != SOTTO_NOT_FOUND) throw sotto::plugin::failure(status, err);
  // Another process may write in between: ask until the buffer was large enough.
  while (status == SOTTO_OK && size > bytes.size()) {
    bytes.resize(static_cast<size_t>(size));
    ask([&](sotto_error* e) { return blobs.table->read(blobs.self, sotto_cstr(kKey), bytes.data(), &size, e); });
  }
  bytes.resize(static_cast<size_t>(size));
  notes_ = bytes.empty() ? std::vector<Note>() : parse(bytes);
  is_read_ = true;
}

void Notebook::write(const std::vector<Note>& notes) {
  const Blobs blobs = blobs_of(host_);
  std::string bytes(kHead);
  for (const Note& note : notes) bytes += std::to_string(note.unix_milliseconds) + '\t' + note.text + '\n';
  ask([&](sotto_error* err) { return blobs.table->write(blobs.self, sotto_cstr(kKey), bytes.data(), bytes.size(), err); });
}

const std::vector<Note>& Notebook::all() {
  if (!is_read_) read();
  return notes_;
}

void Notebook::add(std::string_view text) {
  check_text(text);
  void* self = nullptr;
  const auto* clock = host_.find<sotto_clock_service>(SOTTO_CLOCK_SERVICE_ID, &self);
  if (clock == nullptr) throw Failure(SOTTO_UNSUPPORTED, "notes: the host has no clock (" SOTTO_CLOCK_SERVICE_ID ")");
  std::vector<Note> notes = all();
  if (notes.size() >= kMostNotes) notes.erase(notes.begin());
  notes.push_back({clock->unix_milliseconds(self), std::string(text)});
  write(notes);
  notes_ = std::move(notes);  // what is remembered is what is kept
}

void Notebook::forget_all() {
  const Blobs blobs = blobs_of(host_);
  sotto_error err{sizeof err, SOTTO_OK, {}};
  const sotto_status status = blobs.table->remove(blobs.self, sotto_cstr(kKey), &err);
  if (status != SOTTO_OK && status != SOTTO_NOT_FOUND) throw sotto::plugin::failure(status, err);
  notes_.clear();
  is_read_ = true;
}

}  // namespace notes
