"""Sentences and rows that the tests of this folder share."""

ZH = ["打开客厅的灯", "把空调调到二十六度", "明天早上七点叫我起床", "放一首周杰伦的歌", "提醒我下午三点开会", "今天天气怎么样"]
EN = ["turn on the kitchen light", "wake me at seven tomorrow", "play some jazz in the bedroom", "what is the weather like today"]


def row(text, n, lang, **more):
    return {"id": f"t{n}", "lang": lang, "source": "own", "licence": "Apache-2.0", "split": "train", "kind": "text", "text": text, **more}
