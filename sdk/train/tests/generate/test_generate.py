"""Templates, typed values, commands, dialogues, lines, Home Assistant's archive and the check, on the small files of data/."""

import io
import json
import random
import re
import shutil
import tarfile
from pathlib import Path

import pytest
import zstandard

from sotto_train import rows, schema
from sotto_train.cli import main
from sotto_train.errors import UserError
from sotto_train.generate import check, commands, home_assistant, lines, patterns, typed, typed_en, typed_zh
from sotto_train.generate.template import Sentence, Template, fill
from sotto_train.generate.values import Values, read_list

DATA = Path(__file__).parent / "data"


@pytest.fixture
def own(tmp_path):
    shutil.copytree(DATA, tmp_path / "own")
    return tmp_path / "own"


def generated(own, tmp_path, *more):
    out = tmp_path / "rows.jsonl"
    assert main(["generate", "--hand-written", str(own), "--count", "300", "--lines", "-o", str(out), *more]) == 0
    return list(rows.read(out))


@pytest.mark.parametrize("text, sentences", [
    ("[please] go", {"please go", "go"}),
    ("(turn|switch) it (on|off)", {"turn it on", "turn it off", "switch it on", "switch it off"}),
    ("[请]开灯[吧]", {"请开灯吧", "请开灯", "开灯吧", "开灯"}),
    ("a;b", {"a b", "b a"}),
    ("yes[, now]", {"yes, now", "yes"}),
])  # fmt: skip
def test_every_way_through_a_template_is_found(text, sentences):
    template = Template(text)
    made = {fill(template.choose(random.Random(seed)), lambda *_: ("", "")).text for seed in range(200)}
    assert made == sentences


@pytest.mark.parametrize("text", ["(open", "a {b", "[x)"])
def test_unbalanced_templates_are_refused(text):
    with pytest.raises(ValueError):
        Template(text)


def test_a_rule_that_contains_itself_is_refused():
    rules: dict = {}
    rules["a"] = Template("x <a>", rules)
    with pytest.raises(ValueError, match="contains itself"):
        rules["a"].references()


def test_spans_survive_spaces_leads_and_articles():
    sentence = Sentence()
    sentence.add("wake  me , in a ")
    sentence.add_slot("duration", "eight  minute")
    sentence.add(" nap ")
    assert sentence.finish().text == "wake me, in an eight minute nap"
    (slot,) = sentence.slots
    assert sentence.text[slot["start"] : slot["end"]] == slot["value"] == "eight minute"


@pytest.mark.parametrize("n, said", [
    (0, "零"), (10, "十"), (15, "十五"), (20, "二十"), (26, "二十六"), (100, "一百"), (105, "一百零五"), (110, "一百一十"), (200, "二百"), (2000, "两千"),
    (2700, "两千七百"), (1005, "一千零五"), (1050, "一千零五十"), (10000, "一万"), (12000, "一万两千"),
])  # fmt: skip
def test_chinese_numbers(n, said):
    assert typed_zh.han(n) == said


@pytest.mark.parametrize(
    "n, said",
    [
        (0, "zero"),
        (21, "twenty-one"),
        (105, "one hundred and five"),
        (2700, "two thousand seven hundred"),
        (4005, "four thousand and five"),
    ],
)
def test_english_numbers(n, said):
    assert typed_en.words(n) == said


def forms(lang, slot, intent, before="", after="", count=800):
    rng = random.Random(7)
    return [typed.make(lang, typed.Context(slot, intent, before, after, rng)) for _ in range(count)]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("slot", sorted(typed.SLOTS))
def test_typed_values_are_many_and_clean(lang, slot):
    intents = [name for name, entry in schema.intents().items() if slot in entry["slots"]]
    for intent in intents:
        made = {value for _, value in forms(lang, slot, intent, count=300)}
        assert all(v == v.strip() and v and "{" not in v and "  " not in v for v in made)
        least = {"restaurant.book": 8, "work.rate": 5}.get(intent, 12)
        assert len(made) >= least, (intent, made)


@pytest.mark.parametrize("slot, intent, expected", [
    ("percent", "light.set", ("三成", "一半", "最亮", "40%", "百分之四十")),
    ("duration", "timer.start", ("半小时", "一刻钟", "一个半小时")),
    ("temperature", "light.set", ("4000K",)),
])  # fmt: skip
def test_chinese_values_hold_the_spoken_forms(slot, intent, expected):
    made = {value for _, value in forms("zh", slot, intent, count=12000)}
    assert set(expected) <= made


