package dev.sotto;

/** What a text is written in, in the order of sotto/sentiment.h; assistant.h and care.h know the two in the middle. */
public enum Language {
  UNKNOWN,
  CHINESE,
  ENGLISH,
  MIXED;

  static final Language[] ALL = values();
}
