package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.io.Closeable;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * An answer as an iterator over its pieces, made on another thread meanwhile. For one reader at a time. Closing it early, or
 * forgetting it, ends the answer. What fails comes out of {@link #hasNext} and {@link #next} after the pieces that came before.
 */
public final class TextStream<R> implements Iterator<String>, Iterable<String>, Closeable {
  private static final String END = new String("end"); // told apart by identity

  // Bounded by what an answer can be: the context. A bound of its own would hold the session while the reader is slow.
  private final BlockingQueue<String> pieces;
  private final Generation<R> generation;
  private final Reaper.Watch watch;
  @Nullable private String next;
  private boolean isAtEnd;

  private TextStream(BlockingQueue<String> pieces, Generation<R> generation) {
    this.pieces = pieces;
    this.generation = generation;
    watch = Reaper.watch(this, () -> generation.cancel(true));
  }

  interface Starter<R> {
    Generation<R> start(Executor executor, TextListener listener);
  }

  static <R> TextStream<R> open(Executor executor, Starter<R> starter) {
    final BlockingQueue<String> pieces = new LinkedBlockingQueue<>();
    final Executor ending = task -> executor.execute(() -> {
      try {
        task.run();
      } finally {
        pieces.add(END);
      }
    });
    return new TextStream<>(pieces, starter.start(ending, pieces::add));
  }

  /** Waits for the next piece. */
  @Override
  public boolean hasNext() {
    if (next != null) return true;
    if (isAtEnd) return false;
    try {
      next = pieces.take();
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new SottoException.Cancelled("waiting for the next piece of text: the thread was interrupted, the answer is cancelled");
    }
    if (next != END) return true;
    next = null;
    isAtEnd = true;
    watch.forget();
    if (!generation.isCancelled()) getResult();
    return false;
  }

  @Override
  @NonNull
  public String next() {
    if (!hasNext()) throw new NoSuchElementException("the answer has no more text: ask hasNext() first");
    final String piece = next;
    next = null;
    return piece;
  }

  /** Not here: pieces of an answer stay. Without it Android before API 24 has no default. */
  @Override
  public void remove() {
    throw new UnsupportedOperationException("pieces of an answer cannot be removed");
  }

  /** The stream itself, so that a loop reads well; there is no second pass. */
  @Override
  @NonNull
  public Iterator<String> iterator() {
    return this;
  }

  /** What the answer came to; waits for its end. */
  @NonNull
  public R getResult() {
    try {
      return generation.get();
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    } catch (CancellationException e) {
      throw new SottoException.Cancelled("the stream was closed before the answer was complete");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SottoException.Cancelled("waiting for the result: the thread was interrupted");
    }
  }

  private static RuntimeException rethrown(Throwable cause) {
    if (cause instanceof Error) throw (Error) cause;
    return (RuntimeException) cause; // the work declares no checked exception
  }

  /** Ends the answer if it is not complete. */
  @Override
  public void close() {
    watch.forget();
    generation.cancel(true);
  }
}
