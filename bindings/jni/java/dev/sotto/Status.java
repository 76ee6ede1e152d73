package dev.sotto;

import androidx.annotation.NonNull;

/** What a call came to: the closed list of sotto/base.h, in its order. */
public enum Status {
  OK,
  INVALID_ARGUMENT,
  NOT_FOUND,
  IO_ERROR,
  BAD_FILE,
  UNSUPPORTED,
  OUT_OF_MEMORY,
  CONTEXT_FULL,
  CANCELLED,
  DEADLINE,
  BUSY,
  REENTRANT,
  REFUSED,
  MISMATCH,
  DEVICE_LOST,
  RANK_LOST,
  TEMPLATE_ERROR,
  INTERNAL;

  private static final Status[] ALL = values();

  /** The status of that number; what this list does not know is a fault: INTERNAL. */
  @NonNull
  static Status of(int code) {
    return code >= 0 && code < ALL.length ? ALL[code] : INTERNAL;
  }
}
