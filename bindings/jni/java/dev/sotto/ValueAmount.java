package dev.sotto;

/** An amount without a number, in the order of sotto/values.h. */
public enum ValueAmount {
  BIT,
  SOME,
  LOT;

  static final ValueAmount[] ALL = values();
}
