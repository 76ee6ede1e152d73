package dev.sotto;

import androidx.annotation.NonNull;
import java.util.Collections;
import java.util.List;

/** What may be offered unasked, or why nothing is. Immutable. */
public final class Suggestions {
  private final List<Recommendation> items;
  private final Quiet quiet;

  Suggestions(List<Recommendation> items, int quiet) {
    this.items = Collections.unmodifiableList(items);
    final Quiet known = Skills.constant(Quiet.ALL, quiet);
    this.quiet = known == null ? Quiet.NOTHING : known;
  }

  @NonNull
  public List<Recommendation> getItems() {
    return items;
  }

  @NonNull
  public Quiet getQuiet() {
    return quiet;
  }

  @Override
  public String toString() {
    return items.isEmpty() ? "quiet: " + quiet : items.toString();
  }
}
