package dev.sotto;

/** What a grammar takes. Immutable. */
public final class GrammarFacts {
  private final long[] numbers;

  GrammarFacts(long[] numbers) {
    this.numbers = numbers;
  }

  public int getStates() {
    return (int) numbers[0];
  }

  /** Token masks that all states together need. */
  public int getMaskCount() {
    return (int) numbers[1];
  }

  /** Computed so far. */
  public int getMasksKept() {
    return (int) numbers[2];
  }

  /** Of the grammar, without its masks. */
  public long getBytes() {
    return numbers[3];
  }

  public long getMaskBytes() {
    return numbers[4];
  }

  @Override
  public String toString() {
    return getStates() + " states, " + getMasksKept() + " of " + getMaskCount() + " masks";
  }
}
