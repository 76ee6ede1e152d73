package dev.sotto;

import androidx.annotation.NonNull;
import java.io.File;

/** Where and how long is kept what was said. Immutable. */
public final class JournalOptions {
  private static final int CONSENT = 1;

  final byte[] folder;
  private final long[] numbers; // flags, max bytes, max age in days

  private JournalOptions(Builder b) {
    folder = b.folder;
    numbers = new long[] {b.flags, b.maxBytes, b.maxAgeDays};
  }

  /** @param folder existing, its owner's alone to write */
  @NonNull
  public static Builder builder(@NonNull File folder) {
    return new Builder(folder);
  }

  long[] numbers() {
    return numbers;
  }

  public static final class Builder {
    private final byte[] folder;
    private int flags;
    private long maxBytes;
    private int maxAgeDays;

    private Builder(File folder) {
      this.folder = Utf8.path("the journal's folder", Check.given("the journal's folder", folder).getAbsolutePath());
    }

    /** The user has agreed; without it nothing is kept. */
    @NonNull
    public Builder consent(boolean isGiven) {
      flags = isGiven ? CONSENT : 0;
      return this;
    }

    /** Of all files, the oldest goes first; 0: 16 MiB, at least 64 KiB. */
    @NonNull
    public Builder maxBytes(long bytes) {
      maxBytes = Check.notNegative("maxBytes", bytes);
      return this;
    }

    /** Older rows go; 0: 30. */
    @NonNull
    public Builder maxAgeDays(int days) {
      maxAgeDays = Check.notNegative("maxAgeDays", days);
      return this;
    }

    @NonNull
    public JournalOptions build() {
      return new JournalOptions(this);
    }
  }
}
