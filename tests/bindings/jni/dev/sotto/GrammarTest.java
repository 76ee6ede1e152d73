package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Answers by a grammar and by a mask, and the places of texts in grammars. */
class GrammarTest extends WithSmallModel {
  private static final String SCHEMA = "{\"type\": \"object\", \"properties\": {\"light\": {\"enum\": [\"on\", \"off\"]},"
      + " \"room\": {\"enum\": [\"客厅\", \"卧室 💡\"]}}, \"required\": [\"light\", \"room\"]}";

  private static Grammar gbnf(String rules) {
    return model.newGrammar(GrammarOptions.gbnf(rules).build());
  }

  private static String answer(Session session, GenerateOptions options) {
    final StringBuilder text = new StringBuilder();
    session.generate("x", options, Bench.into(text));
    return text.toString();
  }

  @Test
  void answersAreValidUnderTheSchema() {
    final Set<String> texts = new TreeSet<>();
    for (String light : new String[] {"on", "off"})
      for (String room : new String[] {"客厅", "卧室 💡"}) texts.add("{\"light\":\"" + light + "\",\"room\":\"" + room + "\"}");
    try (Grammar grammar = model.newGrammar(GrammarOptions.schema(SCHEMA).compact().build()); Session session = model.newSession()) {
      final Set<String> said = new TreeSet<>();
      for (int seed = 0; seed < 8; seed++) {
        session.rewind(0);
        said.add(answer(session, GenerateOptions.builder().grammar(grammar).temperature(3).seed(seed).build()));
      }
      assertTrue(texts.containsAll(said), said.toString());
      assertTrue(said.size() > 1, "one answer for all seeds: the test shows little: " + said);
      assertTrue(grammar.getFacts().getStates() > 0 && grammar.getFacts().getMasksKept() > 0, grammar.getFacts().toString());
    }
  }

  @Test
  void aGrammarEndsTheAnswerInEveryKindOfCall() throws Exception {
    try (Grammar grammar = gbnf("root ::= \"打开\" [灯门]{2}"); Session session = model.newSession();
        Conversation talk = model.newConversation(ConversationOptions.builder().template(Bench.TEMPLATE).build())) {
      final GenerateOptions options = GenerateOptions.builder().grammar(grammar).build();
      final GenerateResult result = session.generate("x", options, Bench.heard(piece -> true));
      assertTrue(result.getFinish() == Finish.GRAMMAR || result.getFinish() == Finish.END, result.toString());
      final StringBuilder iterated = new StringBuilder();
      try (TextStream<GenerateResult> stream = session.stream("x", options)) {
        for (String piece : stream) iterated.append(piece);
      }
      assertTrue(grammar.allows(iterated.toString()), iterated.toString());
      final StringBuilder said = new StringBuilder();
      talk.sayAsync("开灯", options, Bench.into(said)).get();
      assertTrue(grammar.allows(said.toString()), said.toString());
    }
  }

  @Test
  void aMatcherGoesOnOverCallsAndBack() {
    try (Grammar grammar = gbnf("root ::= [ab]{12}"); GrammarMatcher matcher = grammar.newMatcher();
        Session session = model.newSession()) {
      final GenerateOptions on = GenerateOptions.builder().matcher(matcher).build();
      final StringBuilder text = new StringBuilder();
      session.generate("x", GenerateOptions.builder().matcher(matcher).maxTokens(3).build(), Bench.into(text));
      assertEquals(3, matcher.getSteps());
      assertTrue(matcher.isOpen() && !matcher.isComplete());
      try (GrammarMatcher fork = matcher.fork(); Session beside = session.fork()) {
        final StringBuilder rest = new StringBuilder();
        final StringBuilder other = new StringBuilder();
        session.generate("", on, Bench.into(rest));
        beside.generate("", GenerateOptions.builder().matcher(fork).build(), Bench.into(other));
        assertEquals(rest.toString(), other.toString());
        text.append(rest);
      }
      assertTrue(matcher.isComplete() && text.toString().matches("[ab]{12}"), text.toString());
      matcher.rewind(0);
      matcher.acceptText(text.substring(0, 11));
      final BitSet allowed = matcher.allowedTokens();
      assertTrue(allowed.cardinality() >= 2, allowed.toString());
      allowed.stream().forEach(token -> assertTrue(model.detokenize(new int[] {token}).matches("[ab]")));
      matcher.accept(allowed.nextSetBit(0));
      assertTrue(matcher.isComplete());
      assertThrows(SottoException.InvalidArgument.class, () -> matcher.accept(allowed.nextSetBit(0)));
      assertThrows(SottoException.InvalidArgument.class, () -> matcher.accept(-1));
    }
  }

  @Test
  void textsAreMatchedWithoutAModel() {
    try (Grammar grammar =
             Grammar.ofText(GrammarOptions.schema("{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 30}").build());
        Grammar said = Grammar.ofText(GrammarOptions.schema("{\"type\": \"string\"}").span("turn on the kitchen light").value("灯").build());
        Session session = model.newSession()) {
      assertTrue(grammar.allows("7") && grammar.allows("30"));
      assertFalse(grammar.allows("31") || grammar.allows("") || grammar.allows("7\0"));
      assertThrows(SottoException.InvalidArgument.class, () -> grammar.allows("7\uD83D"));
      assertTrue(said.allows("\"the kitchen light\"") && said.allows("\"灯\"") && !said.allows("\"kit\""));
      assertThrows(SottoException.InvalidArgument.class, () -> answer(session, GenerateOptions.builder().grammar(grammar).build()));
    }
  }

