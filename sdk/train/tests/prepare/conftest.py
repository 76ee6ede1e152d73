import pytest

from sotto_train import cli


@pytest.fixture
def prepare(tmp_path, capsys):
    """Runs `sotto-train prepare` on lines of text given as files; its status, its rows, what it said."""
    from sotto_train import rows

    def run(files: dict[str, str | bytes], *arguments):
        paths = []
        for name, content in files.items():
            path = tmp_path / name
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(str(path))
        output = tmp_path / "out.jsonl"
        status = cli.main(["prepare", *paths, "-o", str(output), "--workers", "1", *arguments])
        return status, list(rows.read(output)) if output.exists() else None, capsys.readouterr().err

    return run


@pytest.fixture
def command():
    """A training row of a command; slots as (name, value) in their order."""

    def make(text, intent="device.turn_on", *values, lang="zh", **keys):
        slots, at = [], 0
        for name, value in values:
            start = text.index(value, at)
            at = start + len(value)
            slots.append({"name": name, "value": value, "start": start, "end": at})
        return {
            "id": f"test/{text}",
            "lang": lang,
            "source": "test",
            "licence": "CC0-1.0",
            "split": "train",
            "kind": "command",
            "text": text,
            "intent": intent,
            "slots": slots,
            "scope": "in",
            **keys,
        }

    return make
