"""The libraries of this build (SOTTO_LIBRARY, set by ctest) and the tiny models of tests/fixtures."""
import os
import pathlib

import pytest

import sotto

FIXTURES = pathlib.Path(os.environ["SOTTO_FIXTURES"])
MINI = pathlib.Path(os.environ["SOTTO_MINI"])
TEXTS = ["打开客厅的灯，然后放一首歌。", "𠮷野家 𪚥 龘", "👨‍👩‍👧‍👦 👩🏽‍🚀 👋🏿", "🇨🇳🇬🇧🇺🇳 🏴󠁧󠁢󠁳󠁣󠁴󠁿", "e\u0301 ﷽ ½", "before\0after"]
PROMPT = [202, 144, 14, 130, 195, 19, 67, 103, 140, 102, 9, 112, 58, 187, 27, 318]
GREEDY = [120, 250, 247, 206, 247, 168, 208, 253, 240, 287, 168, 55, 169, 101, 31, 168]
TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"


@pytest.fixture(scope="session")
def runtime():
    with sotto.Runtime(threads=1) as made:
        yield made


@pytest.fixture(scope="session")
def model(runtime):
    with runtime.open(FIXTURES / "gguf/small-f32.gguf", backend="reference", sessions=8) as made:
        yield made


@pytest.fixture
def session(model):
    with model.session() as made:
        yield made
