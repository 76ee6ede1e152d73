package dev.sotto;

import androidx.annotation.NonNull;

/** What an answer came to. Immutable. */
public final class GenerateResult {
  private final long[] numbers;

  GenerateResult(long[] numbers) {
    this.numbers = numbers;
  }

  @NonNull
  public Finish getFinish() {
    return Finish.of(numbers[0]);
  }

  public int getPromptTokens() {
    return (int) numbers[1];
  }

  /** The one that ended the text included. */
  public int getGeneratedTokens() {
    return (int) numbers[2];
  }

  /** Of the session afterwards. */
  public int getPosition() {
    return (int) numbers[3];
  }

  /** Which stop string ended the text, when one did. */
  public int getStopIndex() {
    return (int) numbers[4];
  }

  /** From the call to the first token. */
  public long getFirstTokenNanos() {
    return numbers[5];
  }

  public long getPrefillNanos() {
    return numbers[6];
  }

  public long getDecodeNanos() {
    return numbers[7];
  }

  /** Guessed ahead and computed beside the answer's own. */
  public int getDraftedTokens() {
    return (int) numbers[8];
  }

  /** Of the guessed ones, what the answer then was. */
  public int getAcceptedTokens() {
    return (int) numbers[9];
  }

  @Override
  public String toString() {
    return getFinish() + " after " + getGeneratedTokens() + " tokens";
  }
}
