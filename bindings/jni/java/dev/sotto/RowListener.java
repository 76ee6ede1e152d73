package dev.sotto;

import androidx.annotation.NonNull;

/** Receives what {@link Session#feed} computes. */
public interface RowListener {
  /**
   * One row for one position, positions in order: logits of the vocabulary or a hidden state. The array is the listener's to keep.
   * Return false to stop.
   */
  boolean onRow(int position, @NonNull Output output, @NonNull float[] row);
}
