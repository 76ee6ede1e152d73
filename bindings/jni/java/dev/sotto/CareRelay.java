package dev.sotto;

import androidx.annotation.NonNull;
import java.util.ArrayList;
import java.util.List;

/** Collects the library's findings; their places, bytes of UTF-8 there, are chars of the text here. */
final class CareRelay {
  final List<CareFinding> findings = new ArrayList<>();
  private final String text;

  CareRelay(@NonNull String text) {
    this.text = text;
  }

  /** Called by the library. */
  void finding(int category, int severity, int kind, int language, int source, long begin, long end, float probability) {
    final int first = Utf8.charAt(text, 0, begin);
    final int last = Utf8.charAt(text, first, end - begin);
    findings.add(new CareFinding(new int[] {category, severity, kind, language, source}, first, last, probability));
  }
}
