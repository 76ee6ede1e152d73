import pytest

GOOD = '{"text":"打开灯"}\n'


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("a.jsonl", GOOD + '{"text": \n', "a.jsonl:2 is no JSON"),
        ("a.jsonl", GOOD.encode() + '{"text":"打开"}'.encode("gbk"), "a.jsonl:2 is not UTF-8"),
        ("a.txt", "打开灯\n".encode("gb18030"), "a.txt:1 is not UTF-8"),
        ("a.jsonl", "", "a.jsonl is empty"),
        ("a.txt", "\n\n", "a.txt is empty"),
        ("a.jsonl", '{"text":"x","mood":"good"}\n', "a.jsonl:1 has the unknown key 'mood'"),
        ("a.jsonl", '{"id":"1"}\n', 'a.jsonl:1 needs either "text" or "turns"'),
        ("a.jsonl", '["x"]\n', "a.jsonl:1 is no JSON object"),
        ("a.jsonl", '{"turns":[{"role":"cat","text":"x"}]}\n', "a.jsonl:1 turn 1 has no role"),
        ("a.jsonl", '{"turns":"x"}\n', "a.jsonl:1 has 'turns' that are no list"),
        ("a.jsonl", '{"text":5}\n', "a.jsonl:1 has a 'text' that is no text"),
        ("a.jsonl", '{"text":"开灯","intent":"fly.away"}\n', "a.jsonl:1 has the unknown intent 'fly.away'"),
        ("a.jsonl", '{"id":"1","kind":"command","text":"x"}\n', "a.jsonl:1 has no 'lang'"),
        ("rows.train", GOOD, "rows.train:1 looks like JSON Lines"),
        ("a.jsonl.zst", b"not zstd", "is no zstd file"),
    ],
)
def test_bad_input_is_said_with_its_place(prepare, name, content, said):
    status, written, error = prepare({name: content})
    assert status == 1 and said in error and written is None


def test_nothing_to_prepare(prepare):
    status, _, error = prepare({})
    assert status == 1 and "nothing to prepare" in error


def test_a_missing_file(prepare):
    status, _, error = prepare({}, "/nowhere/log.jsonl")
    assert status == 1 and "cannot read /nowhere/log.jsonl" in error


def test_nothing_left_leaves_no_file(prepare, tmp_path):
    status, written, error = prepare({"a.txt": "今日はいい天気ですね\n"})
    assert status == 1 and "no row was left" in error and written is None
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_an_old_output_survives_a_failed_run(prepare, tmp_path):
    prepare({"a.txt": "打开灯\n"})
    before = (tmp_path / "out.jsonl").read_bytes()
    status, _, _ = prepare({"b.jsonl": GOOD + "{\n"})
    assert status == 1 and (tmp_path / "out.jsonl").read_bytes() == before
