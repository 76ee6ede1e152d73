package dev.sotto;

/** A level by name, in the order of sotto/values.h. */
public enum ValueLevel {
  /** Also: mute. */
  OFF,
  MIN,
  LOW,
  MEDIUM,
  HIGH,
  MAX;

  static final ValueLevel[] ALL = values();
}
