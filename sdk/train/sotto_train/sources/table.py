"""What we know of each public set: its file below the data folder, its licence, whether weights that ship may learn from it."""

import dataclasses

SHARE_ALIKE = ("CC-BY-SA-4.0", "CDLA-Sharing-1.0")


@dataclasses.dataclass(frozen=True)
class Source:
    name: str
    file: str  # below the folder of --data
    licence: str  # SPDX
    lang: str  # zh, en, or "zh en"
    reader: str  # module of sotto_train.sources
    ship: bool = True  # False: figures of development only, never trained on, never handed on
    labels: str | None = None  # table of data/labels/
    leaks_into: tuple[str, ...] = ()  # sets whose sentences stand in this one: they are left out of its training rows
    dev_percent: float = 0.0  # cut by hash where the set has no development split
    test_percent: float = 0.0
    credit: str = ""  # whom the notice names

    @property
    def share_alike(self) -> bool:
        return self.licence in SHARE_ALIKE


_XSID = ("en_xsid", "zh_xsid")
_ROWS = (
    # --- running text
    Source(
        "zh_wikipedia",
        "text/zh_wikipedia.txt.zst",
        "CC-BY-SA-4.0",
        "zh",
        "text",
        dev_percent=0.5,
        test_percent=0.5,
        credit="Chinese Wikipedia and its authors",
    ),
    Source(
        "en_simple_wikipedia",
        "text/en_simple_wikipedia.txt.zst",
        "CC-BY-SA-4.0",
        "en",
        "text",
        dev_percent=0.5,
        test_percent=0.5,
        credit="Simple English Wikipedia and its authors",
    ),
    Source(
        "zh_common_voice",
        "text/zh_common_voice.txt.zst",
        "CC0-1.0",
        "zh",
        "text",
        dev_percent=1,
        test_percent=1,
        credit="Mozilla Common Voice",
    ),
    Source(
        "en_common_voice",
        "text/en_common_voice.txt.zst",
        "CC0-1.0",
        "en",
        "text",
        dev_percent=1,
        test_percent=1,
        credit="Mozilla Common Voice",
    ),
    Source("zh_howtocook", "text/zh_howtocook.txt.zst", "Unlicense", "zh", "text", credit="HowToCook"),
    Source(
        "tatoeba_en_zh",
        "text/tatoeba_en_zh.tsv.zst",
        "CC-BY-2.0",
        "zh en",
        "pairs",
        dev_percent=1,
        test_percent=1,
        credit="Tatoeba (tatoeba.org), the authors of the sentences numbered in each row's id",
    ),
    Source(
        "aosp_ui_strings",
        "devices/aosp_ui_strings_en_zh.tsv.zst",
        "Apache-2.0",
        "zh en",
        "pairs",
        credit="The Android Open Source Project and LineageOS",
    ),
    # --- talk
    Source(
        "en_self_dialogue",
        "chat/en_self_dialogue.jsonl.zst",
        "BSD-3-Clause",
        "en",
        "chat",
        dev_percent=1,
        test_percent=1,
        credit="Self-dialogue corpus, University of Edinburgh",
    ),
    Source(
        "en_topical_chat",
        "chat/en_topical_chat.jsonl.zst",
        "CDLA-Sharing-1.0",
        "en",
        "chat",
        dev_percent=2,
        test_percent=2,
        credit="Topical-Chat, Amazon",
    ),
    Source("en_chatterbot", "chat/en_chatterbot.jsonl.zst", "BSD-3-Clause", "en", "chat", credit="ChatterBot corpus"),
    Source("zh_chatterbot", "chat/zh_chatterbot.jsonl.zst", "BSD-3-Clause", "zh", "chat", credit="ChatterBot corpus"),
    Source("zh_kdconv", "chat/zh_kdconv.jsonl.zst", "Apache-2.0", "zh", "chat", dev_percent=4, test_percent=4, credit="KdConv"),
    Source("zh_crosswoz", "chat/zh_crosswoz.jsonl.zst", "Apache-2.0", "zh", "chat", dev_percent=4, test_percent=4, credit="CrossWOZ"),
    Source(
        "en_schema_guided",
        "chat/en_schema_guided.jsonl.zst",
        "CC-BY-SA-4.0",
        "en",
        "schema_guided",
        labels="schema_guided",
        dev_percent=2,
        test_percent=2,
        credit="Schema-Guided Dialogue, Google",
    ),
    # --- commands
    Source("en_snips", "nlu/en_snips.jsonl.zst", "CC0-1.0", "en", "nlu", labels="snips", leaks_into=_XSID, dev_percent=5, credit="SNIPS"),
    Source(
        "en_hwu64",
        "nlu/en_hwu64.jsonl.zst",
        "CC-BY-4.0",
        "en",
        "nlu",
        labels="hwu64",
        leaks_into=("en_slurp",),
        credit="HWU64, Heriot-Watt University",
    ),
    Source("en_slurp", "nlu/en_slurp_dev.jsonl.zst", "CC-BY-4.0", "en", "nlu", labels="hwu64", credit="SLURP"),
    Source(
        "en_mtod",
        "nlu/en_fb_mtod.jsonl.zst",
        "CC-BY-SA-4.0",
        "en",
        "nlu",
        labels="mtod",
        leaks_into=_XSID,
        credit="Cross-lingual task-oriented dialogue, Facebook",
    ),
    Source("en_clinc150", "nlu/en_clinc150.jsonl.zst", "CC-BY-3.0", "en", "nlu", labels="clinc150", credit="CLINC150"),
    Source("en_xsid", "nlu/en_xsid_dev.jsonl.zst", "CC-BY-SA-4.0", "en", "nlu", labels="xsid", credit="xSID"),
    Source("zh_xsid", "nlu/zh_xsid_dev.jsonl.zst", "CC-BY-SA-4.0", "zh", "nlu", labels="xsid", credit="xSID"),
    Source("home_llm", "devices/home_llm_piles.tar.zst", "MIT", "en", "home_llm", labels="home_llm", credit="home-llm, acon96"),
    # --- mood
    Source(
        "en_goemotions",
        "sentiment/en_goemotions.jsonl.zst",
        "CC-BY-4.0",
        "en",
        "sentiment",
        labels="goemotions",
        dev_percent=4,
        test_percent=4,
        credit="GoEmotions, Google",
    ),
    Source(
        "en_vader",
        "sentiment/en_vader_rated.jsonl.zst",
        "MIT",
        "en",
        "sentiment",
        labels="vader",
        dev_percent=4,
        test_percent=4,
        credit="VADER, C.J. Hutto",
    ),
    Source(
        "zh_cped",
        "chat/zh_cped_sentiment.jsonl.zst",
        "Apache-2.0",
        "zh",
        "sentiment",
        ship=False,
        labels="cped",
        credit="CPED (lines of television series: figures only)",
    ),
)
SOURCES = {source.name: source for source in _ROWS}
# Not rows: sentence templates, which generate/home_assistant.py expands, and words (words.py).
HOME_ASSISTANT = Source(
    "home_assistant",
    "nlu/home_assistant_intents.tar.zst",
    "CC-BY-4.0",
    "zh en",
    "home_assistant",
    credit="Home Assistant intents, Open Home Foundation",
)
WORD_LISTS = Source(
    "zh_word_lists",
    "lexicon/zh_word_lists.tar.zst",
    "MIT AND WTFPL",
    "zh",
    "words",
    credit="THUOCL, Tsinghua University (MIT); Administrative divisions of China (WTFPL)",
)
