package dev.sotto.sample;

import java.util.List;

/** What shows a chat. All calls come through the executor that Chat was given, on Android the main thread. */
public interface ChatView {
  /** The messages so far; the last one grows while an answer streams in. */
  void showMessages(List<Message> messages);

  /** An answer is in progress: stop in the place of send. */
  void showAnswering(boolean isAnswering);

  /** @param color 0xAARRGGBB */
  void showMood(int color, String reason);

  void showSuggestions(List<Suggestion> suggestions);

  /** One sentence: what failed, and what to do. */
  void showFailure(String sentence);
}
