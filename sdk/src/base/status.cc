#include "base/status.h"

namespace sotto {

Status Status::within(std::string_view where) const {
  if (ok()) return *this;
  std::string text(where);
  text += ": ";
  text += text_;
  return Status(code_, std::move(text));
}

}  // namespace sotto