  @Test
  void whatIsWrongIsToldWithItsPlace() {
    final SottoException e = assertThrows(SottoException.InvalidArgument.class, () -> gbnf("root ::= ("));
    assertTrue(e.getMessage().contains("line 1"), e.getMessage());
    assertThrows(SottoException.InvalidArgument.class, () -> model.newGrammar(GrammarOptions.schema("{").build()));
    assertEquals(Status.UNSUPPORTED, assertThrows(
        SottoException.class, () -> model.newGrammar(GrammarOptions.schema("{\"not\": {}}").build())).getStatus());
    assertThrows(SottoException.InvalidArgument.class,
        () -> model.newGrammar(GrammarOptions.gbnf("root ::= \"a\"").compact().build()));
    assertThrows(SottoException.InvalidArgument.class, () -> model.newGrammar(GrammarOptions.schema("{}").maxRecursion(65).build()));
    assertThrows(SottoException.InvalidArgument.class, () -> GrammarOptions.gbnf("\uDE00"));
    assertThrows(SottoException.InvalidArgument.class, () -> GrammarOptions.schema(null));
    assertThrows(SottoException.InvalidArgument.class, () -> GenerateOptions.builder().grammar(null));
  }

  @Test
  void aMatcherIsBusyWhileItsAnswerIsMadeAndMayBeClosedFromInside() {
    try (Grammar grammar = gbnf("root ::= [ab]{12}"); Session session = model.newSession()) {
      final GrammarMatcher matcher = grammar.newMatcher();
      final GenerateOptions options = GenerateOptions.builder().matcher(matcher).build();
      final StringBuilder text = new StringBuilder();
      session.generate("x", options, Bench.heard(piece -> {
        if (text.length() == 0) {
          assertThrows(SottoException.Busy.class, () -> matcher.rewind(0));
          matcher.close();
        }
        text.append(piece);
        return true;
      }));
      assertTrue(text.toString().matches("[ab]{12}"), text.toString());
      assertThrows(IllegalStateException.class, () -> answer(session, options));
    }
  }

  @Test
  void grammarsAndMatchersOutliveWhatTheyWereMadeFrom() {
    final Model own = Bench.small(runtime);
    final Grammar grammar = own.newGrammar(GrammarOptions.gbnf("root ::= \"ab\"").lazy().build());
    final GrammarMatcher matcher = grammar.newMatcher();
    final Session session = own.newSession();
    grammar.close();
    own.close();
    assertEquals("ab", answer(session, GenerateOptions.builder().matcher(matcher).build()));
    session.close();
    assertTrue(matcher.isComplete());
    matcher.close();
    assertThrows(IllegalStateException.class, grammar::newMatcher);
    final Handle forgotten = gbnf("root ::= \"a\"").newMatcher().handle;
    BadInputTest.awaitCollected(forgotten::isClosed);
  }

  private static int[] tokensOf(Session session, GenerateOptions options) {
    session.rewind(0);
    final List<Integer> tokens = new ArrayList<>();
    session.generate(PROMPT, options, null, (token, logprob) -> tokens.add(token));
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  private static GenerateOptions masked(LogitMask mask) {
    return GenerateOptions.builder().maxTokens(16).ignoreEnd().mask(logits -> {
      Bench.collect();
      return mask.onLogits(logits);
    }).build();
  }

  @Test
  void masksForbidTokens() {
    try (Session session = model.newSession()) {
      final int[] all77 = new int[16];
      Arrays.fill(all77, 77);
      assertArrayEquals(all77, tokensOf(session, masked(logits -> {
        assertEquals(320, logits.length);
        final float kept = logits[77];
        Arrays.fill(logits, Float.NEGATIVE_INFINITY);
        logits[77] = kept;
        return true;
      })));
      assertArrayEquals(GREEDY, tokensOf(session, masked(logits -> true)));
      assertNotEquals(GREEDY[0], tokensOf(session, masked(logits -> {
        logits[GREEDY[0]] = Float.NEGATIVE_INFINITY;
        return true;
      }))[0]);
      assertArrayEquals(GREEDY, tokensOf(session, GenerateOptions.builder().maxTokens(16).ignoreEnd().withoutSpeculation().build()));
    }
  }

  @Test
  void masksEndAnswersAndWhatTheyThrowComesOut() {
    final IllegalStateException own = new IllegalStateException("of the application");
    try (Session session = model.newSession(); Grammar grammar = gbnf("root ::= [ab]{6}");
        Conversation talk = model.newConversation(ConversationOptions.builder().template(Bench.TEMPLATE).build())) {
      assertEquals(Finish.LISTENER, session.generate("x", masked(logits -> false), piece -> true).getFinish());
      final GenerateOptions throwing = masked(logits -> {
        throw own;
      });
      assertSame(own, assertThrows(IllegalStateException.class, () -> session.generate("x", throwing, piece -> true)));
      assertSame(own, assertThrows(IllegalStateException.class, () -> talk.say("x", throwing, piece -> true)));
      assertThrows(SottoException.class, () -> session.generate("x", masked(logits -> {
        Arrays.fill(logits, Float.NEGATIVE_INFINITY);
        return true;
      }), piece -> true));
      final int[] most = {0};
      final String text = answer(session, GenerateOptions.builder().grammar(grammar).mask(logits -> {
        int finite = 0;
        for (float logit : logits) if (logit > Float.NEGATIVE_INFINITY) finite++;
        most[0] = Math.max(most[0], finite);
        return true;
      }).build());
      assertTrue(text.matches("[ab]{6}"), text);
      assertTrue(most[0] > 0 && most[0] < 20, "the grammar left " + most[0] + " tokens to the mask");
      assertThrows(SottoException.InvalidArgument.class, () -> GenerateOptions.builder().mask(null));
      assertNotNull(session.getCounters());
    }
  }
}
