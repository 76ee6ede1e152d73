package dev.sotto.sample;

import dev.sotto.MoodCause;
import dev.sotto.SottoException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The chat behind the view: what the buttons do. Its methods are for the view's thread and return at once; the model works on a
 * thread of the chat's own, and what there is to show goes back through `post`.
 */
public final class Chat implements AutoCloseable {
  /** Opens an engine for these settings; takes its time. */
  public interface Opener {
    Engine open(Settings settings);
  }

  private final Opener opener;
  private final ChatView view;
  private final Executor post;
  private final ExecutorService worker = Executors.newSingleThreadExecutor(task -> new Thread(task, "chat"));

  private volatile Engine engine; // written by the worker; null: not open
  private volatile boolean isStopping;

  // Of the worker alone.
  private final List<Message> messages = new ArrayList<>();
  private Settings settings;

  public Chat(Opener opener, ChatView view, Executor post) {
    this.opener = opener;
    this.view = view;
    this.post = post;
  }

  /** Opens the model, or with another model a new one; a new power policy and consent hold at once. */
  public void apply(Settings wanted) {
    final Engine open = engine;
    if (open != null) open.setPower(wanted.power);
    run(() -> {
      final boolean isOther = settings == null || engine == null || !settings.model.equals(wanted.model);
      settings = wanted;
      if (isOther) reopen();
      else engine.setConsent(wanted.keepsMood, wanted.learnsUse);
      showState("", true);
    });
  }

  private void reopen() {
    final Engine before = engine;
    engine = null;
    if (before != null) before.close(); // first: two models may not fit into the phone
    engine = opener.open(settings);
  }

  /** Blank words are none. */
  public void send(String words) {
    final String said = words.trim();
    if (said.isEmpty()) return;
    isStopping = false;
    run(() -> answer(said));
  }

  /** The stop button; without an answer in progress it does nothing. */
  public void stop() {
    isStopping = true;
    final Engine open = engine;
    if (open != null) open.talk().stop();
  }

  /** A button below the chat. */
  public void take(Suggestion suggestion, Phone phone) {
    run(() -> {
      if (!phone.open(suggestion.feature)) throw new IllegalStateException("there is no " + suggestion.name + " on this phone");
      engine.accepted(suggestion.feature);
      showState("", Words.areChinese(suggestion.name));
    });
  }

  /** A level of ComponentCallbacks2. */
  public void trim(int level) {
    final Engine open = engine;
    if (open != null) open.trim(level);
  }

  /** Behind all that was wished so far; on the chat's thread. */
  void whenIdle(Runnable task) {
    worker.execute(task);
  }

  private void answer(String words) {
    if (engine == null) throw new IllegalStateException("no model is open: choose another one in the settings");
    show(new Message(true, words, false));
    post.execute(() -> view.showAnswering(true));
    final StringBuilder text = new StringBuilder();
    Answer answer = new Answer(Words.areChinese(words), false, null);
    boolean isStopped = false;
    show(new Message(false, "", false));
    try {
      answer = engine.talk().answer(words, piece -> {
        text.append(piece);
        replaceLast(new Message(false, text.toString(), false));
        return !isStopping;
      });
      isStopped = isStopping;
    } catch (SottoException.Cancelled e) {
      isStopped = true;
    } finally {
      post.execute(() -> view.showAnswering(false));
    }
    if (isStopped) replaceLast(new Message(false, text.toString(), true));
    engine.hear(words, answer.hidden);
    if (isStopped) engine.note(MoodCause.CANCEL);
    if (answer.isFailure) engine.note(MoodCause.FAILED_CALL);
    showState(words, answer.isChinese);
  }

  private void showState(String request, boolean isChinese) {
    final int color = MoodColor.of(engine.mood());
    final String reason = engine.moodReason(isChinese);
    final List<Suggestion> suggestions = engine.suggestions(request, isChinese);
    post.execute(() -> {
      view.showMood(color, reason);
      view.showSuggestions(suggestions);
    });
  }

  private void show(Message message) {
    messages.add(message);
    showMessages();
  }

  private void replaceLast(Message message) {
    messages.set(messages.size() - 1, message);
    showMessages();
  }

  private void showMessages() {
    final List<Message> now = new ArrayList<>(messages);
    post.execute(() -> view.showMessages(now));
  }

  /** What fails becomes a sentence in the view; the next wish is heard all the same. */
  private void run(Runnable wish) {
    if (worker.isShutdown()) return; // a button of a view that is going away
    worker.execute(() -> {
      try {
        wish.run();
      } catch (RuntimeException e) {
        final String sentence = e.getMessage() == null ? e.toString() : e.getMessage();
        post.execute(() -> view.showFailure(sentence));
      }
    });
  }

  /** Ends an answer in progress; what is open is closed when the worker gets there. */
  @Override
  public void close() {
    if (worker.isShutdown()) return;
    stop();
    worker.execute(() -> {
      final Engine open = engine;
      engine = null;
      if (open != null) open.close();
    });
    worker.shutdown();
  }

  /** After close: waits until everything is closed. */
  void awaitEnd() throws InterruptedException {
    worker.awaitTermination(1, java.util.concurrent.TimeUnit.MINUTES);
    if (!worker.isTerminated()) throw new IllegalStateException("the chat's thread still runs a minute after its close");
  }
}
