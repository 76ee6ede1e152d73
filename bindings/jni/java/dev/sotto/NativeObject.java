package dev.sotto;

import androidx.annotation.NonNull;
import java.io.Closeable;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;

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

  /** Hands the address to the function, for which it is valid. */
  final <R> R inside(@NonNull LongFunction<R> function) {
    final long address = handle.enter();
    try {
      return function.apply(address);
    } finally {
      handle.leave();
    }
  }

  /** The same for what gives nothing back. */
  final void run(@NonNull LongConsumer action) {
    final long address = handle.enter();
    try {
      action.accept(address);
    } finally {
      handle.leave();
    }
  }

  public final boolean isClosed() {
    return handle.isClosed();
  }
}
