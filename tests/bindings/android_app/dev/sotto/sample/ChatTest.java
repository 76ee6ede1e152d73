package dev.sotto.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.ConversationOptions;
import dev.sotto.ModelSource;
import dev.sotto.PowerPolicy;
import dev.sotto.Runtime;
import dev.sotto.Sotto;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The whole chat on real models: the one of the source, which is an assistant, and a tiny one that writes nonsense endlessly. */
class ChatTest implements ChatView, Phone {
  private static final Settings AGREED = new Settings(Settings.BUILT_IN, PowerPolicy.BALANCED, true, true);

  private static final int PLENTY = 1000000;
  private final Line line = new Line();
  private final List<List<Message>> shown = new ArrayList<>();
  private final List<Boolean> answering = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private final List<String> opened = new ArrayList<>();
  private List<Suggestion> suggestions = new ArrayList<>();
  private int color;
  private Chat chat = new Chat(this::open, this, line);

  @BeforeAll
  static void load() {
    Sotto.loadFrom(new File(System.getProperty("sotto.libraries")));
  }

  @AfterEach
  void close() {
    chat.close();
  }

  /** The settings' model: nothing for the one of the source, else a file of the fixtures. */
  private Engine open(Settings settings) {
    final File file = settings.model.isEmpty() ? new File(System.getProperty("sotto.mini"))
        : new File(System.getProperty("sotto.fixtures"), settings.model);
    final ConversationOptions how = ConversationOptions.builder().answerTokens(64)
        .template("{% for m in messages %}{{ m.content }}\n{% endfor %}").build();
    return new Engine(Runtime.builder().threads(1), ModelSource.file(file), settings, this, how, null);
  }

  private void settle() throws InterruptedException {
    line.settle(chat);
  }

  private Message last() {
    final List<Message> now = shown.get(shown.size() - 1);
    return now.get(now.size() - 1);
  }

  @Test
  void anAssistantAnswersInBothLanguagesAndCallsThePhone() throws Exception {
    chat.apply(AGREED);
    settle();
    assertEquals(3, suggestions.size());
    chat.send("  还有多少电  ");
    settle();
    assertEquals("还有64%的电。", last().text);
    assertEquals("还有多少电", shown.get(shown.size() - 1).get(0).text);
    chat.send("how much battery is left");
    settle();
    assertEquals("64 percent left.", last().text);
    chat.send("打开音乐");
    settle();
    assertEquals("已打开音乐。", last().text);
    assertEquals(Arrays.asList("music"), opened);
    chat.send("open the camera");
    settle();
    assertFalse(opened.contains("camera"));
    assertEquals(Arrays.asList(true, false, true, false, true, false, true, false), answering);
    assertEquals(new ArrayList<String>(), failures);
    chat.send("   ");
    settle();
    assertEquals(8, shown.get(shown.size() - 1).size());
  }

  @Test
  void theMoodHasAColorOnlyWithConsent() throws Exception {
    chat.apply(AGREED);
    settle();
    assertEquals(MoodColor.UNKNOWN, color);
    for (int i = 0; i < 4; i++) chat.send("this is awful, I hate it");
    settle();
    assertEquals(MoodColor.of(-0.5f), color);
    chat.apply(new Settings(Settings.BUILT_IN, PowerPolicy.SAVER, false, false));
    settle();
    assertEquals(MoodColor.UNKNOWN, color);
    chat.send("this is awful, I hate it");
    settle();
    assertEquals(MoodColor.UNKNOWN, color);
  }

  @Test
  void suggestionsLearnWhatIsTaken() throws Exception {
    chat.apply(AGREED);
    settle();
    final Suggestion taken = suggestions.stream().filter(s -> !s.feature.equals("camera")).reduce((a, b) -> b).get();
    for (int i = 0; i < 8; i++) chat.take(taken, this);
    settle();
    assertEquals(taken.feature, suggestions.get(0).feature);
    assertFalse(suggestions.get(0).reason.isEmpty());
    assertEquals(8, opened.size());
    chat.take(new Suggestion("camera", "Camera", ""), this);
    settle();
    assertEquals(1, failures.size());
  }

  @Test
  void anAnswerStreamsAndStops() throws Exception {
    // What is shown holds the answer up: a fast machine would have ended it before it is stopped.
    final Semaphore steps = new Semaphore(PLENTY);
    chat.close();
    chat.awaitEnd();
    chat = new Chat(this::open, this, task -> {
      steps.acquireUninterruptibly();
      line.execute(task);
    });
    chat.apply(new Settings("gguf/small-f32.gguf", PowerPolicy.BALANCED, true, false));
    settle();
    shown.clear();
    steps.drainPermits();
    steps.release(12);
    chat.send("hi");
    while (shown.size() < 6) line.next().run(); // the user's, the empty one, some pieces
    assertTrue(answering.get(answering.size() - 1));
    chat.stop();
    steps.release(PLENTY);
    settle();
    assertTrue(last().isStopped, last().toString());
    assertFalse(answering.get(answering.size() - 1));
    String before = "";
    for (List<Message> messages : shown) {
      final String text = messages.get(messages.size() - 1).isUsers ? "" : messages.get(messages.size() - 1).text;
      assertTrue(text.startsWith(before), text);
      before = text;
    }
    chat.send("hi"); // the next one is answered
    chat.stop();
    chat.trim(15);
    settle();
    assertEquals(new ArrayList<String>(), failures);
  }

  @Test
  void aModelThatIsNoneIsASentenceAndAnotherOneHelps() throws Exception {
    chat.apply(new Settings("gguf/README.md", PowerPolicy.BALANCED, false, false));
    chat.send("hi");
    settle();
    assertEquals(2, failures.size(), failures.toString());
    assertTrue(failures.get(0).contains("README.md"), failures.get(0));
    assertTrue(failures.get(1).contains("settings"), failures.get(1));
    chat.apply(AGREED);
    chat.send("还有多少电");
    settle();
    assertEquals("还有64%的电。", last().text);
    assertEquals(2, failures.size());
  }

  @Test
  void halfACharacterIsASentenceAndTheChatGoesOn() throws Exception {
    chat.apply(AGREED);
    chat.send("a\uD83D");
    chat.send("你好");
    settle();
    assertEquals(1, failures.size());
    assertNotEquals("", last().text);
  }

  @Test
  void closingInMidAnswerLeavesNothingRunning() throws Exception {
    chat.apply(new Settings("gguf/small-f32.gguf", PowerPolicy.BALANCED, true, false));
    chat.send("hi");
    while (shown.size() < 4) line.next().run();
    chat.close();
    chat.awaitEnd();
    chat = new Chat(this::open, this, line);
  }

  @Override
  public void showMessages(List<Message> messages) {
    shown.add(messages);
  }

  @Override
  public void showAnswering(boolean isAnswering) {
    answering.add(isAnswering);
  }

  @Override
  public void showMood(int argb, String reason) {
    color = argb;
  }

  @Override
  public void showSuggestions(List<Suggestion> found) {
    suggestions = found;
  }

  @Override
  public void showFailure(String sentence) {
    failures.add(sentence);
  }

  @Override
  public int batteryPercent() {
    return 64;
  }

  @Override
  public boolean open(String feature) {
    if (feature.equals("camera")) return false;
    synchronized (opened) {
      return opened.add(feature);
    }
  }
}
