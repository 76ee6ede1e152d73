package dev.sotto.sample;

import dev.sotto.Conversation;
import dev.sotto.ConversationOptions;
import dev.sotto.GenerateOptions;
import dev.sotto.Model;
import dev.sotto.TextListener;

/** For a model with a chat template: it writes, and the answer streams in. */
final class WritingTalk implements Talk {
  private final Conversation conversation;
  private final GenerateOptions options;

  WritingTalk(Model model, ConversationOptions how, int maxTokens) {
    conversation = model.newConversation(how);
    options = GenerateOptions.builder().maxTokens(maxTokens).temperature(0.7f).topP(0.9f).build();
  }

  @Override
  public Answer answer(String words, TextListener pieces) {
    conversation.say(words, options, pieces);
    return new Answer(Words.areChinese(words), false, null);
  }

  @Override
  public void stop() {
    conversation.cancel();
  }

  @Override
  public void close() {
    conversation.close();
  }
}
