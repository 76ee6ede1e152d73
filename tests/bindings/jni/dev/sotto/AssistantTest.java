package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The assistant through the real plugin on the model of the source; functions are lambdas. */
class AssistantTest extends WithMiniModel {
  private static final String OPEN = "{\"zh\": {\"done\": [\"{result}\"]}, \"en\": {\"done\": [\"{result}\"]}}";

  private static DeviceFunction.Builder battery(FunctionBody body) {
    return DeviceFunction.builder("battery.query", body).description("tells the battery's level")
        .schema("{\"type\": \"object\", \"properties\": {}}").replies(OPEN).example("还有多少电").example("电量多少")
        .example("how much battery is left").example("battery level").example("is the battery full");
  }

  private static final String LEVEL = "{\"result\": {\"zh\": \"还有80% 🔋。\", \"en\": \"80 percent 🔋.\"}}";

  @Test
  void functionsAreCalledAndTheirResultsSpoken() {
    final List<String> calls = new ArrayList<>();
    try (Assistant assistant = model.newAssistant(AssistantOptions.DEFAULT)) {
      assistant.addFunction(battery(call -> {
        Bench.collect();
        calls.add(call.getName() + call.getArguments() + call.isGivenUp());
        return LEVEL;
      }).build());
      final AssistantTurn zh = assistant.say("还有多少电");
      assertEquals("还有80% 🔋。", zh.getAnswer());
      assertEquals("battery.query", zh.getIntent());
      assertEquals(Language.CHINESE, zh.getLanguage());
      assertEquals(AnswerSource.TEMPLATE, zh.getSource());
      final AssistantTurn en = assistant.say(Arrays.asList(new Hypothesis("how much battery is left", -1), new Hypothesis("how much batter is left", -2)));
      assertEquals("80 percent 🔋.", en.getAnswer());
      assertEquals(Language.ENGLISH, en.getLanguage());
      assertEquals(0, en.getHypothesis());
      assertTrue(en.getConfidence() > 0 && en.getTokens() > 0 && en.getCalls() == 1 && en.getFailedCalls() == 0, en.toString());
      assertEquals(Arrays.asList("battery.query{}false", "battery.query{}false"), calls);
      assertTrue(assistant.getDetails().contains("battery.query"));
      assertTrue(assistant.getHistory().contains("还有多少电"));
      final byte[] state = assistant.save();
      assistant.reset();
      assertFalse(assistant.getHistory().contains("还有多少电"));
      assistant.restore(state);
      assertTrue(assistant.getHistory().contains("还有多少电"));
      assertThrows(SottoException.class, () -> assistant.restore(new byte[10]));
    }
  }

  @Test
  void argumentsComeAsJsonAndActionsAreTakenBack() throws Exception {
    final List<String> calls = new ArrayList<>();
    try (Assistant assistant = model.newAssistant(AssistantOptions.builder().area("living").build())) {
      final FunctionBody noted = call -> {
        calls.add(call.getName() + " " + call.getArguments());
        return null;
      };
      assistant.setHome(new String(Files.readAllBytes(Bench.fixture("assistant/home.json").toPath()), StandardCharsets.UTF_8));
      for (String name : new String[] {"device.turn_on", "device.turn_off"}) assistant.addFunction(DeviceFunction.builder(name, noted).build());
      final AssistantTurn on = assistant.say("打开卧室灯");
      assertEquals(1, on.getCalls(), on.toString());
      assertTrue(calls.get(0).startsWith("device.turn_on {") && calls.get(0).contains("light.bedroom"), calls.toString());
      assertTrue(assistant.undo().isTakingBack());
      assertTrue(calls.get(1).startsWith("device.turn_off {"), calls.toString());
      assistant.setManual(Language.ENGLISH, "# Charging\n\nFrom empty to half takes thirty minutes.");
      assertTrue(assistant.say("how long does charging take?").getAnswer().contains("thirty minutes"));
    }
  }

  @Test
  void whatAFunctionThrowsIsAFailureThatIsTold() {
    final IllegalStateException own = new IllegalStateException("of the application");
    final FunctionBody[] bodies = {
      call -> { throw own; }, call -> { throw new java.io.IOException("checked"); }, call -> "no json", call -> "\uD83D",
      call -> overflow(call, 0), call -> "{\"error\": {\"zh\": \"没电了\", \"en\": \"empty\"}}"
    };
    try (Assistant assistant = model.newAssistant(AssistantOptions.DEFAULT)) {
      for (FunctionBody body : bodies) {
        assistant.addFunction(battery(body).build());
        final AssistantTurn turn = assistant.say("还有多少电");
        assertTrue(turn.isFailure() && turn.getFailedCalls() == 1, turn.toString());
        if (body == bodies[0]) assertSame(own, turn.getThrown().get(0));
        assertEquals(body == bodies[2] || body == bodies[5] ? 0 : 1, turn.getThrown().size());
      }
      assistant.addFunction(battery(call -> LEVEL).build());
      assertFalse(assistant.say("还有多少电").isFailure());
    }
  }

