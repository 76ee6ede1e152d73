package dev.sotto;

import androidx.annotation.NonNull;

/** What a profile holds. Immutable. */
public final class ProfileFacts {
  private final long[] numbers; // consent, schema version, suggestions today, events, file bytes

  ProfileFacts(long[] numbers) {
    this.numbers = numbers;
  }

  @NonNull
  public Consent getConsent() {
    final Consent known = Skills.constant(Consent.ALL, numbers[0]);
    return known == null ? Consent.NONE : known;
  }

  /** Of the file; 0: no file. */
  public int getSchemaVersion() {
    return (int) numbers[1];
  }

  /** Counted against the cap, in the local day of UTC. */
  public int getSuggestionsToday() {
    return (int) numbers[2];
  }

  public long getEvents() {
    return numbers[3];
  }

  /** With the log beside it. */
  public long getFileBytes() {
    return numbers[4];
  }

  @Override
  public String toString() {
    return getConsent() + ", " + getEvents() + " events, " + getFileBytes() + " bytes";
  }
}
