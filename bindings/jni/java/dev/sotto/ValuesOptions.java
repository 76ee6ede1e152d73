package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.TimeZone;

/** How values are read. Immutable; the default looks for both languages, by the clock and the zone of this machine. */
public final class ValuesOptions {
  public static final ValuesOptions DEFAULT = builder().build();

  private static final int MILLIS_IN_MINUTE = 60_000;

  private final int language;
  @Nullable private final long[] clock; // unix ms, offset from UTC in minutes; null: this machine's
  private final int expect;
  private final int kinds;

  private ValuesOptions(Builder b) {
    language = b.language == Language.CHINESE ? 1 : b.language == Language.ENGLISH ? 2 : 0;
    clock = b.clock;
    expect = b.expect == null ? 0 : b.expect.code();
    kinds = b.kinds;
  }

  @NonNull
  public static Builder builder() {
    return new Builder();
  }

  /** For the library: language, clock, offset from UTC, expected kind, kinds. */
  long[] numbers() {
    if (clock != null) return new long[] {language, clock[0], clock[1], expect, kinds};
    final long now = System.currentTimeMillis();
    return new long[] {language, now, TimeZone.getDefault().getOffset(now) / MILLIS_IN_MINUTE, expect, kinds};
  }

  public static final class Builder {
    private Language language = Language.UNKNOWN;
    @Nullable private long[] clock;
    @Nullable private ValueKind expect;
    private int kinds;

    private Builder() {}

    /** Whose words are looked for; digits and signs always are. UNKNOWN and MIXED: both. */
    @NonNull
    public Builder language(@NonNull Language value) {
      language = Check.given("language", value);
      return this;
    }

    /**
     * The clock, in place of this machine's.
     *
     * @param unixMillis 0: no clock, and no values of the kind TIME
     * @param utcOffsetMinutes of all calendar fields, -1080 to 1080
     */
    @NonNull
    public Builder now(long unixMillis, int utcOffsetMinutes) {
      clock = new long[] {unixMillis, utcOffsetMinutes};
      return this;
    }

    /** The kind that was asked for ("When?"): a bare number is read as it. Null: nothing was asked. */
    @NonNull
    public Builder expect(@Nullable ValueKind kind) {
      expect = kind;
      return this;
    }

    /** What to return; may be called several times. Never called: all. */
    @NonNull
    public Builder kind(@NonNull ValueKind kind) {
      kinds |= 1 << Check.given("kind", kind).code();
      return this;
    }

    @NonNull
    public ValuesOptions build() {
      return new ValuesOptions(this);
    }
  }
}
