#include "line_editor.h"

namespace sotto::tools {

bool LineEditor::is_built() { return false; }
void LineEditor::begin(const char*) {}
LineEditor::Typed LineEditor::read(std::string*) { return Typed::kEnd; }
void LineEditor::end() {}

}  // namespace sotto::tools
