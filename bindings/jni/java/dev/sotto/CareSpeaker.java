package dev.sotto;

/** Who said it, in the order of sotto/care.h. */
public enum CareSpeaker {
  USER,
  /** Heads are not asked: they are trained on what users say. */
  MODEL
}
