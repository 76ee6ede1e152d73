package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.Collections;
import java.util.List;

/** One user's events, and what they say of what comes next. Any thread; calls wait for each other. Nothing is kept without consent. */
public final class Profile extends NativeObject {
  Profile(Handle handle) {
    super(handle);
  }

  public void setConsent(@NonNull Consent consent) {
    Check.given("the consent", consent);
    run(profile -> Natives.profileSetConsent(profile, consent.ordinal()));
  }

  /** Keeps an event and learns from it: when it returns the event survives a power cut. Without consent: the status REFUSED. */
  public void record(@NonNull UsageEvent event, @NonNull String feature, @NonNull UsageContext context) {
    Check.given("the event", event);
    Check.given("the context", context);
    final byte[] id = Utf8.bytes("the feature", Check.given("the feature", feature));
    run(profile -> Natives.profileRecord(profile, event.ordinal() + 1, id, context.numbers(), context.mood(), context.texts()));
  }

  /** The best, for a menu or an answer: nothing is tried out, counted or kept, no rule of silence holds. */
  @NonNull
  public List<Recommendation> rank(@NonNull UsageContext context, int count) {
    final RecommendationRelay found = new RecommendationRelay();
    list(context, count, false, found);
    return Collections.unmodifiableList(found.items);
  }

  /** Up to `count` to offer unasked; keeps that they were offered. */
  @NonNull
  public Suggestions suggest(@NonNull UsageContext context, int count) {
    final RecommendationRelay found = new RecommendationRelay();
    final int quiet = list(context, count, true, found);
    return new Suggestions(found.items, quiet);
  }

  private int list(UsageContext context, int count, boolean isUnasked, RecommendationRelay found) {
    Check.given("the context", context);
    Check.notNegative("count", count);
    return inside(profile ->
        Natives.profileList(profile, isUnasked, context.numbers(), context.mood(), context.texts(), count, found));
  }

  /** Erases every event from ranking and file: overwritten, not only unlinked. Returns how many. */
  public long forgetAll() {
    return forget(null, 0, 0);
  }

  /**
   * Erases the events that fulfil all conditions.
   *
   * @param feature its events alone; null: of all
   * @param fromUnixMillis from then on; 0: from the beginning
   * @param untilUnixMillis before then; 0: to the end
   */
  public long forget(@Nullable String feature, long fromUnixMillis, long untilUnixMillis) {
    final byte[] id = Utf8.bytes("the feature", feature);
    return inside(profile -> Natives.profileForget(profile, id, fromUnixMillis, untilUnixMillis));
  }

  /** All that is kept of the user, as JSON. */
  @NonNull
  public String exportJson() {
    return inside(profile -> Utf8.decode(Natives.profileExport(profile)));
  }

  /** Puts an export in place of what is kept: all of it or, after a failure, nothing. Needs consent. */
  public void importJson(@NonNull String json) {
    final Object bytes = Utf8.encode("the export", Check.given("the export", json));
    run(profile -> Natives.profileImport(profile, bytes));
  }

  @NonNull
  public ProfileFacts getFacts() {
    return inside(profile -> {
      final long[] numbers = new long[5];
      Natives.profileFacts(profile, numbers);
      return new ProfileFacts(numbers);
    });
  }
}
