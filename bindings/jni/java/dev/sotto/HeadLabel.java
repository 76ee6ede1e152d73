package dev.sotto;

import androidx.annotation.NonNull;

/** One answer that a head may give. Immutable. */
public final class HeadLabel {
  private final String text;
  private final float threshold;

  HeadLabel(String text, float threshold) {
    this.text = text;
    this.threshold = threshold;
  }

  /** "positive". */
  @NonNull
  public String getText() {
    return text;
  }

  /** On the label's probability, as trained; 0: none. */
  public float getThreshold() {
    return threshold;
  }

  @Override
  public String toString() {
    return text;
  }
}
