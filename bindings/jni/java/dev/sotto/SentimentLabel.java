package dev.sotto;

/** In the order of sotto/sentiment.h. */
public enum SentimentLabel {
  NEGATIVE,
  NEUTRAL,
  POSITIVE;

  static final SentimentLabel[] ALL = values();
}
