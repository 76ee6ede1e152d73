// summary.h: notes in, a few sentences of the model out.
#pragma once

#include "notebook.h"
#include "notes.h"

namespace notes {

// Streams to on_text. `result` is filled as far as it went. Throws sotto::plugin::Failure.
void summarise(const sotto::plugin::Host& host, sotto_model* model, std::vector<Note> notes,
               const notes_summary_options& options, sotto_on_text on_text, void* user, notes_summary_result* result);

}  // namespace notes
