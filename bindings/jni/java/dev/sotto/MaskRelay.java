package dev.sotto;

import androidx.annotation.NonNull;

/** Between the library's logits and the application's mask. */
final class MaskRelay {
  private final LogitMask mask;

  MaskRelay(@NonNull LogitMask mask) {
    this.mask = mask;
  }

  /** Called by the library, which reads the array again afterwards. */
  boolean logits(float[] logits) {
    return mask.onLogits(logits);
  }
}
