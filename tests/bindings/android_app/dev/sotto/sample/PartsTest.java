package dev.sotto.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.PowerPolicy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The parts that need no model. */
class PartsTest {
  @Test
  void jsonTextGoesInAndOut() {
    for (String text : new String[] {"", "音乐 🎵", "a \"b\" \\ c\n\u0001", "{x: 1}"}) {
      final String object = "{\"n\": 3, \"app\" : " + JsonText.quote(text) + ", \"z\": \"app\"}";
      assertEquals(text, JsonText.member(object, "app"));
      assertEquals("app", JsonText.member(object, "z"));
    }
    assertEquals("灯/\t", JsonText.member("{\"a\":\"\\u706f\\/\\t\"}", "a"));
    for (String none : new String[] {"", "{", "{\"app\"", "{\"app\": ", "{\"app\": 3}", "{\"x\": \"app\"}", "{\"app\": \"\\"})
      assertEquals("", JsonText.member(none, "app").replace("\\", ""), none);
    assertEquals("{\"error\": {\"zh\": \"没\\\"有\", \"en\": \"no\"}}", JsonText.error("没\"有", "no"));
  }

  @Test
  void settingsSurviveAStoreWithNonsense() {
    final Map<String, String> kept = new HashMap<>();
    final Settings.Store store = new Settings.Store() {
      @Override
      public String get(String name) {
        return kept.get(name);
      }

      @Override
      public void put(String name, String text) {
        kept.put(name, text);
      }
    };
    final Settings fresh = Settings.read(store);
    assertEquals(Settings.BUILT_IN, fresh.model);
    assertEquals(PowerPolicy.BALANCED, fresh.power);
    assertFalse(fresh.keepsMood || fresh.learnsUse); // nobody was asked
    new Settings("/sdcard/m.gguf", PowerPolicy.SAVER, true, false).write(store);
    final Settings again = Settings.read(store);
    assertEquals("/sdcard/m.gguf", again.model);
    assertEquals(PowerPolicy.SAVER, again.power);
    assertTrue(again.keepsMood && !again.learnsUse);
    kept.replaceAll((name, text) -> "nonsense");
    assertEquals(PowerPolicy.BALANCED, Settings.read(store).power);
    assertFalse(Settings.read(store).keepsMood);
  }

  @Test
  void everyMoodHasAColorOfItsOwn() {
    final Set<Integer> colors = new HashSet<>();
    for (float valence : new float[] {0.9f, 0.2f, 0, -0.2f, -0.9f}) colors.add(MoodColor.of(valence));
    assertEquals(5, colors.size());
    assertEquals(MoodColor.UNKNOWN, MoodColor.of(Float.NaN));
    assertFalse(colors.contains(MoodColor.UNKNOWN));
  }

  @Test
  void featuresAreFoundByNamesOfBothLanguages() {
    assertEquals("music", Catalogue.named("打开音乐吧")[0]);
    assertEquals("night_mode", Catalogue.named("NIGHT mode")[0]);
    assertEquals("camera", Catalogue.named("camera")[0]);
    assertNull(Catalogue.named("冰箱"));
    assertTrue(Words.areChinese("a灯") && !Words.areChinese("ok 👋🏿"));
  }
}
