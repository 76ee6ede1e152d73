package dev.sotto.sample;

import dev.sotto.Assistant;
import dev.sotto.AssistantOptions;
import dev.sotto.AssistantTurn;
import dev.sotto.DeviceFunction;
import dev.sotto.Language;
import dev.sotto.Model;
import dev.sotto.TextListener;
import java.util.List;
import java.util.TimeZone;

/** For a model that carries an assistant's domain (sotto-mini): it understands and calls, and answers from templates, whole at once. */
final class AssistantTalk implements Talk {
  private static final int MILLIS_IN_MINUTE = 60_000;
  private final Assistant assistant;

  AssistantTalk(Model model, List<DeviceFunction> functions) {
    final int offset = TimeZone.getDefault().getOffset(System.currentTimeMillis()) / MILLIS_IN_MINUTE;
    assistant = model.newAssistant(AssistantOptions.builder().utcOffsetMinutes(offset).build());
    for (DeviceFunction function : functions) assistant.addFunction(function);
  }

  @Override
  public Answer answer(String words, TextListener pieces) {
    final AssistantTurn turn = assistant.say(words);
    pieces.onText(turn.getAnswer());
    return new Answer(turn.getLanguage() == Language.CHINESE, turn.isFailure(), assistant.hidden());
  }

  @Override
  public void stop() {
    assistant.cancel();
  }

  @Override
  public void close() {
    assistant.close();
  }
}