@pytest.mark.parametrize("pattern", ["^明早.点", "点一刻$", "分钟后$|分钟之后$", "^下周", "^\\d+:\\d\\d$", "差.分"])
def test_chinese_times_come_in_many_shapes(pattern):
    assert any(re.search(pattern, value) for _, value in forms("zh", "datetime", "reminder.set", count=4000))


@pytest.mark.parametrize("pattern", ["^half past", "^in .* minutes", "^the \\w+ of \\w+", "^tomorrow at", "o'clock", "^quarter to"])
def test_english_times_come_in_many_shapes(pattern):
    assert any(re.search(pattern, value) for _, value in forms("en", "datetime", "reminder.set", "remind me", count=4000))


@pytest.mark.parametrize("before", ["an alarm for", "wake me at", "my", "on", "until"])
def test_no_preposition_stands_twice(before):
    assert all(lead == "" and not re.match("(at|on|for) ", value) for lead, value in forms("en", "datetime", "alarm.set", before))


def test_prepositions_lead_but_are_no_part_of_the_value():
    made = forms("en", "datetime", "alarm.set", "wake me up")
    assert {"at ", "on ", ""} == {lead for lead, _ in made} and not any(re.match("(at|on) ", value) for _, value in made)


def test_a_tenth_of_a_long_list_is_held_out_and_a_short_one_is_whole():
    area, color = read_list(DATA / "values/en/area.txt"), read_list(DATA / "values/en/color.txt")
    assert len(area.held) == 4 and len(area.known) == 36 and not set(area.held) & set(area.known)
    assert color.held == [] and color.known == ["red", "green"]


def test_particular_lists_come_first(own):
    (own / "values/en/area.light.txt").write_text("attic\n")
    (own / "values/en/area.light.dim.txt").write_text("cellar\n")
    values = Values(own / "values")
    assert [values.find("en", "area", i).known[0] for i in ("light.dim", "light.set")] == ["cellar", "attic"]
    assert len(values.find("en", "area", "cover.open").known) == 36


def test_rows_are_valid_and_splits_share_nothing(own, tmp_path):
    made = generated(own, tmp_path)
    by_split = {split: {r["text"] for r in made if r["split"] == split and r["kind"] == "command"} for split in ("train", "dev", "test")}
    assert by_split["train"] and by_split["test"] and not by_split["train"] & by_split["test"]
    assert all((int(r["pattern"].split("/")[2]) % 5 == 4) == (r["split"] == "test") for r in made if r["kind"] == "command")
    held = set(read_list(DATA / "values/en/area.txt").held)
    areas = [(r["split"], s["value"]) for r in made if r["kind"] == "command" for s in r["slots"] if s["name"] == "area"]
    assert {split for split, value in areas if value in held} == {"test"}
    assert any(s["name"] == "area" for r in made for s in r.get("slots", ()))


def test_a_pattern_gives_no_more_than_its_limit(own, tmp_path):
    made = [r for r in generated(own, tmp_path, "--per-pattern", "7") if r["kind"] == "command"]
    counts = {p: sum(r["pattern"] == p for r in made) for p in {r["pattern"] for r in made}}
    assert max(counts.values()) == 7 and counts["light.dim/en/03"] == 1


def test_the_same_seed_gives_the_same_rows_and_another_others(own, tmp_path):
    first, second, other = (generated(own, tmp_path, "--seed", seed) for seed in ("4", "4", "5"))
    assert first == second and first != other


def test_a_new_pattern_changes_no_others_rows(own, tmp_path):
    found, _ = patterns.load(own / "patterns", ("en",))
    values = Values(own / "values")
    alone = commands.Source(found[0], values, 1)
    alone.grow(20)
    again = commands.Source(patterns.load(own / "patterns", ("zh", "en"))[0][-len(found)], values, 1)
    again.grow(20)
    assert [s.text for s in alone.sentences] == [s.text for s in again.sentences]


