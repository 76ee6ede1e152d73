"""Names of people: surnames and given names that are common enough to be told from other words, and made-up ones to put in their place."""

import functools

from sotto_train import schema

SURNAMES = frozenset(
    """
    王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕 苏 卢 蒋 蔡 贾
    丁 魏 薛 叶 阎 余 潘 杜 戴 夏 钟 汪 田 任 姜 范 方 石 姚 谭 廖 邹 熊 金 陆 郝 孔 白 崔 康 毛 邱 秦 江 史 顾 侯 邵 孟 龙 万 段 雷 钱 汤
    尹 黎 易 常 武 乔 贺 赖 龚 文 庞 樊 兰 殷 施 陶 洪 翟 安 颜 倪 严 牛 温 芦 季 俞 章 鲁 葛 伍 韦 申 尤 毕 聂 丛 焦 向 柳 邢 骆 岳 齐 梅
    莫 庄 辛 管 祝 左 涂 谷 祁 时 舒 耿 牟 卜 路 詹 关 苗 凌 费 纪 靳 盛 童 欧 甄 项 曲 成 游 阳 裴 席 卫 查 屈 鲍 位 覃 霍 翁 隋 植 甘 景
    薄 单 包 司 柏 宁 柯 阮 桂 闵 解 强 柴 华 车 冉 房 边 辜 吉 饶 刁 瞿 戚 丘 古 米 池 滕 晋 苑 邬 臧 畅 宫 来 苟 全 褚 廉 简 娄 盖 符 奚
    木 穆 党 燕 郎 邸 冀 谈 姬 欧阳 司马 上官 诸葛 皇甫 尉迟 公孙 慕容 令狐 司徒
    """.split()
)

GIVEN_EN = frozenset(
    """
    james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony donald steven paul andrew
    joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin
    scott brandon benjamin samuel gregory frank alexander raymond patrick jack dennis jerry tyler aaron jose adam henry nathan douglas
    zachary peter kyle walter ethan jeremy harold keith christian roger noah gerald carl terry sean austin arthur lawrence jesse dylan
    bryan joe jordan billy bruce albert willie gabriel logan alan juan wayne roy ralph randy eugene vincent russell elijah louis bobby
    philip johnny mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty margaret sandra ashley
    kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie rebecca sharon laura cynthia kathleen amy angela shirley
    anna brenda pamela emma nicole helen samantha katherine christine debra rachel carolyn janet catherine maria heather diane ruth julie
    olivia joyce virginia victoria kelly lauren christina joan evelyn judith megan andrea cheryl hannah jacqueline martha gloria teresa
    ann sara madison frances kathryn janice jean abigail alice judy sophia denise amber doris marilyn danielle beverly isabella theresa
    diana natalie brittany charlotte marie kayla alexis lori tom mike dave bob jim bill steve chris matt dan tony ben sam nick alex kate
    jen liz sue beth kim jenny becky mohammed ahmed wei ming ravi priya carlos luis diego
    """.split()
)
# Words that are names and more often something else: only with a capital and a cue.
AMBIGUOUS_EN = frozenset(
    "will mark bill may april june rose grace hope joy faith jean sue jack frank art drew chase dawn summer amber".split()
)

MADE_SURNAMES = "王李张刘陈杨赵黄周吴徐孙"
MADE_GIVEN = "明华丽强芳伟静敏磊洋艳勇军杰娟涛超霞平"
MADE_FIRST = ("Alex", "Sam", "Robin", "Jamie", "Taylor", "Casey", "Morgan", "Riley", "Avery", "Quinn", "Rowan", "Skyler")
MADE_LAST = ("Miller", "Carter", "Reed", "Hayes", "Brooks", "Parker", "Foster", "Bennett", "Collins", "Morris", "Ward", "Price")


@functools.cache
def public() -> frozenset[str]:
    """Names in our own lists of values (singers, books, films ...): they are no private data."""
    known = set()
    for lang in ("zh", "en"):
        for name in ("artist", "song", "album", "book", "movie", "place", "restaurant", "company", "game", "station", "podcast"):
            file = schema.data_folder() / "values" / lang / f"{name}.txt"
            if file.is_file():
                known.update(line.strip().lower() for line in file.read_text("utf-8").splitlines() if line.strip() and line[0] != "#")
    return frozenset(known)
