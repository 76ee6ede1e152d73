package dev.sotto;

import androidx.annotation.NonNull;

/** Between the library's rows and the application's listener. */
final class RowRelay {
  private final RowListener listener;

  RowRelay(@NonNull RowListener listener) {
    this.listener = listener;
  }

  /** Called by the library. */
  boolean row(int position, int mask, float[] row) {
    return listener.onRow(position, mask == Output.LOGITS.mask ? Output.LOGITS : Output.HIDDEN, row);
  }
}
