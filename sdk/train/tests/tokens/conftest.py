"""A tokenizer trained once from a few sentences."""

import pytest
from texts import EN, ZH, row

from sotto_train import rows
from sotto_train.cli import main
from sotto_train.tokens.tokenizer import Tokenizer


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("tokenizer")
    texts = [row(t, i, "zh" if t in ZH else "en") for i, t in enumerate((ZH + EN) * 12)]
    rows.write(root / "rows.jsonl", texts)
    assert main(["tokenizer", str(root / "rows.jsonl"), "--vocabulary", "340", "--coverage", "1", "-o", str(root / "out")]) == 0
    return root


@pytest.fixture(scope="session")
def tokenizer(folder):
    return Tokenizer(folder / "out")
