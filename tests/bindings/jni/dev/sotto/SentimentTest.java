package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Sentiment and mood through the real plugin on the model of the source, which has the heads. */
class SentimentTest extends WithMiniModel {
  private static final String GLAD = "I love this, thank you so much!";
  private static final String CROSS = "真烦人，又失败了！";

  private static Sentiment consented() {
    return model.newSentiment(SentimentOptions.builder().consent(true).hints().halfLifeMillis(600_000).build());
  }

  private static void assertAlike(SentimentResult a, SentimentResult b) {
    assertEquals(a.getLabel(), b.getLabel());
    assertEquals(a.getEmotion(), b.getEmotion());
    for (SentimentLabel label : SentimentLabel.values()) assertEquals(a.probability(label), b.probability(label), 1e-4f);
  }

  @Test
  void textsAreReadOneByOneAndTogether() {
    try (Sentiment sentiment = model.newSentiment(SentimentOptions.DEFAULT)) {
      final List<SentimentResult> together = sentiment.read(Arrays.asList(GLAD, CROSS, "", "👨‍👩‍👧‍👦 👋🏿"));
      assertEquals(4, together.size());
      assertAlike(together.get(0), sentiment.read(GLAD));
      assertAlike(together.get(1), sentiment.read(CROSS));
      assertEquals(SentimentLabel.POSITIVE, together.get(0).getLabel());
      assertEquals(SentimentLabel.NEGATIVE, together.get(1).getLabel());
      assertEquals(Language.ENGLISH, together.get(0).getLanguage());
      assertEquals(Language.CHINESE, together.get(1).getLanguage());
      for (SentimentResult result : together) {
        float labels = 0;
        float emotions = 0;
        for (SentimentLabel label : SentimentLabel.values()) labels += result.probability(label);
        for (Emotion emotion : Emotion.values()) emotions += result.probability(emotion);
        assertEquals(1, labels, 1e-4);
        assertEquals(1, emotions, 1e-4);
        assertTrue(result.getIntensity() >= 0 && result.getIntensity() <= 1, result.toString());
      }
      assertTrue(together.get(0).isFromHead() && together.get(1).isFromHead());
      assertNull(together.get(2).getLabel());
      assertEquals(0, sentiment.read(Collections.<String>emptyList()).size());
      assertThrows(UnsupportedOperationException.class, () -> together.remove(0));
    }
  }

  @Test
  void labelWordsServeModelsWithoutHeads() {
    try (Sentiment words = model.newSentiment(SentimentOptions.builder().withoutHeads().withoutEmotion().build())) {
      final SentimentResult result = words.read(GLAD);
      assertTrue(!result.isFromHead() && result.getExtraTokens() > 0, result.toString());
      assertNull(result.getEmotion());
      assertEquals(0, result.probability(Emotion.JOY));
    }
  }

  @Test
  void theEndOfASessionAndAHiddenStateReadTheSame() {
    try (Sentiment sentiment = model.newSentiment(SentimentOptions.DEFAULT); Session session = model.newSession();
        Assistant assistant = model.newAssistant(AssistantOptions.DEFAULT)) {
      final int[] ids = model.tokenize(GLAD);
      final SentimentResult end = sentiment.readEnd(session, ids, GLAD);
      assertEquals(ids.length, session.getPosition());
      assertEquals(0, end.getExtraTokens());
      assertEquals(Language.ENGLISH, end.getLanguage());
      assertEquals(Language.UNKNOWN, sentiment.readEnd(session, new int[0], null).getLanguage());
      assistant.say(GLAD);
      final float[] hidden = assistant.hidden();
      assertEquals(model.getFacts().getHidden(), hidden.length);
      final SentimentResult shared = sentiment.readHidden(hidden, GLAD);
      assertEquals(0, shared.getExtraTokens());
      assertAlike(sentiment.read(GLAD), shared);
      assertThrows(SottoException.class, () -> sentiment.readHidden(new float[3], GLAD));
    }
  }

  @Test
  void aMoodIsKeptWithConsentAloneAndErasedWithIt() {
    try (Sentiment sentiment = consented(); Sentiment without = model.newSentiment(SentimentOptions.DEFAULT)) {
      final SentimentResult cross = sentiment.read("This is awful, I hate it");
      without.noteTurn(cross);
      assertNull(without.getMood().getLabel());
      assertEquals(0, without.getMood().getTurns());
      for (int i = 0; i < 3; i++) sentiment.noteTurn(cross);
      sentiment.noteEvent(MoodCause.REPHRASE);
      final Mood mood = sentiment.getMood();
      assertEquals(SentimentLabel.NEGATIVE, mood.getLabel());
      assertEquals(MoodCause.WORDS, mood.getCause());
      assertEquals(3, mood.getTurns());
      assertEquals(1, mood.getEvents());
      assertTrue(mood.isConsented() && mood.isHinting() && mood.getValence() < 0 && mood.getEvidence() > 0.05f, mood.toString());
      assertTrue(sentiment.reason(Language.ENGLISH).length() > 0 && sentiment.reason(Language.CHINESE).length() > 0);
      assertTrue(sentiment.hint(Language.ENGLISH).length() > 0);
      assertEquals("", without.hint(Language.ENGLISH));
      sentiment.setConsent(false);
      assertNull(sentiment.getMood().getLabel());
      assertEquals("", sentiment.hint(Language.CHINESE));
      sentiment.setConsent(true);
      assertEquals(0, sentiment.getMood().getTurns());
      sentiment.noteTurn(cross);
      sentiment.reset();
      assertEquals(0, sentiment.getMood().getTurns());
      assertThrows(SottoException.InvalidArgument.class, () -> sentiment.noteEvent(MoodCause.WORDS));
    }
  }

