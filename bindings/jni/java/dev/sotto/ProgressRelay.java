package dev.sotto;

import androidx.annotation.NonNull;

/** Between the library's progress and the application's listener. */
final class ProgressRelay {
  private final ProgressListener listener;

  ProgressRelay(@NonNull ProgressListener listener) {
    this.listener = listener;
  }

  /** Called by the library. */
  boolean progress(float fraction) {
    return listener.onProgress(fraction);
  }
}
