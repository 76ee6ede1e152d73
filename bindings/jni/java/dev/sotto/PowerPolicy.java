package dev.sotto;

/** How hard the machine may be driven, in the order of sotto/runtime.h. */
public enum PowerPolicy {
  BALANCED,
  /** All cores, longer spinning. */
  PERFORMANCE,
  /** Half of the cores, no spinning. */
  SAVER
}
