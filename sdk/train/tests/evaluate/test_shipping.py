"""What goes with weights: the notice of what they were trained on, and whether they say it again."""

import json

import pytest

from sotto_train import rows
from sotto_train.cli import main
from sotto_train.evaluate import memorised, notice
from sotto_train.tokens import pack
from sotto_train.tokens.tokenizer import Tokenizer

ZH = "今天的天气非常好我们一起去公园散步然后回家吃晚饭看电影早点睡觉明天还要上班"
EN = "the quick brown fox jumps over the lazy dog and then it runs away into the dark forest at night"


def row(n, text, source="sotto-lines", licence="Apache-2.0", kind="text", **more):
    return {"id": f"r{n}", "lang": "zh", "source": source, "licence": licence, "split": "train", "kind": kind, "text": text, **more}


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    root = tmp_path_factory.mktemp("ship")
    rows.write(root / "rows.jsonl", [row(i, ZH if i % 2 else EN) for i in range(30)])
    assert main(["tokenizer", str(root / "rows.jsonl"), "--vocabulary", "330", "--coverage", "1", "-o", str(root / "tok")]) == 0

    def make(name, made):
        pack.pack(made, Tokenizer(root / "tok"), root / name, pack.PackOptions(context=64))
        return root / name

    return make


def test_the_notice_counts_what_was_packed_and_names_licences_and_authors(packed, tmp_path):
    first = packed("a", [row(0, ZH), row(1, "hi", "tatoeba_en_zh", "CC-BY-2.0", "pair", other="嗨")])
    second = packed("b", [row(2, EN, "zh_wikipedia", "CC-BY-SA-4.0")])
    data = tmp_path / "data"
    rows_of = "Hi.\t嗨。\tCC-BY 2.0 (France) Attribution: tatoeba.org #1 (Zed) & #2 (amy)\n"
    (data / "text").mkdir(parents=True)
    import zstandard

    (data / "text" / "tatoeba_en_zh.tsv.zst").write_bytes(zstandard.compress(rows_of.encode()))
    out = tmp_path / "NOTICE.md"
    assert main(["notice", str(first), str(second), str(first), "--name", "m", "--data", str(data), "-o", str(out)]) == 0
    said = out.read_text()
    assert "| tatoeba_en_zh | CC-BY-2.0 | 2 |" in said  # a pair is learnt in both directions; a set given twice counts once
    assert "| sotto-lines | Apache-2.0 | 1 |" in said and "Chinese Wikipedia" in said
    assert "amy, Zed." in said
    assert "zh_wikipedia. Their texts are not handed on" in said


def test_a_source_that_may_not_ship_or_is_unknown_is_refused(packed, tmp_path):
    for source in ("zh_cped", "elsewhere"):
        folder = packed(f"bad-{source}", [row(0, ZH, source, "Apache-2.0")])
        assert main(["notice", str(folder), "-o", str(tmp_path / "n.md")]) != 0
    assert not (tmp_path / "n.md").exists()
    shared = packed("pairs", [row(1, "hi", "tatoeba_en_zh", "CC-BY-2.0", "pair", other="嗨")])
    assert main(["notice", str(shared), "-o", str(tmp_path / "n.md")]) != 0  # whose authors are they?


def test_every_source_of_the_table_has_a_credit():
    assert all(notice.credit(name) for name in notice.SOURCES)


@pytest.mark.parametrize(
    "said, repeats",
    [
        (f"嗯，{ZH[:30]}", True),
        (f"{ZH[:15]}，\n{ZH[15:31]}！", True),  # points and line breaks do not hide it
        (ZH[:29] + "啊", False),
        (f"Well: {' '.join(EN.upper().split()[2:17])}!", True),
        (" ".join(EN.split()[2:16]), False),
        ("", False),
    ],
)
def test_stretches_of_the_training_text_are_found(said, repeats):
    report = memorised.measure([said, "别的话"], [ZH, EN])
    assert report["samples_with_overlap"] == int(repeats)
    assert bool(report["examples"]) == repeats


def test_samples_come_as_strings_or_objects_and_the_report_is_written(tmp_path):
    rows.write(tmp_path / "rows.jsonl", [row(0, ZH), row(1, "x", kind="chat", turns=[{"role": "assistant", "text": EN}])])
    (tmp_path / "said.jsonl").write_text(json.dumps(ZH) + "\n" + json.dumps({"text": EN}) + "\n" + '"nothing"\n')
    arguments = ["--rows", str(tmp_path / "rows.jsonl"), "--samples", str(tmp_path / "said.jsonl"), "-o", str(tmp_path / "r.json")]
    assert main(["memorised", *arguments]) == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["samples"], report["samples_with_overlap"]) == (3, 2)
    (tmp_path / "said.jsonl").write_text("[1]\n")
    assert main(["memorised", *arguments]) != 0
