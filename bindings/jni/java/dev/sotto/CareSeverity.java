package dev.sotto;

/** In the order of sotto/care.h. */
public enum CareSeverity {
  /** Not found; as a threshold: the default. */
  NONE,
  /** May be meant so. */
  MENTION,
  CONCERN,
  /** A plan, a means at hand, how to. */
  URGENT,
  /** As a threshold: no fixed text. */
  NEVER;

  static final CareSeverity[] ALL = values();
}