  @Test
  void aHintTakesPartInAConversation() {
    try (Model small = Bench.small(runtime); Conversation c = small.newConversation(
             ConversationOptions.builder().template(Bench.TEMPLATE).answerTokens(16).systemPrompt("s").build())) {
      assertTrue(!c.say("hi", Bench.SHORT, piece -> true).isHinted());
      c.reset();
      c.setHint("短");
      assertTrue(c.say("hi", Bench.SHORT, piece -> true).isHinted());
      assertThrows(SottoException.InvalidArgument.class, () -> c.setHint(null));
    }
  }

  @Test
  void badInputIsAnExceptionInWords() {
    final Sentiment sentiment = model.newSentiment(SentimentOptions.DEFAULT);
    assertTrue(assertThrows(SottoException.InvalidArgument.class, () -> sentiment.read("ab\uD83D")).getMessage().contains("character 2"));
    assertThrows(SottoException.InvalidArgument.class, () -> sentiment.read(Arrays.asList("a", null)));
    assertThrows(SottoException.InvalidArgument.class, () -> sentiment.read((String) null));
    assertThrows(SottoException.InvalidArgument.class, () -> sentiment.readEnd(null, new int[0], null));
    assertThrows(SottoException.InvalidArgument.class, () -> sentiment.noteTurn(null));
    assertTrue(sentiment.read("a\0b").probability(SentimentLabel.NEUTRAL) > 0);
    final char[] many = new char[1_000_000];
    Arrays.fill(many, '烦');
    assertTrue(sentiment.read(new String(many)).getSkippedBytes() > 2_900_000);
    assertThrows(SottoException.InvalidArgument.class,
        () -> model.newSentiment(SentimentOptions.builder().confidence(Float.NaN).build()));
    sentiment.close();
    assertThrows(IllegalStateException.class, () -> sentiment.read("a"));
    assertThrows(IllegalStateException.class, sentiment::getMood);
    sentiment.cancel();
  }

  @Test
  void aSessionOfAnotherModelIsRefused() {
    try (Model small = Bench.small(runtime); Session other = small.newSession();
        Sentiment sentiment = model.newSentiment(SentimentOptions.DEFAULT)) {
      assertThrows(SottoException.class, () -> sentiment.readEnd(other, new int[] {1}, null));
    }
  }

  /** The reader outlives what it was made from, and is not freed under a call of another thread. */
  @Test
  void closingMeanwhileCancelsAndForgottenReadersAreClosed() throws Exception {
    final Sentiment sentiment = model.newSentiment(SentimentOptions.DEFAULT);
    final AtomicReference<Throwable> ended = new AtomicReference<>();
    final String[] texts = new String[20_000];
    Arrays.fill(texts, CROSS);
    final Thread reading = new Thread(() -> {
      try {
        while (true) sentiment.read(Arrays.asList(texts));
      } catch (Throwable e) {
        ended.set(e);
      }
    });
    reading.start();
    Thread.sleep(20);
    sentiment.close();
    reading.join(60_000);
    final Throwable e = ended.get();
    assertTrue(e instanceof SottoException.Cancelled || e instanceof IllegalStateException, String.valueOf(e));
    final Handle forgotten = model.newSentiment(SentimentOptions.DEFAULT).handle;
    BadInputTest.awaitCollected(forgotten::isClosed);
  }

  @Test
  void withoutThePluginTheSentenceSaysWhatToDo() {
    try (Runtime bare = Runtime.builder().pluginFile(Bench.backend()).build(); Model m = Bench.small(bare)) {
      for (Runnable wish : new Runnable[] {
             () -> m.newSentiment(SentimentOptions.DEFAULT), () -> m.newAssistant(AssistantOptions.DEFAULT),
             () -> bare.newRecommender(RecommenderOptions.builder("{}").build()), () -> bare.newCare(CareOptions.DEFAULT),
             () -> bare.openJournal(JournalOptions.builder(new java.io.File("/tmp")).build())}) {
        final SottoException e = assertThrows(SottoException.NotFound.class, wish::run);
        assertTrue(e.getMessage().contains("runtime's builder"), e.getMessage());
      }
    }
    try (Runtime other = Bench.runtime()) {
      assertThrows(SottoException.InvalidArgument.class, () -> other.newCare(CareOptions.builder().model(model).build()));
    }
    assertSame(runtime, model.runtime);
  }
}
