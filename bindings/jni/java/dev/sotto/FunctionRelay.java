package dev.sotto;

import androidx.annotation.NonNull;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Between an assistant's call and the application's function. The library holds it until the assistant's end. */
final class FunctionRelay {
  private static final ThreadLocal<Boolean> INSIDE = new ThreadLocal<>();

  private final FunctionBody body;
  private final ConcurrentLinkedQueue<Throwable> thrown;

  FunctionRelay(@NonNull FunctionBody body, @NonNull ConcurrentLinkedQueue<Throwable> thrown) {
    this.body = body;
    this.thrown = thrown;
  }

  /** Whether this thread runs a function of some assistant. */
  static boolean isInside() {
    return INSIDE.get() != null;
  }

  /** Called by the library, on a thread of its own. What is thrown is kept, and thrown on: the library tells of a failure. */
  byte[] run(long address, byte[] name, byte[] arguments, int deadlineMillis) throws Throwable {
    final FunctionCall call = new FunctionCall(address, Utf8.decode(name), Utf8.decode(arguments), deadlineMillis);
    INSIDE.set(true);
    try {
      return Utf8.bytes("the function's result", body.run(call));
    } catch (Throwable e) {
      thrown.add(e);
      throw e;
    } finally {
      call.end();
      INSIDE.remove();
    }
  }
}
