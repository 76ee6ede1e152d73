package dev.sotto;

import androidx.annotation.NonNull;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Runs an action for objects that were forgotten instead of closed (java.lang.ref.Cleaner came after Java 8). */
final class Reaper {
  /** One watched object. The action must not refer to it. */
  static final class Watch extends PhantomReference<Object> {
    private final Runnable action;

    private Watch(Object owner, Runnable action) {
      super(owner, QUEUE);
      this.action = action;
    }

    /** The owner was closed properly. */
    void forget() {
      WATCHES.remove(this);
      clear();
    }
  }

  private static final ReferenceQueue<Object> QUEUE = new ReferenceQueue<>();
  private static final Set<Watch> WATCHES = Collections.newSetFromMap(new ConcurrentHashMap<Watch, Boolean>());

  static {
    final Thread thread = new Thread(Reaper::run, "sotto-reaper");
    thread.setDaemon(true);
    thread.start();
  }

  private Reaper() {}

  @NonNull
  static Watch watch(@NonNull Object owner, @NonNull Runnable action) {
    final Watch watch = new Watch(owner, action);
    WATCHES.add(watch);
    return watch;
  }

  private static void run() {
    while (true) {
      try {
        final Watch watch = (Watch) QUEUE.remove();
        if (WATCHES.remove(watch)) watch.action.run();
      } catch (InterruptedException e) {
        // Nobody has a reason to interrupt this thread; it goes on.
      } catch (RuntimeException e) {
        // One object's end must not keep the others from theirs.
      }
    }
  }
}
