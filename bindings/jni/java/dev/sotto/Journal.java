package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** What was said, kept for improving a model: only with consent, without personal data, erased on request. Any thread. */
public final class Journal extends NativeObject {
  private Journal(Handle handle) {
    super(handle);
  }

  static Journal open(Runtime runtime, JournalOptions options) {
    Check.given("options", options);
    return new Journal(Skills.open("journal", runtime, null,
        (address, none) -> Natives.journalOpen(address, options.folder, options.numbers()), Natives::journalClose, null));
  }

  /** Keeps an exchange of now; without consent nothing is kept. */
  public void note(@NonNull String user, @Nullable String answer) {
    note(user, answer, ExchangeMark.NONE, 0);
  }

  /**
   * @param answer null: an order without an answer
   * @param unixMillis 0: now
   */
  public void note(@NonNull String user, @Nullable String answer, @NonNull ExchangeMark mark, long unixMillis) {
    final byte[] said = Utf8.bytes("the user's words", Check.given("the user's words", user));
    final byte[] answered = Utf8.bytes("the answer", answer);
    Check.given("the mark", mark);
    run(journal -> Natives.journalNote(journal, said, answered, mark.bits, unixMillis));
  }

  /** Withdrawing consent erases everything that was kept, at once. */
  public void setConsent(boolean isGiven) {
    run(journal -> Natives.journalSetConsent(journal, isGiven));
  }

  /** Writes what waits and syncs it to the disk. */
  public void flush() {
    run(Natives::journalFlush);
  }

  /** Erases the rows with an exchange at from <= t < to; Long.MIN_VALUE, Long.MAX_VALUE: everything. */
  public void forget(long fromUnixMillis, long toUnixMillis) {
    run(journal -> Natives.journalForget(journal, fromUnixMillis, toUnixMillis));
  }

  @NonNull
  public JournalFacts getFacts() {
    return inside(journal -> {
      final long[] numbers = new long[5];
      Natives.journalFacts(journal, numbers);
      return new JournalFacts(numbers);
    });
  }
}
