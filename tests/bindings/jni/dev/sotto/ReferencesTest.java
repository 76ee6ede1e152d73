package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/** The virtual machine's own count of global references, which are held for listeners and functions until their objects are closed. */
class ReferencesTest {
  private static int counted() throws Exception {
    final Object said = ManagementFactory.getPlatformMBeanServer().invoke(
        new ObjectName("com.sun.management:type=DiagnosticCommand"), "threadPrint", new Object[] {new String[0]},
        new String[] {String[].class.getName()});
    final Matcher found = Pattern.compile("JNI global refs: (\\d+)").matcher(said.toString());
    assertTrue(found.find(), "the machine does not say how many references it has");
    return Integer.parseInt(found.group(1));
  }

  /** The count once it rests: the machine holds some of its own for a moment, and what other tests forgot to close goes with the garbage. */
  private static int globalReferences() throws Exception {
    System.gc();
    int count = counted();
    for (int rests = 0, rounds = 0; rests < 3 && rounds < 100; rounds++) {
      Thread.sleep(20);
      final int now = counted();
      rests = now == count ? rests + 1 : 0;
      count = now;
    }
    return count;
  }

  /** Every kind of callback once. */
  private static void useAll(int expectedMore) throws Exception {
    final int before = globalReferences();
    try (Runtime runtime = Runtime.builder().threads(1).log(LogLevel.INFO, (level, line) -> {}).build(); Model model = Bench.mini(runtime);
        Session session = model.newSession(); Assistant assistant = model.newAssistant(AssistantOptions.DEFAULT);
        Grammar grammar = model.newGrammar(GrammarOptions.gbnf("root ::= [ab]{4}").build())) {
      for (String name : Arrays.asList("battery.query", "lamp.query"))
        assistant.addFunction(DeviceFunction.builder(name, call -> "{\"result\": \"64%\"}").example("还有多少电").build());
      assistant.say("还有多少电");
      final GenerateOptions options = GenerateOptions.builder().grammar(grammar).mask(logits -> true).build();
      session.generate("x", options, piece -> true);
      session.feed(new int[] {5}, Output.HIDDEN, (position, output, row) -> true);
      session.generate(new int[] {5}, Bench.SHORT, null, (token, logprob) -> true);
      Values.parse("七点");
      assertEquals(before + expectedMore, globalReferences());
    }
  }

  @Test
  void referencesAreHeldForListenersAndFunctionsAloneAndGivenBack() throws Exception {
    useAll(3); // the log listener and two functions
    final int before = globalReferences();
    for (int i = 0; i < 5; i++) useAll(3);
    assertEquals(before, globalReferences());
  }
}
