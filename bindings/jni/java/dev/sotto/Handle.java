package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.ArrayList;

/**
 * The address of a native object that any thread may use and any thread may close.
 *
 * <p>The object is destroyed once it is closed, no call is inside it and no child of it lives: whoever is the last does it, so a
 * close during a call never frees what the call uses. Native calls get the address between {@link #enter} and {@link #leave}.
 */
final class Handle {
  /** What is done with an address: destroying, cancelling. */
  interface Action {
    void on(long address);
  }

  private static final long CANCEL_AGAIN_MS = 5; // a cancel that came before the call was inside is lost

  private final String name;
  private final long address;
  @Nullable private final Handle parent;
  private final Action destroy;
  @Nullable private final Action cancel;

  // All guarded by this.
  private final ArrayList<Thread> users = new ArrayList<>(2);
  private int children;
  private boolean isClosed;
  private boolean isDestroyed;

  /** REQUIRES: the caller is inside `parent`. */
  Handle(@NonNull String name, long address, @Nullable Handle parent, @NonNull Action destroy, @Nullable Action cancel) {
    this.name = name;
    this.address = address;
    this.parent = parent;
    this.destroy = destroy;
    this.cancel = cancel;
    if (parent != null) parent.retain();
  }

  /** The address, valid until the same thread leaves. */
  synchronized long enter() {
    if (isClosed) throw new IllegalStateException("the " + name + " is closed: open another one");
    users.add(Thread.currentThread());
    return address;
  }

  /** The same for making a child of a child, which keeps this alive whether it is closed or not. REQUIRES: a child lives. */
  synchronized long enterForChild() {
    users.add(Thread.currentThread());
    return address;
  }

  void leave() {
    final boolean isLast;
    synchronized (this) {
      users.remove(users.lastIndexOf(Thread.currentThread()));
      if (users.isEmpty()) notifyAll();
      isLast = mayDestroy();
    }
    if (isLast) finish();
  }

  /** Ends the call in progress, if there is one. Does nothing after a close. */
  void cancel() {
    synchronized (this) {
      if (isClosed || users.isEmpty() || cancel == null) return;
      users.add(Thread.currentThread());
    }
    cancelAndLeave();
  }

  @Nullable
  Handle parent() {
    return parent;
  }

  synchronized boolean isClosed() {
    return isClosed;
  }

  /** Cancels the calls in progress and waits for them; from inside such a call it only cancels. */
  void close() {
    if (shut()) awaitUsers();
  }

  /** For the cleaner: a call in progress goes on to its end, nothing waits. */
  void abandon() {
    shut();
  }

  /** False when there is nothing to wait for. */
  private boolean shut() {
    final boolean isLast;
    synchronized (this) {
      if (isClosed) return false;
      isClosed = true;
      isLast = mayDestroy();
    }
    if (isLast) finish();
    return !isLast;
  }

  private void awaitUsers() {
    boolean wasInterrupted = false;
    while (true) {
      final boolean isInside;
      synchronized (this) {
        if (users.isEmpty()) break;
        isInside = users.contains(Thread.currentThread());
        users.add(Thread.currentThread());
      }
      cancelAndLeave();
      if (isInside) break;
      synchronized (this) {
        try {
          if (!users.isEmpty()) wait(CANCEL_AGAIN_MS);
        } catch (InterruptedException e) {
          wasInterrupted = true;
        }
      }
    }
    if (wasInterrupted) Thread.currentThread().interrupt();
  }

  private void cancelAndLeave() {
    try {
      if (cancel != null) cancel.on(address);
    } finally {
      leave();
    }
  }

  private synchronized void retain() {
    children++;
  }

  private void release() {
    final boolean isLast;
    synchronized (this) {
      children--;
      isLast = mayDestroy();
    }
    if (isLast) finish();
  }

  /** True once, for whoever is to destroy. */
  private boolean mayDestroy() {
    if (!isClosed || isDestroyed || children > 0 || !users.isEmpty()) return false;
    isDestroyed = true;
    return true;
  }

  private void finish() {
    // An assistant's end waits for its function: not on the thread of that function.
    if (FunctionRelay.isInside()) Generation.OWN_THREAD.execute(this::finishNow);
    else finishNow();
  }

  private void finishNow() {
    destroy.on(address);
    if (parent != null) parent.release();
  }
}
