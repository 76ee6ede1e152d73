package dev.sotto;

/** What a session has done since it was created. Immutable. */
public final class Counters {
  private final long[] numbers;

  Counters(long[] numbers) {
    this.numbers = numbers;
  }

  /** Runs of the model. */
  public int getSteps() {
    return (int) numbers[0];
  }

  /** Tokens that went through the model. */
  public long getComputedTokens() {
    return numbers[1];
  }

  public long getGeneratedTokens() {
    return numbers[2];
  }

  public long getPrefillNanos() {
    return numbers[3];
  }

  public long getDecodeNanos() {
    return numbers[4];
  }

  /** Of the tokens held now. */
  public long getCacheBytes() {
    return numbers[5];
  }
}
