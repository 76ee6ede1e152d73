package dev.sotto.sample;

import dev.sotto.DeviceFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What can be asked of the phone, as functions of the assistant. */
final class PhoneFunctions {
  private static final String TOLD = "{\"zh\": {\"done\": [\"{result}\"]}, \"en\": {\"done\": [\"{result}\"]}}";
  private static final String NOTHING = "{\"type\": \"object\", \"properties\": {}}";
  private static final String APP = "{\"type\": \"object\", \"properties\": {\"app\": {\"type\": \"string\"}}, \"required\": [\"app\"]}";
  private static final String APP_REPLIES = "{\"zh\": {\"done\": [\"{result}\"], \"ask\": {\"app\": [\"打开哪个？\"]}},"
      + " \"en\": {\"done\": [\"{result}\"], \"ask\": {\"app\": [\"Which app?\"]}}}";

  private PhoneFunctions() {}

  /** @param opened hears which feature the user had opened */
  static List<DeviceFunction> of(Phone phone, Consumer<String> opened) {
    final List<DeviceFunction> all = new ArrayList<>();
    all.add(function(DeviceFunction.builder("battery.query", call -> {
      final int level = phone.batteryPercent();
      return JsonText.result("还有" + level + "%的电。", level + " percent left.");
    }).description("tells the battery's level").schema(NOTHING).replies(TOLD),
        "还有多少电", "电量多少", "手机还有电吗", "how much battery is left", "battery level", "is the battery full"));
    all.add(function(DeviceFunction.builder("app.open", call -> open(phone, opened, JsonText.member(call.getArguments(), "app")))
        .description("opens an app or a feature").schema(APP).replies(APP_REPLIES),
        "打开{app}", "启动{app}", "我要用{app}", "open {app}", "start {app}", "launch {app}"));
    return all;
  }

  private static String open(Phone phone, Consumer<String> opened, String wanted) {
    final String[] feature = Catalogue.named(wanted);
    if (feature == null || !phone.open(feature[0]))
      return JsonText.error("没有“" + wanted + "”", "there is no \"" + wanted + "\"");
    opened.accept(feature[0]);
    return JsonText.result("已打开" + feature[1] + "。", feature[2] + " is open.");
  }

  private static DeviceFunction function(DeviceFunction.Builder builder, String... examples) {
    for (String example : examples) builder.example(example);
    return builder.build();
  }
}
