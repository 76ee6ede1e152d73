package dev.sotto;

import androidx.annotation.NonNull;
import java.io.Closeable;

/** What every object with a native side shares: closing, and being closed when it is forgotten. */
abstract class NativeObject implements Closeable {
  final Handle handle;
  private final Reaper.Watch watch;

  NativeObject(@NonNull Handle handle) {
    this.handle = handle;
    this.watch = Reaper.watch(this, handle::abandon);
  }

  /**
   * Frees the native side. A call in progress on another thread is cancelled and waited for; from inside a listener of this
   * object the call ends after the listener returns. Afterwards every other method throws IllegalStateException; closing again
   * does nothing. Objects made from this one may live on: what they need stays until the last of them is closed.
   */
  @Override
  public void close() {
    watch.forget();
    handle.close();
  }

  public final boolean isClosed() {
    return handle.isClosed();
  }
}
