package dev.sotto;

import androidx.annotation.NonNull;

/** Hears what the library logs, from any thread, also threads of plugins. What it throws is dropped. */
public interface LogListener {
  void onLog(@NonNull LogLevel level, @NonNull String line);
}
