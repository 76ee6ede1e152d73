package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recommendations through the real plugin: with files, without a model unless said. */
class RecommenderTest extends WithRuntime {
  private static final String CATALOGUE = "{\"version\": 1, \"features\": ["
      + "{\"id\": \"music\", \"name\": {\"zh\": \"音乐 🎵\", \"en\": \"Music\"}, \"popularity\": 0.5},"
      + "{\"id\": \"news\", \"name\": {\"zh\": \"新闻\", \"en\": \"News\"}, \"popularity\": 0.4},"
      + "{\"id\": \"story\", \"name\": {\"zh\": \"睡前故事\"}, \"popularity\": 0.3, \"requires\": [\"speaker\"]}]}";
  private static final long NOON = 1_764_417_600_000L; // 2025-11-29T12:00Z

  private static UsageContext at(int minute) {
    return UsageContext.builder().at(NOON + 60_000L * minute, 0).place("kitchen").device("phone").has("screen").build();
  }

  private static Recommender inMemory() {
    return runtime.newRecommender(RecommenderOptions.builder(CATALOGUE).seed(7).withoutExploration().build());
  }

  private static File owned(Path folder) throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    return folder.toFile();
  }

  @Test
  void habitsAreLearnedRankedAndReasoned() {
    try (Recommender recommender = inMemory(); Profile profile = recommender.openProfile("me")) {
      profile.setConsent(Consent.GRANTED);
      for (int i = 0; i < 20; i++) profile.record(UsageEvent.USED, "news", at(i));
      final List<Recommendation> best = profile.rank(at(21), 5);
      assertEquals(2, best.size(), best.toString()); // the story needs a speaker
      final Recommendation first = best.get(0);
      assertEquals("news", first.getFeature());
      assertEquals(0, first.getPlace());
      assertEquals("新闻", first.name(Language.CHINESE));
      assertEquals("News", first.name(Language.ENGLISH));
      assertFalse(first.reason(Language.CHINESE).isEmpty() || first.reason(Language.ENGLISH).isEmpty());
      assertFalse(first.getReasonKind().isEmpty());
      assertEquals("音乐 🎵", best.get(1).name(Language.CHINESE));
      assertEquals(1, first.getProbability() + best.get(1).getProbability(), 1e-6);
      assertEquals(1, first.getPropensity());
      assertThrows(SottoException.InvalidArgument.class, () -> profile.rank(at(21), 0));
      assertThrows(UnsupportedOperationException.class, best::clear);
    }
  }

  @Test
  void suggestionsAreCountedAndSilenceHasAReason() {
    try (Recommender recommender = runtime.newRecommender(RecommenderOptions.builder(CATALOGUE).dailyCap(2).quietHours(1320, 420).build());
        Profile profile = recommender.openProfile("me")) {
      assertEquals(Quiet.CONSENT, profile.suggest(at(0), 1).getQuiet());
      profile.setConsent(Consent.GRANTED);
      final Suggestions first = profile.suggest(at(1), 1);
      assertEquals(Quiet.NO, first.getQuiet());
      assertEquals(1, first.getItems().size());
      profile.record(UsageEvent.DISMISSED, first.getItems().get(0).getFeature(), at(2));
      assertEquals(Quiet.ALARM, profile.suggest(UsageContext.builder().at(NOON, 0).alarm().build(), 1).getQuiet());
      assertEquals(Quiet.MOOD, profile.suggest(UsageContext.builder().at(NOON, 0).mood(-0.9f).build(), 1).getQuiet());
      assertEquals(Quiet.HOURS, profile.suggest(UsageContext.builder().at(NOON, 660).build(), 1).getQuiet());
      final Suggestions second = profile.suggest(at(3), 1);
      assertEquals(1, second.getItems().size());
      assertFalse(second.getItems().get(0).getFeature().equals(first.getItems().get(0).getFeature()));
      assertEquals(Quiet.CAP, profile.suggest(at(4), 1).getQuiet());
    }
  }

  @Test
  void aProfileIsAFileThatIsExportedForgottenAndErased(@TempDir Path folder) throws Exception {
    final RecommenderOptions options = RecommenderOptions.builder(CATALOGUE).folder(owned(folder)).build();
    final String kept;
    try (Recommender recommender = runtime.newRecommender(options); Profile profile = recommender.openProfile("li-4")) {
      assertEquals(0, profile.getFacts().getSchemaVersion());
      profile.setConsent(Consent.GRANTED);
      for (int i = 0; i < 3; i++) profile.record(UsageEvent.USED, i == 0 ? "music" : "news", at(i));
      kept = profile.exportJson();
      assertTrue(profile.getFacts().getFileBytes() > 0);
      assertThrows(SottoException.Busy.class, () -> runtime.newRecommender(options).openProfile("li-4").getFacts());
    }
    try (Recommender recommender = runtime.newRecommender(options); Profile profile = recommender.openProfile("li-4")) {
      assertEquals(3, profile.getFacts().getEvents());
      assertEquals(Consent.GRANTED, profile.getFacts().getConsent());
      assertEquals(1, profile.forget("music", 0, 0));
      assertEquals(1, profile.forget(null, NOON + 90_000, 0));
      assertEquals(1, profile.forgetAll());
      profile.importJson(kept);
      assertEquals(3, profile.getFacts().getEvents());
      assertThrows(SottoException.class, () -> profile.importJson("{\"format\": \"other\"}"));
      assertEquals(3, profile.getFacts().getEvents());
      profile.setConsent(Consent.NONE);
      assertEquals(0, profile.getFacts().getEvents());
    }
    assertFalse(new File(folder.toFile(), "li-4.profile").exists());
  }

  @Test
  void meaningComesFromAModelThatMayBeClosedFirst() {
    final Model model = Bench.mini(runtime);
    final Recommender recommender = runtime.newRecommender(RecommenderOptions.builder(CATALOGUE).model(model).build());
    final Profile profile = recommender.openProfile("me");
    model.close();
    recommender.close();
    final UsageContext asked = UsageContext.builder().at(NOON, 0).request("放一首歌").build();
    assertEquals(3, profile.rank(asked, 3).size());
    profile.close();
    assertThrows(IllegalStateException.class, () -> profile.rank(asked, 3));
    assertThrows(IllegalStateException.class, () -> recommender.openProfile("x"));
  }

  @Test
  void badInputIsAnExceptionInWords() {
    for (String bad : new String[] {"", "{", "[]", "{\"version\": 2}", "a\0b"}) {
      final SottoException e =
          assertThrows(SottoException.class, () -> runtime.newRecommender(RecommenderOptions.builder(bad).build()), bad);
      assertTrue(e.getMessage().length() > 10);
    }
    assertThrows(SottoException.InvalidArgument.class, () -> RecommenderOptions.builder("\uDE00"));
    assertThrows(SottoException.InvalidArgument.class, () -> RecommenderOptions.builder(null));
    assertThrows(SottoException.InvalidArgument.class, () -> UsageContext.builder().place("\uD83D"));
    assertThrows(SottoException.class, () -> runtime.newRecommender(RecommenderOptions.builder(CATALOGUE).folder(new File("/nowhere")).build()));
    assertThrows(SottoException.class, () -> runtime.newRecommender(RecommenderOptions.builder(CATALOGUE).exploration(Float.NaN).build()));
    try (Recommender recommender = inMemory(); Profile profile = recommender.openProfile("me")) {
      for (String user : new String[] {"", "../x", "a\0b", "模"})
        assertThrows(SottoException.class, () -> recommender.openProfile(user), user);
      final SottoException refused =
          assertThrows(SottoException.class, () -> profile.record(UsageEvent.USED, "news", at(0)));
      assertEquals(Status.REFUSED, refused.getStatus());
      profile.setConsent(Consent.GRANTED);
      assertThrows(SottoException.class, () -> profile.record(UsageEvent.USED, "no such feature", at(0)));
      assertThrows(SottoException.InvalidArgument.class, () -> profile.rank(at(0), -1));
      assertThrows(SottoException.InvalidArgument.class, () -> profile.rank(null, 1));
      final UsageContext long_ = UsageContext.builder().tags(new String(new char[5000]).replace('\0', 'x')).build();
      assertThrows(SottoException.class, () -> profile.rank(long_, 1));
    }
  }

  @Test
  void aForgottenProfileIsClosed() throws Exception {
    final Handle forgotten = inMemory().openProfile("me").handle;
    BadInputTest.awaitCollected(forgotten::isClosed);
  }
}
