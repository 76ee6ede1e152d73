package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Conversations through the real dialogue plugin on a tiny model. */
class ConversationTest extends WithSmallModel {
  private static final GenerateOptions FEW = GenerateOptions.builder().maxTokens(8).ignoreEnd().build();

  private static Conversation conversation() {
    return model.newConversation(
        ConversationOptions.builder().template(Bench.TEMPLATE).systemPrompt("简短").answerTokens(16).build());
  }

  @Test
  void turnsAreAnsweredKeptAndTakenBack() {
    try (Conversation c = conversation()) {
      final StringBuilder answer = new StringBuilder();
      final TurnResult first = c.say("开灯 💡", FEW, Bench.into(answer));
      assertEquals(8, first.getGeneratedTokens());
      assertTrue(c.getHistory().contains("开灯 💡"), c.getHistory());
      assertTrue(c.getHistory().startsWith("[{\"role\": \"system\"") || c.getHistory().startsWith("[{\"role\":\"system\""));
      final TurnResult second = c.say("off", FEW, Bench.into(answer));
      assertTrue(second.getReusedTokens() > 0);
      assertEquals(second.getPromptTokens(), second.getReusedTokens() + second.getComputedTokens());
      final byte[] state = c.save();
      c.undo(2);
      assertFalse(c.getHistory().contains("off"));
      c.reset();
      assertFalse(c.getHistory().contains("开灯"));
      c.restore(state);
      assertTrue(c.getHistory().contains("off"));
      c.add("tool", "21 °C");
      assertTrue(c.getHistory().contains("21 °C"));
    }
  }

  @Test
  void futureAndIteratorSayTheSame() throws Exception {
    final StringBuilder a = new StringBuilder();
    final StringBuilder b = new StringBuilder();
    try (Conversation c = conversation()) {
      assertEquals(8, c.sayAsync("hi", FEW, Bench.into(a)).get(60, TimeUnit.SECONDS).getGeneratedTokens());
      c.reset();
      try (TextStream<TurnResult> stream = c.stream("hi", FEW)) {
        while (stream.hasNext()) b.append(stream.next());
        assertEquals(8, stream.getResult().getGeneratedTokens());
      }
    }
    assertEquals(a.toString(), b.toString());
  }

  @Test
  void withoutThePluginTheSentenceSaysWhatToDo() {
    try (Runtime bare = Runtime.builder().pluginFile(Bench.backend()).build(); Model m = Bench.small(bare)) {
      final SottoException e =
          assertThrows(SottoException.NotFound.class, () -> m.newConversation(ConversationOptions.DEFAULT));
      assertTrue(e.getMessage().contains("builder"), e.getMessage());
    }
  }

  @Test
  void aModelWithoutATemplateIsRefused() {
    final SottoException e = assertThrows(SottoException.class, () -> model.newConversation(ConversationOptions.DEFAULT));
    assertEquals(Status.NOT_FOUND, e.getStatus());
    assertTrue(e.getMessage().contains("chat template"), e.getMessage());
  }
}
