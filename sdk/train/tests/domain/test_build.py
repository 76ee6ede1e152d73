import json
from pathlib import Path

import pytest

from sotto_train import cli, schema
from sotto_train.domain.build import build
from sotto_train.errors import UserError

FIXTURE = Path(__file__).parents[4] / "tests" / "fixtures" / "assistant" / "assistant.json"


def data() -> Path:
    return Path(str(schema.data_folder()))


def test_every_intent_can_speak_both_languages():
    made = build(data())
    assert list(made["intents"]) == list(schema.intents())
    for name, intent in made["intents"].items():
        for lang in ("zh", "en"):
            assert intent["replies"][lang]["done"], f"{name} {lang}"
        for group in intent["required"]:
            assert group, name
            asked = [slot for slot in group if slot in intent["replies"]["zh"].get("ask", {})]
            assert asked or group[0] in intent["slots"], name


def test_the_command_writes_what_the_engine_tests_with(tmp_path):
    output = tmp_path / "assistant.json"
    assert cli.main(["domain", "-o", str(output)]) == 0
    assert not list(tmp_path.glob("*.part"))
    if not FIXTURE.is_file():  # installed without the engine's tree
        pytest.skip(f"{FIXTURE} is not there")
    assert json.loads(output.read_text("utf-8")) == json.loads(FIXTURE.read_text("utf-8")), "sotto-train domain -o tests/fixtures/assistant/assistant.json"


@pytest.mark.parametrize("line", ["  light.flash: {undo: light.dim}", "  light.dim: {undo: light.flash}", "  light.dim: {targets: [moon]}", "  light.dim: {required: [[moon]]}"])
def test_what_names_nothing_is_refused(tmp_path, line):
    own = tmp_path / "own"
    own.mkdir()
    for entry in data().iterdir():
        if entry.name != "assistant.yaml":
            (own / entry.name).symlink_to(entry)
    text = (data() / "assistant.yaml").read_text("utf-8")
    name = line.split(":")[0].strip()
    kept = [row for row in text.splitlines() if not row.startswith(f"  {name}:")]
    (own / "assistant.yaml").write_text("\n".join([*kept, line]) + "\n", "utf-8")
    with pytest.raises(UserError, match="unknown"):
        build(own)