  private static String overflow(FunctionCall call, int depth) {
    return overflow(call, depth + 1) + depth;
  }

  @Test
  void aSlowFunctionIsGivenUpAndKnowsIt() throws Exception {
    final CountDownLatch knew = new CountDownLatch(1);
    final AtomicReference<FunctionCall> kept = new AtomicReference<>();
    try (Assistant assistant = model.newAssistant(AssistantOptions.builder().callDeadlineMillis(50).build())) {
      assistant.addFunction(battery(call -> {
        kept.set(call);
        while (!call.isGivenUp()) Thread.sleep(2);
        knew.countDown();
        return LEVEL;
      }).build());
      assertTrue(assistant.say("还有多少电").isFailure());
      assertTrue(knew.await(60, TimeUnit.SECONDS));
    }
    assertTrue(kept.get().isGivenUp()); // and is not asked of the library any more
  }

  @Test
  void functionsMayNotCallTheirAssistantButClose() throws Exception {
    final AtomicReference<SottoException> inside = new AtomicReference<>();
    final Assistant assistant = model.newAssistant(AssistantOptions.DEFAULT);
    final CountDownLatch closed = new CountDownLatch(1);
    assistant.addFunction(battery(call -> {
      inside.set(assertThrows(SottoException.class, () -> assistant.say("x")));
      assistant.close();
      closed.countDown();
      return LEVEL;
    }).build());
    assertThrows(SottoException.Cancelled.class, () -> assistant.say("还有多少电"));
    assertTrue(closed.await(60, TimeUnit.SECONDS));
    assertTrue(inside.get().getStatus() == Status.BUSY || inside.get().getStatus() == Status.REENTRANT, inside.get().toString());
    assertThrows(IllegalStateException.class, assistant::getHistory);
  }

  /** The turn is over, the function is not: nobody but its own thread is there to destroy. */
  @Test
  void aGivenUpFunctionMayClose() throws Exception {
    final CountDownLatch closed = new CountDownLatch(1);
    final CountDownLatch turnOver = new CountDownLatch(1);
    final Assistant assistant = model.newAssistant(AssistantOptions.builder().callDeadlineMillis(20).build());
    assistant.addFunction(battery(call -> {
      turnOver.await();
      assistant.close();
      closed.countDown();
      return null;
    }).build());
    assertTrue(assistant.say("还有多少电").isFailure());
    turnOver.countDown();
    assertTrue(closed.await(60, TimeUnit.SECONDS));
    assertTrue(assistant.isClosed());
  }

  @Test
  void badInputIsAnExceptionInWords() {
    final FunctionBody nothing = call -> null;
    assertThrows(SottoException.InvalidArgument.class, () -> DeviceFunction.builder(null, nothing));
    assertThrows(SottoException.InvalidArgument.class, () -> DeviceFunction.builder("a", null));
    assertThrows(SottoException.InvalidArgument.class, () -> new Hypothesis("\uD83D", 0));
    assertThrows(SottoException.class, () -> model.newAssistant(AssistantOptions.builder().domain("{").build()));
    final Assistant assistant = model.newAssistant(AssistantOptions.DEFAULT);
    assertThrows(SottoException.class, () -> assistant.addFunction(DeviceFunction.builder("名", nothing).build()));
    assertThrows(SottoException.class, () -> assistant.addFunction(battery(nothing).schema("[").build()));
    assertThrows(SottoException.class, () -> assistant.setHome("[]"));
    assertThrows(SottoException.class, () -> assistant.say(Collections.<Hypothesis>emptyList()));
    assertThrows(SottoException.InvalidArgument.class, () -> assistant.say((String) null));
    assertThrows(SottoException.class, () -> assistant.say(Collections.singletonList(new Hypothesis("a", Float.NaN))));
    assertThrows(SottoException.NotFound.class, assistant::hidden);
    assertFalse(assistant.say("a\0b").getAnswer().isEmpty());
    assistant.close();
    assertThrows(IllegalStateException.class, () -> assistant.say("hi"));
  }

  /** A method of its own: its frame would hold what it names. */
  private static Handle forget() {
    final Assistant assistant = model.newAssistant(AssistantOptions.DEFAULT);
    assistant.addFunction(battery(call -> LEVEL).build());
    assistant.say("还有多少电");
    return assistant.handle;
  }

  /** The library's reference to the function holds the function alone. */
  @Test
  void aForgottenAssistantIsClosed() {
    final Handle forgotten = forget();
    BadInputTest.awaitCollected(forgotten::isClosed);
  }
}
