package dev.sotto;

/** In the order of sotto/sentiment.h. */
public enum Emotion {
  NEUTRAL,
  JOY,
  GRATITUDE,
  SADNESS,
  ANGER,
  ANXIETY,
  SURPRISE,
  FATIGUE;

  static final Emotion[] ALL = values();
}
