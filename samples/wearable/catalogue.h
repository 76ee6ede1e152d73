// catalogue.h: what the watch may offer (docs/models.md, "The catalogue").
#pragma once

constexpr const char* kCatalogue = R"({"version": 1, "features": [
{"id": "breathe", "name": {"zh": "呼吸练习", "en": "Breathing exercise"}, "description": {"zh": "一分钟慢慢呼吸，放松一下", "en": "one minute of slow breathing to relax"}, "category": "calm", "popularity": 0.2, "contexts": {"tags": ["tense"]}},
{"id": "walk", "name": {"zh": "散步", "en": "A short walk"}, "description": {"zh": "起来走几分钟", "en": "get up and walk a few minutes"}, "category": "move", "popularity": 0.3, "contexts": {"hours": [[9, 21]], "tags": ["sitting"]}},
{"id": "early_night", "name": {"zh": "早睡提醒", "en": "Early night"}, "description": {"zh": "今晚提醒你早点睡", "en": "a reminder to go to bed early tonight"}, "category": "sleep", "popularity": 0.1, "contexts": {"hours": [[17, 22]], "tags": ["tired"]}},
{"id": "water", "name": {"zh": "喝水提醒", "en": "Drink water"}, "description": {"zh": "喝一杯水", "en": "drink a glass of water"}, "category": "habit", "popularity": 0.25},
{"id": "workout", "name": {"zh": "开始运动", "en": "Workout"}, "description": {"zh": "记录一次运动", "en": "record a workout"}, "category": "move", "popularity": 0.2, "contexts": {"hours": [[17, 20]], "tags": ["lively"]}}
]})";
