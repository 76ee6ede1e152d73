package dev.sotto;

/** In the order of sotto/recommendation.h. */
public enum Consent {
  /** Nothing is kept; what was kept is erased and the file removed. */
  NONE,
  /** What was kept stays and ranks; nothing new is kept. */
  PAUSED,
  /** Events are kept. */
  GRANTED;

  static final Consent[] ALL = values();
}
