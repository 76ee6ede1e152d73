package dev.sotto;

import androidx.annotation.NonNull;

/** One line of a recogniser's n-best list. Immutable. */
public final class Hypothesis {
  final byte[] text;
  final float score;

  /** @param score natural logarithm of its likelihood, up to a constant shared by the list; finite */
  public Hypothesis(@NonNull String text, float score) {
    this.text = Utf8.bytes("the hypothesis", Check.given("the hypothesis", text));
    this.score = score;
  }
}
