package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** The mood of a conversation at one moment. Immutable. */
public final class Mood {
  private static final int CONSENT = 1;
  private static final int HINTS = 2;

  private final int[] numbers; // label, emotion, cause, turns, events, flags
  private final float[] floats; // valence, evidence

  Mood(int[] numbers, float[] floats) {
    this.numbers = numbers;
    this.floats = floats;
  }

  /** Null: no consent, or nothing known, or no longer. */
  @Nullable
  public SentimentLabel getLabel() {
    return Skills.constant(SentimentLabel.ALL, numbers[0]);
  }

  /** Of the words noted; null likewise. */
  @Nullable
  public Emotion getEmotion() {
    return Skills.constant(Emotion.ALL, numbers[1]);
  }

  /** What moved it most. */
  @NonNull
  public MoodCause getCause() {
    final MoodCause cause = Skills.constant(MoodCause.ALL, numbers[2]);
    return cause == null ? MoodCause.NONE : cause;
  }

  /** -1 bad to 1 good. */
  public float getValence() {
    return floats[0];
  }

  /** Decayed weight of all that was noted; below 0.05 nothing is known any longer. */
  public float getEvidence() {
    return floats[1];
  }

  /** Noted since consent, or since the last reset. */
  public int getTurns() {
    return numbers[3];
  }

  public int getEvents() {
    return numbers[4];
  }

  public boolean isConsented() {
    return (numbers[5] & CONSENT) != 0;
  }

  public boolean isHinting() {
    return (numbers[5] & HINTS) != 0;
  }

  @Override
  public String toString() {
    return getLabel() + ", valence " + getValence() + " by " + getCause();
  }
}
