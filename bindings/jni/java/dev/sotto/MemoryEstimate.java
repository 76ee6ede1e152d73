package dev.sotto;

import androidx.annotation.NonNull;

/** What opening a model takes, in bytes, and what the planner chose. Immutable. */
public final class MemoryEstimate {
  private final long[] numbers;

  MemoryEstimate(long[] numbers) {
    this.numbers = numbers;
  }

  public int getContextTokens() {
    return (int) numbers[0];
  }

  public int getMaxBatch() {
    return (int) numbers[1];
  }

  @NonNull
  public KvType getKvType() {
    return KvType.values()[(int) numbers[2]];
  }

  /** Pages of the file, shared and reclaimable. */
  public long getWeightsMappedBytes() {
    return numbers[3];
  }

  public long getWeightsCopiedBytes() {
    return numbers[4];
  }

  public long getKvCacheBytes() {
    return numbers[5];
  }

  public long getWorkspaceBytes() {
    return numbers[6];
  }

  /** Tokenizer, plan, sampler. */
  public long getHostBytes() {
    return numbers[7];
  }

  public long getTotalBytes() {
    return numbers[8];
  }
}