def test_dialogues_call_answer_ask_and_correct(own, tmp_path):
    made = [r for r in generated(own, tmp_path, "--dialogues", "200") if r["source"] == "sotto-dialogues"]
    shapes = {r["id"].split("/")[0] for r in made}
    assert {"plain", "missing", "corrected", "in_turn", "together"} <= shapes
    for row in made:
        calls = [t["call"] for t in row["turns"] if t.get("call")]
        assert calls and all(set(c["arguments"]) <= set(schema.intents()[c["name"]]["slots"]) for c in calls)
        assert row["turns"][-1]["role"] == "assistant" and "{" not in row["turns"][-1]["text"]
        assert all(isinstance(json.loads(t["text"]), dict) for t in row["turns"] if t["role"] == "tool")
    asked = next(r for r in made if r["id"].startswith("missing") and r["lang"] == "zh")
    assert asked["turns"][1]["text"] == "什么时候？"
    assert asked["turns"][3]["call"]["arguments"]["datetime"] in asked["turns"][2]["text"]


def test_lines_become_rows_of_their_kinds(own, tmp_path):
    made = [r for r in generated(own, tmp_path) if r["source"] == "sotto-lines"]
    assert sorted(r["kind"] for r in made) == ["chat", "chat", "mood", "mood", "scope"]
    scope = next(r for r in made if r["kind"] == "scope")
    assert scope["scope"] == "out" and scope["intent"] == "none"


def test_a_fifth_of_lines_tests():
    share = sum(lines.split_of(f"line {i}") == "test" for i in range(5000)) / 5000
    assert 0.18 < share < 0.22


@pytest.mark.parametrize("file, content, finding", [
    ("patterns/en/light.yaml", 'light.dim:\n  - "dim (it"\n', 'template 0: "dim (it"'),
    ("patterns/en/light.yaml", 'light.dim:\n  - "play {song}"\n', "the slot 'song' is none of name, area, amount"),
    ("patterns/en/light.yaml", 'alarm.set:\n  - "x"\n', "'alarm.set' is no intent of the group 'light'"),
    ("patterns/en/light.yaml", "light.dim: [a\n", "is no YAML"),
    ("patterns/en/light.yaml", 'light.dim:\n  - "dim {name}"\n', "there is no list values/en/device.txt"),
    ("patterns/en/light.yaml", "light.dim: [a, b, c, d, 'A!']\n", "is a test template with the wording of light.dim/en/00"),
    ("values/en/area.txt", "# nothing\n", "holds no values"),
    ("values/en/arae.txt", "x\n", "'arae' is no list"),
    ("values/en/area.lihgt.txt", "x\n", "'lihgt' is no intent and no group"),
    ("replies/en/light.yaml", "light.dim: {done: ['{song}']}\n", "'{song}' is no slot of the intent"),
    ("replies/en/light.yaml", "light.dim: {failed: [x]}\n", "needs 'done'"),
    ("replies/en/light.yaml", "light.dim: {done: [x], ask: {song: [y]}}\n", "asks for 'song'"),
])  # fmt: skip
def test_check_names_what_is_wrong(own, file, content, finding):
    (own / file).write_text(content)
    wrong = [w for w in check.check(own, ("en",)) if "at least 25" not in w]
    assert any(finding in w and Path(file).name.split(".")[0] in w for w in wrong), wrong


def test_check_finds_nothing_else_in_good_files_and_counts_templates(own, capsys):
    wrong = check.check(own, ("zh", "en"))
    assert (
        all("at least 25 are asked for" in w for w in wrong)
        and "patterns/en: light.dim has 5 templates, at least 25 are asked for" in wrong
    )
    assert main(["generate", "--hand-written", str(own), "--check"]) == 1
    assert f"{len(wrong)} findings" in capsys.readouterr().out


@pytest.mark.parametrize("file, content, sentence", [
    ("lines/mood.zh.tsv", "只有两列\tpositive\n", "mood.zh.tsv:1 has 2 columns"),
    ("lines/mood.zh.tsv", "好\tgood\tneutral\n", "mood.zh.tsv:1 has sentiment 'good'"),
    ("lines/multiturn.zh.jsonl", '{"turns": []}\n', "multiturn.zh.jsonl:1 has no 'turns'"),
    ("patterns/en/light.yaml", 'light.dim:\n  - "dim (it"\n', "templates cannot be used"),
    ("values/en/color.txt", b"\xff\xfe", "is not UTF-8"),
])  # fmt: skip
def test_wrong_files_are_sentences_and_leave_nothing_behind(own, tmp_path, capsys, file, content, sentence):
    (own / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    out = tmp_path / "rows.jsonl"
    assert main(["generate", "--hand-written", str(own), "--count", "50", "--lines", "-o", str(out)]) == 1
    assert sentence in capsys.readouterr().err and list(tmp_path.glob("*rows*")) == []


@pytest.mark.parametrize("arguments, sentence", [
    (["--lang", "fr", "-o", "x"], "'fr' is none of zh, en"), ([], "say where the rows go"), (["-o", "x", "--count", "0"], "at least 1"),
    (["-o", "x", "--hand-written", "/nowhere"], "is no folder"),
])  # fmt: skip
def test_wrong_arguments_are_sentences(arguments, sentence, capsys):
    assert main(["generate", *arguments]) == 1
    assert sentence in capsys.readouterr().err


def archive(folder, files):
    (folder / "nlu").mkdir(parents=True)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"ha_intents/{name}")
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    (folder / home_assistant.ARCHIVE).write_bytes(zstandard.ZstdCompressor().compress(plain.getvalue()))
    return folder


