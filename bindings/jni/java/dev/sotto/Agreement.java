package dev.sotto;

import androidx.annotation.NonNull;
import java.util.List;

/** The values on which most of a recogniser's list agrees. Immutable. */
public final class Agreement {
  private final int hypothesis;
  private final float share;
  private final List<Value> values;

  Agreement(int hypothesis, float share, List<Value> values) {
    this.hypothesis = hypothesis;
    this.share = share;
    this.values = values;
  }

  /** The likeliest line with these values: their places are in its text. */
  public int getHypothesis() {
    return hypothesis;
  }

  /** Of the list's likelihood that has the same values in the same order, 0 to 1. */
  public float getShare() {
    return share;
  }

  @NonNull
  public List<Value> getValues() {
    return values;
  }

  @Override
  public String toString() {
    return values + " (" + share + ")";
  }
}
