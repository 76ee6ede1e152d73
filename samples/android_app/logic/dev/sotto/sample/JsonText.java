package dev.sotto.sample;

/** The little JSON that functions need, without a library: text out, and one text member of a flat object in. */
final class JsonText {
  private static final String ESCAPES = "\"\\/bfnrt";
  private static final String MEANINGS = "\"\\/\b\f\n\r\t";

  private JsonText() {}

  static String quote(String text) {
    final StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') quoted.append('\\').append(c);
      else if (c < ' ') quoted.append(String.format("\\u%04x", (int) c));
      else quoted.append(c);
    }
    return quoted.append('"').toString();
  }

  /** What a function of an assistant returns: a result in both languages. */
  static String result(String zh, String en) {
    return both("result", zh, en);
  }

  static String error(String zh, String en) {
    return both("error", zh, en);
  }

  private static String both(String name, String zh, String en) {
    return "{\"" + name + "\": {\"zh\": " + quote(zh) + ", \"en\": " + quote(en) + "}}";
  }

  /** The member's text; empty where it is no text or not there. REQUIRES: a JSON object as the library writes it, no object inside. */
  static String member(String object, String name) {
    final String key = quote(name);
    for (int at = 0; at < object.length(); ) {
      if (object.charAt(at) != '"') {
        at++;
        continue;
      }
      final int end = endOfText(object, at);
      int next = end;
      while (next < object.length() && " \t\n\r".indexOf(object.charAt(next)) >= 0) next++;
      final boolean isKey = next < object.length() && object.charAt(next) == ':';
      if (isKey && object.substring(at, end).equals(key)) {
        int value = next + 1;
        while (value < object.length() && " \t\n\r".indexOf(object.charAt(value)) >= 0) value++;
        final boolean isText = value < object.length() && object.charAt(value) == '"';
        return isText ? unquote(object.substring(value + 1, endOfText(object, value) - 1)) : "";
      }
      at = end;
    }
    return "";
  }

  /** Behind the closing quote of the text that begins at `at`. */
  private static int endOfText(String json, int at) {
    int end = at + 1;
    while (end < json.length() && json.charAt(end) != '"') end += json.charAt(end) == '\\' ? 2 : 1;
    return Math.min(end + 1, json.length());
  }

  private static String unquote(String escaped) {
    final StringBuilder text = new StringBuilder();
    for (int i = 0; i < escaped.length(); i++) {
      final char c = escaped.charAt(i);
      if (c != '\\' || i + 1 == escaped.length()) {
        text.append(c);
      } else if (escaped.charAt(++i) == 'u' && i + 4 < escaped.length()) {
        text.append((char) Integer.parseInt(escaped.substring(i + 1, i + 5), 16));
        i += 4;
      } else {
        final int known = ESCAPES.indexOf(escaped.charAt(i));
        text.append(known < 0 ? escaped.charAt(i) : MEANINGS.charAt(known));
      }
    }
    return text.toString();
  }
}