HOME = {
    "rules/en/common.yaml": "expansion_rules: {the: (the|my), light: 'light[s]'}",
    "sentences/en/HassTurnOn/name.yaml": "data:\n- sentences: ['switch on <the> <light> in {area}']\n"
    "- {sentences: ['open {cover_classes:device_class}'], inferred_domain: cover}",
    "lists/en/covers.yaml": "lists: {cover_classes: {values: [{in: 'blind[s]', out: blind}]}}",
    "sentences/en/HassStartTimer/x.yaml": "data:\n- sentences: ['timer for "
    "{timer_hours:hours} hour[s] and {timer_minutes:minutes} minutes']",
    "sentences/en/HassLightSet/x.yaml": "data: [{sentences: ['{area} brightness {brightness} percent', 'unknown {thing}']}]",
    "sentences/en/HassFoo/x.yaml": "data: [{sentences: ['foo']}]",
}


def test_home_assistant_templates_become_our_intents_and_slots(tmp_path):
    made = list(home_assistant.rows_of(archive(tmp_path, HOME), Values(DATA / "values"), ("en",), home_assistant.HomeOptions(6, 1), set()))
    assert all(rows.problem(r) is None and r["licence"] == "CC-BY-4.0" and r["source"] == "home-assistant-intents" for r in made)
    by_intent = {r["intent"]: r for r in made}
    assert set(by_intent) == {"device.turn_on", "cover.open", "timer.start", "light.set"}
    names = {intent: [s["name"] for s in r["slots"]] for intent, r in by_intent.items()}
    assert names == {
        "device.turn_on": ["name", "area"],
        "cover.open": ["name"],
        "timer.start": ["duration"],
        "light.set": ["area", "percent"],
    }
    assert re.fullmatch(r"\S+ hours? and \S+ minutes", by_intent["timer.start"]["slots"][0]["value"])
    assert by_intent["light.set"]["slots"][1]["value"].endswith(" percent")


def test_a_device_word_before_the_name_is_no_part_of_it(tmp_path):
    files = {"sentences/en/HassTurnOn/name.yaml": "data: [{sentences: ['switch {name} to on']}]"}
    made = list(home_assistant.rows_of(archive(tmp_path, files), Values(Path(str(schema.data_folder())) / "values"), ("en",), home_assistant.HomeOptions(6, 1), set()))
    assert made and all(rows.problem(r) is None for r in made)  # the verb reads like the device "switch"
    assert all(f"switch {r['slots'][0]['value']} to on" == r["text"] for r in made)


def test_a_text_that_a_pattern_gave_is_not_given_again(tmp_path):
    folder, options = archive(tmp_path, HOME), home_assistant.HomeOptions(6, 1)
    first = list(home_assistant.rows_of(folder, Values(DATA / "values"), ("en",), options, set()))
    taken = {("en", first[0]["text"].casefold())}
    again = list(home_assistant.rows_of(folder, Values(DATA / "values"), ("en",), options, taken))
    assert [r["text"] for r in again] == [r["text"] for r in first[1:]]


@pytest.mark.parametrize("content, sentence", [(None, "cannot read"), (b"no zstd", "is damaged")])
def test_a_missing_or_damaged_archive_is_a_sentence(tmp_path, content, sentence):
    (tmp_path / "nlu").mkdir()
    if content:
        (tmp_path / home_assistant.ARCHIVE).write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        list(home_assistant.rows_of(tmp_path, Values(DATA / "values"), ("en",), home_assistant.HomeOptions(6, 1), set()))
