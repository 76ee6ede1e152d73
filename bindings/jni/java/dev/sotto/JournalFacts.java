package dev.sotto;

/** What a journal holds. Immutable. */
public final class JournalFacts {
  private static final int CONSENT = 1;

  private final long[] numbers; // flags, files, waiting, rows, bytes

  JournalFacts(long[] numbers) {
    this.numbers = numbers;
  }

  public boolean isConsented() {
    return (numbers[0] & CONSENT) != 0;
  }

  public int getFiles() {
    return (int) numbers[1];
  }

  /** Exchanges that are not written yet. */
  public int getWaiting() {
    return (int) numbers[2];
  }

  public long getRows() {
    return numbers[3];
  }

  public long getBytes() {
    return numbers[4];
  }
}
