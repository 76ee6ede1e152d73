package dev.sotto;

/** What moves a mood, in the order of sotto/sentiment.h: things that happened beside words, and words. */
public enum MoodCause {
  /** Neutral or unknown. */
  NONE,
  /** The user had to say it again. */
  REPHRASE,
  /** The user stopped an answer or an action. */
  CANCEL,
  /** A function that the user asked for failed. */
  FAILED_CALL,
  WORDS;

  static final MoodCause[] ALL = values();
}
