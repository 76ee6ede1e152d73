package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** What a text sounds like. Immutable. It is no diagnosis. */
public final class SentimentResult {
  static final int NUMBERS = 8; // label, emotion, language, label source, emotion source, skipped bytes, extra, calibration tokens
  static final int FLOATS = 12; // 3 probabilities, 8 emotions, intensity
  private static final int FROM_HEAD = 1;

  private final int[] numbers;
  private final float[] floats;

  /** The result of place `index` in arrays that hold several. */
  SentimentResult(int[] numbers, float[] floats, int index) {
    this.numbers = java.util.Arrays.copyOfRange(numbers, index * NUMBERS, (index + 1) * NUMBERS);
    this.floats = java.util.Arrays.copyOfRange(floats, index * FLOATS, (index + 1) * FLOATS);
  }

  int[] numbers() {
    return numbers;
  }

  float[] floats() {
    return floats;
  }

  /** Null: not sure enough. */
  @Nullable
  public SentimentLabel getLabel() {
    return Skills.constant(SentimentLabel.ALL, numbers[0]);
  }

  /** Null: not sure enough, or not asked for. */
  @Nullable
  public Emotion getEmotion() {
    return Skills.constant(Emotion.ALL, numbers[1]);
  }

  @NonNull
  public Language getLanguage() {
    final Language language = Skills.constant(Language.ALL, numbers[2]);
    return language == null ? Language.UNKNOWN : language;
  }

  /** Of the label; given also where {@link #getLabel} is null. The three sum to 1. */
  public float probability(@NonNull SentimentLabel label) {
    return floats[label.ordinal()];
  }

  /** Likewise; all 0 where no emotion was asked for. */
  public float probability(@NonNull Emotion emotion) {
    return floats[SentimentLabel.ALL.length + emotion.ordinal()];
  }

  /** 0 to 1: how little neutral, raised and lowered by words of degree, marks, capitals, emoji. */
  public float getIntensity() {
    return floats[FLOATS - 1];
  }

  /** By a head of the model; else by label words. */
  public boolean isFromHead() {
    return numbers[3] == FROM_HEAD;
  }

  /** Of a text too long: its end was read. */
  public int getSkippedBytes() {
    return numbers[5];
  }

  /** Computed for this result alone. */
  public int getExtraTokens() {
    return numbers[6];
  }

  /** Computed once for a language, when its label words are first used. */
  public int getCalibrationTokens() {
    return numbers[7];
  }

  @Override
  public String toString() {
    return getLabel() + ", " + getEmotion() + ", intensity " + getIntensity();
  }
}
