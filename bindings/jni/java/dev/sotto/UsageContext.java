package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.TimeZone;

/** When, where, how a feature is used or wanted. Immutable. Tags are the application's: at most 64 bytes without control characters. */
public final class UsageContext {
  private static final int ALARM = 1;
  private static final int MOOD = 2;
  private static final int MILLIS_IN_MINUTE = 60_000;

  private final long[] numbers; // flags, unix ms, offset from UTC in minutes
  private final float mood;
  private final byte[][] texts; // place, device, tags, has, request

  private UsageContext(Builder b) {
    numbers = new long[] {b.flags, b.unixMillis, b.utcOffsetMinutes};
    mood = b.mood;
    texts = b.texts.clone();
  }

  /** Now, by the clock and the zone of this machine. */
  @NonNull
  public static Builder builder() {
    return new Builder();
  }

  long[] numbers() {
    return numbers;
  }

  float mood() {
    return mood;
  }

  byte[][] texts() {
    return texts;
  }

  public static final class Builder {
    private final byte[][] texts = new byte[5][];
    private int flags;
    private long unixMillis;
    private int utcOffsetMinutes = TimeZone.getDefault().getOffset(System.currentTimeMillis()) / MILLIS_IN_MINUTE;
    private float mood;

    private Builder() {}

    /** @param unixMillis 0: now, by the host's clock */
    @NonNull
    public Builder at(long unixMillis, int utcOffsetMinutes) {
      this.unixMillis = unixMillis;
      this.utcOffsetMinutes = utcOffsetMinutes;
      return this;
    }

    /** An alarm or timer rings, a call is on: never suggest. */
    @NonNull
    public Builder alarm() {
      flags |= ALARM;
      return this;
    }

    /** -1 bad to 1 good ({@link Mood#getValence}); kept with events: give it only where the user agreed. */
    @NonNull
    public Builder mood(float value) {
      flags |= MOOD;
      mood = value;
      return this;
    }

    @NonNull
    public Builder place(@Nullable String tag) {
      return text(0, "the place", tag);
    }

    @NonNull
    public Builder device(@Nullable String tag) {
      return text(1, "the device", tag);
    }

    /** Up to 8, between spaces. */
    @NonNull
    public Builder tags(@Nullable String several) {
      return text(2, "the tags", several);
    }

    /** What features may require, between spaces: "screen network"; null: everything. */
    @NonNull
    public Builder has(@Nullable String several) {
      return text(3, "what there is", several);
    }

    /** What the user said, at most 1000 bytes; never kept. */
    @NonNull
    public Builder request(@Nullable String words) {
      return text(4, "the request", words);
    }

    private Builder text(int index, String what, @Nullable String text) {
      texts[index] = Utf8.bytes(what, text);
      return this;
    }

    @NonNull
    public UsageContext build() {
      return new UsageContext(this);
    }
  }
}
