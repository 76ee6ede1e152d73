package dev.sotto;

/** Why nothing is suggested, in the order of sotto/recommendation.h. */
public enum Quiet {
  /** Something is suggested. */
  NO,
  /** An alarm rings or a call is on. */
  ALARM,
  MOOD,
  HOURS,
  /** The day's suggestions are used up. */
  CAP,
  /** Without consent suggestions cannot be counted. */
  CONSENT,
  /** No feature is left that fits and is not cooling down. */
  NOTHING;

  static final Quiet[] ALL = values();
}
