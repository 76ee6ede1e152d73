package dev.sotto;

/** Why an answer ended, in the order of sotto/session.h. */
public enum Finish {
  NONE,
  /** The model ended its text. */
  END,
  /** The limit of tokens. */
  LENGTH,
  /** A stop string, which is not part of the text. */
  STOP,
  /** A listener returned false. */
  LISTENER,
  /** The context is full. */
  CONTEXT,
  /** The grammar allows nothing more. */
  GRAMMAR;

  private static final Finish[] ALL = values();

  static Finish of(long code) {
    return code >= 0 && code < ALL.length ? ALL[(int) code] : NONE;
  }
}
