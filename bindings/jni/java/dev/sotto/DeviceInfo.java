package dev.sotto;

import androidx.annotation.NonNull;

/** A device of a backend. Immutable. */
public final class DeviceInfo {
  private final String name;
  private final String detail;
  private final long memoryBytes;
  private final long memoryFreeBytes;
  private final boolean sharesMemoryWithHost;
  private final int batchInvariantRows;

  DeviceInfo(long[] numbers, byte[][] texts) {
    memoryBytes = numbers[0];
    memoryFreeBytes = numbers[1];
    sharesMemoryWithHost = numbers[2] != 0;
    batchInvariantRows = (int) numbers[3];
    name = Utf8.decode(texts[0]);
    detail = Utf8.decode(texts[1]);
  }

  @NonNull
  public String getName() {
    return name;
  }

  /** Driver, instruction sets. */
  @NonNull
  public String getDetail() {
    return detail;
  }

  /** 0: unknown. */
  public long getMemoryBytes() {
    return memoryBytes;
  }

  public long getMemoryFreeBytes() {
    return memoryFreeBytes;
  }

  public boolean getSharesMemoryWithHost() {
    return sharesMemoryWithHost;
  }

  /** Up to this many rows in a batch, a row's bits do not depend on its neighbours. */
  public int getBatchInvariantRows() {
    return batchInvariantRows;
  }

  @Override
  public String toString() {
    return name;
  }
}
