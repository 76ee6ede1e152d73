package dev.sotto.sample;

/** Apps and features that may be suggested and opened; docs/models.md has the format. */
final class Catalogue {
  /** id, Chinese name, English name. */
  static final String[][] FEATURES = {
    {"music", "音乐", "Music"}, {"maps", "地图", "Maps"}, {"news", "新闻", "News"}, {"camera", "相机", "Camera"},
    {"notes", "备忘录", "Notes"}, {"night_mode", "夜间模式", "Night mode"}
  };
  private static final String[] MORE = {
    "\"popularity\": 0.45, \"contexts\": {\"hours\": [[17, 23]]}", "\"popularity\": 0.4",
    "\"popularity\": 0.3, \"contexts\": {\"hours\": [[7, 9]]}", "\"popularity\": 0.4", "\"popularity\": 0.25",
    "\"popularity\": 0.2, \"contexts\": {\"hours\": [[21, 24]]}"
  };

  private Catalogue() {}

  static String json() {
    final StringBuilder json = new StringBuilder("{\"version\": 1, \"features\": [");
    for (int i = 0; i < FEATURES.length; i++) {
      final String[] f = FEATURES[i];
      json.append(i == 0 ? "" : ", ").append("{\"id\": ").append(JsonText.quote(f[0])).append(", \"name\": {\"zh\": ")
          .append(JsonText.quote(f[1])).append(", \"en\": ").append(JsonText.quote(f[2])).append("}, ").append(MORE[i]).append("}");
    }
    return json.append("]}").toString();
  }

  /** The feature whose name is in the words, or null. */
  static String[] named(String words) {
    final String low = words.toLowerCase(java.util.Locale.ROOT);
    for (String[] f : FEATURES)
      if (low.contains(f[1]) || low.contains(f[2].toLowerCase(java.util.Locale.ROOT)) || low.equals(f[0])) return f;
    return null;
  }
}
