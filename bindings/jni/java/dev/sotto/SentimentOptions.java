package dev.sotto;

import androidx.annotation.NonNull;

/** How sentiment is read. Immutable; by default nothing is kept: a mood needs the user's consent. */
public final class SentimentOptions {
  public static final SentimentOptions DEFAULT = builder().build();

  private static final int CONSENT = 1;
  private static final int HINTS = 2;
  private static final int NO_HEADS = 4;
  private static final int NO_EMOTION = 8;

  private final int[] numbers; // flags, half-life, context tokens
  private final float[] thresholds; // label, emotion

  private SentimentOptions(Builder b) {
    numbers = new int[] {b.flags, b.halfLifeMillis, b.contextTokens};
    thresholds = new float[] {b.confidence, b.emotionConfidence};
  }

  @NonNull
  public static Builder builder() {
    return new Builder();
  }

  int[] numbers() {
    return numbers;
  }

  float[] thresholds() {
    return thresholds;
  }

  public static final class Builder {
    private int flags;
    private int halfLifeMillis;
    private int contextTokens;
    private float confidence;
    private float emotionConfidence;

    private Builder() {}

    /** The user has agreed that a mood is kept. */
    @NonNull
    public Builder consent(boolean isGiven) {
      flags = isGiven ? flags | CONSENT : flags & ~CONSENT;
      return this;
    }

    /** {@link Sentiment#hint} gives text. */
    @NonNull
    public Builder hints() {
      flags |= HINTS;
      return this;
    }

    /** Label words even where the model has heads: to compare. */
    @NonNull
    public Builder withoutHeads() {
      flags |= NO_HEADS;
      return this;
    }

    /** The label alone: half of the tokens that label words take. */
    @NonNull
    public Builder withoutEmotion() {
      flags |= NO_EMOTION;
      return this;
    }

    /** Probability, 0 to 1, from which a label is given; 0: the head's thresholds, without them 0.5. */
    @NonNull
    public Builder confidence(float value) {
      confidence = value;
      return this;
    }

    /** Likewise for emotions; 0: the head's thresholds, without them 0.3. */
    @NonNull
    public Builder emotionConfidence(float value) {
      emotionConfidence = value;
      return this;
    }

    /** After which what was noted weighs half; 0: 10 minutes. */
    @NonNull
    public Builder halfLifeMillis(int milliseconds) {
      halfLifeMillis = Check.notNegative("halfLifeMillis", milliseconds);
      return this;
    }

    /** Of the session that reads texts; 0: the model's. */
    @NonNull
    public Builder contextTokens(int count) {
      contextTokens = Check.notNegative("contextTokens", count);
      return this;
    }

    @NonNull
    public SentimentOptions build() {
      return new SentimentOptions(this);
    }
  }
}
