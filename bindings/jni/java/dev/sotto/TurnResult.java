package dev.sotto;

import androidx.annotation.NonNull;

/** What a turn of a conversation came to. Immutable. */
public final class TurnResult {
  private final long[] numbers;

  TurnResult(long[] numbers) {
    this.numbers = numbers;
  }

  @NonNull
  public Finish getFinish() {
    return Finish.of(numbers[0]);
  }

  /** Of the whole conversation up to this answer. */
  public int getPromptTokens() {
    return (int) numbers[1];
  }

  /** Of the prompt, found in the cache. */
  public int getReusedTokens() {
    return (int) numbers[2];
  }

  /** Of the prompt, computed now. */
  public int getComputedTokens() {
    return (int) numbers[3];
  }

  public int getGeneratedTokens() {
    return (int) numbers[4];
  }

  /** Turns that left the context before this answer; they are still in the history. */
  public int getDroppedTurns() {
    return (int) numbers[5];
  }

  /** From the call to the first token. */
  public long getFirstTokenNanos() {
    return numbers[6];
  }

  public long getPrefillNanos() {
    return numbers[7];
  }

  public long getDecodeNanos() {
    return numbers[8];
  }

  /** A hint took part in the prompt. */
  public boolean isHinted() {
    return (numbers[9] & 1) != 0;
  }

  @Override
  public String toString() {
    return getFinish() + " after " + getGeneratedTokens() + " tokens";
  }
}
