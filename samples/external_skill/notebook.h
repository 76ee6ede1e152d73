// notebook.h: the notes and how they are kept: one blob, written whole after each change, so that a power cut leaves the old
// notes or the new ones. One thread at a time.
#pragma once

#include <string>
#include <vector>

#include <sotto/plugin.hpp>

namespace notes {

struct Note {
  int64_t unix_milliseconds = 0;
  std::string text;
};

class Notebook {
 public:
  explicit Notebook(sotto::plugin::Host host) : host_(host) {}

  // All of these throw sotto::plugin::Failure with the sentence for the user.
  const std::vector<Note>& all();  // oldest first; read from the blob store when first asked for
  void add(std::string_view text);
  void forget_all();

 private:
  void read();
  void write(const std::vector<Note>& notes);

  sotto::plugin::Host host_;
  std::vector<Note> notes_;
  bool is_read_ = false;
};

}  // namespace notes
