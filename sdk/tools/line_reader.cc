#include "line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "terminal.h"

namespace sotto::tools {

bool LineReader::wait() {
  while (true) {
    pollfd wait[2] = {{STDIN_FILENO, POLLIN, 0}, {interrupts_.fd(), POLLIN, 0}};
    if (poll(wait, 2, -1) < 0 && errno != EINTR) return false;
    if (interrupts_.signal() != 0) return false;
    if ((wait[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) return true;
  }
}

Line LineReader::next(std::string* line) {
  if (prompt_ && LineEditor::is_built()) return next_typed(line);
  if (prompt_) write_bytes(prompt_);
  flush_results();
  return next_plain(line);
}

Line LineReader::next_typed(std::string* line) {
  editor_.begin(prompt_);
  while (wait()) {
    const LineEditor::Typed typed = editor_.read(line);
    if (typed == LineEditor::Typed::kLine) return Line::kText;
    if (typed == LineEditor::Typed::kEnd) return Line::kEnd;
  }
  editor_.end();
  return interrupts_.signal() != 0 ? Line::kInterrupted : Line::kEnd;
}

Line LineReader::next_plain(std::string* line) {
  while (true) {
    const size_t end = pending_.find('\n');
    if (end != std::string::npos || (is_at_end_ && !pending_.empty())) {
      *line = pending_.substr(0, end);
      pending_.erase(0, end == std::string::npos ? end : end + 1);
      if (!line->empty() && line->back() == '\r') line->pop_back();
      return Line::kText;
    }
    if (is_at_end_) return Line::kEnd;
    if (!wait()) {
      if (interrupts_.signal() == 0) return Line::kEnd;
      pending_.clear();  // the terminal drops the line that was being typed, too
      return Line::kInterrupted;
    }
    char part[4096];
    const ssize_t size = read(STDIN_FILENO, part, sizeof part);
    if (size > 0) pending_.append(part, static_cast<size_t>(size));
    if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN)) is_at_end_ = true;
  }
}

}  // namespace sotto::tools
