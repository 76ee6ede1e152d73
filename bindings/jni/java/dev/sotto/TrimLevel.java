package dev.sotto;

/** How much memory is given back, in the order of sotto_runtime_trim from 1. */
public enum TrimLevel {
  /** What is cheap to make again. */
  LIGHT,
  /** Also the caches of idle sessions. */
  IDLE_CACHES,
  /** All that is not in use. */
  ALL;

  /** For a level of Android's ComponentCallbacks2.onTrimMemory. */
  static TrimLevel ofAndroid(int level) {
    if (level >= 60) return ALL; // MODERATE, COMPLETE: next to be killed
    if (level >= 40) return IDLE_CACHES; // BACKGROUND
    if (level >= 20) return LIGHT; // UI_HIDDEN
    if (level >= 15) return ALL; // RUNNING_CRITICAL
    return level >= 10 ? IDLE_CACHES : LIGHT; // RUNNING_LOW, RUNNING_MODERATE
  }
}
