package dev.sotto;

import androidx.annotation.NonNull;

/** One call of a function of the device. */
public final class FunctionCall {
  private final String name;
  private final String arguments;
  private final int deadlineMillis;
  private long address; // guarded by this; 0: the call is over

  FunctionCall(long address, String name, String arguments, int deadlineMillis) {
    this.address = address;
    this.name = name;
    this.arguments = arguments;
    this.deadlineMillis = deadlineMillis;
  }

  @NonNull
  public String getName() {
    return name;
  }

  /** A JSON object after the function's schema. */
  @NonNull
  public String getArguments() {
    return arguments;
  }

  /** Later answers are thrown away, and the turn tells that there was none. */
  public int getDeadlineMillis() {
    return deadlineMillis;
  }

  /** Nobody waits any more. Any thread. */
  public synchronized boolean isGivenUp() {
    return address == 0 || Natives.functionIsGivenUp(address);
  }

  synchronized void end() {
    address = 0;
  }
}
