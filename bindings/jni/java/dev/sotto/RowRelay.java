package dev.sotto;

import androidx.annotation.NonNull;

/** Between the library's rows and the application's listener. */
final class RowRelay {
  private static final Output[] OUTPUTS = Output.values(); // by the number of their bit
  private final RowListener listener;

  RowRelay(@NonNull RowListener listener) {
    this.listener = listener;
  }

  /** Called by the library. */
  boolean row(int position, int output, float[] row) {
    return listener.onRow(position, OUTPUTS[output], row);
  }
}
