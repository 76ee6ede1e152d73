package dev.sotto;

/** How the hidden states of a text become one, in the order of sotto/hidden.h. */
public enum Pooling {
  /** The last token's, which has seen all. */
  LAST,
  MEAN,
  FIRST
}
