"""Typed values in Chinese, written in Han numerals as recognisers give them, in digits, or both ways mixed as people type."""

from sotto_train.generate.typed import Context

DIGITS = "零一二三四五六七八九"


def han(n: int) -> str:
    """0 .. 99999 as said: 二十六, 一百零五, 两千三百, 一万二千."""
    if n < 10:
        return DIGITS[n]
    if n < 20:
        return "十" + (DIGITS[n % 10] if n % 10 else "")
    for unit, word in ((10000, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if n >= unit:
            high, rest = divmod(n, unit)
            head = ("两" if high == 2 and unit > 100 else han(high)) + word
            if not rest:
                return head
            inner = ("一" if 10 <= rest < 20 and unit > 10 else "") + han(rest)
            return head + ("零" if rest < unit // 10 else "") + inner
    raise ValueError(n)


def say(c: Context, n: int, digits: float = 0.4) -> str:
    return str(n) if c.chance(digits) else han(n)


def counted(c: Context, n: int, digits: float = 0.4) -> str:
    """Before a measure word two is 两."""
    return str(n) if c.chance(digits) else "两" if n == 2 else han(n)


LEVELS = {
    "light": ("最亮", "最暗", "一半", "最大", "最小", "一半亮度", "中等"),
    "screen": ("最亮", "最暗", "一半", "最大", "最低", "中间"),
    "volume": ("最大", "最小", "一半", "最大声", "中等", "最低", "最高"),
    "cover": ("一半", "三分之一", "三分之二", "四分之一", "大半"),
    "fan": ("最大", "最小", "一半", "最高", "最低", "中等"),
}


def percent(c: Context) -> str:
    n = c.rng.choice((*range(5, 101, 5), *range(10, 101, 10), *range(1, 100)))
    return c.weighted(
        (4, f"百分之{'百' if n == 100 else han(n)}"), (4, f"{n}%"), (1.5, f"{han(c.rng.randint(1, 9))}成"), (0.5, "百分之" + str(n)),
        (2, lambda c: c.rng.choice(LEVELS.get(c.group, ("一半", "最大", "最小")))), (2, lambda c: say(c, n, 0.5)), (0.6, "一半"),
    )  # fmt: skip


def amount(c: Context) -> str:
    if c.group in ("timer", "alarm"):
        return duration(c)
    n = c.rng.choice((1, 2, 3, 5))
    if c.group == "climate":
        return c.weighted((4, f"{counted(c, n)}度"), (3, "一点"), (1, "一些"), (1, "一点点"), (1, "几度"), (0.7, "半度"), (0.5, "点"))
    step = c.rng.choice((5, 10, 15, 20, 25, 30, 40, 50))
    return c.weighted(
        (3, "一点"), (1.5, "一点点"), (1, "一些"), (1, "点"), (2, f"百分之{han(step)}"), (2, f"{step}%"), (1, f"{han(step // 10 or 1)}成"),
        (2, f"{counted(c, n)}格"), (1, f"{counted(c, n)}档"), (0.7, f"{say(c, step)}个百分点"), (0.5, "一倍"), (0.5, "一半"), (0.5, "很多"),
    )  # fmt: skip


def temperature(c: Context) -> str:
    if c.group == "light":
        k = c.rng.choice((2200, 2700, 3000, 3500, 4000, 4500, 5000, 5500, 6000, 6500))
        return c.weighted(
            (3, f"{k}K"), (2, f"{k}开"), (2, f"{han(k)}K"), (2, f"{han(k)}开"), (1, f"{k}开尔文"), (1, f"{han(k)}开尔文"), (1, str(k))
        )
    n = c.rng.choice((*range(16, 31), *range(20, 28), 5, 10, 60))
    half = f"{n}.5度" if c.chance(0.4) else f"{han(n)}度半" if c.chance(0.5) else f"{han(n)}点五度"
    return c.weighted(
        (5, f"{han(n)}度"), (5, f"{n}度"), (1, half), (1, f"{n}℃"), (1, f"{say(c, n)}摄氏度"), (1.5, say(c, n)), (0.4, f"零上{han(n)}度")
    )


def duration(c: Context) -> str:
    m = c.rng.choice((1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 45, 50, 90, c.rng.randint(1, 59)))
    h, s = c.rng.choice((1, 2, 3, 4, 5, 8, 12, 24)), c.rng.choice((5, 10, 15, 20, 30, 40, 45, 50, 90))
    hour = c.rng.choice(("小时", "个小时", "个小时", "个钟头", "个钟"))
    bare_hour = "小时" if hour == "个小时" else hour
    return c.weighted(
        (8, f"{counted(c, m)}分钟"), (4, f"{counted(c, h)}{hour}"), (2, f"{say(c, s)}秒{c.rng.choice(('', '钟'))}"),
        (1.5, "半" + c.rng.choice(("小时", "个小时", "个钟头", "个钟"))), (1.5, f"{counted(c, h)}个半{c.rng.choice(('小时', '钟头', '钟'))}"),
        (1, f"{c.rng.choice('一三')}刻钟"), (1, f"{counted(c, h)}{bare_hour}{counted(c, min(m, 59))}分{c.rng.choice(('', '钟'))}"),
        (1, f"{counted(c, min(m, 59))}分{say(c, s % 60 or 30)}秒"), (0.7, f"{han(c.rng.choice((2, 3, 4, 5, 7))).replace('二', '两')}分半钟"),
        (0.4, "一个半小时"), (0.4, f"{counted(c, h)}{bare_hour}零{say(c, 5)}分"), (0.3, "半分钟"),
    )  # fmt: skip


PARTS = {  # part of the day: hours of the twelve-hour clock that are said with it
    "早上": (6, 7, 8, 9), "清晨": (5, 6), "上午": (8, 9, 10, 11), "中午": (12, 1), "下午": (1, 2, 3, 4, 5, 6), "傍晚": (5, 6, 7),
    "晚上": (7, 8, 9, 10, 11), "凌晨": (1, 2, 3, 4, 5), "夜里": (11, 12, 1, 2), "半夜": (12, 1, 2, 3), "一大早": (5, 6, 7),
}  # fmt: skip
SHORT = {"明早": "早上", "今早": "早上", "今晚": "晚上", "明晚": "晚上", "后天早上": "早上", "后天晚上": "晚上", "当晚": "晚上"}
WEEKDAYS = "一二三四五六日天"
HOLIDAYS = (
    "春节",
    "除夕",
    "元旦",
    "元宵节",
    "清明节",
    "劳动节",
    "端午节",
    "中秋节",
    "国庆节",
    "情人节",
    "母亲节",
    "儿童节",
    "教师节",
    "圣诞节",
    "平安夜",
)


def clock(c: Context, hours=range(1, 13)) -> str:
    """A time on the clock, without the part of the day."""
    h = c.rng.choice(tuple(hours))
    m = c.rng.choice((5, 10, 15, 20, 25, 35, 40, 45, 50, 55, c.rng.randint(1, 59)))
    spoken = "两" if h == 2 else han(h)
    minute = ("零" if m < 10 and c.chance(0.7) else "") + han(m)
    return c.weighted(
        (5, f"{spoken}点"), (1, f"{spoken}点整"), (1, f"{spoken}点钟"), (3, f"{spoken}点半"), (1, f"{spoken}点一刻"), (0.6, f"{spoken}点三刻"),
        (3, f"{spoken}点{minute}"), (1, f"{spoken}点{minute}分"), (3, f"{h}点"), (2, f"{h}点半"), (1.5, f"{h}点{m}分"), (2, f"{h}:{m:02d}"),
        (1, f"{h}:00"), (0.5, f"差{han(c.rng.choice((5, 10)))}分{spoken}点"), (0.4, f"{spoken}点差五分"), (0.5, f"{h}：30"),
    )  # fmt: skip


def clock_24(c: Context) -> str:
    h, m = c.rng.randint(13, 23), c.rng.choice((0, 15, 30, 45, c.rng.randint(0, 59)))
    return c.weighted(
        (3, f"{h}:{m:02d}"), (1, f"{h}点"), (1, f"{han(h)}点"), (1, f"{han(h)}点{'半' if m == 30 else '整' if m == 0 else han(m) + '分'}")
    )


def day(c: Context) -> str:
    w, month, d = c.rng.choice(WEEKDAYS), c.rng.randint(1, 12), c.rng.randint(1, 28)
    name = c.rng.choice(("周", "星期", "礼拜"))
    w = "日" if w == "天" and name == "周" else w
    return c.weighted(
        (5, "明天"), (2.5, "后天"), (0.7, "大后天"), (2, "今天"), (3, f"{name}{w}"), (2, f"下{name}{w}"), (1, f"这{name}{w}"),
        (0.7, f"下个{name}{w}" if name != "周" else f"本周{w}"),
        (2, f"{han(month)}月{han(d)}号"), (1, f"{han(month)}月{han(d)}日"), (2, f"{month}月{d}号"), (1, f"{month}月{d}日"), (1.5, f"{say(c, d)}号"),
        (1, f"下个月{say(c, d)}号"), (0.4, f"本月{say(c, d)}号"), (1, lambda c: c.rng.choice(HOLIDAYS)),
        (0.5, f"{counted(c, c.rng.randint(2, 9))}天后"),
        (0.4, f"农历{c.rng.choice(('八月十五', '七月初七', '五月初五', '九月初九', '腊月二十三'))}"), (0.3, c.rng.choice(("正月初一", "大年初三", "正月十五"))),
        (0.4, f"{c.rng.choice(('明年', '今年'))}{han(month)}月{han(d)}号"),
    )  # fmt: skip


def span_of_days(c: Context) -> str:
    return c.weighted(
        (3, "这个周末"), (2, "周末"), (1, "下周末"), (2, "下周"), (2, "这周"), (1, "本周"), (1, "这个星期"), (1, "下个月"), (1, "这个月"), (1, "这两天"),
        (1, "最近几天"), (1, "未来三天"), (0.7, "接下来一周"), (0.6, "月底"), (0.5, "下半年"), (0.6, f"未来{counted(c, c.rng.randint(2, 10))}天"),
    )  # fmt: skip


def part_of_day(c: Context) -> str:
    part = c.rng.choice(tuple(PARTS)[:8])
    return c.weighted(
        (3, c.rng.choice(("今晚", "明早", "明晚", "今天晚上"))), (3, f"{day(c)}{part}"), (2, f"明天{part}"), (1, part), (1, f"今天{part}")
    )


def clock_with_day(c: Context) -> str:
    part, hours = c.rng.choice(tuple(PARTS.items()))
    short, of = c.rng.choice(tuple(SHORT.items())[:6])
    return c.weighted(
        (4, f"{part}{clock(c, hours)}"), (4, f"{day(c)}{part}{clock(c, hours)}"), (3, f"{short}{clock(c, PARTS[of])}"), (2, clock(c)),
        (1.5, f"{day(c)}{clock(c)}"), (1, clock_24(c)), (1, f"{c.rng.choice(('今天', '明天'))}{part}{clock(c, hours)}"),
        (0.4, f"{day(c)}的{part}{clock(c, hours)}"),
    )  # fmt: skip


def relative(c: Context) -> str:
    behind = c.rng.choice(("后", "后", "之后", "以后"))
    return c.weighted(
        (6, f"{duration(c)}{behind}"), (1, f"再过{duration(c)}"), (0.7, "待会儿"), (0.7, "一会儿"), (0.5, "过一会儿"),
        (0.8, f"{counted(c, c.rng.randint(2, 6))}天{behind}"), (0.5, f"{c.rng.choice(('一周', '一个星期', '两周', '一个月'))}{behind}"),
    )  # fmt: skip


def past(c: Context) -> str:
    return c.weighted(
        (3, "今天"), (3, "昨天"), (1, "前天"), (1, "昨晚"), (1, "今天早上"), (1, "这周"), (1, "上周"), (1, "最近"), (1, "刚才"), (1, "上个月"),
        (1, f"最近{counted(c, c.rng.randint(2, 9))}天"), (1, f"过去{counted(c, c.rng.randint(2, 9))}天"),
        (1, f"上{c.rng.choice(('周', '星期'))}{c.rng.choice(WEEKDAYS[:6])}"),
        (0.7, f"{c.rng.choice(('昨天', '今天'))}{c.rng.choice(('上午', '中午', '下午', '晚上'))}"), (0.5, "今早"), (0.5, "这几天"),
    )  # fmt: skip


def datetime(c: Context) -> str:
    kind = c.times
    if kind == "clock":
        return c.weighted((8, clock_with_day), (1, relative))
    if kind == "day":
        return c.weighted((6, day), (3, span_of_days), (3, part_of_day))
    if kind == "past":
        return past(c)
    if kind == "soon":
        return c.weighted((4, clock_with_day), (4, relative), (2, part_of_day), (1, "现在"))
    return c.weighted((6, clock_with_day), (3, day), (3, part_of_day), (2, relative))


def repeat(c: Context) -> str:
    w = c.rng.choice(WEEKDAYS[:7])
    name = c.rng.choice(("周", "个星期", "个礼拜"))
    days = c.rng.choice(("一三五", "二四六", "二四", "六日", "一三", "三五", "一、三、五", "二和周四"))
    part = c.rng.choice(tuple(PARTS)[:7])
    return c.weighted(
        (5, "每天"), (1, "天天"), (3, "工作日"), (1.5, "每个工作日"), (2, "周末"), (1, "每个周末"), (4, f"每{name}{w}"), (2, f"每周{days}"),
        (2, "周一到周五"), (1, "周一至周五"), (1, f"每个月{say(c, c.rng.randint(1, 28))}号"), (0.7, "每隔一天"), (0.5, "隔天"), (0.7, "每年"),
        (0.5, f"每隔{counted(c, c.rng.randint(2, 7))}天"), (1, f"每天{part}"), (0.7, f"每周{w}{part}"), (0.5, "每个月"), (0.5, "每周"), (0.4, "除了周末每天"),
        (0.5, f"每{counted(c, c.rng.randint(2, 6))}{c.rng.choice(('小时', '个小时'))}"), (0.4, "每逢周末"), (0.3, "每两周"),
    )  # fmt: skip


def number(c: Context) -> str:
    if c.group in ("call", "contact", "message"):
        return _telephone(c)
    if c.intent == "restaurant.book":
        return counted(c, c.rng.randint(2, 14))
    if c.intent == "work.rate":
        return c.weighted(
            (3, say(c, c.rng.randint(1, 5))),
            (1, counted(c, c.rng.randint(1, 5))),
            (0.5, f"{han(c.rng.randint(2, 4)).replace('二', '两')}点五"),
        )
    n = c.rng.choice((1, 5, 10, 20, 50, 100, 200, 500, 800, 1000, 1500, 3000, 5000, 10000, c.rng.randint(1, 9999)))
    return counted(c, n, 0.5)


def _telephone(c: Context) -> str:
    digits = c.weighted(
        (4, "1" + c.rng.choice("35789") + "".join(c.rng.choices("0123456789", k=9))), (1, "0" + "".join(c.rng.choices("0123456789", k=10))),
        (1, c.rng.choice(("110", "120", "119", "10086", "12306", "95588", "10010", "12345"))),
        (1, "".join(c.rng.choices("0123456789", k=8))),
    )  # fmt: skip
    if c.chance(0.5):
        return digits
    return (
        "".join(("幺" if d == "1" and digits[0] == "1" else DIGITS[int(d)]) for d in digits)
        if c.chance(0.6)
        else "".join(DIGITS[int(d)] for d in digits)
    )


CONVERSIONS = (
    ("公里", "米"), ("英里", "公里"), ("米", "厘米"), ("英寸", "厘米"), ("斤", "公斤"), ("公斤", "磅"), ("克", "千克"), ("盎司", "克"), ("亩", "平方米"),
    ("升", "毫升"), ("加仑", "升"), ("小时", "分钟"), ("天", "小时"), ("华氏度", "摄氏度"), ("摄氏度", "华氏度"), ("英尺", "米"), ("吨", "公斤"), ("兆", "KB"),
)  # fmt: skip


def expression(c: Context) -> str:
    a, b, d = c.rng.randint(2, 999), c.rng.randint(2, 99), c.rng.randint(2, 20)
    word, sign = c.rng.choice((("加", "+"), ("减", "-"), ("乘", "×"), ("乘以", "*"), ("除以", "÷"), ("除以", "/")))
    arithmetic = c.weighted(
        (4, f"{han(a)}{word}{han(b)}"), (3, f"{a}{word}{b}"), (2, f"{a}{sign}{b}"), (1, f"{han(a)}加{han(b)}{word}{han(d)}"),
        (1, f"{a}的{d}%"),
        (1, f"{han(b)}的百分之{han(d)}"), (1, f"{say(c, d)}的平方"), (0.6, f"{say(c, d)}的立方"), (1, f"根号{say(c, d * d)}"),
        (0.5, f"{han(a)}的{han(d)}分之一"),
        (0.5, f"{say(c, d)}的{say(c, c.rng.randint(3, 6))}次方"), (0.7, f"{a}{sign}{b}{c.rng.choice('+-')}{d}"),
    )  # fmt: skip
    if c.after.strip().startswith(("等于", "是", "得", "结果", "的结果")) or c.chance(0.7):
        return arithmetic
    of, to = c.rng.choice(CONVERSIONS)
    return c.weighted(
        (1, f"{counted(c, d)}{of}等于多少{to}"),
        (1, f"{counted(c, d)}{of}是多少{to}"),
        (1, f"{counted(c, d)}{of}换算成{to}"),
        (0.6, f"{counted(c, d)}{of}有几{to}"),
    )


MAKERS = {
    "percent": percent, "amount": amount, "temperature": temperature, "duration": duration, "datetime": datetime, "new_datetime": datetime,
    "repeat": repeat, "number": number, "expression": expression,
}  # fmt: skip
