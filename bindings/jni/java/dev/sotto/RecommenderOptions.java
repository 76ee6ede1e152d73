package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.io.File;

/** What a recommender ranks and how it behaves. Immutable. */
public final class RecommenderOptions {
  private static final int NO_EXPLORATION = 1;
  private static final int QUIET_HOURS_SET = 2;
  private static final int NO_QUIET_HOURS = 4;
  private static final int NO_SUGGESTION_CAP = 8;

  final Object catalogue;
  @Nullable final byte[] folder;
  @Nullable final Model model;
  private final long[] numbers; // flags, seed, max events, daily cap, cool-down hours, quiet from, quiet to
  private final float[] weights; // exploration, diversity, bad mood, half-life days

  private RecommenderOptions(Builder b) {
    catalogue = b.catalogue;
    folder = b.folder;
    model = b.model;
    numbers = new long[] {b.flags, b.seed, b.maxEvents, b.dailyCap, b.coolDownHours, b.quietFrom, b.quietTo};
    weights = new float[] {b.exploration, b.diversity, b.badMood, b.halfLifeDays};
  }

  /** @param catalogue JSON, at most 4 MiB and 10,000 features: docs/models.md */
  @NonNull
  public static Builder builder(@NonNull String catalogue) {
    return new Builder(catalogue);
  }

  long[] numbers() {
    return numbers;
  }

  float[] weights() {
    return weights;
  }

  public static final class Builder {
    private final Object catalogue;
    @Nullable private byte[] folder;
    @Nullable private Model model;
    private int flags;
    private long seed;
    private long maxEvents;
    private int dailyCap;
    private int coolDownHours;
    private int quietFrom;
    private int quietTo;
    private float exploration;
    private float diversity;
    private float badMood;
    private float halfLifeDays;

    private Builder(String catalogue) {
      this.catalogue = Utf8.encode("the catalogue", Check.given("the catalogue", catalogue));
    }

    /** Existing, only its owner's; profiles are files in it. Without it they live in memory alone. */
    @NonNull
    public Builder folder(@NonNull File existing) {
      folder = Utf8.path("the profiles' folder", Check.given("the profiles' folder", existing).getAbsolutePath());
      return this;
    }

    /** What words mean; null: letters they share. */
    @NonNull
    public Builder model(@Nullable Model meaning) {
      model = meaning;
      return this;
    }

    /** Of exploration. */
    @NonNull
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Of a profile, the oldest tenth goes when it is full; 0: 200000. */
    @NonNull
    public Builder maxEvents(long count) {
      maxEvents = Check.notNegative("maxEvents", count);
      return this;
    }

    /** Suggestions in a local day; 0: 5. */
    @NonNull
    public Builder dailyCap(int count) {
      dailyCap = Check.notNegative("dailyCap", count);
      return this;
    }

    /** Any number of suggestions a day. */
    @NonNull
    public Builder withoutCap() {
      flags |= NO_SUGGESTION_CAP;
      return this;
    }

    /** A dismissed feature is not suggested for so long; 0: 72. */
    @NonNull
    public Builder coolDownHours(int hours) {
      coolDownHours = Check.notNegative("coolDownHours", hours);
      return this;
    }

    /** Minutes of the local day, 0 to 1439; without it 1320 to 420. */
    @NonNull
    public Builder quietHours(int fromMinute, int toMinute) {
      quietFrom = Check.notNegative("fromMinute", fromMinute);
      quietTo = Check.notNegative("toMinute", toMinute);
      flags |= QUIET_HOURS_SET;
      return this;
    }

    /** Suggests at night too. */
    @NonNull
    public Builder withoutQuietHours() {
      flags |= NO_QUIET_HOURS;
      return this;
    }

    /** Share of suggestions whose first place is tried out, at most 0.5; 0: 0.1. */
    @NonNull
    public Builder exploration(float share) {
      exploration = share;
      return this;
    }

    /** Always the best known: nothing is tried out. */
    @NonNull
    public Builder withoutExploration() {
      flags |= NO_EXPLORATION;
      return this;
    }

    /** 0 to 0.9: how much a likeness to places above costs; 0: 0.1. */
    @NonNull
    public Builder diversity(float cost) {
      diversity = cost;
      return this;
    }

    /** Moods below it get no suggestion, -1 to 0; 0: -0.4. */
    @NonNull
    public Builder badMood(float valence) {
      badMood = valence;
      return this;
    }

    /** Habits fade to half of their weight; 0: 45. */
    @NonNull
    public Builder halfLifeDays(float days) {
      halfLifeDays = days;
      return this;
    }

    @NonNull
    public RecommenderOptions build() {
      return new RecommenderOptions(this);
    }
  }
}
