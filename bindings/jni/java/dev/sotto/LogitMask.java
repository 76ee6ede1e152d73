package dev.sotto;

import androidx.annotation.NonNull;

/** Forbids tokens, or makes them less likely, before each is chosen. */
public interface LogitMask {
  /**
   * Called on the thread that generates, before each token.
   *
   * @param logits one for each token of the vocabulary; may be lowered in place, negative infinity forbids. The array is used again
   *     for the next token
   * @return false to end the answer
   */
  boolean onLogits(@NonNull float[] logits);
}
