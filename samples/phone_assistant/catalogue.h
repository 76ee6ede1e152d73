// catalogue.h: features and apps that the phone may offer (docs/models.md, "The catalogue"). Tags: the app on the screen, how
// full the battery is.
#pragma once

constexpr const char* kCatalogue = R"({"version": 1, "features": [
{"id": "maps", "kind": "app", "name": {"zh": "地图", "en": "Maps"}, "description": {"zh": "导航，查路线，看地址在哪里", "en": "navigation, routes, where an address is"}, "category": "travel", "popularity": 0.4, "contexts": {"tags": ["address"]}},
{"id": "calendar", "kind": "app", "name": {"zh": "日历", "en": "Calendar"}, "description": {"zh": "记下约会和时间", "en": "appointments and dates"}, "category": "plan", "popularity": 0.35, "contexts": {"tags": ["appointment"]}},
{"id": "music", "kind": "app", "name": {"zh": "音乐", "en": "Music"}, "description": {"zh": "听歌", "en": "songs to listen to"}, "category": "audio", "popularity": 0.45, "contexts": {"hours": [[17, 23]]}},
{"id": "news", "kind": "app", "name": {"zh": "新闻", "en": "News"}, "description": {"zh": "今天发生的事", "en": "what happened today"}, "category": "read", "popularity": 0.3, "contexts": {"hours": [[7, 9]]}},
{"id": "camera", "kind": "app", "name": {"zh": "相机", "en": "Camera"}, "description": {"zh": "拍照录像", "en": "photos and videos"}, "category": "media", "popularity": 0.4},
{"id": "battery_saver", "kind": "feature", "name": {"zh": "省电模式", "en": "Battery saver"}, "description": {"zh": "电量低时让手机用得更久", "en": "makes a low battery last longer"}, "category": "system", "popularity": 0.15, "contexts": {"tags": ["battery_low"]}},
{"id": "reading_mode", "kind": "feature", "name": {"zh": "护眼模式", "en": "Night light"}, "description": {"zh": "晚上屏幕变暖，不刺眼", "en": "a warmer screen in the evening"}, "category": "system", "popularity": 0.2, "contexts": {"hours": [[20, 24]]}},
{"id": "translate", "kind": "feature", "name": {"zh": "屏幕翻译", "en": "Translate the screen"}, "description": {"zh": "把屏幕上的外文翻译出来", "en": "translates foreign text on the screen"}, "category": "language", "popularity": 0.1, "contexts": {"tags": ["foreign"]}},
{"id": "do_not_disturb", "kind": "feature", "name": {"zh": "勿扰模式", "en": "Do not disturb"}, "description": {"zh": "开会睡觉时不响铃", "en": "no ringing in meetings and at night"}, "category": "system", "popularity": 0.15, "contexts": {"tags": ["meeting"]}}
]})";
