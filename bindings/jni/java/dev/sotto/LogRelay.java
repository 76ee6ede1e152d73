package dev.sotto;

import androidx.annotation.NonNull;

/** Between the library's log and the application's listener. */
final class LogRelay {
  private static final LogLevel[] LEVELS = LogLevel.values();
  private final LogListener listener;

  LogRelay(@NonNull LogListener listener) {
    this.listener = listener;
  }

  /** Called by the library, from any thread. */
  void log(int level, byte[] line) {
    listener.onLog(LEVELS[Math.max(1, Math.min(level, LEVELS.length)) - 1], Utf8.decode(line));
  }
}
