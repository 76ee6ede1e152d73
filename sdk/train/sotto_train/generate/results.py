"""What a device would answer: made-up but sensible results for functions that return something, so that replies have words to say."""

import random

from sotto_train.generate import typed
from sotto_train.generate.values import Values


def _typed(lang: str, slot: str, intent: str, rng: random.Random) -> str:
    """A typed value where a noun phrase is wanted: no word before that would shorten it, none behind."""
    return typed.make(lang, typed.Context(slot, intent, "for" if slot == "datetime" else "", "", rng))[1]


def _number(low: int, high: int, zh: str, en: str):
    return lambda lang, intent, values, rng: (zh if lang == "zh" else en).format(rng.randint(low, high))


def _choice(zh: tuple[str, ...], en: tuple[str, ...]):
    return lambda lang, intent, values, rng: rng.choice(zh if lang == "zh" else en)


def _of(slot: str, like: str):
    """A value as the slot of another intent has it: alarm.query answers with a time as alarm.set takes one."""
    return lambda lang, intent, values, rng: values.draw(lang, slot, slot, like, rng, False) or _typed(lang, slot, like, rng)


def _listed(slot: str, like: str, zh: str, en: str):
    def made(lang: str, intent: str, values: Values, rng: random.Random) -> str:
        some = dict.fromkeys(_of(slot, like)(lang, intent, values, rng) for _ in range(rng.randint(1, 3)))
        return (zh if lang == "zh" else en).join(some)

    return made


def _at_time(slot: str, like: str):
    def made(lang: str, intent: str, values: Values, rng: random.Random) -> str:
        what, when = _of(slot, like)(lang, intent, values, rng), _typed(lang, "datetime", "alarm.set", rng)
        return f"{when}{what}" if lang == "zh" else f"{what}, {when}"

    return made


RESULTS = {
    "device.get_state": _choice(("开着", "关着", "打开的", "锁好了", "没锁", "正在充电"),
    ("on", "off", "open", "closed", "locked", "unlocked", "charging")),
    "climate.get_temperature": _of("temperature", "climate.set_temperature"),
    "timer.status": _of("duration", "timer.start"),
    "alarm.query": _listed("datetime", "alarm.set", "、", " and "),
    "reminder.query": _at_time("item", "reminder.set"),
    "calendar.query": _at_time("event", "calendar.set"),
    "list.query": _listed("item", "list.add", "、", ", "),
    "clock.time": _of("datetime", "clock.convert"),
    "clock.convert": _of("datetime", "clock.convert"),
    "clock.date": _choice(("5月3日，星期日", "十月八号，周四", "还有十二天", "星期三"),
    ("Sunday, May 3rd", "Thursday, October 8th", "in twelve days", "a Wednesday")),
    "weather.query": _choice(
        ("多云，18到24度", "有小雨，最高15度", "晴，26度", "大风降温，最低零下3度", "雷阵雨，记得带伞"),
        ("cloudy, 18 to 24 degrees", "light rain with a high of 15", "sunny and 26 degrees", "windy and cold, down to minus 3",
        "thunderstorms, take an umbrella"),
    ),
    "weather.sun": _choice(("早上5点48分", "傍晚6点52分", "晚上7点20分"), ("5:48 am", "6:52 pm", "7:20 pm")),
    "weather.air": _choice(("优，指数32", "轻度污染，指数118", "良，指数76"), ("good, index 32", "moderate, index 76", "poor, index 118")),
    "battery.query": _number(3, 100, "{}%", "{} percent"),
    "health.heart_rate": _number(52, 128, "每分钟{}次", "{} beats per minute"),
    "health.steps": _number(300, 18000, "{}步", "{} steps"),
    "health.oxygen": _number(93, 100, "{}%", "{} percent"),
    "health.sleep": _choice(("7小时20分钟", "6小时，深睡一个半小时", "8个小时"), ("7 hours 20 minutes", "6 hours, 90 minutes of it deep", "8 hours")),
    "health.summary": _choice(("走了6200步，睡了7小时", "活动达标，心率平稳"), ("6200 steps and 7 hours of sleep", "on target, with a steady heart rate")),
    "qa.math": _number(2, 9000, "{}", "{}"),
    "qa.stock": _number(3, 400, "{}元", "{} dollars"),
    "qa.currency": _number(2, 9000, "{}元", "{} dollars"),
    "traffic.query": _choice(("畅通，大约25分钟", "有些堵，要40分钟", "前方有事故，建议绕行"),
    ("clear, about 25 minutes", "slow, 40 minutes", "blocked by an accident")),
    "transport.query": _of("datetime", "clock.convert"),
    "location.query": _of("place", "navigation.start"),
    "recommend.place": _listed("restaurant", "restaurant.book", "、", " and "),
    "recommend.event": _listed("event", "recommend.event", "、", " and "),
    "movie.query": _listed("movie", "movie.query", "、", " and "),
    "work.search": _of("book", "work.rate"),
    "message.read": _of("message", "message.send"),
    "email.query": _number(1, 9, "{}封新邮件", "{} new emails"),
    "delivery.query": _choice(("正在派送，今天到", "已到驿站", "还在运输途中"),
    ("out for delivery today", "waiting at the pickup point", "still on its way")),
    "takeaway.query": _choice(("还有15分钟送到", "商家正在备餐", "可以送"), ("15 minutes away", "being prepared", "they do deliver")),
    "contact.query": _of("number", "call.make"),
}  # fmt: skip


def result(lang: str, intent: str, values: Values, rng: random.Random) -> str | None:
    """A result in words, or None where we have nothing sensible to say."""
    return RESULTS[intent](lang, intent, values, rng) if intent in RESULTS else None
