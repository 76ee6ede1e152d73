package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An answer that is made on another thread. Any thread may wait for it or cancel it; failures come out of {@link #get}. */
public final class Generation<R> implements Future<R> {
  /** The call that makes the answer; it hands the listener on. */
  interface Work<R> {
    R run(TextListener listener);
  }

  private enum State {
    PENDING,
    DONE,
    FAILED,
    CANCELLED
  }

  private final Runnable cancelNative;
  private final CountDownLatch decided = new CountDownLatch(1); // result, failure or cancel
  private final CountDownLatch ended = new CountDownLatch(1); // the thread has left the session
  @Nullable private volatile Thread thread;

  // Guarded by this, written once.
  private State state = State.PENDING;
  @Nullable private R result;
  @Nullable private Throwable failure;

  private Generation(Runnable cancelNative) {
    this.cancelNative = cancelNative;
  }

  /** Starts the work; `before`, when it was cancelled, is let to leave the session first. */
  static <R> Generation<R> start(
      Executor executor, @Nullable Generation<?> before, Runnable cancelNative, TextListener listener, Work<R> work) {
    final Generation<R> generation = new Generation<>(cancelNative);
    executor.execute(() -> generation.run(before, listener, work));
    return generation;
  }

  /** A thread for each answer: it waits for the processor most of the time, and several sessions share the model's steps. */
  static final Executor OWN_THREAD = task -> {
    final Thread thread = new Thread(task, "sotto-generation");
    thread.setDaemon(true);
    thread.start();
  };

  /** Waits until the cancelled generation has left its session (at most 50 ms and a listener's call). */
  static void awaitCancelled(@Nullable Generation<?> before) {
    if (before == null || !before.isCancelled() || Thread.currentThread() == before.thread) return;
    boolean wasInterrupted = false;
    while (true) {
      try {
        before.ended.await();
        break;
      } catch (InterruptedException e) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) Thread.currentThread().interrupt();
  }

  private void run(@Nullable Generation<?> before, TextListener listener, Work<R> work) {
    thread = Thread.currentThread();
    try {
      awaitCancelled(before);
      if (isCancelled()) return;
      // A cancel may come between this line and the session's own door, where the session cannot hear it yet.
      final R made = work.run(piece -> !isCancelled() && listener.onText(piece));
      decide(State.DONE, made, null);
    } catch (Throwable e) {
      decide(State.FAILED, null, e);
    } finally {
      thread = null;
      ended.countDown();
    }
  }

  private synchronized boolean decide(State as, @Nullable R made, @Nullable Throwable thrown) {
    if (state != State.PENDING) return false;
    state = as;
    result = made;
    failure = thrown;
    decided.countDown();
    return true;
  }

  /** Ends the answer within 50 ms; the text so far stays in the session. The argument has no meaning here. */
  @Override
  public boolean cancel(boolean mayInterrupt) {
    if (!decide(State.CANCELLED, null, null)) return false;
    cancelNative.run();
    return true;
  }

  @Override
  public synchronized boolean isCancelled() {
    return state == State.CANCELLED;
  }

  @Override
  public synchronized boolean isDone() {
    return state != State.PENDING;
  }

  /** @throws ExecutionException whose cause is the {@link SottoException} or what a listener threw */
  @Override
  @NonNull
  public R get() throws InterruptedException, ExecutionException {
    decided.await();
    return outcome();
  }

  @Override
  @NonNull
  public R get(long timeout, @NonNull TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
    if (!decided.await(timeout, unit)) throw new TimeoutException("the answer is not complete after " + timeout + " " + unit);
    return outcome();
  }

  private synchronized R outcome() throws ExecutionException {
    if (state == State.CANCELLED) throw new CancellationException("the answer was cancelled");
    if (state == State.FAILED) throw new ExecutionException(failure);
    return result;
  }
}
