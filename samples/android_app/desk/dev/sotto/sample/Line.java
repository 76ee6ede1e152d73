package dev.sotto.sample;

import java.util.ArrayDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;

/** In the place of Android's main thread: what is posted runs when the thread that owns this asks for it. */
final class Line implements Executor {
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>(); // guarded by this

  @Override
  public synchronized void execute(Runnable task) {
    waiting.add(task);
    notifyAll();
  }

  /** Runs what is posted until the chat's worker has done all that was wished before. */
  void settle(Chat chat) throws InterruptedException {
    final CountDownLatch isDone = new CountDownLatch(1);
    chat.whenIdle(() -> execute(isDone::countDown));
    while (isDone.getCount() > 0) next().run();
  }

  synchronized Runnable next() throws InterruptedException {
    while (waiting.isEmpty()) wait();
    return waiting.remove();
  }
}
