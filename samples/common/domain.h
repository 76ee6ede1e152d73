// domain.h: what an assistant must know where the model carries no domain: kinds of things in a home, and a little small talk.
// The samples' own functions come with examples, so that they work with any model; docs/assistant.md has the format.
#pragma once

constexpr const char* kSmallDomain = R"({"format": "sotto.assistant", "version": 1,
"slots": {"name": "device", "area": "area", "percent": "percent", "temperature": "temperature", "duration": "duration",
          "datetime": "time", "repeat": "repeat", "item": "text", "person": "text", "message": "text", "app": "text", "scene": "text"},
"kinds": {"light": {"zh": ["灯"], "en": ["light", "lamp"]}, "cover": {"zh": ["窗帘"], "en": ["curtains"]},
          "climate": {"zh": ["空调"], "en": ["air conditioner"]}, "plug": {"zh": ["插座"], "en": ["plug"]}},
"intents": {},
"examples": {"zh": [["没什么", "none"], ["今天股市怎么样", "none"]], "en": [["never mind that", "none"], ["how is the stock market", "none"]]},
"talk": {"zh": [["你好", "你好！"], ["谢谢你", "不客气。"], ["晚安", "晚安。"]],
         "en": [["hello", "Hello!"], ["thank you", "You're welcome."], ["good night", "Good night."]]},
"refusals": {"zh": [], "en": []}})";
