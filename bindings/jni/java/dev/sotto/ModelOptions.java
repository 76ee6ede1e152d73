package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** How a model is opened. Immutable; everything has a default that fits the machine. */
public final class ModelOptions {
  public static final ModelOptions DEFAULT = builder().build();

  private final long[] numbers;
  @Nullable private final byte[] backend;
  @Nullable private final ProgressListener progress;

  private ModelOptions(Builder b) {
    numbers = new long[] {
      b.isVocabularyOnly ? 1 : 0, b.ranks, b.threads, b.contextTokens, b.sessions, b.kvTokens, b.maxBatch, b.kvType.ordinal(),
      b.memoryCapBytes, b.deviceLayers
    };
    backend = Utf8.bytes("the backend's name", b.backend);
    progress = b.progress;
  }

  @NonNull
  public static Builder builder() {
    return new Builder();
  }

  long[] numbers() {
    return numbers;
  }

  @Nullable
  byte[] backend() {
    return backend;
  }

  @Nullable
  ProgressRelay progress() {
    return progress == null ? null : new ProgressRelay(progress);
  }

  /** 0 is the default everywhere. */
  public static final class Builder {
    @Nullable private String backend;
    @Nullable private ProgressListener progress;
    private KvType kvType = KvType.DEFAULT;
    private boolean isVocabularyOnly;
    private int ranks;
    private int threads;
    private int contextTokens;
    private int sessions;
    private int maxBatch;
    private int deviceLayers;
    private long kvTokens;
    private long memoryCapBytes;

    private Builder() {}

    /** Name or id; null: the fastest that passes its check. */
    @NonNull
    public Builder backend(@Nullable String name) {
      backend = name;
      return this;
    }

    /** Tokenizer, template and facts alone: no backend, no sessions. */
    @NonNull
    public Builder vocabularyOnly() {
      isVocabularyOnly = true;
      return this;
    }

    /** Tensor-parallel ranks; 0: 1. */
    @NonNull
    public Builder ranks(int count) {
      ranks = Check.notNegative("ranks", count);
      return this;
    }

    /** 0: the runtime's. */
    @NonNull
    public Builder threads(int count) {
      threads = Check.notNegative("threads", count);
      return this;
    }

    /** Of one session; 0: what the model was trained for, at most 4096 and what the cap allows. */
    @NonNull
    public Builder contextTokens(int count) {
      contextTokens = Check.notNegative("contextTokens", count);
      return this;
    }

    /** Open at the same time; 0: 4. */
    @NonNull
    public Builder sessions(int count) {
      sessions = Check.notNegative("sessions", count);
      return this;
    }

    /** Of all sessions together; 0: contextTokens. */
    @NonNull
    public Builder kvTokens(long count) {
      kvTokens = Check.notNegative("kvTokens", count);
      return this;
    }

    /** Tokens of one step; 0: 256, fewer under a tight cap. */
    @NonNull
    public Builder maxBatch(int tokens) {
      maxBatch = Check.notNegative("maxBatch", tokens);
      return this;
    }

    @NonNull
    public Builder kvType(@NonNull KvType type) {
      kvType = Check.given("kvType", type);
      return this;
    }

    /** Hard cap of this model; 0: the runtime's. */
    @NonNull
    public Builder memoryCapBytes(long bytes) {
      memoryCapBytes = Check.notNegative("memoryCapBytes", bytes);
      return this;
    }

    /** Layers on the device, the rest on the CPU; 0: all. */
    @NonNull
    public Builder deviceLayers(int count) {
      deviceLayers = Check.notNegative("deviceLayers", count);
      return this;
    }

    @NonNull
    public Builder progress(@Nullable ProgressListener listener) {
      progress = listener;
      return this;
    }

    @NonNull
    public ModelOptions build() {
      return new ModelOptions(this);
    }
  }
}
