#include "sphinx.h"

#include <sphinxbase/err.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>

namespace sotto::speech {
namespace {

// The library's callback has no argument that says which call it belongs to: only the thread does.
thread_local SphinxWatch* t_watch = nullptr;

extern "C" void listen_to_log(void*, err_lvl_t level, const char* format, ...) {
  SphinxWatch* const watch = t_watch;
  if (watch == nullptr || level < ERR_ERROR) return;
  if (watch->said[0] == '\0' || level == ERR_FATAL) {
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(watch->said, sizeof watch->said, format, arguments);
    va_end(arguments);
    for (char* c = watch->said; *c != '\0'; ++c)
      if (static_cast<unsigned char>(*c) < 0x20) *c = ' ';
  }
  if (level == ERR_FATAL) std::longjmp(watch->out, 1);  // else the library calls exit
}

std::mutex g_mutex;    // guards what follows, and the library's choice of a log
uint32_t g_users = 0;  // objects of SphinxLog
std::FILE* g_file;     // where the log went before

}  // namespace

SphinxLog::SphinxLog() {
  const std::lock_guard<std::mutex> lock(g_mutex);
  if (g_users++ != 0) return;
  g_file = err_get_logfp();
  err_set_logfp(nullptr);  // some of it is written past the function
  err_set_callback(listen_to_log, nullptr);
}

SphinxLog::~SphinxLog() {
  const std::lock_guard<std::mutex> lock(g_mutex);
  if (--g_users != 0) return;
  err_set_callback(err_logfp_cb, nullptr);  // this code may be unloaded
  err_set_logfp(g_file);
}

SphinxWatch::SphinxWatch() : outer(t_watch) {
  said[0] = '\0';
  t_watch = this;
}

SphinxWatch::~SphinxWatch() { t_watch = outer; }

}  // namespace sotto::speech
