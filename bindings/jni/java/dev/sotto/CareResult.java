package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.Collections;
import java.util.List;

/** What was found in a text, or in a stream so far. Immutable. */
public final class CareResult {
  static final int NUMBERS = 3 + CareCategory.ALL.length; // answer, language, categories, severities

  private final int[] numbers;
  private final List<CareFinding> findings;

  CareResult(int[] numbers, List<CareFinding> findings) {
    this.numbers = numbers;
    this.findings = Collections.unmodifiableList(findings);
  }

  /** The category whose fixed text ({@link Care#text}) is the answer; null: go on. */
  @Nullable
  public CareCategory getAnswer() {
    return Skills.constant(CareCategory.ALL, numbers[0]);
  }

  /** To answer in. */
  @NonNull
  public Language getLanguage() {
    final Language known = Skills.constant(Language.ALL, numbers[1]);
    return known == null ? Language.UNKNOWN : known;
  }

  /** The highest of the category; NONE: not found. */
  @NonNull
  public CareSeverity severity(@NonNull CareCategory category) {
    final CareSeverity known = Skills.constant(CareSeverity.ALL, numbers[3 + category.ordinal()]);
    return known == null ? CareSeverity.NONE : known;
  }

  /** Of a whole text; a stream lists none. */
  @NonNull
  public List<CareFinding> getFindings() {
    return findings;
  }

  @Override
  public String toString() {
    return "answer " + getAnswer() + ", " + findings;
  }
}
