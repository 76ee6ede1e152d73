package dev.sotto;

/** What a user did, in the order of sotto/recommendation.h from 1. */
public enum UsageEvent {
  /** The user came to it alone. */
  USED,
  /** Took a suggestion. */
  ACCEPTED,
  /** Said no to one. */
  DISMISSED,
  /** Let one pass. */
  IGNORED
}
