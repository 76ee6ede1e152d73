package dev.sotto.sample;

import dev.sotto.ConversationOptions;
import dev.sotto.ModelSource;
import dev.sotto.PowerPolicy;
import dev.sotto.Runtime;
import dev.sotto.Sotto;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;

/** The chat without a phone: plays the lines of a file on the logic classes and prints what the view is told. */
public final class Desk implements ChatView, Phone {
  private final PrintStream out;
  private List<Suggestion> suggestions = java.util.Collections.emptyList();
  private String last = "";

  private Desk(PrintStream out) {
    this.out = out;
  }

  /** @param arguments the folder of libsotto_jni, a model, a file of lines */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 3) throw new IllegalArgumentException("expected the libraries' folder, a model and a file of lines");
    Sotto.loadFrom(new File(arguments[0]));
    final Desk desk = new Desk(new PrintStream(System.out, true, "UTF-8"));
    final Chat.Opener opener = settings ->
        new Engine(Runtime.builder(), ModelSource.file(new File(arguments[1])), settings, desk, ConversationOptions.DEFAULT, null);
    final Line line = new Line();
    try (Chat chat = new Chat(opener, desk, line)) {
      chat.apply(new Settings(Settings.BUILT_IN, PowerPolicy.BALANCED, true, true));
      line.settle(chat);
      for (String words : Files.readAllLines(new File(arguments[2]).toPath(), StandardCharsets.UTF_8)) {
        desk.play(chat, words);
        line.settle(chat);
        desk.flush();
      }
    }
  }

  /** A number after # is a button below the chat, everything else is said. */
  private void play(Chat chat, String words) {
    if (!words.startsWith("#")) {
      chat.send(words);
      return;
    }
    final Suggestion taken = suggestions.get(Integer.parseInt(words.substring(1)) - 1);
    out.println("[button: " + taken.name + "]");
    chat.take(taken, this);
  }

  private void flush() {
    if (!last.isEmpty()) out.println(last);
    last = "";
  }

  @Override
  public void showMessages(List<Message> messages) {
    final Message now = messages.get(messages.size() - 1);
    if (now.isUsers) out.println(now);
    else last = now.toString(); // grows until it is complete
  }

  @Override
  public void showAnswering(boolean isAnswering) {}

  @Override
  public void showMood(int color, String reason) {
    last += String.format("%s[#%06x%s]", last.isEmpty() ? "" : "\n", color & 0xFFFFFF, reason.isEmpty() ? "" : ": " + reason);
  }

  @Override
  public void showSuggestions(List<Suggestion> found) {
    suggestions = found;
    last += " " + found;
  }

  @Override
  public void showFailure(String sentence) {
    out.println("[failure: " + sentence + "]");
  }

  @Override
  public int batteryPercent() {
    return 64;
  }

  @Override
  public boolean open(String feature) {
    return !feature.equals("camera"); // a desk has none
  }
}
